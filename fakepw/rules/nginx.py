"""What nginx says, and how an answer looks that came through it.

Held byte for byte, but for dates, against the nginx that this machine has: `tests/fronts`.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from ..protocol.messages import Front, Request, Response

#: What the presets call themselves: Debian 12's, which their answers were first held against.
SERVER = "nginx/1.22.1"
#: nginx's own words for these statuses.
_REASONS = {
    302: "Moved Temporarily",
    408: "Request Time-out",
    413: "Request Entity Too Large",
    414: "Request-URI Too Large",
    416: "Requested Range Not Satisfiable",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
#: After these it hangs up.
_LAST = frozenset({400, 413, 414, 500, 501})
#: The headers that it writes itself, and so before those of others, in its order; a Location only
#: if that is a whole URL.
_FIRST = ("content-type", "content-length", "last-modified", "location")
_PADDED = re.compile(rb"MSIE |Chrome/")
_PADDING = b"<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n" * 6

Header = tuple[str, str]


def nginx(
    request: Request, status: int, *after: Header, before: tuple[Header, ...] = ()
) -> Response:
    """A page of nginx's own, as nginx writes it, with headers before Connection and after it."""
    reason = _REASONS.get(status) or _phrase(status)
    body = (
        f"<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {reason}</h1></center>\r\n"
        f"<hr><center>{SERVER}</center>\r\n</body>\r\n</html>\r\n"
    ).encode()
    if status >= 400 and _PADDED.search(header(request, b"user-agent")):
        body += _PADDING
    return said(status, body, before, after, reason)


def said(
    status: int,
    body: bytes,
    before: tuple[Header, ...] = (),
    after: tuple[Header, ...] = (),
    reason: str = "",
) -> Response:
    """What an operator has nginx say."""
    fields = (("Content-Type", "text/html"), ("Content-Length", str(len(body))), *before)
    front = Front(SERVER, len(fields), status in _LAST)
    return Response(status, (*fields, *after), [body], reason, front=front)


def through_nginx(response: Response) -> Response:
    """An answer of Patchwork's, as nginx passes it on: its own headers come first."""
    if response.front is not None:
        return response
    own = [pair for pair in response.headers if _is_first(*pair)]
    first = sorted(own, key=lambda pair: _FIRST.index(pair[0].lower()))
    rest = [pair for pair in response.headers if not _is_first(*pair)]
    front = Front(SERVER, len(first))
    headers = (*first, *rest)
    return Response(
        response.status, headers, response.body, response.reason, response.length, front
    )


def _is_first(name: str, value: str) -> bool:
    name = name.lower()
    return name in _FIRST and not (name == "location" and value.startswith("/"))


def host_of(request: Request) -> str:
    """The host that was asked for, as nginx knows it: that of the target before the header's."""
    found = re.match(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)", request.target)
    host = found[1].rpartition(b"@")[2] if found else header(request, b"host")
    return host.decode("latin-1").lower()


def header(request: Request, name: bytes) -> bytes:
    """The value of a request's first header of that name; empty if there is none."""
    return next((value for each, value in request.headers if each == name), b"")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
