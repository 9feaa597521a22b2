"""What came of a recording: `pw-conformance replay-recording`."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from typing import Any

from rich.console import Console
from rich.text import Text

from ...bridge.comparing import normalise_headers
from ...bridge.repeating import Difference, Repeated
from ...target import secrecy
from ...target.counting import counted
from ...target.exchange import Answer, Request
from ...target.exchange import show as in_words
from ...target.wire import Node, NotXmlRpc
from ..safe.visible import line, shortened
from ..terminal import paragraphs, say

#: How much of an answer is shown, and how many calls of a group.
SAID, SHOWN = 300, 5
#: What one of two values has not; and how much is shown before the place where bodies part.
_NOTHING, _BEFORE = object(), 40
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
    """What differs, on either side, as people read it: the first place where it does."""
    recorded, kind = each.recorded, _kind(each)
    ours = Answer(recorded.status, recorded.headers, recorded.received or b"")
    if kind == "headers" and not _explained(ours, each.answer):
        known, here = (normalise_headers(pairs) for pairs in (ours.headers, each.answer.headers))
        return _fields(known, here), _fields(here, known)
    if kind in ("headers", "value", "status"):
        if isinstance(ours.reply, Node) and isinstance(each.answer.reply, Node):
            where, one, another = _apart(ours.reply.plain, each.answer.reply.plain)
            if one != another:
                return f"{where}{_said(one)}", f"{where}{_said(another)}"
        described = ours.describe(), each.answer.describe()
        if described[0] != described[1]:
            return described
    if kind in ("headers", "value", "bytes"):
        return _bytes_apart(ours.body, each.answer.body)
    expected, _, got = each.why.partition(": ")[2].partition(", got ")
    return expected.removeprefix("expected "), got or each.why


def _explained(ours: Answer, here: Answer) -> bool:
    """Whether header fields differ as bodies do: in length, or as one is no answer to a call."""
    fields = [
        [field for field in normalise_headers(answer.headers) if field[0] != "Content-Length"]
        for answer in (ours, here)
    ]
    strange = isinstance(here.reply, NotXmlRpc) and not isinstance(ours.reply, NotXmlRpc)
    return ours.body != here.body and bool(ours.body) and (strange or fields[0] == fields[1])


def _said(value: Any) -> str:
    """A value, or that there is none."""
    return "nothing" if value is _NOTHING else in_words(value)


def _apart(one: Any, another: Any, where: str = "") -> tuple[str, Any, Any]:
    """Where two values begin to differ, as `[3]['state_id']: `, and what each has there."""
    if isinstance(one, list) and isinstance(another, list):
        pairs: list[tuple[Any, Any, Any]] = [
            (at, *pair) for at, pair in enumerate(zip_longest(one, another, fillvalue=_NOTHING))
        ]
    elif isinstance(one, dict) and isinstance(another, dict):
        names = [*one, *(name for name in another if name not in one)]
        pairs = [(name, one.get(name, _NOTHING), another.get(name, _NOTHING)) for name in names]
    else:
        pairs = []
    for at, left, right in pairs:
        if left != right:
            return _apart(left, right, f"{where}[{at!r}]")
    return (f"{where}: " if where else ""), one, another


def _bytes_apart(one: bytes, another: bytes) -> tuple[str, str]:
    """Where two bodies begin to differ, with a little around it."""
    pairs = enumerate(zip(one, another, strict=False))
    at = next((at for at, (a, b) in pairs if a != b), min(len(one), len(another)))
    start = max(0, at - _BEFORE)
    where = f"at byte {at}: " if at else ""

    def shown(body: bytes) -> str:
        piece = secrecy.redact(repr(body[start : start + SAID // 2]))
        return f"{where}{'…' if start else ''}{piece}"

    return shown(one), shown(another)


def _fields(pairs: list[tuple[str, str]], others: list[tuple[str, str]]) -> str:
    """The header fields that the others have not, or all where only their order differs."""
    those = [pair for pair in pairs if pair not in others]
    if not those and sorted(pairs) == sorted(others):
        those = pairs
    return "; ".join(f"{name}: {value}" for name, value in those) or "no such field"
