"""The JUnit report, as Jenkins, GitLab and GitHub's actions read it.

A chapter is a `testsuite`, a requirement a `testcase`. There is a standard of none; this keeps to
what all readers accept: properties only at suites, one of failure, error and skipped at a case,
texts that XML 1.0 can carry. A run that goes wrong as a whole is a case of its own, so that a
report of nothing is never green.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..requirements.catalogue import Level
from ..verdicts.causes import Cause
from ..verdicts.verdicts import Outcome, Run, Verdict
from .layout import Chapter, card, chapters, decided, follows, requirement, settings
from .safe.visible import decoded, line, plain, shortened

#: How much of a raw request or answer is put into a failure, in characters. (GitLab reads 30 MB.)
RAW = 16_384
#: How long a `message` may be: readers show it in one line.
MESSAGE = 500


def render(run: Run) -> str:
    """The report as XML text, encoded in UTF-8."""
    root = Element("testsuites", name="pw-conformance", time=f"{run.seconds:.3f}")
    for chapter in chapters(run):
        _suite(root, run, chapter)
    _whole(root, run)
    return document(root)


def document(root: Element) -> str:
    """The text of a report whose suites are whole."""
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    # Quotes of the declaration as everyone writes them.
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, run: Run, chapter: Chapter) -> None:
    suite = _new_suite(root, run, f"PW-{chapter.key} {chapter.title}", chapter.seconds)
    following = follows(run)
    for verdict in chapter.verdicts:
        about = requirement(verdict)
        case = SubElement(
            suite,
            "testcase",
            classname=f"pw-conformance.{chapter.key}",
            name=plain(f"{verdict.id} {about.text}"),
            time=f"{verdict.seconds:.3f}",
        )
        _decide(case, verdict, following.get(verdict.id))
    count(suite)


def _whole(root: Element, run: Run) -> None:
    """What concerns the run and no requirement."""
    suite = _new_suite(root, run, "The run", 0.0)
    case = SubElement(suite, "testcase", classname="pw-conformance.run", name="The run was done")
    if run.trouble:
        say(case, "error", "trouble", run.trouble, run.trouble)
    elif not run.verdicts:
        nothing = "no requirement was decided"
        say(case, "error", "trouble", nothing, nothing)
    elif run.shortfall:
        say(case, "error", "undecided", run.shortfall, run.shortfall)
    for number, problem in enumerate(run.problems, 1):
        case = SubElement(
            suite, "testcase", classname="pw-conformance.run", name=f"Problem {number}"
        )
        say(case, "failure", "problem", problem, problem)
    count(suite)


def _host(url: str) -> str | None:
    """The host of an address, which may lack its scheme where it was never reached."""
    return urlsplit(url if "://" in url else f"//{url}").hostname


def _new_suite(root: Element, run: Run, name: str, seconds: float) -> Element:
    suite = SubElement(root, "testsuite", name=name, time=f"{seconds:.3f}")
    with contextlib.suppress(ValueError):
        # The host that was tested: who tested it is in the CI system already.
        suite.set("hostname", oneline(_host(run.url) or "unknown"))
    with contextlib.suppress(ValueError):
        # Ant's form, which the strictest readers ask for, has no zone: UTC is meant.
        started = datetime.fromisoformat(run.started).astimezone(UTC)
        suite.set("timestamp", f"{started:%Y-%m-%dT%H:%M:%S}")
    properties = SubElement(suite, "properties")
    pairs = [("url", run.url), ("verdict", run.headline), ("decided", decided(run))]
    pairs += [(f"target: {label}", "; ".join(lines)) for label, lines in card(run)]
    pairs += [(f"setting: {label}", text) for label, text in settings(run)]
    for label, text in pairs:
        SubElement(properties, "property", name=oneline(label), value=oneline(text))
    return suite


def count(suite: Element) -> None:
    """Say how many cases a suite has, and of which kinds."""
    suite.set("tests", str(len(suite.findall("testcase"))))
    for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(len(suite.findall(f"testcase/{tag}"))))


def _decide(case: Element, verdict: Verdict, cause: Cause | None) -> None:
    """Red is what the exit code calls red; a skip is never a pass. `cause` is what a failure may
    follow from."""
    level, outcome = requirement(verdict).level, verdict.outcome
    deviation = verdict.deviation
    brief = (
        f"expected {deviation.expected}, got {deviation.got}"
        if deviation
        else verdict.reason or outcome.value
    )
    details = _details(verdict, cause)
    if verdict.excused:
        message = f"known from the baseline: {verdict.excused}"
        say(case, "skipped", outcome.value, message, details)
    elif outcome is Outcome.FAIL:
        say(case, "failure", level.value, brief, details)
    elif outcome is Outcome.INCONCLUSIVE and level is Level.MUST:
        say(case, "error", outcome.value, brief, details)
    elif outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE, Outcome.NOT_RUN):
        say(case, "skipped", outcome.value, f"{outcome.value}: {verdict.reason}", "")
    elif outcome is Outcome.WARNING:
        out = SubElement(case, "system-out")
        out.text = plain(f"warning: {details}")
    elif outcome is Outcome.OBSERVED:
        out = SubElement(case, "system-out")
        out.text = line(f"observed: {verdict.reason}")


def say(case: Element, tag: str, kind: str, message: str, text: str) -> None:
    """Say what became of a case: a failure, an error, or that it was skipped."""
    element = SubElement(case, tag, type=kind, message=oneline(message))
    element.text = plain(text) or None


def oneline(text: str) -> str:
    """Attribute values are one line: XML readers turn line feeds into blanks anyway."""
    return shortened(line(text), MESSAGE)


def _details(verdict: Verdict, cause: Cause | None) -> str:
    """All that is known, in the order in which it is asked for."""
    about, deviation = requirement(verdict), verdict.deviation
    lines = [f"{verdict.id} ({about.level}, {about.scope}): {about.text}"]
    if verdict.reason and not (deviation and deviation.got == verdict.reason):
        lines.append(f"Reason: {line(verdict.reason)}")
    if deviation:
        lines += [f"Expected: {line(deviation.expected)}", f"Got: {line(deviation.got)}"]
        if deviation.advice:
            lines.append(f"What to do: {deviation.advice}")
    if cause:
        lines.append(f"May follow from: {cause.first.id}, which shows the same: {cause.symptom}")
    lines += [f"Who relies on it: {about.why}", f"Known from: {about.facts}"]
    for item in verdict.evidence:
        lines += ["", f"Call: {line(item.call)}", f"Answer: {line(item.answer)}"]
        lines.append(f"curl: {item.curl}")
        if item.python:
            lines.append(f"Python: {item.python}")
        for title, data in (("Request", item.request), ("Response", item.response)):
            more = ", the whole is in the JSON report"
            lines += [f"--- {title}", shortened(plain(decoded(data)), RAW, more)]
    return "\n".join(lines)
