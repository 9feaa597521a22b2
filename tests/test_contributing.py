"""Every command that CONTRIBUTING.md names does what it says."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.commands.cli import main

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def commands() -> Iterator[list[str]]:
    for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            yield shlex.split(line, comments=True)


def python(words: list[str]) -> list[str]:
    assert words[0] == ".venv/bin/python"
    return [sys.executable, *words[1:]]


def of(*begin: str) -> list[list[str]]:
    return [words for words in commands() if words[: len(begin)] == list(begin)]


PYTEST = of(".venv/bin/python", "-m", "pytest")


@pytest.mark.parametrize("words", PYTEST, ids=" ".join)
def test_what_pytest_is_told_to_run_is_there(words: list[str]) -> None:
    command = [*python([w for w in words if w not in ("-n", "auto")]), "--collect-only", "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^tests/.*::test_", done.stdout, re.MULTILINE)


def test_the_mutants_are_listed_and_served_and_the_house_is_counted() -> None:
    listing, serving = of(".venv/bin/python", "-m", "tests.mutants")
    told = subprocess.run(python(listing), cwd=ROOT, capture_output=True, text=True, check=True)
    assert "PW-READ-009 " in told.stdout
    with subprocess.Popen(python(serving), cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/xmlrpc/\n", server.stdout.readline())
        server.send_signal(signal.SIGTERM)
    assert server.returncode == 0
    [counting] = of(".venv/bin/python", "-m", "tools.house")
    told = subprocess.run(python(counting), cwd=ROOT, capture_output=True, text=True, check=True)
    assert "| conformance/ |" in told.stdout


def test_every_other_command_is_one_that_there_is() -> None:
    known = [*PYTEST, *of(".venv/bin/python", "-m", "tests.mutants")]
    known += of(".venv/bin/python", "-m", "tools.house")
    others = [words for words in commands() if words not in known]
    assert others == [
        [".venv/bin/pw-conformance", "run", "URL", "--report", "html=report.html"],
        [".venv/bin/python", "-m", "tests.conformance.requirements.evidence"],
    ]
    assert "run" in main.commands
    assert (ROOT / "tests/conformance/requirements/evidence.py").is_file()


def test_the_files_that_it_names_are_there() -> None:
    for name in re.findall(r"`((?:fakepw|fixtures)/[\w./-]+)`", TEXT):
        assert name.endswith("NAME.jsonl.xz") or (ROOT / name).exists(), name
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / link).is_file(), link
