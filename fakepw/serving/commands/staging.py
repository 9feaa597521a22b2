"""What the command line takes: fixtures, settings, what goes wrong from the start, and a journal
on disk. Each is an environment variable, too, which one text has to do for."""

from __future__ import annotations

import logging
import re
from base64 import b32encode
from collections.abc import Callable
from contextlib import suppress
from os import urandom
from typing import IO, Any

import click

from ...double.control.lines import written
from ...double.journal.calls import Call
from ...double.pipeline import Pipeline
from ...double.strictness import Noticed, strict_of
from ...rules.grammar import parse
from ...rules.spec import Spec
from ...rules.staged import staged

log = logging.getLogger("fakepw")


class RuleText(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.3 on
    """A rule as people give it, and what reads it.

    Several in one environment variable stand on lines of their own.
    """

    def __init__(self, name: str, read: Callable[[str], Spec]) -> None:
        self.name = name
        self._read = read

    def split_envvar_value(self, rv: str) -> list[str]:
        """The lines that hold something."""
        return [line for line in rv.splitlines() if line.strip()]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The rule. Ends with one sentence for what is none."""
        try:
            return value if isinstance(value, Spec) else self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


#: A rule as text; a rate, alone or with more of a rule behind it; the name of a preset.
RULE = RuleText("RULE", parse)
RATE = RuleText("RATE", lambda text: staged(limit=text)[0])
PRESET = RuleText("PRESET", lambda name: staged(in_front=name)[0])


class FixtureText(click.ParamType):  # type: ignore[type-arg]
    """The name of a fixture, or a fixture itself: a text that begins with `{` is its JSON.

    Names in an environment variable are set apart by spaces; JSON there is one fixture.
    """

    name = "FIXTURE"

    def split_envvar_value(self, rv: str) -> list[str]:
        """The names, or the one fixture."""
        return [rv] if _is_json(rv) else rv.split()

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes:
        """A source, as `read` takes them."""
        text = str(value)
        return text.encode("utf-8", "surrogateescape") if _is_json(text) else text


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


class SettingText(click.ParamType):  # type: ignore[type-arg]
    """A NAME=VALUE. In an environment variable each begins where a name and a `=` follow a space:
    values may hold spaces, too."""

    name = "NAME=VALUE"

    def split_envvar_value(self, rv: str) -> list[str]:
        """The settings of one variable."""
        return re.split(r"\s+(?=[A-Za-z_]+=)", rv.strip())


FIXTURE, SETTING = FixtureText(), SettingText()


class StrictText(click.types.BoolParamType):
    """How strict a double is: what a flag is, or a text, as `FAKEPW_STRICT` may be one."""

    name = "MODE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The mode. Ends with one sentence for what is none."""
        with suppress(click.BadParameter):  # which knows only yes and no, but more words for them
            return super().convert(value, None, None)
        try:
            return strict_of(value.lower())
        except ValueError as error:
            self.fail(str(error), param, ctx)


STRICT = StrictText()


class Findings:
    """What strict mode remarks on calls, on the log as it is noticed; and how much of it a double
    that was to be held to "error" must not end well with."""

    def __init__(self) -> None:
        self.failures = 0

    def follow(self, pipeline: Pipeline) -> None:
        """Tell of a pipeline from now on."""

        def noticed(found: Noticed) -> None:
            self.failures += found.fails_in(pipeline.strict)
            if not found.quiet:
                log.warning("%s", found)

        pipeline.notices.listeners.append(noticed)


def _name() -> str:
    """What no other double is called."""
    return b32encode(urandom(5)).decode().lower()


class JournalFile:
    """A journal on disk: a line of JSON for each request, written as it is answered.

    Several processes may write to one file. Raises OSError if it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._double = _name()
        self._file: IO[bytes] | None = open(path, "ab", buffering=0)  # noqa: SIM115 (until the end)

    def follow(self, pipeline: Pipeline) -> None:
        """Write down every call of a pipeline from now on."""
        patchwork, double = pipeline.patchwork, _name()  # a world counts its calls for itself

        def noted(call: Call) -> None:
            self.write(call, patchwork.instance.name, double)  # another instance may be loaded

        pipeline.journal.listeners.append(noted)

    def write(self, call: Call, instance: str, double: str | None = None) -> None:
        """Write a call down; where that fails, say so once and write no more."""
        if self._file is None:
            return
        try:
            self._file.write(written(call, double or self._double, instance))
        except OSError as error:
            log.error("the journal %s ends here: %s", self._path, error.strerror)
            self._file = None

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            self._file.close()
            self._file = None
