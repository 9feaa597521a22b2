"""Calls in a line each, as the page shows them, and as they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from ...double.journal.calls import Call
from ...double.journal.journal import Journal
from ...double.outcome import Push, Stream
from ...patchwork.words.brief import brief, cut
from ...protocol.messages import Response
from ..guarding.json_answers import PRIVATE
from .markup import visible

#: Calls that are shown, and listeners that a double may have at the same time.
SHOWN, MOST_LISTENERS = 50, 64
#: Bytes up to which a request or an answer is decoded to be shown: whoever looks slows nobody down.
_DECODED = 8 * 1024
_LINE, _REMARKS = 300, 5

_HEADERS = (("Content-Type", "text/event-stream"), *PRIVATE)


class Line(Struct):
    """A call as people read it."""

    number: int
    when: str
    who: str
    asked: str
    answered: str
    rule: str
    ms: str
    good: bool
    remarks: list[str] = []  # what strict mode has to say of it


def line(call: Call) -> Line:
    """A call in a line; what is long is not decoded."""
    short = len(call.request) <= _DECODED
    asked = call.asked if short else f"{call.verb} {brief(call.target)}, {len(call.request)} bytes"
    return Line(
        number=call.number,
        when=f"{call.when:%H:%M:%S}",
        who=visible(cut(call.user or "", 40)),
        asked=visible(cut(asked, _LINE)),
        answered=visible(cut(_answered(call, short), _LINE)),
        rule=visible(cut(call.rule or "", _LINE)),
        ms=f"{call.seconds * 1000:.1f}",
        good=call.status == 200 and not (short and _is_fault(call)),
        remarks=[visible(cut(text, _LINE)) for text in call.remarks[:_REMARKS]],
    )


def _answered(call: Call, short: bool) -> str:
    if call.status is None:
        return "no answer"
    if short and len(call.answer) <= _DECODED and call.called and call.status == 200:
        return f"fault {call.fault}" if call.fault is not None else brief(call.result)
    return f"HTTP {call.status}, {len(call.answer)} bytes"


def _is_fault(call: Call) -> bool:
    return len(call.answer) <= _DECODED and call.fault is not None


def last(journal: Journal, after: int = 0) -> Sequence[Call]:
    """The last calls, those behind that number."""
    calls = journal.calls()
    return calls[max(0, len(calls) - SHOWN, after - calls.dropped) :]


def stream(journal: Journal, after: int) -> Stream:
    """Calls as they come, from that number on: server-sent events, a line of JSON each.

    A number that is not reached yet is one of before a reset: all begins anew. Raises ValueError if
    there are too many listeners.
    """
    if len(journal.listeners) >= MOST_LISTENERS:
        raise ValueError(f"{MOST_LISTENERS} follow the calls already, and no more can")

    def follow(push: Push) -> Callable[[], None]:
        anew = after > journal.dropped + len(journal)
        before = map(_event, last(journal, 0 if anew else after))
        # in one piece: nobody who has just come can have read some of it
        push(b"".join([_RESET, *before] if anew else before))

        def told(call: Call) -> None:
            push(_event(call))

        def watched(goes_on: bool) -> None:
            push(_RESET if goes_on else None)

        journal.listeners.append(told)
        journal.watchers.append(watched)

        def end() -> None:
            journal.listeners.remove(told)
            journal.watchers.remove(watched)

        return end

    return Stream(Response(200, _HEADERS, [b"retry: 1000\n\n"]), follow)


_RESET = b"event: reset\nid: 0\ndata: {}\n\n"


def _event(call: Call) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (call.number, msgspec.json.encode(line(call)))
