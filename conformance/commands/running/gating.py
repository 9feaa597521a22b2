"""What makes a run a gate: what comes before it, when it is enough, and what is kept of it."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import click

from ...kept import sources
from ...kept.bundle import Log
from ...reports.safe.visible import line, shortened
from ...requirements.catalogue import requirements
from ...target.knowing.survey import Unusable
from ...target.sending.transport import VERSION as THIS
from ...verdicts.stored import Stored
from ...verdicts.verdicts import Run
from ..asked.asking import LONGEST, Seconds
from ..opening.options import Options
from . import helps
from .containing import Box
from .waiting import wait_for

#: How long a container may take until it can be tested, where `--wait` says nothing, in seconds.
READY = 60.0
#: How long what `--before` started may take to end once it is told to, in seconds.
GRACE = 5.0
#: How long `--before` may take where nothing else is said, in seconds.
PATIENCE = 600.0
#: How much of its output is kept, and of the last line of it told, in characters; how much may lie
#: on the disk meanwhile, and how often that is looked at, in seconds.
KEPT, TOLD = 1_000_000, 200
MOST, LOOK = 16_000_000, 0.1


class File(click.Path):
    """A file to be written: its folder must be there, better known before a run than behind it."""

    name = "FILE"

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: Any, ctx: Any) -> Path:
        """The file."""
        path = Path(str(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"{path} cannot be written: there is no directory {path.parent}", param, ctx)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            self.fail(f"{path} cannot be written: that is not permitted", param, ctx)
        return path


OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--before", {"metavar": "CMD", "help": helps.BEFORE}),
    (
        "--before-timeout",
        {"type": Seconds(0, min_open=True), "metavar": "SECONDS", "help": helps.BEFORE_TIMEOUT},
    ),
    ("--wait", {"type": Seconds(0, LONGEST), "metavar": "SECONDS", "help": helps.WAIT}),
    ("--max-failures", {"type": click.IntRange(1), "metavar": "N", "help": helps.MAX_FAILURES}),
    (
        "--failed-from",
        {
            "type": click.Path(exists=True, dir_okay=False, path_type=Path),
            "metavar": "REPORT",
            "help": helps.FAILED_FROM,
        },
    ),
    ("--bundle", {"type": File(), "metavar": "FILE", "help": helps.BUNDLE}),
)


def gating(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a gate."""
    for name, how in reversed(OPTIONS):
        command = click.option(name, **how)(command)
    return command


