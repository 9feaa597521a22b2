"""What came of a recording: `pw-conformance replay-recording`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.text import Text

from ..bridge.comparing import normalise_headers
from ..bridge.repeating import Difference, Repeated
from ..target.counting import counted
from ..target.exchange import Answer, Request
from .terminal import paragraphs, say
from .visible import line, shortened

#: How much of an answer is shown, and how many calls of a group.
SAID, SHOWN = 300, 5
#: The version of the JSON.
FORMAT = 1


def _asked(each: Difference) -> str:
    return Request(each.call.sent, method=each.call.method, target=each.call.path).describe()


def _group(each: Difference) -> str:
    return each.call.id.split("/")[0]


def _kind(each: Difference) -> str:
    return each.why.partition(":")[0]


def summary(found: Repeated) -> str:
    """The result in one line."""
    said = f"{found.compared} answers compared with those of {found.instance},"
    said += f" {len(found.different)} differ"
    if found.unanswered:
        said += f", {counted(len(found.unanswered), 'call')} not answered"
    if found.left_out:
        said += f", {found.left_out} not sent (they write, or follow a write: see --seed)"
    return said + (f"; ended early: {found.ended}" if found.ended else "")


def as_json(found: Repeated) -> dict[str, Any]:
    """All of it as JSON values."""
    return {
        "format": FORMAT,
        "instance": found.instance,
        "url": found.url,
        "datasets": list(found.datasets),
        "compared": found.compared,
        "left_out": found.left_out,
        "ended": found.ended,
        "different": [
            {
                "dataset": each.call.dataset,
                "id": each.call.id,
                "call": _asked(each),
                "kind": _kind(each),
                "why": shortened(each.why, 100 * SAID),
            }
            for each in found.different
        ],
        "unanswered": [
            {"dataset": call.dataset, "id": call.id, "why": why} for call, why in found.unanswered
        ],
    }


def show(console: Console, found: Repeated) -> None:
    """For people: what differs, by group of calls."""
    groups = Counter(map(_group, found.different))
    for group, count in groups.most_common():
        console.print()
        say(console, Text(line(f"{group} ({count})"), "bold"))
        those = [each for each in found.different if _group(each) == group]
        for each in those[:SHOWN]:
            _show(console, each)
        if count > SHOWN:
            say(console, f"  and {count - SHOWN} more; --json tells all")
    for call, why in found.unanswered[:SHOWN]:
        say(console, Text(line(f"not answered: {call.dataset} {call.id}: {why}"), "magenta"))
    console.print()
    say(console, Text(line(summary(found)), "bold"))


def _show(console: Console, each: Difference) -> None:
    asked = shortened(_asked(each), SAID)
    say(console, Text(line(f"  {each.call.dataset} {each.call.id}  {asked}"), "cyan"))
    recorded, here = _sides(each)
    rows = [("recorded", shortened(recorded, SAID)), ("here", shortened(here, SAID))]
    paragraphs(console, rows, indent=4)


def _sides(each: Difference) -> tuple[str, str]:
    """What differs, on either side, as people read it."""
    recorded, kind = each.recorded, _kind(each)
    if kind == "headers":
        ours, theirs = (
            normalise_headers(pairs) for pairs in (recorded.headers, each.answer.headers)
        )
        return _fields(ours, theirs), _fields(theirs, ours)
    if kind in ("value", "status"):
        ours_told = Answer(recorded.status, recorded.headers, recorded.received or b"").describe()
        theirs_told = each.answer.describe()
        if ours_told != theirs_told:
            return ours_told, theirs_told
    said, _, got = each.why.partition(": ")[2].partition(", got ")
    return said.removeprefix("expected "), got or each.why


def _fields(pairs: list[tuple[str, str]], others: list[tuple[str, str]]) -> str:
    """The header fields that the others have not, or all where only their order differs."""
    those = [pair for pair in pairs if pair not in others]
    if not those and sorted(pairs) == sorted(others):
        those = pairs
    return "; ".join(f"{name}: {value}" for name, value in those) or "no such field"
