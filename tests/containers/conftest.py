"""An engine, fakepw's image, and containers that go with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pw_containers import engine

from .image import image as built

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container


@pytest.fixture(scope="module")
def client() -> Iterator[DockerClient]:
    found = engine.connect()
    yield found
    found.close()


@pytest.fixture(scope="session")
def image() -> str:
    return built()


@pytest.fixture
def run(client: DockerClient, image: str) -> Iterator[Callable[..., Container]]:
    """`docker run --detach`, with the SDK's arguments; removed at the end."""
    made = []

    def begin(*command: str, **how: Any) -> Container:
        how.setdefault("ports", {"8000/tcp": ("127.0.0.1", 0)})
        made.append(client.containers.run(image, list(command) or None, detach=True, **how))
        made[-1].reload()
        return made[-1]

    yield begin
    for container in made:
        container.remove(force=True, v=True)
