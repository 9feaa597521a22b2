"""Servers for real clients to talk to, and pwclient as its user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import fakepw


@dataclass
class Pwclient:
    """PyPI's pwclient with a configuration of its own, run in a folder of its own."""

    url: str
    folder: Path
    project: str = "kettle"
    credentials: tuple[str, str] | None = ("kim", "earl-grey")
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever that is."""
        config = self.folder / ".pwclientrc"
        lines = ["[options]", f"default={self.project}", f"[{self.project}]", "backend=xmlrpc"]
        lines.append(f"url={self.url}")
        if self.credentials:
            lines += ["username={}".format(self.credentials[0].replace("%", "%%"))]
            lines += ["password={}".format(self.credentials[1].replace("%", "%%"))]
        config.write_text("\n".join(lines) + "\n")
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            [Path(sys.executable).parent / "pwclient", *args],
            cwd=self.folder,
            env=inherited
            | {"PWCLIENTRC": str(config), "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
            | self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )

    def out(self, *args: str) -> str:
        """What a command prints, which must go well and print nothing else."""
        done = self(*args)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def rows(self, *args: str) -> list[list[str]]:
        """The table that a command prints, without its two heading lines."""
        return [line.split() for line in self.out(*args).splitlines()[2:]]

    def ids(self, *args: str) -> list[int]:
        """The first column of that table."""
        return [int(row[0]) for row in self.rows(*args)]

    def failure(self, *args: str) -> str:
        """The last line of stderr of a command that must fail."""
        done = self(*args)
        assert done.returncode == 1
        return done.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def demo_server() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo") as server:
        yield server


@pytest.fixture(scope="module")
def hostile_server() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("hostile") as server:
        yield server


@pytest.fixture
def server(demo_server: fakepw.LiveServer) -> fakepw.LiveServer:
    """The demo, as it is before anybody did anything."""
    demo_server.reset()
    return demo_server


@pytest.fixture
def pwclient(server: fakepw.LiveServer, tmp_path: Path) -> Pwclient:
    """Kim's pwclient, set up for the demo."""
    return Pwclient(server.url, tmp_path)


@pytest.fixture
def hostile(hostile_server: fakepw.LiveServer, tmp_path: Path) -> Callable[[str], Pwclient]:
    """A pwclient for a project of the hostile fixture."""
    hostile_server.reset()
    return lambda project: Pwclient(hostile_server.url, tmp_path, project, ("maint", "a:b:c"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one commit, where pwclient is run."""
    for command in (
        ["init", "-q", "-b", "main"],
        ["config", "user.name", "Kim Duarte"],
        ["config", "user.email", "kim@example.org"],
        ["commit", "-q", "--allow-empty", "-m", "start"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    return tmp_path
