"""What stands in front of real servers, by name, saying what nginx really says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...protocol.messages import Request, Response, origin_form

#: What the presets say that they are: the nginx that their answers were held against.
SERVER = "nginx/1.22.1"
#: nginx's own words for these statuses.
_REASONS = {503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
#: User agents that the guide's front turns away.
_UNWANTED = re.compile(rb"python|curl|wget|libwww|bot\b|spider|crawl", re.IGNORECASE)

_VERIFYING = b"""\
<!doctype html>
<html><head><meta charset="utf-8"><title>Verifying</title></head>
<body><noscript>JavaScript is needed to see this page.</noscript>
<script>document.cookie="_js_ok=1; path=/; max-age=86400";location.reload()</script>
</body></html>
"""

#: A request, changed or as it is, on its way to Patchwork; or the answer in its stead.
Passed = Request | Response


@dataclass(frozen=True)
class Preset:
    """A front: what it makes of a request, in one sentence and as a function."""

    text: str
    front: Callable[[Request], Passed]
    #: a rate that it allows beside that, and the burst
    rate: str | None = None
    burst: int = 0
    #: whether Patchwork itself is as if its API were switched off
    disabled: bool = False


def nginx(status: int, *headers: tuple[str, str], reason: str = "") -> Response:
    """A page of nginx's own, as nginx writes it."""
    from http import HTTPStatus

    reason = reason or _REASONS.get(status) or HTTPStatus(status).phrase
    body = (
        f"<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {reason}</h1></center>\r\n"
        f"<hr><center>{SERVER}</center>\r\n</body>\r\n</html>\r\n"
    ).encode()
    return _said(status, body, *headers)


def _said(status: int, body: bytes, *headers: tuple[str, str]) -> Response:
    fields = (("Content-Type", "text/html"), ("Content-Length", str(len(body))), *headers)
    return Response(status, fields, [body])


def _header(request: Request, name: bytes) -> bytes:
    return next((value for each, value in request.headers if each == name), b"")


def _challenge(request: Request) -> Passed:
    if b"_js_ok=" in _header(request, b"cookie") or _path(request).startswith(b"/api"):
        return request
    return _said(200, _VERIFYING, ("Cache-Control", "no-store"))


def _agents(request: Request) -> Passed:
    return nginx(403) if _UNWANTED.search(_header(request, b"user-agent")) else request


def _https(request: Request) -> Passed:
    if request.secure:
        return request
    host = _header(request, b"host").partition(b":")[0].decode("latin-1")
    return nginx(301, ("Location", f"https://{host}{_rest(request)}"))


def _slash(request: Request) -> Passed:
    if _path(request) != b"/xmlrpc":
        return request
    host = _header(request, b"host").decode("latin-1")
    rest = _rest(request).replace("/xmlrpc", "/xmlrpc/", 1)
    return nginx(301, ("Location", f"{request.scheme}://{host}{rest}"))


def _nothing(request: Request) -> Passed:
    return request


def _without_credentials(request: Request) -> Passed:
    headers = [pair for pair in request.headers if pair[0] != b"authorization"]
    if len(headers) == len(request.headers):
        return request
    return replace(request, headers=headers, understood={})


def _rest(request: Request) -> str:
    return origin_form(request.target).decode("latin-1")


def _path(request: Request) -> bytes:
    return _rest(request).partition("?")[0].encode("latin-1")


def _always(status: int, *headers: tuple[str, str]) -> Callable[[Request], Passed]:
    return lambda request: nginx(status, *headers)


PRESETS = {
    "js-challenge": Preset(
        "a page that wants JavaScript, status 200, before everything but /api", _challenge
    ),
    "ua-403": Preset("403 for what calls itself python, curl, a bot …", _agents),
    "nginx-limit": Preset(
        "503 beyond 20 requests a second and a burst of 10", _nothing, "20/s", 10
    ),
    "https-redirect": Preset("301 to https for everything", _https),
    "slash-redirect": Preset("301 from /xmlrpc to /xmlrpc/ by the front itself", _slash),
    "eats-authorization": Preset("credentials never arrive", _without_credentials),
    "gateway-502": Preset("502: nobody behind the front answers", _always(502)),
    "gateway-504": Preset("504: the answer took too long for the front", _always(504)),
    "maintenance": Preset("503 with Retry-After", _always(503, ("Retry-After", "300"))),
    "disabled": Preset("404 for the API, as where it is switched off", _nothing, disabled=True),
}
