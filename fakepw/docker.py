"""A double in a container: the same handle, from the image that `docker build -t fakepw .` makes.

It takes the docker SDK (`pip install '.[docker]'`) and an engine; both are looked for when `serve`
is called.
"""

from __future__ import annotations

import http.client
import os
import ssl
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pw_containers.container import Container
from pw_containers.container import start as begin
from pw_containers.engine import ContainerError

from .double.steering import start_of
from .double.strictness import Strict, mode_text
from .double.worlds import idle_of
from .fixtures import Source
from .patchwork.instances.settings import Settings, settings_of
from .patchwork.words.place import API
from .rules.grammar import written
from .rules.staged import Given
from .serving.guarding.guard import control_of
from .serving.reach.connecting import DoubleUnreachable, RemoteDouble, whole
from .serving.thread import fixture_of, patchwork_of
from .telling.wording import typed

__all__ = ["IMAGE", "ContainerDouble", "ContainerError", "serve"]

#: The image of this repository's Dockerfile; the variable FAKEPW_IMAGE names another.
IMAGE = "fakepw"
#: Where it listens in there, and the seconds that one try to reach it may take.
PORT, TRY = 8000, 2.0
#: Bytes that the certificate of an authority may have.
MOST = 1 << 16


class ContainerDouble(RemoteDouble):
    """A double that runs in a container, until `stop` or the end of its `with` block."""

    def __init__(
        self, container: Container, ready: float, token: str | None, tls: bool = False
    ) -> None:
        self._container = container
        self._folder = TemporaryDirectory(prefix="fakepw-") if tls else None
        trusts = None if self._folder is None else str(Path(self._folder.name, "ca.pem"))
        scheme = "http" if trusts is None else "https"

        def answers(address: str) -> bool:
            try:
                if trusts is not None:
                    Path(trusts).write_bytes(_authority(address))
                RemoteDouble(f"{scheme}://{address}/", token, timeout=TRY, ca_file=trusts)
            except DoubleUnreachable:
                return False
            return True

        try:
            address = container.wait(ready, answers)
            super().__init__(f"{scheme}://{address}/", token, ca_file=trusts)
        except BaseException:
            if self._folder is not None:
                self._folder.cleanup()
            raise

    def log(self) -> str:
        """What it has written so far: a line for each request, if FAKEPW_VERBOSE is set."""
        return self._container.log().decode("utf-8", "replace")

    def close(self) -> None:
        """Remove the container. Once that is done, it does nothing."""
        self._container.remove()
        if self._folder is not None:
            self._folder.cleanup()

    stop = close


def _authority(address: str) -> bytes:
    """The certificate of the authority that a double in a container has made for itself.

    Whom it comes from nobody can vouch for yet; but it was started here a moment ago. Raises
    DoubleUnreachable.
    """
    connection = http.client.HTTPSConnection(
        address, timeout=TRY, context=ssl._create_unverified_context()
    )
    try:
        connection.request("GET", "/_fakepw/ca.pem")
        response = connection.getresponse()
        found = response.read(MOST)
    except (OSError, http.client.HTTPException) as error:
        raise DoubleUnreachable(f"https://{address}/ does not answer: {error}") from error
    finally:
        connection.close()
    if response.status != 200 or b"-----BEGIN CERTIFICATE" not in found:
        raise DoubleUnreachable(f"https://{address}/ has no authority: {response.status}")
    return found


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
    clock: datetime | str | None = None,
    strict: Strict = False,
    at: str = API,
    tls: bool = False,
    world_idle: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> ContainerDouble:
    """Start a double in a container; it answers when this returns.

        with fakepw.docker.serve("fixture.json") as pw:
            client = xmlrpc.client.ServerProxy(pw.url)

    source, instance, settings, faults, in_front, limit, clock, strict, at, world_idle
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
    tls
        True to serve https, by an authority that the double in the container makes, and whose file
        is the handle's `ca_file`. The image has to be built with `--build-arg EXTRAS=tls`.
    environment
        Further variables for the container: every option of `fakepw serve` is one.

    It is removed by `stop`, at the end of its `with` block, and when the process ends. What a
    process that was killed left behind goes when the next one starts a container.

    Raises ContainerError (an OSError), with one sentence, if there is no engine or no such image,
    if the port is taken, or if it never answers or dies, with the last lines of its log;
    FixtureError and ValueError as `fakepw.serve` does.
    """
    fixture = fixture_of(source)
    typed(bool, tls=tls)
    start = start_of(faults, in_front, limit, clock, strict)
    given = settings_of({} if settings is None else settings)
    patchwork = patchwork_of(fixture, instance, True, given, at)
    variables = {"FAKEPW_FAULT": "\n".join(map(written, start.rules))}
    if start.strict:
        variables["FAKEPW_STRICT_MODE"] = mode_text(start.strict)
    if start.clock is not None:
        variables["FAKEPW_CLOCK"] = start.clock.isoformat()
    if world_idle is not None:
        variables["FAKEPW_WORLD_IDLE"] = str(idle_of(world_idle))
    if tls:
        variables["FAKEPW_TLS"] = "1"
    token = None if control is None else control_of(control)
    if isinstance(token, bool):
        raise ValueError("what runs in a container is steered: its control is a token, or left out")
    if token is not None:
        variables["FAKEPW_CONTROL"] = token
    name = image or os.environ.get("FAKEPW_IMAGE")
    container = begin(
        name or IMAGE,
        port=PORT,
        host_port=port,
        environment=variables | dict(environment or {}),
        pull=name is not None,
    )
    with ExitStack() as undone:
        undone.callback(container.remove)
        double = ContainerDouble(container, ready, token, tls)
        sent = whole(fixture.dataset, fixture.faults)
        double.load(sent, instance=patchwork.instance.name, settings=patchwork.settings, at=at)
        undone.pop_all()
    return double
