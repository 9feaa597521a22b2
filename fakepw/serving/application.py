"""What a fakepw server answers: the Patchwork that it stands in for, and its control API."""

from __future__ import annotations

import logging
import re
from contextlib import suppress

from ..double.outcome import Answer, Application, Stream
from ..double.worlds import Host, World
from ..patchwork.words.brief import asked, brief
from ..protocol.messages import Request, Response, origin_form
from .control.control import Control
from .guarding.guard import Guard
from .http.framing import page
from .http.reading import Longest
from .limits import LONGEST_BODY

log = logging.getLogger("fakepw")

#: The path of a world, and the rest of what is asked for.
_WORLD = re.compile(rb"/w/([0-9a-z]{1,40})(/_fakepw(?![^/?#])|/|\Z)")


def application(host: Host, guard: Guard | None, ca_file: str | None = None) -> Application:
    """The application that serves a double and its worlds, and `/_fakepw/` to control them if there
    is a guard. `ca_file` is of the authority that clients are to trust, if it has one of its own.

    What is answered 400 is in the log: a client that makes such a mistake seldom says so.
    """
    control = None if guard is None else Control(host, guard, "", ca_file)
    main = host.pipeline

    def answer(request: Request) -> Answer | Stream:
        pipeline = main
        if b"/w/" in request.target and (path := _WORLD.match(origin_form(request.target))):
            world = found_world(path[1].decode())
            if path[2] == b"/_fakepw" and guard is not None:
                return in_world(request, world)
            if isinstance(world, World):
                pipeline = world.steering.pipeline
        # What is `understood`, is so of Patchwork's API.
        elif (
            not request.understood
            and b"/_fakepw" in request.target
            and control
            and control.owns(request)
        ):
            return control.answer(request)
        if len(request.body) > LONGEST_BODY:  # the server's own bound, where Django has none
            return page(413, f"fakepw takes bodies of up to {LONGEST_BODY} bytes")
        found = pipeline.answer(request)
        if type(found) is Response and found.status == 400:
            log.warning("%s was answered 400", _mistake(request))
        return found

    def found_world(number: str) -> World | str:
        """A world, or why it is not there: then the server's own Patchwork is asked."""
        try:
            return host.found(number)
        except LookupError as error:
            return str(error)

    def in_world(request: Request, world: World | str) -> Answer | Stream:
        assert guard is not None
        if isinstance(world, str):
            return Control(host, guard).gone(request, world)
        return Control(world.steering, guard, world.root, ca_file).answer(request)

    return answer


def _mistake(request: Request) -> str:
    """What was asked, with the Host header, which is one of the things that can be wrong."""
    hosts = [value.decode("latin-1") for name, value in request.headers if name == b"host"]
    line = asked(b"%b %b" % (request.method, request.target))
    return f"{line} to the host {' and '.join(map(brief, hosts))}" if hosts else line


def longest_body(host: Host) -> Longest:
    """How long a body may be at a target, for a server of that double and its worlds.

    A body that is longer than Django takes is cut just behind that, so that the application sees
    that it is too long and answers with the fault of a real server (servers.md 1.1). Before Django
    1.10 there was no bound; and to a fixture that is loaded Patchwork's is nothing.
    """

    def longest(target: bytes) -> int:
        patchwork = host.pipeline.patchwork
        path = _WORLD.match(origin_form(target))
        if b"/_fakepw" in target:
            return LONGEST_BODY
        if path is not None:
            with suppress(LookupError):
                patchwork = host.found(path[1].decode()).steering.pipeline.patchwork
        limit = patchwork.traits.body_limit
        return LONGEST_BODY if limit is None else max(1, limit)

    return longest
