"""An HTTP request and the response to it, as plain values: nothing here knows a socket."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

#: What gunicorn takes for a method: it answers 400 to lower case (SERVER.md 1.1).
METHOD = re.compile(rb"[!$%&'*+\-.^_`|~0-9A-Z]{3,20}")


@dataclass(slots=True)
class Request:
    """One HTTP request as it arrived.

    `target` is the raw request-target (origin or absolute form), `headers` the pairs in the order
    sent with lower-case names, `body` the whole body after any transfer coding was taken off.
    A body without a Content-Length header is ignored, as real servers do (SERVER.md 1.1).
    `version` is `1.0` or `1.1`.

    A request may not be changed: it can come again.  `seen` is what `protocol` made of all but the
    body, for each of its sites, and shared by all requests that differ in nothing else (`again`).
    """

    method: bytes
    target: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""
    version: str = "1.1"
    seen: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def again(self, body: bytes) -> Request:
        """The same request with another body, which spares `protocol` to look at its head again."""
        request = Request(self.method, self.target, self.headers, body, self.version)
        request.seen = self.seen
        return request


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
