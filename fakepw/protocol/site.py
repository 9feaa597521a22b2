"""Request to Response: the XML-RPC API at /xmlrpc/, and the pages beside it (servers.md 1.1, 1.2).

A call of the API in its plain form stays on a short path: one look at the headers, the decoder,
`Patchwork.call`, the encoder, and headers of which only the length is new.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from ..patchwork.instances.traits import Traits
from ..patchwork.patchwork import Patchwork
from ..patchwork.words.faults import Fault
from ..patchwork.words.place import API, Place
from ..patchwork.words.remarks import heard, remark
from . import documentation, html, views
from .decode import Decoder
from .encode import KEPT, Unprintable, echo_response, fault_response
from .encode import response as value_response
from .messages import METHOD, Called, Echo, Request, Response, Watch
from .page import HTML, NO_COOKIES, Cookies, Field, Page, cookies, finish, reason
from .routes import Routes, split_target
from .views import Visit

_TOO_DEEP = "maximum recursion depth exceeded"

#: The headers that mean something here.
_LOOKED_AT = frozenset({b"host", b"content-length", b"authorization", b"cookie"})
#: What stands for the server's own name where a client gives none.
_NO_HOST = b"127.0.0.1"


def bad_method(patchwork: Patchwork) -> Response:
    """What the front of real servers says to a method that it does not take for one."""
    body = html.bad_method(patchwork)
    return Response(
        400, (("Content-Type", "text/html"), ("Content-Length", str(len(body)))), [body]
    )


#: Lengths of answers whose headers are kept.
_MOST_LENGTHS = 1024


#: What a body asks for: a method and its params.
Asked = tuple[str | None, Sequence[Any]]


@dataclass(slots=True, repr=False)
class Call:
    """What the head of a request says that calls the API, enabled there."""

    sized: bool  # whether there is a body: none without Content-Length to Django (servers.md 1.1)
    who: str | None  # the Authorization header
    cookies: Cookies
    place: Place  # of the Patchwork that was asked: under another, it says something else

    def __repr__(self) -> str:
        return "<Call>"  # credentials are no one's business


class Site:
    """How the instances with some traits speak HTTP."""

    def __init__(self, traits: Traits) -> None:
        self.traits = traits
        self.decode = Decoder(traits)
        self.routes = Routes(traits)
        self._host = re.compile(traits.host_pattern, re.ASCII | re.IGNORECASE)
        # The headers of an answer to a call, around the length: all but that is known already.
        pattern = finish(Page(), b"POST", NO_COOKIES, traits, datetime.min).headers
        names = [name for name, _ in pattern]
        at = names.index("Content-Length") if "Content-Length" in names else None
        self._sized = at is not None
        self._before, self._after = pattern[:at], () if at is None else pattern[at + 1 :]
        self._headers: dict[int, tuple[Field, ...]] = {}  # by the length that they give

    def respond(
        self,
        request: Request,
        patchwork: Patchwork,
        watch: Watch | None = None,
        asked: Asked | None = None,
    ) -> Response:
        """The answer to a request, of whatever kind; `watch` is told if it was a call.

        `asked` is what `decode` made of its body, if somebody has had it read.
        """
        head = self._head(request, patchwork)
        if isinstance(head, Response):
            return head
        if not head.sized:
            remark("bodies", "a body without Content-Length is not read: to Patchwork it is empty")
        body = request.body if head.sized else b""
        return self.call(body, head.who, head.cookies, patchwork, watch, asked)

    def asked(self, request: Request, patchwork: Patchwork) -> Asked | None:
        """Which method a request calls with which params; None if it calls none."""
        head = self._head(request, patchwork)
        if isinstance(head, Response):
            return None
        try:
            return self.decode(request.body if head.sized else b"")
        except (Fault, Echo, RecursionError):
            return None

    def _head(self, request: Request, patchwork: Patchwork) -> Call | Response:
        """What `look` finds; that of a call is remembered with the request."""
        known: Call | None = request.understood.get(self)
        if known is not None and known.place is patchwork.place and patchwork.enabled:
            return known
        found = self.look(request, patchwork)
        if isinstance(found, Call):
            request.understood[self] = found
        return found

    def look(self, request: Request, patchwork: Patchwork) -> Call | Response:
        """What a request's head says if it is a call of the API, and otherwise the answer to it."""
        method = request.method
        if method != b"POST" and not METHOD.fullmatch(method):
            return bad_method(patchwork)
        known: dict[bytes, bytes] = {}
        for name, value in request.headers:
            if name in _LOOKED_AT:  # the front joins those of one name
                known[name] = b"%b,%b" % (known[name], value) if name in known else value
        found = split_target(
            request.target, self.traits.drops_a_slash, self.traits.keeps_stray_bytes
        )
        if found is None:  # before any middleware
            return Response(400, (("Content-Type", HTML),), [], reason(400, self.traits))
        path, query = found
        sent = cookies(known[b"cookie"].decode("latin-1")) if b"cookie" in known else NO_COOKIES
        host = known.get(b"host", _NO_HOST).decode("latin-1")
        if self._host.fullmatch(host) is None:
            page = views.bad_host(patchwork)
            return finish(page, method, sent, self.traits, patchwork.clock())
        inside = self._inside(path, patchwork.place)
        asked = path if inside is None else inside
        visit = Visit(patchwork, method, asked, query, host, request.scheme)
        if inside is None:  # whatever else there is on that host
            return self._finished(views.not_found(visit), visit, sent)
        if self.traits.redirects_to_https and not request.secure:
            return self._finished(views.to_https(visit), visit, sent)
        if inside == API and patchwork.enabled and method == b"POST":
            who = known.get(b"authorization")
            return Call(
                b"content-length" in known,
                None if who is None else who.decode("latin-1"),
                sent,
                patchwork.place,
            )
        if inside == API and patchwork.enabled:
            page = self._without_call(visit)
        else:
            page = self.routes.page(visit)
        return self._finished(page, visit, sent)

    def _finished(self, page: Page, visit: Visit, sent: Cookies) -> Response:
        return finish(page, visit.method, sent, self.traits, visit.patchwork.clock())

    def _inside(self, path: str, place: Place) -> str | None:
        """A path as Patchwork sees it: the front takes the script name off, and knows the API's.

        None for what is not below the script name.
        """
        script, api = place
        inside = path
        if script:
            inside = path.removeprefix(script)
            if inside == path or inside[:1] not in ("", "/"):
                return None
            dropped = self.traits.drops_a_slash and inside[:2] == "//"
            inside = inside[1:] if dropped else inside or "/"
        return API if inside == api else inside

    def call(
        self,
        body: bytes,
        who: str | None,
        sent: Cookies,
        patchwork: Patchwork,
        watch: Watch | None = None,
        asked: Asked | None = None,
    ) -> Response:
        """The answer to one methodCall; `who` is the Authorization header."""
        method: str | None = None
        params: Sequence[Any] = ()
        answer: Any
        try:
            decode = self.decode
            if asked is not None and heard():
                asked = decode.anew(body)
            method, params = asked or decode(body)
            answer = patchwork.call(method, params, who)
            response = self._result(answer, sent, patchwork)
        # What is kept is made anew: the traceback of what was raised knows this frame, and so would
        # keep the body for a while.
        except Fault as fault:
            answer = Fault(fault.kind, fault.text, fault.code)
            response = None
        except Echo as echo:
            remark("bodies", "the body is no methodCall but a fault, which is sent back as it is")
            answer = Echo(echo.code, echo.string)
            response = None
        except RecursionError:
            kind = "RuntimeError" if self.traits.py2 else "RecursionError"
            answer = Fault(kind, _TOO_DEEP)
            response = None
        if watch is not None:
            watch(Called(method, params, patchwork.caller(method, who), answer))
        return response or self._answer(*self._fault(answer), sent, patchwork)

    def _result(self, value: Any, sent: Cookies, patchwork: Patchwork) -> Response:
        """The answer that gives a value. Raises Fault for what cannot be sent.

        What is kept for others to come keeps its answer, too.
        """
        if type(value) not in KEPT or sent is not NO_COOKIES:
            return self._answer(200, value_response(value), sent, patchwork)
        response: Response | None = value.answer
        if response is None:
            response = self._answer(200, value_response(value), sent, patchwork)
            value.answer = response
        return response

    def _fault(self, answer: Fault | Echo) -> tuple[int, list[bytes]]:
        try:
            if isinstance(answer, Echo):
                return 200, echo_response(answer.code, answer.string, self.traits)
            return 200, fault_response(answer, self.traits)
        except (Unprintable, RecursionError):  # nothing catches what fails of writing a fault
            return 500, []

    def fault(self, text: str, patchwork: Patchwork) -> Response:
        """The answer to a call that fails with that faultString, and code 1."""
        return self._answer(200, echo_response(1, text, self.traits), NO_COOKIES, patchwork)

    def _without_call(self, visit: Visit) -> Page:
        """What /xmlrpc/ is for any method but POST (servers.md 1.1)."""
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
        length = sum(map(len, chunks))
        headers = self._headers.get(length if self._sized else 0)
        if headers is None:
            headers = self._headers_for(length if self._sized else 0)
        return Response(status, headers, chunks, reason(status, self.traits), length)

    def _headers_for(self, length: int) -> tuple[Field, ...]:
        """The headers of an answer of that length to a call without cookies."""
        headers = self._before
        if self._sized:
            headers = (*headers, ("Content-Length", str(length)), *self._after)
        if len(self._headers) >= _MOST_LENGTHS:
            self._headers.clear()
        self._headers[length] = headers
        return headers


#: By the identity of the traits, which the site holds, so that no others can come to have it.
#: Hashing a hundred traits takes longer than a whole answer.
_SITES: WeakValueDictionary[int, Site] = WeakValueDictionary()


def site_of(patchwork: Patchwork) -> Site:
    """The site that speaks for a Patchwork, and for all others that have the same traits.

    It is gone with the last of them.
    """
    site: Site | None = patchwork.site
    if site is None:
        traits = patchwork.traits
        site = _SITES.get(id(traits))
        if site is None:
            site = _SITES[id(traits)] = Site(traits)
        patchwork.site = site
    return site


def respond(request: Request, patchwork: Patchwork) -> Response:
    """The answer of that Patchwork to that request; it raises nothing for any request."""
    return site_of(patchwork).respond(request, patchwork)
