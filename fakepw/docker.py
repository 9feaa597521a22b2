"""A double in a container: the same handle, from the image that `docker build -t fakepw .` makes.

It takes the docker SDK (`pip install '.[docker]'`) and an engine; both are looked for when `serve`
is called.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any

from pw_containers.container import Container, start
from pw_containers.engine import ContainerError

from .double.rules.grammar import written
from .double.rules.staged import Given, staged
from .fixtures import Source
from .patchwork.instances.settings import Settings, settings_of
from .patchwork.words.place import API
from .serving.control.guard import control_of
from .serving.reach.connecting import DoubleUnreachable, RemoteDouble, whole
from .serving.thread import fixture_of, patchwork_of

__all__ = ["IMAGE", "ContainerDouble", "ContainerError", "serve"]

#: The image of this repository's Dockerfile; the variable FAKEPW_IMAGE names another.
IMAGE = "fakepw"
#: Where it listens in there, and the seconds that one try to reach it may take.
PORT, TRY = 8000, 2.0


class ContainerDouble(RemoteDouble):
    """A double that runs in a container, until `stop` or the end of its `with` block."""

    def __init__(self, container: Container, ready: float, token: str | None) -> None:
        def answers(address: str) -> bool:
            try:
                RemoteDouble(f"http://{address}/", token, timeout=TRY)
            except DoubleUnreachable:
                return False
            return True

        self._container = container
        super().__init__(f"http://{container.wait(ready, answers)}/", token)

    def log(self) -> str:
        """What it has written so far: a line for each request, if FAKEPW_VERBOSE is set."""
        return self._container.log().decode("utf-8", "replace")

    def close(self) -> None:
        """Remove the container. Once that is done, it does nothing."""
        self._container.remove()

    stop = close


def serve(
    source: Source | Iterable[Source] | None = None,
    *,
    instance: str | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    image: str | None = None,
    ready: float = 30.0,
    port: int = 0,
    control: str | None = None,
    faults: Iterable[Given] = (),
    in_front: Given | Iterable[Given] | None = None,
    limit: Given | None = None,
    at: str = API,
    environment: Mapping[str, str] | None = None,
) -> ContainerDouble:
    """Start a double in a container; it answers when this returns.

        with fakepw.docker.serve("fixture.json") as pw:
            client = xmlrpc.client.ServerProxy(pw.url)

    source, instance, settings, faults, in_front, limit, at
        As for `fakepw.serve`. Sources are read here and sent to the container: it needs no volume.
    image
        The image; if not given, that of the variable FAKEPW_IMAGE, or `fakepw`. One that is named
        is pulled if it is not there.
    ready
        Seconds in which it must answer.
    port
        The port on this machine's loopback; 0 takes a free one. An engine on another machine, which
        DOCKER_HOST names, publishes it on all of that machine's addresses.
    control
        The bearer token that steering it takes; if not given, none.
    environment
        Further variables for the container: every option of `fakepw serve` is one.

    It is removed by `stop`, at the end of its `with` block, and when the process ends. What a
    process that was killed left behind goes when the next one starts a container.

    Raises ContainerError (an OSError), with one sentence, if there is no engine or no such image,
    if the port is taken, or if it never answers or dies, with the last lines of its log;
    FixtureError and ValueError as `fakepw.serve` does.
    """
    fixture = fixture_of(source)
    rules = staged(faults, in_front, limit)
    given = settings_of({} if settings is None else settings)
    patchwork = patchwork_of(fixture, instance, True, given, at)
    variables = {"FAKEPW_FAULT": "\n".join(map(written, rules))}
    token = None if control is None else control_of(control)
    if isinstance(token, bool):
        raise ValueError("what runs in a container is steered: its control is a token, or left out")
    if token is not None:
        variables["FAKEPW_CONTROL"] = token
    name = image or os.environ.get("FAKEPW_IMAGE")
    container = start(
        name or IMAGE,
        port=PORT,
        host_port=port,
        environment=variables | dict(environment or {}),
        pull=name is not None,
    )
    with ExitStack() as undone:
        undone.callback(container.remove)
        double = ContainerDouble(container, ready, token)
        sent = whole(fixture.dataset, fixture.faults)
        double.load(sent, instance=patchwork.instance.name, settings=patchwork.settings, at=at)
        undone.pop_all()
    return double
