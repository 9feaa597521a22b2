"""`run docker://IMAGE`: a container of that image is started, tested, and removed."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from pw_containers.container import Container, start
from pw_containers.engine import ContainerError

from ...reports.safe.visible import line
from ...target import secrecy, signals
from ...target.exchange import page
from ...target.knowing.survey import VERSION, Unusable
from ...target.sending.transport import endpoint_of
from ..opening.options import Options, passing_folder
from . import helps
from .waiting import away

SCHEME = "docker://"
#: Where a container is, as long as it is nowhere yet: this machine.
NOWHERE = "127.0.0.1"
#: Values from the environment that are so long are taken for secrets.
TELLING = 8


class Variable(click.ParamType):  # type: ignore[type-arg]
    """A NAME=VALUE, or a NAME whose value is that of our own environment."""

    name = "NAME[=VALUE]"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str, bool]:
        """Name and value, and whether it is from the environment."""
        name, given, content = str(value).partition("=")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
            self.fail(f"{name!r} is no name of a variable", param, ctx)
        if not given and name not in os.environ:
            self.fail(f"{name} has no value: give {name}=VALUE, or set {name}", param, ctx)
        return name, content if given else os.environ[name], not given


class Path_(click.ParamType):  # type: ignore[type-arg]
    """The path of a URL."""

    name = "PATH"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """The path."""
        if not re.fullmatch(r"/[!-~]*", str(value)):
            self.fail(f"{value!r} is no path: it begins with / and has no spaces", param, ctx)
        return str(value)


OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--container-port", {"type": click.IntRange(1, 65535), "metavar": "PORT"}),
    ("--env", {"type": Variable(), "multiple": True}),
    ("--ready", {"type": Path_()}),
    ("--exec", {"multiple": True, "metavar": "CMD"}),
)


def containing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a container."""
    for name, how in reversed(OPTIONS):
        command = click.option(name, help=helps.CONTAINER[name], **how)(command)
    return command


@dataclass
class Box:
    """The container that a run is about: what it is to be, and what has become of it."""

    image: str
    port: int | None
    variables: dict[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    ready: str | None
    commands: tuple[list[str], ...]
    #: What it was made of, once it is known.
    image_id: str = ""
    log: str = ""
    #: Why it ended before we did; '' if it did not.
    died: str = ""
    _started: Container | None = None

    @classmethod
    def taken(cls, url: str, given: dict[str, Any]) -> Box | None:
        """What was given for a container; None if the URL is no image's.

        Raises click.UsageError, in one sentence, for what cannot be.
        """
        names = {name: name.strip("-").replace("-", "_") for name, _ in OPTIONS}
        wanted = {name: given.pop(word) for name, word in names.items()}
        if not url.lower().startswith(SCHEME):
            if wrong := next((name for name, value in wanted.items() if value), None):
                raise click.UsageError(f"{wrong} is about a container: give {SCHEME}IMAGE")
            return None
        image = url[len(SCHEME) :]
        if not image:
            raise click.UsageError(f"{url} names no image: {SCHEME}IMAGE[:TAG]")
        variables = {name: value for name, value, _ in wanted["--env"]}
        hidden = [value for _, value, ours in wanted["--env"] if ours and len(value) >= TELLING]
        commands = tuple(_words(command) for command in wanted["--exec"])
        port, ready = wanted["--container-port"], wanted["--ready"]
        return cls(image, port, variables, tuple(hidden), ready, commands)

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked for, as reports tell it; of the variables no value."""
        return {
            "image": self.image,
            "image_id": self.image_id,
            "container_port": self.port,
            "env": list(self.variables),
            "ready": self.ready,
            "exec": [shlex.join(command) for command in self.commands],
        }

    def start(self, options: Options, seconds: float) -> None:
        """Start it, wait until it answers, and seed it. From then on it is what the options mean.

        Raises Unusable, in one sentence and the last lines of its log.
        """
        try:
            started = start(self.image, port=self.port, environment=self.variables)
            self._started, self.port, self.image_id = started, started.port, started.image
            options.url = started.wait(seconds, self._answers(options, seconds, started))
            for command in self.commands:
                started.execute(command)
        except ContainerError as error:
            hint = "; give --container-port" if str(error).endswith("which one is meant") else ""
            raise Unusable(_told(f"{error}{hint}")) from None

    def _answers(
        self, options: Options, seconds: float, started: Container
    ) -> Callable[[str], bool]:
        """What tells whether it can be tested: the path that was named, its own health check, or,
        where it has none, that it answers anything at all."""
        budget, end = passing_folder() / "budget.sqlite", time.monotonic() + seconds
        asked = VERSION if self.ready is None else page(self.ready)

        def answers(address: str) -> bool:
            if self.ready is None and (healthy := started.healthy) is not None:
                return healthy
            below = 1000 if self.ready is None else 400
            return not away(options, endpoint_of(address), budget, end, asked, below).why

        return answers

    def end(self) -> None:
        """Keep its log, and remove it, whatever comes meanwhile. Done once, it does nothing."""
        started, self._started = self._started, None
        if started is None:
            return
        with signals.held():
            try:
                self.log = started.log().decode("utf-8", "backslashreplace")
            except ContainerError as error:
                self.log = f"{error}\n"
            try:
                started.check()
            except ContainerError as error:
                self.died = _told(str(error))
            try:
                started.remove()
            except ContainerError as error:
                click.echo(_told(str(error)), err=True)

    def keep_log(self, folder: Path | None, reports: Sequence[Path]) -> Path | None:
        """Write its log beside the first report that is a file, or to the folder of failures;
        where. No secret goes with it. Raises OSError."""
        beside = next((path for path in reports if path.is_file()), None)
        if beside is not None:
            place = beside.with_name(f"{beside.stem}.container.log")
        elif folder is not None:
            place = folder / "container.log"
        if not self.log or beside is folder is None:
            return None
        lines = self.log.splitlines(keepends=True)
        place.write_text("".join(map(secrecy.redact, lines)), "utf-8")
        return place


def _told(text: str) -> str:
    """What pw_containers says, in one line: the last lines of a log stand one behind the other."""
    return line(text.replace("\n  | ", " | "))


def _words(command: str) -> list[str]:
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise click.UsageError(f"--exec {command}: {error}") from None
    if not found:
        raise click.UsageError("--exec names no command")
    return found
