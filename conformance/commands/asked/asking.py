"""What is asked for on the command line: read, or refused in one sentence."""

from __future__ import annotations

import contextlib
import getpass
import math
import netrc
import os
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from ... import reports
from ...reports.safe.visible import line
from ...target.knowing.profile import RELEASES
from ...target.knowing.survey import Unusable
from ...target.sending.budget import BudgetSpent
from ...target.sending.transport import Trouble
from ...verdicts.verdicts import ExitCode

#: The longest time to wait for an answer, in seconds: an hour.
LONGEST = 3600.0


class Refused(click.ClickException):
    """What was asked for cannot be done; the text says why, the status is that of usage."""

    exit_code = ExitCode.USAGE


class ReportFile(click.ParamType):  # type: ignore[type-arg]  # no generic in click 8.2
    """A `KIND=FILE`, of one of these kinds."""

    name = "KIND=FILE"

    def __init__(self, kinds: Collection[str] = reports.KINDS.keys()) -> None:
        self.kinds = kinds

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, Path]:
        """The kind and the file."""
        try:
            return reports.parse(str(value), self.kinds)
        except ValueError as error:
            self.fail(str(error))


class Seconds(click.FloatRange):
    """A number that is one: neither infinite nor NaN."""

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number that can be counted with", param, ctx)
        return float(number)


def percent(text: str) -> float:
    """A share of a hundred, with or without its sign. Raises ValueError if it is none."""
    number = float(text.strip().removesuffix("%"))
    if not 0 <= number <= 100:
        raise ValueError
    return number


class Percent(click.ParamType):  # type: ignore[type-arg]
    """A share of a hundred."""

    name = "P%"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The number."""
        try:
            return percent(str(value))
        except ValueError:
            self.fail(f"{value!r} is no share: give 0% to 100%")


class Release(click.ParamType):  # type: ignore[type-arg]
    """A release that the suite can tell from others."""

    name = "RELEASE"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """The release."""
        if value not in RELEASES:
            self.fail(f"{value!r} is no release that is known here: {', '.join(RELEASES)}")
        return str(value)


class SeveralWrites(click.Command):
    """Takes several ids behind one --writes, too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments with a --writes before each id."""
        spread: list[str] = []
        writing = False
        for place, word in enumerate(args):
            further = writing and place > 0 and args[place - 1] != "--writes" and word.isdigit()
            spread += ["--writes", word] if further else [word]
            writing = word == "--writes" or (writing and word.isdigit())
        return super().parse_args(ctx, spread)


def password(username: str, host: str) -> str:
    """From PW_CONFORMANCE_PASSWORD, ~/.netrc, or a prompt; never from an argument."""
    if ":" in username:
        raise Refused("a user name with a colon cannot be sent: Basic credentials end it there")
    if given := os.environ.get("PW_CONFORMANCE_PASSWORD"):
        return given
    with contextlib.suppress(OSError, netrc.NetrcParseError):
        entry = netrc.netrc().authenticators(host)
        if entry and entry[0] == username and entry[2]:
            return entry[2]
    if not sys.stdin.isatty():
        raise Refused(
            "--username needs a password: set PW_CONFORMANCE_PASSWORD or add the host to ~/.netrc"
        )
    return getpass.getpass(f"Password of {username} at {host}: ")


def apart(written: Iterable[Path | None], read: Iterable[Path | None] = ()) -> None:
    """Refuse to write two things to one file, or one over what is read; a device takes any."""
    taken = {os.path.realpath(path): "is read" for path in read if path}
    for path in filter(None, written):
        if reports.appended(path):
            continue
        place = os.path.realpath(path)
        if os.path.exists(place) and not os.path.isfile(place):
            continue
        if place in taken:
            said = f"{path} {taken[place]}, so nothing else can be written to it: name another file"
            raise click.UsageError(line(said))
        taken[place] = "is to be written"


def writable(folder: Path) -> None:
    """Make the folder, if it is not there. Raises Refused if nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{folder} cannot be made ({error.strerror})") from None
    if not os.access(folder, os.W_OK):
        raise Refused(f"nothing can be written to {folder}")


@contextlib.contextmanager
def reaching() -> Iterator[None]:
    """What keeps a command from reaching a server is told in a sentence, and ends the command."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except (Unusable, Trouble, BudgetSpent) as error:
        click.echo(line(str(error)), err=True)
        sys.exit(ExitCode.INCONCLUSIVE)
