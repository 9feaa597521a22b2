"""The catalogue for people and programs: `pw-conformance list` and `explain`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from ...deciding.decisions import DECISIONS, NEEDS
from ...requirements import recorded
from ...requirements.catalogue import CHAPTERS, Level, Requirement
from ...target.counting import counted
from ..safe.visible import plain
from ..terminal import paragraphs, say

STYLES = {Level.MUST: "bold", Level.SHOULD: "yellow", Level.INFO: "cyan"}
#: So many servers are named one by one.
NAMED = 4


def as_json(about: Requirement, *, full: bool = False) -> dict[str, Any]:
    """A requirement as JSON values; in `full` with what real servers answered."""
    found: dict[str, Any] = {
        "id": about.id,
        "chapter": about.chapter,
        "level": about.level.value,
        "applies_to": about.scope,
        "text": about.text,
        "why": about.why,
        "facts": about.facts,
        "recorded": list(about.recorded),
    }
    if full:
        found["needs"] = sorted(DECISIONS[about.id].needs)
        found["decided_by"] = _decided_by(about)
        found["observed"] = _answers(recorded.observed(about))
        found["answers"] = [
            {"recorded": item.id, "call": item.call, "answers": _answers(item.answers)}
            for item in recorded.shown(about)
        ]
    return found


def _answers(found: Sequence[tuple[str, tuple[str, ...]]]) -> list[dict[str, Any]]:
    return [{"answer": text, "servers": list(servers)} for text, servers in found]


def _needs(about: Requirement) -> list[str]:
    needs = DECISIONS[about.id].needs
    return [words.removeprefix("needs ") for need, words in NEEDS.items() if need in needs]


def _decided_by(about: Requirement) -> str:
    judge = DECISIONS[about.id].judge
    return f"{judge.__module__}.{judge.__name__}"


def show_list(console: Console, found: Sequence[Requirement]) -> None:
    """The requirements by chapter, one to a line, and how many there are."""
    for chapter, those in groupby(found, key=lambda about: about.chapter):
        say(console, Text(f"{CHAPTERS[chapter]} ({chapter})", "bold"))
        rows = [(Text(r.id), Text(r.level, STYLES[r.level]), r.text) for r in those]
        paragraphs(console, rows, indent=2)
        console.print()
    levels = [(level, sum(r.level is level for r in found)) for level in Level]
    counts = ", ".join(f"{number} {level}" for level, number in levels if number)
    say(console, f"{counted(len(found), 'requirement')}: {counts}")


def show_explained(console: Console, about: Requirement) -> None:
    """One requirement in full."""
    say(console, Text.assemble((about.id, "bold"), f"  {about.level}, {about.scope}"))
    paragraphs(console, [(Text(about.text, "bold"),)], indent=2)
    rows = [
        ("why", about.why),
        ("known from", about.facts),
        ("needs", ", ".join(_needs(about))),
        ("decided by", _decided_by(about)),
    ]
    paragraphs(console, [(name, text) for name, text in rows if text], indent=2)
    servers = recorded.servers(about)
    if observed := recorded.observed(about):
        say(console, Text("  what real servers do", "bold"))
        _show_answers(console, observed, servers)
    if calls := list(recorded.shown(about)):
        say(console, Text("  what real servers answered", "bold"))
    for item in calls:
        say(
            console,
            Text.assemble(
                "    ", (plain(item.call), "cyan"), (f"  recorded: {plain(item.id)}", "dim")
            ),
        )
        _show_answers(console, item.answers, servers)


def _show_answers(
    console: Console, found: Sequence[tuple[str, tuple[str, ...]]], servers: Sequence[str]
) -> None:
    for text, those in found:
        paragraphs(console, [(text,)], indent=6)
        paragraphs(console, [(Text(f"by {who(those, servers)}", "dim"),)], indent=8)


def who(those: Sequence[str], servers: Sequence[str]) -> str:
    """Which of the servers that a requirement applies to, in as few words as can be."""
    others = [name for name in servers if name not in those]
    if not others:
        return f"all {len(those)} recorded servers" if len(those) > 1 else those[0]
    if len(those) > NAMED and len(others) <= NAMED:
        return f"all but {', '.join(others)}"
    return ", ".join(those)
