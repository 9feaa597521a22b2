"""What a fakepw server answers: the Patchwork that it stands in for, and its control API."""

from __future__ import annotations

from ..patchwork.instances.instances import Instance
from ..patchwork.patchwork import Patchwork
from ..protocol.messages import Request, Response
from ..protocol.site import site_of
from .control import Control
from .framing import page
from .limits import Limits
from .server import Application

#: The body up to which an old Django is imitated, which had no bound at all (SERVER.md 2).
LONGEST_BODY = 64 * 1024 * 1024


def application(patchwork: Patchwork) -> Application:
    """The application that serves a Patchwork, and `/_fakepw/` to control it."""
    control = Control(patchwork)
    site = site_of(patchwork.traits)
    kept = limits_of(patchwork.instance).body_bytes
    bounded = patchwork.traits.body_limit is not None  # by the site itself

    def answer(request: Request) -> Response:
        # Whatever `seen` says, it says of Patchwork's API.
        if not request.seen and b"/_fakepw" in request.target and control.owns(request):
            return control.answer(request)
        if not bounded and len(request.body) > kept:
            return page(413, f"fakepw takes bodies of up to {kept} bytes")
        return site.respond(request, patchwork)

    return answer


def limits_of(instance: Instance) -> Limits:
    """The limits under which an instance is served.

    A body longer than Django's limit is cut just behind it, so that the application sees that it
    is too long and answers with the fault of a real server (SERVER.md 1.1).  Before Django 1.10
    there was no limit; such an instance takes 64 MiB and answers 413 beyond.
    """
    return Limits(body_bytes=instance.traits.body_limit or LONGEST_BODY)
