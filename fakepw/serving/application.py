"""What a fakepw server answers: the Patchwork that it stands in for, and its control API."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..patchwork.brief import asked, brief
from ..patchwork.instances.traits import Traits
from ..patchwork.patchwork import Patchwork
from ..protocol.messages import Request, Response, Watch
from ..protocol.site import site_of
from .control import Control
from .http.framing import page
from .limits import Limits

log = logging.getLogger("fakepw")

#: The body up to which an old Django is imitated, which had no bound at all (servers.md 2).
LONGEST_BODY = 64 * 1024 * 1024


def application(patchwork: Patchwork, watch: Watch | None = None) -> Callable[[Request], Response]:
    """The application that serves a Patchwork, and `/_fakepw/` to control it.

    `watch` is told of every call.  What is answered 400 is in the log: a client that makes such a
    mistake seldom says so.
    """
    control = Control(patchwork)
    site = site_of(patchwork.traits)
    kept = limits_of(patchwork.traits).body_bytes
    limit = patchwork.traits.body_limit
    bounded = limit is not None and limit <= kept  # by the site itself

    def answer(request: Request) -> Response:
        # Whatever `seen` says, it says of Patchwork's API.
        if not request.seen and b"/_fakepw" in request.target and control.owns(request):
            return control.answer(request)
        if not bounded and len(request.body) > kept:
            return page(413, f"fakepw takes bodies of up to {kept} bytes")
        response = site.respond(request, patchwork, watch)
        if response.status == 400:
            log.warning("%s was answered 400", _mistake(request))
        return response

    return answer


def _mistake(request: Request) -> str:
    """What was asked, with the Host header, which is one of the things that can be wrong."""
    hosts = [value.decode("latin-1") for name, value in request.headers if name == b"host"]
    line = asked(b"%b %b" % (request.method, request.target))
    return f"{line} to the host {' and '.join(map(brief, hosts))}" if hosts else line


def limits_of(traits: Traits) -> Limits:
    """The limits under which an instance of these traits is served.

    A body longer than Django's limit is cut just behind it, so that the application sees that it
    is too long and answers with the fault of a real server (servers.md 1.1).  Before Django 1.10
    there was no limit; such an instance takes 64 MiB and answers 413 beyond.
    """
    limit = LONGEST_BODY if traits.body_limit is None else max(1, traits.body_limit)
    return Limits(body_bytes=min(limit, LONGEST_BODY))
