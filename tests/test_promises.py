"""What docs/promises.md promises is what there is; and all that is public is promised."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import click
import pytest

import fakepw.pytest_plugin
from conformance.commands.cli import main as suite
from conformance.reports.reading import FORMAT as REPORT
from conformance.verdicts.verdicts import ExitCode
from fakepw.cli import COMMANDS
from fakepw.double.control.lines import FORMAT as JOURNAL
from fakepw.fixtures.forms import VERSION
from fakepw.usage import report

PAGE = (Path(__file__).parents[1] / "docs" / "promises.md").read_text()
MODULES = dict(re.findall(r"^\| `(fakepw[\w.]*)` \| (`.*`) \|$", PAGE, re.M))


def names(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("module", MODULES)
def test_public_names_are_those_that_are_promised(module: str) -> None:
    assert sorted(names(MODULES[module])) == sorted(importlib.import_module(module).__all__)


def test_every_module_that_is_public_is_promised() -> None:
    """Those that say what of them is: `__all__`."""
    package = Path(fakepw.__file__).parent
    public = {
        f"fakepw.{path.stem}" for path in package.glob("*.py") if "\n__all__ = " in path.read_text()
    } - {"fakepw.__init__"}
    assert public | {"fakepw"} <= set(MODULES)


def test_fixtures_of_pytest_are_those_that_are_promised() -> None:
    (line,) = re.findall(r"the fixtures (.*?);", PAGE, re.DOTALL)
    found = {name for name in dir(fakepw.pytest_plugin) if name.startswith("fakepw")}
    assert set(names(line)) == found


def test_commands_that_are_promised_are_there() -> None:
    (ours,) = re.findall(r"^\* `fakepw`: (.*?)\.$", PAGE, re.M | re.S)
    (theirs,) = re.findall(r"^\* `pw-conformance`: (.*?)\.$", PAGE, re.M | re.S)
    assert set(COMMANDS) - set(names(ours)) == set(), "docs/promises.md does not name these"
    assert set(suite.list_commands(click.Context(suite))) - set(names(theirs)) == set()
    assert set(names(ours)) - set(COMMANDS) == set()
    assert set(names(theirs)) - set(suite.list_commands(click.Context(suite))) == set()


def test_exit_statuses_are_those_that_are_promised() -> None:
    table = PAGE.partition("| status of `pw-conformance run` |")[2].partition("\n\n")[0]
    found = {int(n): text for n, text in re.findall(r"^\| (\d) \| (.*?) \|$", table, re.M)}
    assert found == {
        status.value: status.name.lower().replace("_", " ").replace("internal", "internal error")
        for status in ExitCode
    }


def test_formats_are_in_the_version_that_is_promised() -> None:
    versions = {name: int(number) for name, number in re.findall(r"`\"(\w+)\": (\d+)`", PAGE)}
    assert versions == {"fakepw": VERSION, "format": REPORT, "journal": JOURNAL, "usage": 1}
    assert "    usage: int\n" in inspect.getsource(report)
    assert "usage=1," in inspect.getsource(report)
