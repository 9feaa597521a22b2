"""One container: started beside the tests, watched until it answers, removed whatever happens."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from . import owners
from .engine import ContainerError, address_of, connect, image, said, told

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models import containers

#: Seconds between two looks at a container that does not answer yet, at first and in the end.
PAUSE, LONGEST = 0.02, 0.25
#: Bytes of its log that are kept, and lines of it that are shown.
LOG, LAST = 1024 * 1024, 10

_running: set[Container] = set()


class Container:
    """A container of ours, from `start` to `remove`."""

    def __init__(self, client: DockerClient, made: containers.Container, name: str, port: int):
        self._client = client
        self._made = made
        #: The container's own id; the image as it was asked for, and its id; the port inside.
        self.id, self.name, self.image, self.port = str(made.id), name, made.attrs["Image"], port
        _running.add(self)

    def wait(self, seconds: float, answers: Callable[[str], bool]) -> str:
        """Wait until it answers at one of its addresses, HOST:PORT, and say which.

        Raises ContainerError, with the last lines of its log, if it never does, or died.
        """
        end, pause = time.monotonic() + seconds, PAUSE
        while True:
            state = self.check()
            for address in self._addresses():
                if answers(address):
                    return address
            if time.monotonic() > end:
                raise ContainerError(
                    f"{self.name} does not answer after {seconds:g} s{_ill(state)}{self._last()}"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST)

    def check(self) -> Mapping[str, Any]:
        """Its state. Raises ContainerError, with the last lines of its log, if it ended."""
        with told(f"the container of {self.name} is gone"):
            self._made.reload()
        state: Mapping[str, Any] = self._made.attrs["State"]
        if not state.get("Running"):
            raise ContainerError(f"{self.name} {_ended(state)}{self._last()}")
        return state

    @property
    def healthy(self) -> bool | None:
        """What its own health check says; None if it has none."""
        found = _health(self.check())
        return None if found is None else found == "healthy"

    def execute(self, command: Sequence[str]) -> None:
        """Run a command inside. Raises ContainerError, with its last lines, if it fails."""
        shown = " ".join(command)
        api = self._client.api
        with told(f"{shown} cannot be run in {self.name}"):
            run = api.exec_create(self.id, list(command))["Id"]
            output = _tail(api.exec_start(run, stream=True), LOG)
            status = api.exec_inspect(run)["ExitCode"]
        if status != 0:
            raise ContainerError(
                f"{shown} failed in {self.name} with status {status}{_lines(output)}"
            )

    def log(self, most: int = LOG) -> bytes:
        """What it wrote so far, the last of it where that is more."""
        with told(f"the log of {self.name} cannot be read"):
            return _tail(self._made.logs(stream=True, follow=False), most)

    def remove(self) -> None:
        """Stop it and remove it, with what it alone kept. Once removed, it does nothing."""
        if self not in _running:
            return
        _remove(self._client, self.id)
        _running.discard(self)
        self._client.close()

    def _addresses(self) -> Iterator[str]:
        """Where it may be reached: where the engine publishes it, or, from within another container
        of the same engine, where it is itself."""
        found = self._made.attrs["NetworkSettings"]
        remote = address_of(self._client)
        for each in (found["Ports"] or {}).get(f"{self.port}/tcp") or []:
            host = remote or each["HostIp"]
            yield f"[{host}]:{each['HostPort']}" if ":" in host else f"{host}:{each['HostPort']}"
        if remote is None and os.path.exists("/.dockerenv") and found["IPAddress"]:
            yield f"{found['IPAddress']}:{self.port}"

    def _last(self) -> str:
        with contextlib.suppress(ContainerError):
            return _lines(self.log())
        return ""

    def __repr__(self) -> str:
        return f"<container of {self.name}>"


def start(
    name: str,
    *,
    port: int | None = None,
    host_port: int = 0,
    environment: Mapping[str, str] | None = None,
    pull: bool = True,
) -> Container:
    """Start a container of an image, one of whose ports is published on loopback, a free one
    unless told. What killed processes left behind is removed first.

    port
        The port inside; if not given, the one that the image exposes.

    Raises ContainerError.
    """
    client = connect()
    with ExitStack() as undone:
        undone.callback(client.close)
        reap(client)
        found = image(client, name, pull=pull)
        inside = port or _exposed(name, found.attrs["Config"].get("ExposedPorts") or {})
        host = "127.0.0.1" if address_of(client) is None else "0.0.0.0"

        def create() -> Container:
            with told(f"{name} cannot be started"):
                made = client.containers.create(
                    found,
                    environment=dict(environment or {}),
                    ports={f"{inside}/tcp": (host, host_port)},
                    labels={owners.LABEL: owners.owner()},
                )
            undone.pop_all()
            container = Container(client, made, name, inside)
            undone.callback(container.remove)
            _begin(made, name, host_port)
            return container

        with ThreadPoolExecutor(1) as apart:  # no signal comes there: what it begins, it ends
            container = apart.submit(create).result()
        undone.pop_all()
    return container


def _begin(made: containers.Container, name: str, host_port: int) -> None:
    try:
        with told(f"{name} cannot be started"):
            made.start()
    except ContainerError as error:
        if re.search("port is already allocated|address already in use", str(error)):
            raise ContainerError(f"{name} cannot be started: port {host_port} is taken") from None
        raise


def reap(client: DockerClient) -> list[str]:
    """Remove the containers of processes that are gone for certain; their ids."""
    gone = []
    with told("the engine does not say which containers there are"):
        every = client.api.containers(all=True, filters={"label": owners.LABEL})
    for each in every:
        if owners.left_over(each["Labels"][owners.LABEL]):
            with contextlib.suppress(ContainerError):
                _remove(client, each["Id"])
                gone.append(each["Id"])
    return gone


def _remove(client: DockerClient, key: str) -> None:
    from docker.errors import APIError

    with told("a container cannot be removed"):
        try:
            client.api.remove_container(key, v=True, force=True)
        except APIError as error:
            if error.response is None or error.response.status_code not in (404, 409):
                raise  # otherwise another process has removed it, or is about to


def _exposed(name: str, ports: Mapping[str, object]) -> int:
    found = sorted({int(port.partition("/")[0]) for port in ports if port.endswith("/tcp")})
    if len(found) == 1:
        return found[0]
    exposes = f"the ports {', '.join(map(str, found))}" if found else "no port"
    raise ContainerError(f"{name} exposes {exposes}: say which one is meant")


def _health(state: Mapping[str, Any]) -> str | None:
    found = (state.get("Health") or {}).get("Status")
    return None if found in (None, "none") else str(found)


def _ill(state: Mapping[str, Any]) -> str:
    """What its own health check has to do with it that it does not answer."""
    if _health(state) == "unhealthy":
        return " and its own health check fails"
    if _health(state) == "starting" and not state["Health"].get("Log"):
        return ", and its health was never looked at, as by Podman without systemd"
    return ""


def _ended(state: Mapping[str, Any]) -> str:
    if state.get("OOMKilled"):
        return "ended for want of memory"
    why = f" ({said(state['Error'])})" if state.get("Error") else ""
    return f"ended with status {state.get('ExitCode')}{why}"


def _tail(pieces: Iterable[bytes], most: int) -> bytes:
    """The last bytes of what comes, however much that is."""
    kept: deque[bytes] = deque()
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        while size - len(kept[0]) >= most:
            size -= len(kept.popleft())
    return b"".join(kept)[-most:]


def _lines(text: bytes) -> str:
    """The last lines that somebody wrote, each marked as not ours."""
    lines = [line for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return "; it wrote nothing"
    return "; its last lines:" + "".join(f"\n  | {said(line)}" for line in lines[-LAST:])


def _remove_all() -> None:
    for container in list(_running):
        with contextlib.suppress(ContainerError):
            container.remove()


atexit.register(_remove_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_running.clear)  # a forked child's parent removes them
