"""Where two servers answer differently: `pw-conformance diff`, what matters most first."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from ...target.counting import counted
from ...target.exchange import Answer, Request
from ...target.exchange import show as shown
from ...target.wire import Fault, Node, NotXmlRpc
from ...verdicts.differences import Differences
from ..safe.visible import line, shortened
from ..terminal import paragraphs, say

#: Grows when a reader of the JSON would have to change.
FORMAT = 1
#: How many of a kind are shown unless all are asked for, and how much of an answer.
SHOWN, SAID = 5, 300


class Kind(enum.StrEnum):
    """How two answers differ, in the order in which a client notices."""

    STATUS = "other HTTP status"
    NO_XMLRPC = "no XML-RPC from one of them"
    FAULT = "a fault from one of them"
    VALUE = "other values"
    CLASS = "faults of another class"
    ORDER = "the same rows in another order"
    WIRE = "the same values under other wire types or in another order of members"
    WORDS = "the same fault in other words"


def kind_of(left: Answer, right: Answer) -> Kind:
    """How two answers that are not alike differ."""
    one, other = left.reply, right.reply
    if left.status != right.status:
        return Kind.STATUS
    if isinstance(one, NotXmlRpc) or isinstance(other, NotXmlRpc):
        return Kind.NO_XMLRPC
    if isinstance(one, Fault) and isinstance(other, Fault):
        return Kind.WORDS if one.kind == other.kind else Kind.CLASS
    if isinstance(one, Fault) or isinstance(other, Fault):
        return Kind.FAULT
    if one.plain == other.plain:
        return Kind.WIRE
    rows = [sorted(map(repr, map(_sorted, node))) for node in (one, other)]
    return Kind.ORDER if one.kind == "array" and rows[0] == rows[1] else Kind.VALUE


def _sorted(node: Node) -> Any:
    return sorted(node.plain.items(), key=str) if node.kind == "struct" else node.plain


Place = tuple[str, str, str]


def places(left: Node, right: Node, *, wire: bool = True, path: str = "") -> Iterator[Place]:
    """Where two values differ: the path, and what either has there.

    Without `wire`, only where a client sees another value.
    """
    if left.plain == right.plain and not wire:
        return
    if left.kind == right.kind == "struct":
        yield from _members(left, right, wire, path)
    elif left.kind == right.kind == "array":
        ones, others = list(left), list(right)
        if len(ones) != len(others):
            yield path or "length", counted(len(ones), "item"), counted(len(others), "item")
        for place, (one, other) in enumerate(zip(ones, others, strict=False)):
            yield from places(one, other, wire=wire, path=f"{path}[{place}]")
    elif left != right:
        yield path or "value", _typed(left), _typed(right)


def _members(left: Node, right: Node, wire: bool, path: str) -> Iterator[Place]:
    ours, theirs = left.members, right.members
    for name in dict.fromkeys((*ours, *theirs)):
        here = f"{path}.{name}" if path else name
        one, other = ours.get(name), theirs.get(name)
        if one is None or other is None:
            yield here, _typed(one), _typed(other)
        else:
            yield from places(one, other, wire=wire, path=here)
    if wire and list(ours) != list(theirs) and set(ours) == set(theirs):
        yield path or "members", ", ".join(ours), ", ".join(theirs)


def _typed(node: Node | None) -> str:
    return "missing" if node is None else f"<{node.kind}> {shown(node.plain, 120)}"


def as_json(found: Differences) -> dict[str, Any]:
    """The differences as JSON values."""
    return {
        "format": FORMAT,
        "servers": [{"url": url, "likely": likely} for url, likely in found.servers],
        "planned": found.planned,
        "compared": found.compared,
        "different": [
            {
                "call": request.describe(),
                "kind": kind_of(left, right).value,
                "answers": [left.describe(), right.describe()],
                "where": [list(place) for place in _where(left, right)],
            }
            for request, left, right in found.different
        ],
    }


def _where(left: Answer, right: Answer) -> list[Place]:
    one, other = left.reply, right.reply
    if isinstance(one, Node) and isinstance(other, Node):
        return list(places(one, other, wire=kind_of(left, right) is Kind.WIRE))
    return []


def show(console: Console, found: Differences, *, every: bool = False) -> None:
    """The differences by kind, a few of each or `every` one."""
    signed = zip("AB", found.servers, strict=True)
    paragraphs(
        console, [(Text(sign, "bold"), Text(line(url)), what) for sign, (url, what) in signed]
    )
    for kind in Kind:
        those = [each for each in found.different if kind_of(each[1], each[2]) is kind]
        if not those:
            continue
        console.print()
        say(console, Text(f"{kind} ({len(those)})", "bold"))
        for request, left, right in those if every else those[:SHOWN]:
            _show(console, request, left, right, kind)
        if len(those) > SHOWN and not every:
            say(console, Text(f"  and {len(those) - SHOWN} more; --all shows them", "dim"))
    console.print()
    if found.compared < found.planned:
        left_out = found.planned - found.compared
        verb = "was" if left_out == 1 else "were"
        why = "the budget is spent, or no answer came"
        say(console, f"{counted(left_out, 'call')} {verb} not compared: {why}")
    verb = "differs" if len(found.different) == 1 else "differ"
    say(console, f"{len(found.different)} of {counted(found.compared, 'answer')} {verb}")


def _show(console: Console, request: Request, left: Answer, right: Answer, kind: Kind) -> None:
    say(console, Text(f"  {line(shortened(request.describe(), SAID))}", "cyan"))
    rows = [(sign, shortened(a.describe(), SAID)) for sign, a in (("A", left), ("B", right))]
    if kind in (Kind.VALUE, Kind.WIRE) and (where := _where(left, right)):
        path, one, other = where[0]
        more = f" and {counted(len(where) - 1, 'place')} more" if len(where) > 1 else ""
        paragraphs(console, [(f"at {path}{more}",)], indent=4)
        rows = [("A", one), ("B", other)]
    paragraphs(console, rows, indent=4)
