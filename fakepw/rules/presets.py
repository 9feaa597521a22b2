"""What stands in front of real servers, by name, saying what nginx really says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from ..protocol.messages import Request, Response, origin_form
from .nginx import header, host_of, nginx, said

#: The longest body that nginx takes unless it is told else (`client_max_body_size`).
_MOST_BODY = 1024 * 1024
_PORT = re.compile(r":\d*\Z")
_NO_HOST = "127.0.0.1"
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
#: What a front makes of a request to a Patchwork under that script name.
Front = Callable[[Request, str], Passed]


@dataclass(frozen=True)
class Preset:
    """A front: what clients meet, as docs/double.md says it, and what it makes of a request."""

    text: str
    front: Front
    #: a rate that it allows beside that, and the burst
    rate: str | None = None
    burst: int = 0
    #: whether Patchwork itself is as if its API were switched off
    disabled: bool = False


def _challenge(request: Request, script: str) -> Passed:
    if b"_js_ok=" in header(request, b"cookie") or _path(request).startswith(
        f"{script}/api".encode()
    ):
        return request
    return said(200, _VERIFYING, after=(("Cache-Control", "no-store"),))


def _agents(request: Request, _: str) -> Passed:
    return nginx(request, 403) if _UNWANTED.search(header(request, b"user-agent")) else request


def _https(request: Request, _: str) -> Passed:
    """As `return 301 https://$host$request_uri` does, on a server of plain http."""
    if request.secure:
        return request
    host = _PORT.sub("", host_of(request))
    return nginx(request, 301, ("Location", f"https://{host}{_rest(request)}"))


def _slash(request: Request, script: str) -> Passed:
    """As nginx does by itself where a location that is proxied is called `/xmlrpc/`."""
    path, mark, query = _rest(request).partition("?")
    if re.sub("/+", "/", unquote(path)) != f"{script}/xmlrpc":
        return request
    where = f"{request.scheme}://{host_of(request) or _NO_HOST}{script}/xmlrpc/{mark}{query}"
    return nginx(request, 301, before=(("Location", where),))


def _nothing(request: Request, _: str) -> Passed:
    return request


def _sized(front: Front, *headers: tuple[str, str]) -> Front:
    """A front that takes bodies of up to 1 MiB, as nginx does that is not told else."""

    def passed(request: Request, script: str) -> Passed:
        too_long = len(request.body) > _MOST_BODY
        return nginx(request, 413, *headers) if too_long else front(request, script)

    return passed


def _without_credentials(request: Request, _: str) -> Passed:
    headers = [pair for pair in request.headers if pair[0] != b"authorization"]
    if len(headers) == len(request.headers):
        return request
    return replace(request, headers=headers, understood={})


def _rest(request: Request) -> str:
    return origin_form(request.target).decode("latin-1")


def _path(request: Request) -> bytes:
    return _rest(request).partition("?")[0].encode("latin-1")


def _always(status: int, *headers: tuple[str, str]) -> Front:
    return _sized(lambda request, _: nginx(request, status, *headers), *headers)


PRESETS = {
    "js-challenge": Preset(
        "status 200 and a page that wants JavaScript, before everything but `/api`",
        _sized(_challenge),
    ),
    "ua-403": Preset("403 for what calls itself python, curl, a bot", _sized(_agents)),
    "nginx-limit": Preset(
        "503 beyond 20 requests a second and a burst of 10", _sized(_nothing), "20/s", 10
    ),
    "https-redirect": Preset("301 to https, for POST too, unless it came by https", _https),
    "slash-redirect": Preset(
        "301 from `/xmlrpc` to `/xmlrpc/`, by the front itself", _sized(_slash)
    ),
    "eats-authorization": Preset(
        '"No authentication credentials given", whatever is sent', _sized(_without_credentials)
    ),
    "gateway-502": Preset("502, nginx's page: nobody behind it answers", _always(502)),
    "gateway-504": Preset("504, nginx's page: the answer took too long", _always(504)),
    "maintenance": Preset(
        "503, nginx's page, with `Retry-After`", _always(503, ("Retry-After", "300"))
    ),
    "disabled": Preset("404, as where the API is switched off", _nothing, disabled=True),
}
