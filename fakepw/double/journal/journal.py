"""The journal: every request and what became of it, bounded by count and by bytes."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

from msgspec import Struct

from ...protocol.messages import Request, Response
from ...protocol.site import Call as Head
from .calls import Call, Calls

#: How many requests are kept, and how many bytes of them and of their answers.
MOST, MOST_BYTES = 10_000, 16 * 1024 * 1024
#: The share of the bytes that is still used once room was made.
_SOME_ROOM = 0.95

#: What stands in the place of credentials.
MASK = b"***"
#: Headers that let somebody in.
_SECRET = frozenset({b"authorization", b"proxy-authorization", b"cookie"})
_USER_INFO = re.compile(rb"(?<=://)[^/?#@]*@")


class Entry(Struct, gc=False):
    """A request as it came, and what was answered; a `Call` is made of it when somebody asks.

    start, end
        When it came and when it was answered, by a timer.
    base
        A time on the double's clock, and what the timer showed then.
    size
        What all of it holds, about, in bytes.
    called
        Whether it reached the API; None: as what was understood of its head says.
    rule, carried_out, cut
        As in a `Call`; and the bytes after which the answer's body was cut off.

    There are thousands of them, and they hold no cycles: the garbage collector need not know them.
    """

    request: Request
    response: Response | None
    start: float
    end: float
    base: tuple[datetime, float]
    size: int
    called: bool | None = None
    rule: str | None = None
    carried_out: bool = True
    cut: int | None = None
    remarks: tuple[str, ...] = ()


class Journal:
    """What was asked of a Patchwork since the last reset.

    When there is no room for one more request, the oldest make room, and `dropped` counts them.
    Each of the `listeners` is told of every call as it is written down, and each of the `watchers`
    when all of it was forgotten (True), or when there will be no more of it (False).
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self.most = most
        self.most_bytes = most_bytes
        self.dropped = 0
        self.bytes = 0
        self.listeners: list[Callable[[Call], None]] = []
        self.watchers: list[Callable[[bool], None]] = []
        self._entries: deque[Entry] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def note(self, entry: Entry) -> None:
        """Write down what became of a request."""
        entries = self._entries
        entries.append(entry)
        self.bytes += entry.size
        if self.bytes > self.most_bytes or len(entries) > self.most:
            self._make_room()
        if self.listeners:
            self._tell(entry, self.dropped + len(entries))

    def begin(self, entry: Entry) -> int:
        """Write down a request that waits for its answer, and give its number, for `end`."""
        self._entries.append(entry)
        self.bytes += entry.size
        self._make_room()
        return self.dropped + len(self._entries)

    def end(self, number: int, entry: Entry) -> None:
        """Write down what became of a request that began, if it has not had to make room yet."""
        place = number - self.dropped - 1
        if place >= 0:
            self.bytes += entry.size - self._entries[place].size
            self._entries[place] = entry
            self._make_room()
        self._tell(entry, number)

    def _tell(self, entry: Entry, number: int) -> None:
        if self.listeners:
            call = call_of(entry, number)
            for listener in tuple(self.listeners):
                listener(call)

    def _make_room(self) -> None:
        """Drop the oldest, and some more where bytes run out, so as not to be asked each time."""
        entries = self._entries
        while len(entries) > self.most:
            self._drop()
        if self.bytes > self.most_bytes:
            while self.bytes > self.most_bytes * _SOME_ROOM:
                self._drop()

    def _drop(self) -> None:
        self.bytes -= self._entries.popleft().size
        self.dropped += 1

    def calls(self) -> Calls:
        """All that is kept, as it is now."""
        entries = list(self._entries)
        before = self.dropped
        return Calls(
            len(entries), lambda place: call_of(entries[place], before + place + 1), before
        )

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self.dropped = self.bytes = 0
        self._say(goes_on=True)

    def end_all(self) -> None:
        """Nothing will be written down any more."""
        self._say(goes_on=False)

    def _say(self, goes_on: bool) -> None:
        for watcher in tuple(self.watchers):
            watcher(goes_on)


def call_of(entry: Entry, number: int) -> Call:
    """An entry as tests see it: as bytes, without what lets somebody in."""
    request, response = entry.request, entry.response
    moment, timer = entry.base
    called = entry.called
    if called is None:
        called = any(isinstance(head, Head) for head in request.understood.values())
    return Call(
        number=number,
        when=moment + timedelta(seconds=entry.start - timer),
        seconds=entry.end - entry.start,
        called=called,
        user=user_of(request),
        status=None if response is None else response.status,
        rule=entry.rule,
        carried_out=entry.carried_out,
        remarks=entry.remarks,
        request=_written(request),
        answer=b"" if response is None else _answer(response, entry.cut),
    )


def user_of(request: Request) -> str | None:
    """The name in a request's Basic credentials; None if there is none that can be read."""
    for name, value in request.headers:
        if name == b"authorization" and value[:6] == b"Basic ":
            try:
                login = b64decode(value[6:]).decode("utf-8", "replace")
            except ValueError:
                return None
            return login.partition(":")[0] if ":" in login else None
    return None


def _written(request: Request) -> bytes:
    target = _USER_INFO.sub(b"", request.target)
    lines = [b"%b %b HTTP/%b" % (request.method, target, request.version.encode())]
    lines += [
        b"%b: %b" % (name, MASK if name in _SECRET else value) for name, value in request.headers
    ]
    return b"\r\n".join([*lines, b"", b""]) + request.body


def _answer(response: Response, cut: int | None) -> bytes:
    try:
        phrase = response.reason or HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    return (
        "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + b"".join(response.body)[:cut]
    )
