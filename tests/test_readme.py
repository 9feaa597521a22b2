"""Every example in the README, and in the pages that it leads to, works as it is written there.

Console blocks are run by bash, one after the other in one folder, and what they print is compared;
a line that is only `...` stands for any lines. The server that the README starts is started, on a
free port that is put in wherever the README says 8000. Blocks of JSON that name a file become that
file. Python blocks are run by Python in the same folder, those that name a file by pytest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
#: Pages whose examples are run, each in a folder of its own.
PAGES = ["README.md", "docs/double.md"]
ADDRESS = "127.0.0.1:8000"


class Block(NamedTuple):
    line: int
    language: str
    name: str
    text: str


def blocks(text: str = README) -> Iterator[Block]:
    fence = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    for match in fence.finditer(text):
        yield Block(text[: match.start()].count("\n") + 1, *match.groups())


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Every `$ command` of a console block with the lines that it prints."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, *output = part.splitlines()
        yield command, output


def matches(expected: list[str], got: list[str]) -> bool:
    pattern = "".join(
        r"(?:.*\n)*" if line == "..." else re.escape(line.rstrip()) + r"\n" for line in expected
    )
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in got)) is not None


class Session:
    """A shell in a folder, and the server that was started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ADDRESS
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "PYTHONUTF8": "1",
            "LC_ALL": "C.UTF-8",
        }
        self.server: subprocess.Popen[str] | None = None

    def serve(self, command: str) -> list[str]:
        """Start a server and read its banner, in which the port is put back to the README's."""
        self.server = subprocess.Popen(
            [*command.split(), "--port", "0"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.server.stdout is not None
        lines = [self.server.stdout.readline()]
        found = re.search(r"127\.0\.0\.1:\d+", lines[0])
        assert found, lines
        self.address = found[0]
        while "Ctrl-C" not in lines[-1]:
            lines.append(self.server.stdout.readline())
            assert lines[-1], "the banner ended without saying how to stop it"
        return [line.replace(self.address, ADDRESS) for line in lines]

    def run(self, command: str) -> list[str]:
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.environment[name] = value
            return []
        done = subprocess.run(
            ["bash", "-c", command.replace(ADDRESS, self.address)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
        )
        return done.stdout.replace(self.address, ADDRESS).splitlines()

    def stop(self) -> None:
        if self.server:
            self.server.terminate()
            assert self.server.wait(10) == 0
            assert self.server.stdout is not None
            self.server.stdout.close()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = Session(tmp_path)
    yield session
    session.stop()


@pytest.mark.needs("curl")
@pytest.mark.parametrize("page", PAGES)
def test_every_example_works_as_written(session: Session, page: str) -> None:
    ran = {"console": 0, "python": 0}
    for block in blocks((ROOT / page).read_text()):
        where = f"{page}, line {block.line}"
        if block.language == "json":
            (session.folder / block.name).write_text(block.text)
        elif block.language == "python":
            command_line = [sys.executable, "-c", block.text]
            if block.name:
                (session.folder / block.name).write_text(block.text)
                command_line[1:] = ["-m", "pytest", "-q", block.name]
            done = subprocess.run(
                command_line,
                cwd=session.folder,
                env=os.environ | {"CI": "1"},  # by which Hypothesis knows to be patient
                capture_output=True,
            )
            assert done.returncode == 0, f"{where}: {(done.stdout + done.stderr).decode()}"
        elif block.language == "console":
            for command, expected in commands(block):
                serves = command.startswith("fakepw serve")
                got = session.serve(command) if serves else session.run(command)
                assert matches(expected, got), f"{where}: $ {command}\n" + "\n".join(got)
        else:
            assert block.language == "sh", f"{where}: nothing runs {block.language}"
            continue
        ran[block.language] = ran.get(block.language, 0) + 1
    assert min(ran.values()) > 0
    assert session.server is not None


def test_a_wrong_line_would_be_noticed() -> None:
    assert matches(["a", "...", "c"], ["a", "b", "b", "c"])
    assert matches(["a", "..."], ["a"])
    assert not matches(["a"], ["a", "b"])
    assert not matches(["a", "...", "d"], ["a", "b", "c"])


def test_shell_lines_name_real_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for block in blocks():
        if block.language == "sh":
            for target in re.findall(r"^make (\w+)", block.text, re.MULTILINE):
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target
    for anchor in re.findall(r"\]\(#([^)]+)\)", README):
        assert re.search(rf"^#+ {anchor}$", README, re.MULTILINE | re.IGNORECASE), anchor


def test_options_in_the_readme_are_those_of_the_command() -> None:
    from fakepw.serving.command import serve

    known = {option for parameter in serve.params for option in parameter.opts}
    section = README.partition("## Serve")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(--[a-z-]+)", section))
    assert named
    assert named <= known
