"""What each option is for is said where people look first."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest

from conformance.commands.cli import main
from conformance.reports import KINDS


def options() -> list[tuple[str, click.Option]]:
    return [
        (name, option)
        for name, command in main.commands.items()
        for option in command.params
        if isinstance(option, click.Option)
    ]


@pytest.mark.parametrize(("command", "option"), options(), ids=lambda each: str(each))
def test_every_option_says_what_it_is_for(command: str, option: click.Option) -> None:
    assert option.help
    assert len(option.help.split()) > 2
    assert option.help.endswith((".", ")"))
    assert option.is_flag or "RANGE" not in str(option.make_metavar(click.Context(main)))


def test_the_help_names_the_kinds_of_reports_and_the_statuses() -> None:
    command = [sys.executable, "-m", "conformance", "run", "-h"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    flat = " ".join(told.split())
    for kind in KINDS:
        assert re.search(rf"--report KIND=FILE .*\b{kind}\b", flat)
    for status in ("0 conformant", "1 not", "2 usage", "3 inconclusive", "4 internal error"):
        assert status in flat
