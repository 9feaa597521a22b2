"""The examples of a page, as a reader tries them: in one folder, one after the other.

A block that names a file (```json netdev.json) becomes that file; several that name the same are
one file, which is there, or run, where the last of them stands. Console blocks are run by bash, and
what they print is compared; a line that is only `...` stands for any lines. The server that a page
starts is started, on a free port that is put in wherever the page says 8000. Python blocks are run
by Python, those that name a test file by pytest; what is shown as `sh` is not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ADDRESS = "127.0.0.1:8000"


class Block(NamedTuple):
    line: int
    language: str
    name: str
    text: str


def blocks(text: str) -> list[Block]:
    """The blocks of a page, those of one file joined."""
    fence = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    files: dict[str, Block] = {}
    found: list[Block] = []
    for match in fence.finditer(text):
        block = Block(text[: match.start()].count("\n") + 1, *match.groups())
        if block.name in files:
            found.remove(files[block.name])
            block = files[block.name]._replace(text=files[block.name].text + "\n\n" + block.text)
        if block.name:
            files[block.name] = block
        found.append(block)
    return found


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
            timeout=180,
        )
        return done.stdout.replace(self.address, ADDRESS).splitlines()

    def show(self, block: Block, where: str) -> None:
        """Do with a block what a reader would; it must come out as the page says."""
        if block.name:
            (self.folder / block.name).write_text(block.text)
        if block.language == "python" and (not block.name or block.name.startswith("test_")):
            self._python(block, where)
        elif block.language == "console":
            for command, expected in commands(block):
                serves = command.startswith("fakepw serve")
                got = self.serve(command) if serves else self.run(command)
                assert matches(expected, got), f"{where}: $ {command}\n" + "\n".join(got)
        else:
            assert block.name or block.language == "sh", f"{where}: nothing runs {block.language}"

    def _python(self, block: Block, where: str) -> None:
        command = ["-m", "pytest", "-q", block.name] if block.name else ["-c", block.text]
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=os.environ | self.environment | {"CI": "1"},  # Hypothesis then is patient
            capture_output=True,
        )
        assert done.returncode == 0, f"{where}: {(done.stdout + done.stderr).decode()}"

    def stop(self) -> None:
        if self.server:
            self.server.terminate()
            assert self.server.wait(10) == 0
            assert self.server.stdout is not None
            self.server.stdout.close()
