"""An HTTP request and the response to it, as plain values: nothing here knows a socket."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..patchwork.words.brief import asked, brief, cut, described
from ..patchwork.words.faults import Fault

#: What gunicorn takes for a method: it answers 400 to lower case (servers.md 1.1).
METHOD = re.compile(rb"[!$%&'*+\-.^_`|~0-9A-Z]{3,20}")


def origin_form(target: bytes) -> bytes:
    """A request-target without scheme and host, which pwclient always sends (clients.md 1)."""
    if target[:1] == b"/" or b"://" not in target:
        return target
    return b"/" + target.partition(b"://")[2].partition(b"/")[2]


@dataclass(slots=True, repr=False)
class Request:
    """One HTTP request as it arrived.

    `target` is the raw request-target (origin or absolute form), `headers` the pairs in the order
    sent with lower-case names, `body` the whole body after any transfer coding was taken off.
    A body without a Content-Length header is ignored, as real servers do (servers.md 1.1).
    `version` is `1.0` or `1.1`.  Without `keep_alive` it is the connection's last; `secure` is
    whether it came by https.

    A request may not be changed: it can come again.  `understood` is what `protocol` made of all
    but the body, for each of its sites, shared by all that differ in nothing else (`with_body`).
    """

    method: bytes
    target: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""
    version: str = "1.1"
    keep_alive: bool = field(default=True, compare=False)
    secure: bool = False
    understood: dict[Any, Any] = field(default_factory=dict, compare=False)

    @property
    def scheme(self) -> str:
        """Of its URL."""
        return "https" if self.secure else "http"

    def __repr__(self) -> str:
        line = asked(b"%b %b" % (self.method[:20], self.target))
        return described(self, line, f"{len(self.headers)} headers, {len(self.body)} bytes")

    def with_body(self, body: bytes) -> Request:
        """The same request with another body, which spares `protocol` to look at its head again."""
        return Request(
            self.method,
            self.target,
            self.headers,
            body,
            self.version,
            self.keep_alive,
            self.secure,
            self.understood,
        )


class Front(NamedTuple):
    """A server before Patchwork that an answer comes from, or through.

    server
        What its Server header says.
    before
        How many of the headers come before its Connection header, which it always sends.
    closes
        Whether it hangs up after this answer, whatever it was asked for.
    """

    server: str
    before: int
    closes: bool = False


@dataclass(slots=True, repr=False)
class Response:
    """What to answer. `body` is a list of chunks, written one after the other.

    `headers` are all that Patchwork sends, in its order.  Whoever writes it to a socket adds what
    the front of a real server adds: Date, Connection, and in HTTP/1.1 `Transfer-Encoding: chunked`
    as the first of them where there is no Content-Length (but not to HEAD).  `reason` is what the
    status line says behind the status; '': what it is usually called.
    `length` is that of the body, if somebody has counted it; `front` whose answer it is, if it is
    not just that of gunicorn, which the recorded servers stood behind.

    A response may not be changed: it can be sent again.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: list[bytes] = field(default_factory=list)
    reason: str = ""
    length: int | None = field(default=None, compare=False)
    front: Front | None = None

    def size(self) -> int:
        """The bytes of the body, which are counted once."""
        if self.length is None:
            self.length = sum(map(len, self.body))
        return self.length

    def __repr__(self) -> str:
        facts = f"{len(self.headers)} headers, {self.size()} bytes"
        return described(self, str(self.status), facts)


@dataclass(frozen=True, slots=True, repr=False)
class Called:
    """A request that was a call, as the server understood it: for logs.

    `method` is None and `params` are empty if the body is no methodCall.  `user` is the name that
    the caller gave where the method asks for one, never a password.  `answer` is the result, the
    Fault, or the Echo that the client was sent.
    """

    method: str | None
    params: Sequence[Any]
    user: str | None
    answer: Any

    def __repr__(self) -> str:
        name = "no methodCall" if self.method is None else _name(self.method)
        params = "" if self.method is None else f"({cut(brief(list(self.params))[1:-1], 200)})"
        who = "" if self.user is None else f" by {_name(self.user)}"
        return f"{name}{params}{who} -> {_answer(self.answer)}"


#: Is told of every call, once it is carried out.
Watch = Callable[[Called], None]


def _name(text: str) -> str:
    """A name that a client chose: quoted, unless it is a plain word."""
    return text if text.isidentifier() and text.isascii() and len(text) <= 30 else brief(text)


def _answer(answer: Any) -> str:
    if isinstance(answer, Fault):
        return f"fault {answer.kind}: {brief(answer.text)}"
    if isinstance(answer, Echo):
        return f"its own fault, {brief(answer.code)}: {brief(answer.string)}"
    if isinstance(answer, list) and len(answer) > 3:
        return f"{len(answer)} items"
    return cut(brief(answer, 1), 100)


class Echo(Exception):
    """The body is itself a fault, which servers send back as it is (servers.md 1.2).

    `code` and `string` are whatever values the client put there.
    """

    def __init__(self, code: Any, string: Any) -> None:
        super().__init__(code, string)
        self.code = code
        self.string = string
