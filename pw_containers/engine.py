"""The container engine: found, or why not, in one sentence."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from docker import DockerClient, TLSConfig
    from docker.models.images import Image

#: Seconds in which the engine answers anything but a pull.
PATIENCE = 60
#: Characters that are quoted of what an engine says.
_QUOTED = 300


class ContainerError(OSError):
    """No engine, no image, or a container that is not as it should be; says which in one sentence,
    and what to do about it."""


def connect() -> DockerClient:
    """The engine that DOCKER_HOST names, failing which that of docker's context; to be closed.

    Raises ContainerError.
    """
    try:
        import docker
    except ModuleNotFoundError as error:
        if error.name != "docker":
            raise
        raise ContainerError(
            "containers take the docker SDK, which is not installed: pip install 'docker>=7.1'"
        ) from None
    from docker.context import ContextAPI
    from docker.errors import DockerException, InvalidVersion

    where = os.environ.get("DOCKER_HOST", "")
    tls: TLSConfig | bool = False
    try:
        if where:
            _knock(where)
            return docker.from_env(timeout=PATIENCE)
        if (context := ContextAPI.get_current_context()) is not None:
            where, tls = str(context.Host), context.TLSConfig or False
        _knock(where)
        return docker.DockerClient(where, timeout=PATIENCE, tls=tls)
    except InvalidVersion as error:
        raise ContainerError(
            f"the container engine at {where} is too old: {said(error)}; Docker 20.10 will do"
        ) from None
    except (DockerException, OSError, ValueError) as error:
        raise ContainerError(_nobody(where, error)) from None


def address_of(client: DockerClient) -> str | None:
    """The host under which the ports of a remote engine are reached; None for one of this machine,
    which publishes them on loopback, and for which one is taken that is reached by loopback."""
    parts = urlsplit(os.environ.get("DOCKER_HOST") or client.api.base_url)
    host = parts.hostname if parts.scheme in ("tcp", "http", "https", "ssh") else None
    here = host is None or host in ("localhost", "::1") or host.startswith("127.")
    return None if here else host


@contextmanager
def told(what: str) -> Iterator[None]:
    """What the engine refuses meanwhile, as one sentence that begins with `what`."""
    from docker.errors import APIError, DockerException
    from requests import RequestException

    try:
        yield
    except APIError as error:
        raise ContainerError(f"{what}: {said(error.explanation or error)}") from None
    except (DockerException, RequestException) as error:
        raise ContainerError(f"{what}: {_why(error)}") from None


def image(client: DockerClient, name: str, *, pull: bool) -> Image:
    """The image of that name, from its registry if need be and `pull` allows it.

    Raises ContainerError.
    """
    from docker.errors import APIError, ImageNotFound

    with told(f"there is no telling whether the engine has the image {name}"):
        try:
            return client.images.get(name)
        except ImageNotFound:
            pass
        except APIError as error:
            if error.response is not None and error.response.status_code == 400:
                raise ContainerError(f"{name!r} is no name of an image") from None
            raise
    if not pull:
        made = f"`docker build -t {name} .` makes it, where its Dockerfile is"
        raise ContainerError(f"there is no image {name} here: {made}")
    try:
        with told(f"there is no image {name} here, and it cannot be pulled"):
            return client.images.pull(name)
    except ContainerError as error:
        registry = name.partition("/")[0] if "/" in name else ""
        login = f"docker login {registry}" if set(registry) & set(".:") else "docker login"
        raise ContainerError(f"{error}. From a private registry it takes `{login}` first") from None


def _knock(where: str) -> None:
    """Try a local socket: the SDK leaves its own one open where it cannot connect."""
    if where.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.connect(where.removeprefix("unix://"))


def _nobody(where: str, error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, PermissionError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        return (
            f"the container engine at {where} may not be used by this user (Permission denied):"
            " that takes the group docker, or an engine of one's own that DOCKER_HOST names"
        )
    return (
        f"no container engine answers at {where} ({_why(error)}): is it running? Another one is"
        " named by DOCKER_HOST"
    )


def _why(error: BaseException) -> str:
    """What lies at the bottom of an error that was wrapped again and again."""
    found, cause = error, error.__cause__ or error.__context__
    while cause is not None:
        found, cause = cause, cause.__cause__ or cause.__context__
    return getattr(found, "strerror", None) or said(found)


def said(text: object) -> str:
    """What somebody else says, as a part of one line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"
