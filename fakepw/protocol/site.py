"""Request to Response: the XML-RPC API at /xmlrpc/, and the pages beside it (SERVER.md 1.1, 1.2).

A call of the API in its plain form stays on a short path: one look at the headers, the decoder,
`Patchwork.call`, the encoder, and headers of which only the length is new.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from ..patchwork.faults import Fault
from ..patchwork.patchwork import Patchwork
from ..patchwork.traits import Traits
from . import documentation, html, views
from .decode import Decoder
from .encode import Unprintable, echo_response, fault_response
from .encode import response as value_response
from .messages import Echo, Request, Response
from .page import NO_COOKIES, Cookies, Page, cookies, finish
from .routes import Routes, split_target
from .views import Visit

API = "/xmlrpc/"

_TOO_BIG = (
    "django.core.exceptions.RequestDataTooBig",
    "Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.",
)
_TOO_DEEP = "maximum recursion depth exceeded"

_HOST = re.compile(rb"(?:[a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(?::[0-9]+)?", re.I)
#: What stands for the server's own name where a client gives none.
_NO_HOST = b"127.0.0.1"


@lru_cache(maxsize=256)
def _valid_host(host: bytes) -> bool:
    """Whether Django takes it for a host name: it answers 400 to others."""
    return _HOST.fullmatch(host) is not None


#: What gunicorn takes for a method: it answers 400 to lower case (SERVER.md 1.1).
_METHOD = re.compile(rb"[!$%&'*+\-.^_`|~0-9A-Z]{3,20}")


def bad_method() -> Response:
    """What the front of real servers says to a method that it does not take for one."""
    body = html.bad_method()
    return Response(
        400, (("Content-Type", "text/html"), ("Content-Length", str(len(body)))), [body]
    )


class Site:
    """How the instances with some traits speak HTTP."""

    def __init__(self, traits: Traits) -> None:
        self.traits = traits
        self.decode = Decoder(traits)
        self.routes = Routes(traits)
        # The headers of an answer to a call, around the length: all but that is known already.
        pattern = finish(Page(), b"POST", NO_COOKIES, traits, datetime.min).headers
        names = [name for name, _ in pattern]
        at = names.index("Content-Length") if "Content-Length" in names else None
        self._sized = at is not None
        self._before, self._after = pattern[:at], () if at is None else pattern[at + 1 :]

    def respond(self, request: Request, patchwork: Patchwork) -> Response:
        """The answer to a request, of whatever kind."""
        host = authorization = cookie = length = None
        for name, value in request.headers:
            if name == b"host":
                host = value if host is None else b"%b,%b" % (host, value)
            elif name == b"content-length":
                length = value
            elif name == b"authorization":
                authorization = value
            elif name == b"cookie":
                cookie = value if cookie is None else b"%b; %b" % (cookie, value)
        method = request.method
        if method != b"POST" and not _METHOD.fullmatch(method):
            return bad_method()
        sent = NO_COOKIES if cookie is None else cookies(cookie.decode("latin-1"))
        if host is None:
            host = _NO_HOST
        elif not _valid_host(host):
            page = views.bad_host(self.traits)
            return finish(page, method, sent, self.traits, patchwork.clock())
        path, query = split_target(request.target, self.traits.drops_a_slash)
        if path == API and patchwork.enabled and method == b"POST":
            # Without a Content-Length Django reads nothing (SERVER.md 1.1).
            body = b"" if length is None else request.body
            status, chunks = self.call(body, authorization, patchwork)
            return self._answer(status, chunks, sent, patchwork)
        visit = Visit(patchwork, method, path, query, host.decode("latin-1"))
        if path == API and patchwork.enabled:
            page = self._without_call(visit)
        else:
            page = self.routes.page(visit)
        return finish(page, method, sent, self.traits, patchwork.clock())

    def call(
        self, body: bytes, authorization: bytes | None, patchwork: Patchwork
    ) -> tuple[int, list[bytes]]:
        """The status and the chunks of the body that answer one methodCall."""
        try:
            try:
                limit = self.traits.body_limit
                if limit is not None and len(body) > limit:
                    raise Fault(*_TOO_BIG)
                method, params = self.decode(body)
                who = None if authorization is None else authorization.decode("latin-1")
                return 200, value_response(patchwork.call(method, params, who))
            except Fault as fault:
                return 200, fault_response(fault, self.traits)
            except Echo as echo:
                return 200, echo_response(echo.code, echo.string, self.traits)
            except RecursionError:
                kind = "RuntimeError" if self.traits.py2 else "RecursionError"
                return 200, fault_response(Fault(kind, _TOO_DEEP), self.traits)
        except (Unprintable, RecursionError):  # of writing a fault: nothing catches that
            return 500, []

    def _without_call(self, visit: Visit) -> Page:
        """What /xmlrpc/ is for any method but POST (SERVER.md 1.1)."""
        if visit.method == b"GET" and self.traits.documents_methods:
            signatures = visit.patchwork.signatures
            return Page(body=documentation.page(signatures, self.traits.markup))
        return views.redirect(visit, self.traits.xmlrpc_redirect)

    def _answer(
        self, status: int, chunks: list[bytes], sent: Cookies, patchwork: Patchwork
    ) -> Response:
        """The HTTP response to a call."""
        if sent is not NO_COOKIES:
            page = Page(status=status, body=b"".join(chunks))
            return finish(page, b"POST", sent, self.traits, patchwork.clock())
        headers = self._before
        if self._sized:
            length = ("Content-Length", str(sum(map(len, chunks))))
            headers = (*headers, length, *self._after)
        return Response(status, headers, chunks)


_SITES: dict[int, Site] = {}


def respond(request: Request, patchwork: Patchwork) -> Response:
    """The answer of that Patchwork to that request; it raises nothing for any request."""
    traits = patchwork.traits
    # By identity: hashing a hundred traits takes longer than the whole answer.  The site holds its
    # traits, so that no other can come to have this id.
    site = _SITES.get(id(traits))
    if site is None:
        site = _SITES[id(traits)] = Site(traits)
    return site.respond(request, patchwork)
