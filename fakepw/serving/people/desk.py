"""What is asked at the page's paths, and how a browser gets in where there is a token.

No browser sends a bearer token with a link, a style sheet or an event source. So who opens the page
of such a server is asked for the token by a form, which comes in a request's body and never in a
URL, and gets a cookie for it: that of a session, from which the token cannot be told. A page of
another site is refused before anything of that is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs

from ...double.outcome import Stream
from ...double.steering import Steering
from ...protocol.messages import Request, Response
from ..guarding.guard import Guard
from ..guarding.json_answers import PRIVATE, error
from .calls import stream
from .page import ASSETS, Where, asset, entrance, page, sent

_NO_HOST = "127.0.0.1"
_FORM = "application/x-www-form-urlencoded"
#: Bytes of a form that are looked at.
_LONGEST = 4096


class Desk:
    """Answers browsers, for one double, below the path `prefix`."""

    def __init__(
        self, steering: Steering, guard: Guard, prefix: str, ca_file: str | None = None
    ) -> None:
        self._steering = steering
        self._guard = guard
        self._prefix = prefix
        self._ca_file = ca_file

    def answer(
        self, request: Request, path: str, name: str, query: Mapping[str, str]
    ) -> Response | Stream:
        """The answer to a request for that name below the prefix; `path` is all of it."""
        refused = self._guard.foreign(request)
        if refused is not None:
            return error(refused.status, refused.text, *refused.headers)
        thing = THINGS[name]
        method = request.method.decode("latin-1")
        if method not in thing.verbs:
            text = f"{self._prefix}{name} takes {thing.verbs[0]}, not {method}"
            return error(405, text, ("Allow", thing.verbs[0]))
        if not path.startswith(self._prefix):
            return self._sent(308)
        if not (thing.free or self._guard.trusts(request)):
            return self._turned_away(request, name)
        return thing.run(self, request, query)

    def _turned_away(self, request: Request, name: str) -> Response:
        if not name:
            return entrance(self._prefix, wrong=False)
        refused = self._guard.refusal(request)
        assert refused is not None
        return error(refused.status, refused.text, *refused.headers)

    def _page(self, request: Request, query: Mapping[str, str]) -> Response:
        root = f"{request.scheme}://{_header(request, b'host') or _NO_HOST}"
        return page(self._steering, Where(root, self._prefix), query)

    def _authority(self, request: Request, query: Mapping[str, str]) -> Response:
        if self._ca_file is None:
            return error(404, f"there is no {self._prefix}ca.pem: no authority was made for https")
        return sent(Path(self._ca_file), "application/x-pem-file")

    def _events(self, request: Request, query: Mapping[str, str]) -> Response | Stream:
        after = _header(request, b"last-event-id") or query.get("after") or "0"
        if not (after.isascii() and after.isdecimal() and len(after) < 12):
            return error(400, f"after is the number of a call, not {after[:40]!r}")
        try:
            return stream(self._steering.pipeline.journal, int(after))
        except ValueError as problem:
            return error(503, str(problem), ("Retry-After", "5"))

    def _login(self, request: Request, query: Mapping[str, str]) -> Response:
        if _header(request, b"content-type").partition(";")[0].strip().lower() != _FORM:
            return error(415, f"login takes Content-Type: {_FORM}, the form of the page")
        fields = parse_qs(request.body[:_LONGEST].decode("latin-1"))
        cookie = self._guard.enter(fields.get("token", [""])[0].strip(), request)
        if cookie is not None:
            return self._sent(303, ("Set-Cookie", cookie))
        return (
            self._sent(303) if self._guard.trusts(request) else entrance(self._prefix, wrong=True)
        )

    def _sent(self, status: int, *headers: tuple[str, str]) -> Response:
        fields = (("Location", self._prefix), *PRIVATE, *headers, ("Content-Length", "0"))
        return Response(status, fields)


def _header(request: Request, name: bytes) -> str:
    found = next((value for each, value in request.headers if each == name), b"")
    return found.decode("latin-1")


class Thing(NamedTuple):
    """What there is: which methods it takes, what answers, and whether that needs no token."""

    verbs: tuple[str, ...]
    run: Callable[[Desk, Request, Mapping[str, str]], Response | Stream]
    free: bool = False


_READ = ("GET", "HEAD")
THINGS = {
    "": Thing(_READ, Desk._page),
    "calls/events": Thing(_READ, Desk._events),
    "login": Thing(("POST",), Desk._login, free=True),
    "ca.pem": Thing(_READ, Desk._authority, free=True),
    **{name: Thing(_READ, lambda *_, name=name: asset(name), free=True) for name in ASSETS},
}
