"""The Markdown report, for a job's summary: GitHub, GitLab, Forgejo.

Whatever came from the server stands in code, where Markdown means nothing; GitHub refuses a
summary of more than 1 MiB, so dumps are short and failures beyond a limit are only named.
"""

from __future__ import annotations

import re

from ..verdicts.causes import Cause
from ..verdicts.verdicts import ExitCode, Outcome, Run, Verdict, plural
from .layout import card, causes, chapters, requirement, totals
from .safe.visible import decoded, plain, shortened

#: The most that a text from the server, one in a line of a list, one dump and all dumps take, in
#: characters; and all details, in bytes.
TEXT, BRIEF, DUMP, DUMPS, DETAILS = 1_000, 200, 4_096, 65_536, 500_000

SIGNS = {
    ExitCode.CONFORMANT: "✅",
    ExitCode.NOT_CONFORMANT: "❌",
    ExitCode.INCONCLUSIVE: "⚠️",
    ExitCode.INTERNAL: "⚠️",
}
MORE = "; the whole is in the JSON report"


def render(run: Run) -> str:
    """The report as GitHub-flavoured Markdown."""
    return "\n".join([*_head(run), *_table(run), *_failures(run), *_others(run)]).rstrip() + "\n"


def _head(run: Run) -> list[str]:
    lines = [f"## {SIGNS[run.exit_code]} Patchwork XML-RPC: {run.headline}", ""]
    lines += [f"{code(run.url)}: {text(run.summary)}", ""]
    if run.trouble:
        lines += [f"> **Trouble:** {code(run.trouble)}", ""]
    if run.verdicts and run.shortfall:
        lines += [f"> **Undecided:** {code(run.shortfall)}", ""]
    for problem in run.problems:
        lines += [f"> **Problem:** {code(problem)}", ""]
    rows = card(run)
    if rows:
        lines += ["<details><summary>The target</summary>", ""]
        lines += [f"* {text(label)}: {', '.join(map(code, said))}" for label, said in rows]
        lines += ["", "</details>", ""]
    return lines


def _table(run: Run) -> list[str]:
    shown = [outcome for outcome, number in totals(run).items() if number]
    if not shown:
        return []
    lines = [
        f"| Chapter | {' | '.join(plural(outcome, 2) for outcome in shown)} |",
        f"|---|{'---:|' * len(shown)}",
    ]
    for chapter in chapters(run):
        cells = " | ".join(str(chapter.counts[outcome] or "·") for outcome in shown)
        lines.append(f"| {text(chapter.title)} | {cells} |")
    whole = " | ".join(f"**{run.counts[outcome]}**" for outcome in shown)
    return [*lines, f"| **All** | {whole} |", ""]


def _failures(run: Run) -> list[str]:
    found = causes(run)
    lines = ["### Failures", ""] if found else []
    used, left = 0, DUMPS
    for cause in found:
        if used > DETAILS:
            lines += [f"* **{v.id}** {prose(requirement(v).text)}" for v in cause.verdicts]
            continue
        details, spent = _failure(cause.first, left)
        details += _following(cause)
        lines += details
        used += sum(len(line.encode("utf-8", "replace")) for line in details)
        left -= spent
    return lines


def _following(cause: Cause) -> list[str]:
    """What may follow from a failure, in a line each."""
    if not cause.more:
        return []
    number = len(cause.more)
    head = f"<details><summary>and {number} more that may follow from it</summary>"
    same = f"The same is seen in all of them: {code(cause.symptom, BRIEF)}"
    return [head, "", same, "", *map(_brief, cause.more), "", "</details>", ""]


def _failure(verdict: Verdict, left: int) -> tuple[list[str], int]:
    """The lines of one failure, and how much they took of what is `left` for dumps."""
    about, deviation, spent = requirement(verdict), verdict.deviation, 0
    lines = [f"#### {verdict.id} ({about.level})", "", prose(about.text), ""]
    if deviation:
        lines += [f"* expected {code(deviation.expected)}", f"* got {code(deviation.got)}"]
        if deviation.advice:
            lines.append(f"* what to do: {code(deviation.advice)}")
    elif verdict.reason:
        lines.append(f"* {code(verdict.reason)}")
    lines += [f"* who relies on it: {prose(about.why)}", f"* known from {text(about.facts)}", ""]
    for item in verdict.evidence:
        lines += ["<details><summary>Send it again, and what was sent</summary>", ""]
        lines += [code(item.call), "", *block(item.curl, "sh")]
        if item.python:
            lines += block(item.python, "python")
        for data in (item.request, item.response):
            dump = shortened(plain(decoded(data)), DUMP, MORE)
            if spent + len(dump) > left:
                lines += ["(The raw bytes are in the JSON and HTML reports.)", ""]
                break
            spent += len(dump)
            lines += block(dump)
        lines += ["</details>", ""]
    return lines, spent


def _others(run: Run) -> list[str]:
    """Warnings, what was left undecided, and what the baseline excuses, in a line each."""
    lines: list[str] = []
    every = [verdict for chapter in chapters(run) for verdict in chapter.verdicts]
    groups = (
        ("Warnings", [v for v in every if v.outcome is Outcome.WARNING and not v.excused]),
        ("Inconclusive", [v for v in every if v.outcome is Outcome.INCONCLUSIVE]),
        ("Observed", [v for v in every if v.outcome is Outcome.OBSERVED]),
        ("Known from the baseline", [v for v in every if v.excused]),
    )
    for title, verdicts in groups:
        if verdicts:
            lines += [f"<details><summary>{title}: {len(verdicts)}</summary>", ""]
            lines += [_brief(verdict) for verdict in verdicts]
            lines += ["", "</details>", ""]
    return lines


def _brief(verdict: Verdict) -> str:
    said = verdict.excused or verdict.reason
    if not said and verdict.deviation:
        said = f"expected {verdict.deviation.expected}, got {verdict.deviation.got}"
    text = requirement(verdict).text
    told = f"{prose(text.removesuffix('.'))}: {code(said, BRIEF)}" if said else prose(text)
    return f"* **{verdict.id}** {told}"


def prose(words: str) -> str:
    """A text of the catalogue, in which backticks set code apart."""
    parts = words.split("`")
    return "".join(code(part) if place % 2 else _escaped(part) for place, part in enumerate(parts))


def text(words: str) -> str:
    """Words in which nothing is markup and nobody is mentioned."""
    return _escaped(" ".join(plain(words).split()))


def _escaped(line: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~@&$])", r"\\\1", line)


def code(words: str, limit: int = TEXT) -> str:
    """Words as code in one line; they are cut if they are very long."""
    line = " ".join(shortened(plain(words), limit, MORE).split())
    if not line:
        return "(empty)"
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    pad = " " if "`" in line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(words: str, language: str = "") -> list[str]:
    """Words as a block of code that they cannot end."""
    body = shortened(plain(words), DUMP, MORE)
    fence = "`" * max(3, max(map(len, re.findall("`+", body)), default=0) + 1)
    return [f"{fence}{language}", *body.split("\n"), fence, ""]
