"""What changed between two runs: `pw-conformance compare`, in every format that it has.

Requirements are named as the reports name them, which may be of any version and from anywhere: all
of it is text here, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from rich.console import Console
from rich.text import Text

from ...requirements.catalogue import CHAPTERS
from ...verdicts.changes import Change, Changes, Row
from ...verdicts.stored import Stored
from ...verdicts.verdicts import Outcome
from .. import json, junit, markdown
from ..safe.visible import line, plain, shortened
from ..terminal import paragraphs, say

#: Grows when a reader of the JSON would have to change.
FORMAT = 1
#: How much of what was found is told in a line, in characters.
SAID = 300

STYLES = {
    Change.BROKEN: "bold red",
    Change.LOST: "magenta",
    Change.WARNED: "yellow",
    Change.STILL: "red",
    Change.MENDED: "green",
    Change.OTHERWISE: "cyan",
}
HEADLINES = {0: "nothing is newly broken", 1: "worse than before", 3: "nothing can be compared"}


def show(console: Console, found: Changes, *, strict: bool = False) -> None:
    """The changes in a terminal, the worst first; the last line sums them up."""
    paragraphs(
        console,
        [
            (Text(sign, "bold"), line(each.name), line(each.run.url), each.generator, each.headline)
            for sign, each in (("old", found.old), ("new", found.new))
        ],
    )
    paragraphs(console, [(Text("note", "bold"), note) for note in found.notes])
    for change in Change:
        rows = found.of(change)
        if change is Change.NONE or not rows:
            continue
        console.print()
        say(console, Text(f"{change} ({len(rows)})", STYLES.get(change, "bold")))
        telling, others = _telling(rows)
        for row in telling:
            say(console, Text(f"  {row.id}  {row.about.level}  {line(row.about.text)}"))
            told = [
                (Text("then", "dim"), _short(row.before)),
                (Text("now", "dim"), _short(row.now)),
            ]
            paragraphs(console, told, indent=4)
        if others:
            paragraphs(
                console, [(f"and {len(others)} that do not fail: {_ids(others)}",)], indent=2
            )
    console.print()
    say(console, line(f"{HEADLINES[found.status(strict=strict)]}: {found.summary}"))


def _telling(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The rows to be told one by one, and those that are new and do not fail: where the older run
    was asked for little, they are hundreds."""
    found: tuple[list[Row], list[Row]] = [], []
    for row in rows:
        fails = row.new is not None and row.new.outcome in (Outcome.FAIL, Outcome.WARNING)
        found[row.change is Change.NEW and not fails].append(row)
    return found


def _ids(rows: list[Row]) -> str:
    return shortened(", ".join(row.id for row in rows), SAID)


def _short(text: str) -> str:
    return line(shortened(text, SAID))


def as_json(found: Changes, *, strict: bool = False) -> dict[str, Any]:
    """The changes as JSON values; what is unchanged is counted."""
    return {
        "format": FORMAT,
        "old": _run(found.old),
        "new": _run(found.new),
        "status": found.status(strict=strict),
        "strict": strict,
        "summary": found.summary,
        "notes": list(found.notes),
        "counts": {change.value: number for change, number in found.counts.items()},
        "changes": [_row(row) for row in found.rows if row.change is not Change.NONE],
    }


def _run(stored: Stored) -> dict[str, Any]:
    return {
        "name": stored.name,
        "url": stored.run.url,
        "generator": stored.generator,
        "started": stored.run.started,
        "headline": stored.headline,
    }


def _row(row: Row) -> dict[str, Any]:
    old, new = row.old, row.new
    return {
        "id": row.id,
        "change": row.change.value,
        "level": row.about.level.value,
        "text": row.about.text,
        "old": None if old is None else {"outcome": old.outcome.value, "said": row.before},
        "new": None if new is None else {"outcome": new.outcome.value, "said": row.now},
    }


def render_json(found: Changes, strict: bool) -> str:
    """The changes as a file for programs."""
    return json.encoded(as_json(found, strict=strict))


def render_markdown(found: Changes, strict: bool) -> str:
    """The changes as GitHub-flavoured Markdown, for a job's summary."""
    status = found.status(strict=strict)
    sign = {0: "✅", 1: "❌", 3: "⚠️"}[status]
    lines = [f"## {sign} Patchwork XML-RPC: {HEADLINES[status]}", ""]
    lines += [f"{markdown.text(found.summary)}", ""]
    lines += ["| | report | instance | made by | verdict |", "|---|---|---|---|---|"]
    for sign, each in (("old", found.old), ("new", found.new)):
        told = (each.name, each.run.url, each.generator, each.headline)
        lines.append(f"| {sign} | {' | '.join(_cell(text) for text in told)} |")
    lines += ["", *(f"> {markdown.code(note)}\n" for note in found.notes)]
    left = markdown.DETAILS
    for change in Change:
        rows = found.of(change)
        if change is Change.NONE or not rows:
            continue
        telling, others = _telling(rows)
        whole = [_line(row) for row in telling]
        if others:
            whole.append(f"* and {len(others)} that do not fail: {markdown.text(_ids(others))}")
        kept = whole if (size := sum(len(text.encode()) for text in whole)) < left else []
        left -= size if kept else 0
        ids = markdown.text(", ".join(row.id for row in rows))
        lines += [f"### {change} ({len(rows)})", "", *(kept or [ids]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    return markdown.code(text).replace("|", "\\|")


def _line(row: Row) -> str:
    told = f"then {markdown.code(row.before, SAID)}, now {markdown.code(row.now, SAID)}"
    return f"* **{row.id}** ({row.about.level}) {markdown.text(row.about.text)} {told}"


def render_junit(found: Changes, strict: bool) -> str:
    """The changes as XML for CI: a requirement is a case, and red is what the status calls red."""
    root = Element("testsuites", name="pw-conformance compare")
    red = {Change.BROKEN, Change.LOST} if strict else {Change.BROKEN}
    whole = SubElement(root, "testsuite", name="The comparison")
    case = SubElement(whole, "testcase", classname="pw-conformance.compare", name="It was done")
    if not found.common:
        junit.say(case, "error", "trouble", HEADLINES[3], "\n".join(found.notes))
    elif found.notes:
        SubElement(case, "system-out").text = plain("\n".join(found.notes))
    junit.count(whole)
    for chapter, rows in groupby(found.rows, key=lambda row: row.about.chapter):
        name = junit.oneline(f"PW-{chapter} {CHAPTERS.get(chapter, '')}".rstrip())
        suite = SubElement(root, "testsuite", name=name)
        for row in rows:
            case = SubElement(
                suite,
                "testcase",
                classname=junit.oneline(f"pw-conformance.compare.{chapter}"),
                name=junit.oneline(f"{row.id} {row.about.text}"),
            )
            _decide(case, row, red)
        junit.count(suite)
    return junit.document(root)


def _decide(case: Element, row: Row, red: set[Change]) -> None:
    told = f"{row.change}: then {row.before}; now {row.now}"
    if row.change in red:
        junit.say(case, "failure", row.change.value, told, told)
    elif row.change in (Change.LOST, Change.GONE):
        junit.say(case, "skipped", row.change.value, told, "")
    elif row.change is not Change.NONE:
        SubElement(case, "system-out").text = line(told)


#: Kind -> what makes the text of that report.
KINDS: dict[str, Callable[[Changes, bool], str]] = {
    "json": render_json,
    "junit": render_junit,
    "markdown": render_markdown,
}
