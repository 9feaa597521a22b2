"""An HTTP request and the response to it, as plain values: nothing here knows a socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Request:
    """One HTTP request as it arrived.

    `target` is the raw request-target (origin or absolute form), `headers` the pairs in the order
    sent with lower-case names, `body` the whole body after any transfer coding was taken off.
    A body without a Content-Length header is ignored, as real servers do (SERVER.md 1.1).
    `version` is `1.0` or `1.1`.
    """

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    version: str = "1.1"


@dataclass(slots=True)
class Response:
    """What to answer. `body` is a list of chunks, written one after the other.

    `headers` are all that Patchwork sends, in its order.  Whoever writes it to a socket adds what
    the front of a real server adds: Date, Connection, and in HTTP/1.1 `Transfer-Encoding: chunked`
    as the first of them where there is no Content-Length (but not to HEAD).
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: list[bytes] = field(default_factory=list)


class Echo(Exception):
    """The body is itself a fault, which servers send back as it is (SERVER.md 1.2).

    `code` and `string` are whatever values the client put there.
    """

    def __init__(self, code: Any, string: Any) -> None:
        super().__init__(code, string)
        self.code = code
        self.string = string
