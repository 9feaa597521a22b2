"""The journal: every request and what became of it, bounded by count and by bytes."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from ...protocol.messages import Request, Response
from ...protocol.site import Call as Head
from .calls import Call, Calls

#: How many requests are kept, and how many bytes of them and of their answers.
MOST, MOST_BYTES = 10_000, 16 * 1024 * 1024

#: What stands in the place of credentials.
MASK = b"***"
#: Headers that let somebody in.
_SECRET = frozenset({b"authorization", b"proxy-authorization", b"cookie"})
_USER_INFO = re.compile(rb"(?<=://)[^/?#@]*@")


@dataclass(slots=True)
class Entry:
    """A request as it came, and what was answered; a `Call` is made of it when somebody asks."""

    when: datetime
    seconds: float
    called: bool
    request: Request
    response: Response | None
    rule: str | None
    carried_out: bool
    cut: int | None


#: The same of a request that Patchwork answered, no rule having to do with it: the request, the
#: response, when it began and ended by a timer, what the timer is based on, and its size in bytes.
Answered = tuple[Request, Response, float, float, tuple[datetime, float], int]
#: What a rule or a scenario may have had to do with, and its size in bytes.
Steered = tuple[Entry, int]


class Journal:
    """What was asked of a Patchwork since the last reset.

    When there is no room for one more request, the oldest make room, and `dropped` counts them.
    `listener` is told of every call as it is written down.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self.most = most
        self.most_bytes = most_bytes
        self.dropped = 0
        self.bytes = 0
        self.listeners: list[Callable[[Call], None]] = []
        self._entries: deque[Steered | Answered] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def note(self, entry: Steered | Answered) -> None:
        """Write down what became of a request."""
        entries = self._entries
        entries.append(entry)
        self.bytes += entry[-1]
        if self.bytes > self.most_bytes or len(entries) > self.most:
            self._make_room()
        if self.listeners:
            call = call_of(entry, self.dropped + len(entries))
            for listener in self.listeners:
                listener(call)

    def begin(self, entry: Steered) -> int:
        """Write down a request that waits for its answer, and give its number, for `end`."""
        self._entries.append(entry)
        self.bytes += entry[-1]
        self._make_room()
        return self.dropped + len(self._entries)

    def end(self, number: int, entry: Steered) -> None:
        """Write down what became of a request that began, if it has not had to make room yet."""
        place = number - self.dropped - 1
        if place >= 0:
            self.bytes += entry[-1] - self._entries[place][-1]
            self._entries[place] = entry
            self._make_room()
        for listener in self.listeners:
            listener(call_of(entry, number))

    def _make_room(self) -> None:
        entries = self._entries
        while len(entries) > self.most or self.bytes > self.most_bytes:
            self.bytes -= entries.popleft()[-1]
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


def call_of(noted: Steered | Answered, number: int) -> Call:
    """An entry as tests see it: as bytes, without what lets somebody in."""
    entry = noted[0] if len(noted) == 2 else _unfolded(noted)
    request, response = entry.request, entry.response
    return Call(
        number=number,
        when=entry.when,
        seconds=entry.seconds,
        called=entry.called,
        user=user_of(request),
        status=None if response is None else response.status,
        rule=entry.rule,
        carried_out=entry.carried_out,
        request=_written(request),
        answer=b"" if response is None else _answer(response, entry.cut),
    )


def _unfolded(answered: Answered) -> Entry:
    request, response, start, end, (moment, timer), _ = answered
    called = any(isinstance(head, Head) for head in request.understood.values())
    when = moment + timedelta(seconds=start - timer)
    return Entry(when, end - start, called, request, response, None, True, None)


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
