"""What a client sends: HTTP/1.x bytes in, requests out, within bounds.

httptools (llhttp) parses; this does what it leaves open: unusual methods, wishes to upgrade, long
heads and bodies, and what is no HTTP at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
)

from ...protocol.messages import METHOD, Request
from ..limits import Limits
from .budget import Budget
from .refusal import Refusal
from .remembered import Remembered

# Where in a request the bytes that come next belong.
IDLE: Final = 0  # between two requests
HEAD: Final = 1
BODY: Final = 2
OVER: Final = 3  # nowhere: no more is read

#: The beginning of a `METHOD`.
_METHOD_SO_FAR = re.compile(rb"[!$%&'*+\-.^_`|~0-9A-Z]{1,20}")
#: What the parser is told instead of a method that it does not know.
_STAND_IN = b"PUT"

#: Bytes that are read at once, at most.
MOST_READ = 256 * 1024

#: What an unfinished request is taken to hold beside its bytes, and so each of its headers.
_OVERHEAD = 1024
_HEADER_OVERHEAD = 128


Fields = list[tuple[bytes, bytes]]
#: How many bytes of a body are of use to whoever is asked at that target.
Longest = Callable[[bytes], int]


class Reader:
    """Makes requests of what one client sends.

    Whatever is rare lives in methods of its own, off the path of a plain POST that comes whole.
    """

    __slots__ = (
        "asked",
        "body",
        "budget",
        "continued",
        "head_size",
        "headers",
        "held",
        "limits",
        "longest",
        "parser",
        "phase",
        "read_size",
        "remembered",
        "secure",
        "sent",
        "stash",
        "target",
        "trailing",
    )

    def __init__(
        self,
        limits: Limits,
        remembered: Remembered,
        unfinished: Budget,
        secure: bool = False,
        longest: Longest | None = None,
    ) -> None:
        self.limits = limits
        self.longest = longest  # body, by a request's target, if not that of the limits
        self.secure = secure  # whether what it reads comes by https
        self.remembered = remembered
        self.budget = unfinished  # of the unfinished requests of all clients
        self.parser = HttpRequestParser(self)
        # this read
        self.read_size = 0
        self.asked: list[Request | Refusal] = []  # what ended in it so far
        # the request that is being read
        self.phase = IDLE
        self.sent: tuple[bytes, Fields | None] | None = None  # where the parser was told another
        self.target = b""
        self.headers: Fields = []
        self.body: bytes | bytearray = b""
        self.stash = b""  # the beginning of a method, kept in case that the parser does not know it
        self.head_size = 0  # bytes of an unfinished head, at most one read too many
        self.trailing = 0  # bytes since the last of the body, at most one read too many
        self.continued = False  # whether the client was told to send the body
        self.held = 0  # bytes of the budget

    def read(self, data: bytes) -> Sequence[Request | Refusal]:
        """What these bytes complete, in order."""
        if self.phase or self.stash:
            asked = self._go_on(data)
        else:
            remembered = self.remembered
            found = remembered.requests.get(data) or remembered.below_its_head(data)
            if found is not None:
                return found
            asked = self._parse(data)
            if self.phase == IDLE and len(asked) == 1 and isinstance(asked[0], Request):
                remembered.keep(data, asked[0])
        if self.phase == IDLE or self.phase == OVER:
            self.headers, self.body = [], b""  # nobody holds what is done
        return asked

    def expects_continue(self) -> bool:
        """Whether the client waits to be told that the body may come, as it is herewith."""
        if self.phase != BODY or self.continued or self.body:
            return False
        self.continued = True
        expected = (b"expect", b"100-continue") in (
            (name, value.lower()) for name, value in self.headers if name == b"expect"
        )
        version: str = self.parser.get_http_version()
        return expected and version == "1.1"

    def end(self) -> None:
        """Read no more, and hold nothing."""
        self.phase = OVER
        self._hold(0)
        self.headers, self.body = [], b""

    def let_go(self) -> None:
        """`end`, once nothing will be read again: the parser refers to this and would keep it."""
        self.end()
        del self.parser

    def _go_on(self, data: bytes) -> list[Request | Refusal]:
        """Read on in a request that has begun."""
        if self.phase == OVER:
            return []
        if self.stash:
            data, self.stash = self.stash + data, b""
        return self._parse(data)

    def _parse(self, data: bytes) -> list[Request | Refusal]:
        self.read_size = len(data)
        try:
            self.parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as stop:
            self._stopped(data, stop)
        if self.phase:
            self._unfinished(data)
        asked, self.asked = self.asked, []
        return asked

    def _refuse(self, status: int, detail: str, line: bytes = b"") -> None:
        self.asked.append(Refusal(status, detail, line))
        self.end()

    # What the parser finds.

    def on_message_begin(self) -> None:
        if self.phase != OVER:
            self.phase = HEAD
            self.target = self.body = b""
            self.headers = []
            self.head_size = 0

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.phase == HEAD:  # and no trailer
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self.phase == HEAD:
            self.phase = BODY
            if self.head_size + self.read_size > self.limits.header_bytes:
                self._measure_head()

    def on_body(self, data: bytes) -> None:
        if self.body or len(data) > self.limits.body_bytes:
            self._longer_body(data)
        else:
            self.body = data

    def on_message_complete(self) -> None:
        parser = self.parser
        if self.phase != BODY or parser.should_upgrade():
            return
        self.phase = IDLE
        if self.held:
            self._hold(0)
        self.continued = False
        self.trailing = 0
        version = parser.get_http_version()
        keep_alive = parser.should_keep_alive()
        method = parser.get_method()
        if self.sent is not None:
            method, headers = self.sent
            self.headers = headers or self.headers
            self.sent = None
        if not keep_alive:
            self.phase = OVER
            if version not in ("1.0", "1.1"):
                self._refuse(400, f"Invalid HTTP Version {version}", self._line())
                return
        fields, body = tuple(self.headers), bytes(self.body)
        request = Request(method, self.target, fields, body, version, keep_alive, self.secure)
        self.asked.append(request)

    # What is rare in reading.

    def _unfinished(self, data: bytes) -> None:
        """The read ended inside a request."""
        if self.phase == OVER:
            return
        if self.phase == HEAD:
            if not self.asked and not self.head_size and _METHOD_SO_FAR.fullmatch(data):
                self.stash = data
                self.parser = HttpRequestParser(self)
                return
            self.head_size += self.read_size
            if self.head_size > self.limits.header_bytes:
                self._measure_head()
        else:
            self.trailing += self.read_size
            if self.trailing > self.limits.header_bytes + MOST_READ:
                self._refuse(431, "limit request trailer fields size", self._line())
        if self.phase != OVER:
            overhead = _OVERHEAD + _HEADER_OVERHEAD * len(self.headers)
            self._hold(len(self.body) + self.head_size + overhead)

    def _measure_head(self) -> None:
        """Refuse a head that is surely too long (`head_size` may be one read too high)."""
        limit = self.limits.header_bytes
        size = len(self.target) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > limit or self.head_size > limit + MOST_READ:
            detail = f"limit request headers fields size ({limit} bytes)"
            self._refuse(431, detail, self._line())

    def _longer_body(self, data: bytes) -> None:
        """A part of a body that does not come at once; what is over the limit is dropped."""
        if self.phase != BODY:
            return
        self.trailing = 0
        if type(self.body) is not bytearray:
            self.body = bytearray(self.body)
        most = self.limits.body_bytes
        if self.longest is not None:
            most = min(most, self.longest(self.target))
        room = most + 1 - len(self.body)
        self.body += data[: max(0, room)]

    def _hold(self, size: int) -> None:
        """Account for what the unfinished request holds."""
        fits = self.budget.replace(self.held, size)
        self.held = size
        if size and not fits:
            self._refuse(503, "too many unfinished requests")

    def _feed(self, data: bytes) -> None:
        """Begin with a new parser."""
        self.parser = HttpRequestParser(self)
        try:
            self.parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as stop:
            self._stopped(data, stop)

    def _stopped(self, data: bytes, stop: Exception) -> None:
        """The parser stopped at a wish to upgrade, an unusual method, or what is not HTTP."""
        if self.phase == OVER:
            return
        if isinstance(stop, HttpParserUpgrade):
            self._no_upgrade(data[stop.args[0] :])
        elif isinstance(stop, HttpParserCallbackError):
            raise stop.__context__ or stop
        elif not self._unusual_method(data):
            # After a request that ended in it, who knows where in the read the bad one begins?
            line = self._line(data)
            self._refuse(400, _reason(b"" if self.asked else data, line, stop), line)

    def _line(self, data: bytes = b"") -> bytes:
        """The first line of the request that is being read, as far as it is known.

        `data` are the bytes that it may begin with.
        """
        method = self.sent[0] if self.sent else self.parser.get_method()
        if self.target:
            return b"%b %b" % (method, self.target)
        line = data.partition(b"\n")[0].removesuffix(b"\r")
        if self.sent:
            return b"%b %b" % (method, line.partition(b" ")[2])
        return b"" if self.asked else line

    def _no_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1 after a head that asks for another protocol, as real servers do.

        The parser stops before the body then (and after CONNECT), so it reads the same head again
        without the wish.
        """
        method, version = self.parser.get_method(), self.parser.get_http_version()
        self.sent = self.sent[0] if self.sent else method, self.headers
        if method == b"CONNECT":
            method = _STAND_IN
        lines = [b"%b: %b" % (name, value) for name, value in self.headers if name != b"upgrade"]
        line = b"%b %b HTTP/%b" % (method, self.target, version.encode())
        self._feed(b"\r\n".join([line, *lines, b"", b""]) + rest)

    def _unusual_method(self, data: bytes) -> bool:
        """Read again under a stand-in what ails only by a method that llhttp does not know."""
        if self.asked or self.head_size or self.sent:
            return False  # it does not begin where the data do
        token, blank, rest = data.partition(b" ")
        if blank and METHOD.fullmatch(token):
            self.sent = token, None
            self._feed(_STAND_IN + blank + rest)
            return True
        return not blank and _METHOD_SO_FAR.fullmatch(token) is not None


def _reason(data: bytes, line: bytes, error: Exception) -> str:
    """What to say of data that are no HTTP; of a method, in gunicorn's words (`http/get`).

    `data` are the bytes from the request's beginning on, or empty where that is not known; `line`
    is its first line.
    """
    if line.startswith(b"CONNECT "):
        return "Invalid HTTP request: CONNECT is for proxies, and this is none"
    token = data.split(b" ", 1)[0]
    if data.startswith(b"\x16\x03"):
        return "Invalid HTTP request: a TLS handshake, but this server speaks plain http"
    if isinstance(error, HttpParserInvalidMethodError) and 0 < len(token) <= 64:
        return f"Invalid Method 'Invalid HTTP method: {token.decode('latin-1')!r}'"
    return f"Invalid HTTP request: {error}"
