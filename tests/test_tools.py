"""A tool that is missing is named with what to install; the rest of the tests run all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import tools
from tools import engine

ROOT = Path(__file__).parents[1]

SOME = """
import pytest

pytestmark = pytest.mark.needs()

@pytest.mark.needs("curl")
def test_with_curl(): pass

@pytest.mark.needs(*("chromium", "curl"))
def test_with_both(): pass

def test_without(): pass

def test_for_another_reason(): pytest.skip("no IPv6 here")
"""


def ran(folder: Path, ci: str, *args: str) -> str:
    """What pytest prints of SOME, under our conftest, where nothing of PATH is to be found."""
    (folder / "test_some.py").write_text(SOME)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", *args],
        cwd=folder,
        env={"PATH": str(folder), "PYTHONPATH": str(ROOT), "CI": ci},
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "workers"])
def test_tests_that_lack_a_tool_are_skipped_with_what_to_install(
    tmp_path: Path, workers: list[str]
) -> None:
    said = ran(tmp_path, "", *workers)
    assert "1 passed, 3 skipped" in said
    assert said.count("sudo") == 1
    assert (
        "2 tests were skipped for want of chromium, curl. "
        "On Debian: sudo apt-get install chromium curl\n" in said
    )


def test_in_ci_they_fail(tmp_path: Path) -> None:
    said = ran(tmp_path, "true")
    assert "1 passed, 1 skipped, 2 errors" in said
    assert "not installed: chromium, curl. On Debian: sudo apt-get install chromium curl" in said
    assert "for want of" not in said


def test_all_is_well_where_nothing_is_missing() -> None:
    assert tools.closing_line(["no IPv6 here"]) is None
    assert tools.missing([]) == []


def test_a_library_is_looked_for_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tools.there("libc.so.6")
    assert not tools.there("libnowhere.so.1")
    monkeypatch.setenv("PATH", "/nowhere")
    assert not tools.there("sh")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A machine that lacks all tools; what is run on it; and whom it takes us for."""
    made: dict[str, Any] = {"root": True, "refuses": (), "has": set(), "ran": []}

    def run(command: list[str], **_: Any) -> None:
        made["ran"].append(" ".join(command))
        if command[2] == "install" and command[-1] not in made["refuses"]:
            made["has"].add(command[-1])

    monkeypatch.setattr("os.getuid", lambda: 0 if made["root"] else 1000)
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/" + name)
    monkeypatch.setattr(tools, "there", lambda name: tools.PACKAGES[name] in made["has"])
    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.delenv("CI", raising=False)
    return made


def test_root_gets_them_installed(machine: dict[str, Any], capsys: Any) -> None:
    tools.install()
    assert machine["ran"][0] == "apt-get -qq update"
    assert machine["has"] == set(tools.PACKAGES.values())
    assert capsys.readouterr().err == ""


def test_one_that_cannot_be_had_keeps_no_other_away(machine: dict[str, Any], capsys: Any) -> None:
    machine["refuses"] = ("curl",)
    tools.install()
    assert machine["has"] == set(tools.PACKAGES.values()) - {"curl"}
    assert capsys.readouterr().err == (
        "not installed: curl; tests that need them will be skipped. "
        "On Debian: sudo apt-get install curl\n"
    )


def test_anybody_else_is_told(
    machine: dict[str, Any], capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine["root"] = False
    monkeypatch.setenv("CI", "true")
    tools.install()
    assert machine["ran"] == []
    assert "not installed: chromium, curl, libatomic.so.1" in (said := capsys.readouterr().err)
    assert "tests that need them will fail. On Debian: sudo apt-get install chromium" in said


def test_clients_of_an_engine_are_installed_where_one_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed: list[bool] = []
    has: set[str] = set()
    monkeypatch.setattr("os.getuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/" + name)
    monkeypatch.setattr(tools, "there", lambda name: name in has)
    monkeypatch.setattr(engine, "install", lambda: installed.append(True))
    tools.install_clients()
    assert installed == []  # nothing is installed in passing
    has.add(tools.ENGINE)
    tools.install_clients()
    assert installed == [True]
    has |= {"docker", "docker-compose"}
    tools.install_clients()
    assert installed == [True]


def test_an_engine_that_is_missing_is_told_with_what_brings_one() -> None:
    line = tools.closing_line([f"not installed: {tools.ENGINE}", f"not installed: {tools.ENGINE}"])
    assert line == (
        "2 tests were skipped for want of a container engine. On Debian: sudo apt-get install"
        " docker.io; `python3 -m tools.engine COMMAND` runs one meanwhile"
    )