@dataclass
class Gate:
    """The options of a gate, as they were given, and what they say meanwhile."""

    before: str | None = None
    before_timeout: float | None = None
    wait: float | None = None
    max_failures: int | None = None
    failed_from: Path | None = None
    bundle: Path | None = None
    logs: list[Log] = field(default_factory=list)
    #: The container that is to be tested, if it is one.
    box: Box | None = None
    #: The run that failed, if only that is to be tried again.
    earlier: Stored | None = None

    @classmethod
    def taken(cls, given: dict[str, Any]) -> Gate:
        """The gate's options out of all that were given; they are no longer among those.

        Raises click.UsageError, in one sentence, for what cannot be.
        """
        names = [name.strip("-").replace("-", "_") for name, _ in OPTIONS]
        gate = cls(**{name: given.pop(name) for name in names})
        if gate.before is None and gate.before_timeout is not None:
            raise click.UsageError("--before-timeout is about --before, which is not given")
        return gate

    def narrow(self, options: Options) -> None:
        """Leave what failed before, and nothing else.

        Raises ValueError, in one sentence, if that is nothing, or the report cannot be read.
        """
        options.max_failures = self.max_failures or 0
        if self.failed_from is None:
            return
        self.earlier = sources.stored(self.failed_from)
        options.only = frozenset(self.earlier.failed)
        name = self.failed_from.name
        if not options.only:
            raise ValueError(f"nothing failed in {name}: --failed-from leaves nothing to be tried")
        if not options.chosen:
            known = options.only & set(requirements())
            why = "--select and --skip leave" if known else "this version knows"
            raise ValueError(f"{why} nothing of what failed in {name}")

    @property
    def asked(self) -> list[str]:
        """The options of a gate that were given."""
        words = {name: name.strip("-").replace("-", "_") for name, _ in OPTIONS}
        return [name for name, word in words.items() if getattr(self, word) is not None]

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked for, as reports tell it."""
        return {
            "max_failures": self.max_failures,
            "failed_from": self.failed_from.name if self.failed_from else None,
            "before": self.before,
            "wait": self.wait,
            **(self.box.settings if self.box else {}),
        }

    def remarks(self, url: str) -> Iterator[str]:
        """What to know of the report that says what failed, once it is known what is tested."""
        if self.earlier is None:
            return
        name, made = self.earlier.name, self.earlier.generator
        if self.earlier.run.url != url:
            yield f"{name} is of another instance, {self.earlier.run.url}"
        if made != f"pw-conformance {THIS}":
            yield f"{name} was made by {made}, and this is {THIS}"
        if unknown := [n for n in self.earlier.failed if n not in requirements()]:
            yield f"{', '.join(unknown)} failed in {name}, which this version does not know"
        if self.earlier.run.trouble:
            yield f"{name} was not done to its end, so more may fail: {self.earlier.run.trouble}"

    def prepare(self, options: Options, budget: Path, say: Callable[[str], None]) -> None:
        """Run what comes before, start the container if it is one that is tested, and wait for the
        server. Raises Unusable, in one sentence."""
        if self.before:
            log, why = run_before(self.before, self.before_timeout or PATIENCE)
            self.logs.append(log)
            if why:
                raise Unusable(why)
        self.open(options)
        if self.wait is not None and self.box is None:
            wait_for(options, self.wait, budget, say)

    def open(self, options: Options) -> None:
        """Start the container if it is one that is tested. Raises Unusable."""
        if self.box is not None:
            self.box.start(options, READY if self.wait is None else self.wait)

    def close(self, run: Run | None = None) -> None:
        """Remove that container; its log is kept, and what made it end too early is told."""
        if self.box is None:
            return
        self.box.end()
        if self.box.log:
            self.logs.append(Log("container.txt", self.box.log))
        if run is not None and run.trouble and self.box.died not in run.trouble:
            run.trouble = f"{run.trouble}; {self.box.died}"


def run_before(command: str, seconds: float) -> tuple[Log, str]:
    """Run a command line by the shell, without what is secret in the environment: its output, and
    why it failed, in one sentence; '' if it did not.

    What it starts in the background goes on. Told to stop, or if it takes longer than so many
    seconds, it stops the command and all that is with it.
    """
    secret = ("PW_CONFORMANCE_PASSWORD", "PW_HEADER_")
    environment = {n: v for n, v in os.environ.items() if not n.startswith(secret)}
    with tempfile.TemporaryFile("a+b") as said:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
            start_new_session=True,
        )
        try:
            status = _ended(process, said, time.monotonic() + seconds)
        except BaseException:
            _stop(process)
            raise
        if status is None:
            _stop(process)
        text = _last(said).decode("utf-8", "backslashreplace")
    log = Log("before.txt", f"$ {command}\n{text}")
    if status == 0:
        return log, ""
    last = next((each for each in reversed(text.splitlines()) if each.strip()), "")
    told = f": {shortened(line(last.strip()), TOLD)}" if last else ", and said nothing"
    return log, f"--before {shlex.quote(command)} {_why(status, seconds)}{told}"


def _ended(process: subprocess.Popen[bytes], said: BinaryIO, end: float) -> int | None:
    """Its status; None if it has none by then. Meanwhile what it says does not fill the disk."""
    while True:
        try:
            return process.wait(max(0.0, min(LOOK, end - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= end:
                return None
        if said.seek(0, os.SEEK_END) > MOST:
            last = _last(said)
            said.truncate(0)
            said.write(last)
            said.flush()


def _last(said: BinaryIO) -> bytes:
    """The end of what was said, as much as is kept."""
    said.seek(max(0, said.seek(0, os.SEEK_END) - KEPT))
    return said.read(KEPT)


def _why(status: int | None, seconds: float) -> str:
    """How a command ended."""
    if status is None:
        return f"took longer than {seconds:g} s (--before-timeout)"
    return f"ended with {f'status {status}' if status > 0 else _name(-status)}"


def _name(number: int) -> str:
    """A signal by its name, if it has one."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a command and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
