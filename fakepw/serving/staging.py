"""What the command line stages: faults, limits and fronts from the start, and a journal on disk."""

from __future__ import annotations

import logging
from typing import IO, Any

import click
import msgspec

from ..double.api import view
from ..double.journal.calls import Call
from ..double.rules.grammar import parse
from ..double.rules.spec import Spec
from ..double.rules.staged import staged

log = logging.getLogger("fakepw")


class RuleText(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.3 on
    """A rule as text; several in one environment variable stand on lines of their own."""

    name = "RULE"
    envvar_list_splitter = "\n"

    def split_envvar_value(self, rv: str) -> list[str]:
        """The lines that hold something."""
        return [line for line in rv.splitlines() if line.strip()]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The rule. Ends with one sentence for what is none."""
        try:
            return value if isinstance(value, Spec) else parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class LimitText(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.3 on
    """A rate, alone or with more of a rule behind it: `20/s`, `20/s burst=10 retry_after=1`."""

    name = "RATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The rule that limits. Ends with one sentence for what is none."""
        try:
            return value if isinstance(value, Spec) else staged(limit=value)[0]
        except ValueError as error:
            self.fail(str(error), param, ctx)


class PresetName(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.3 on
    """The name of a preset."""

    name = "PRESET"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The rule of that preset. Ends with one sentence for a name that there is not."""
        try:
            return value if isinstance(value, Spec) else staged(in_front=value)[0]
        except ValueError as error:
            self.fail(str(error), param, ctx)


class JournalFile:
    """A journal on disk: a line of JSON for each request, written as it is answered."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: IO[bytes] | None = open(path, "ab", buffering=0)  # noqa: SIM115 (until the end)

    def __call__(self, call: Call) -> None:
        """Write a call down; where that fails, say so once and write no more."""
        if self._file is None:
            return
        try:
            self._file.write(msgspec.json.encode(view(call)) + b"\n")
        except OSError as error:
            log.error("the journal %s ends here: %s", self._path, error.strerror)
            self._file = None
