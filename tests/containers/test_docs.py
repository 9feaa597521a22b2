"""docs/containers.md works as it is written."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docker.errors import ImageNotFound, NotFound

from tests import tools
from tests.examples import ROOT, Session, blocks

if TYPE_CHECKING:
    from docker import DockerClient

PAGE = (ROOT / "docs/containers.md").read_text()


@pytest.fixture
def called_fakepw(client: DockerClient, image: str) -> Iterator[None]:
    """Meanwhile our image is called as on the page; one that was called so before is again."""
    before = None
    with suppress(ImageNotFound):
        before = client.images.get("fakepw")
    client.images.get(image).tag("fakepw")
    yield
    client.images.remove("fakepw", force=False, noprune=True)
    if before is not None:
        before.tag("fakepw")


@pytest.mark.needs(tools.ENGINE, "docker")
@pytest.mark.usefixtures("called_fakepw")
def test_every_example_works_as_written(client: DockerClient, tmp_path: Path) -> None:
    session = Session(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        session.address = f"127.0.0.1:{free.getsockname()[1]}"
    session.environment |= {
        name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ
    }
    try:
        for block in blocks(PAGE):
            session.show(block, f"docs/containers.md, line {block.line}")
    finally:
        with suppress(NotFound):
            client.containers.get("my-double").remove(force=True)


def test_it_names_every_option_of_a_container() -> None:
    from conformance.commands.running.containing import OPTIONS

    for name, _ in OPTIONS:
        assert f"| `{name} " in PAGE
