"""`pw-conformance baseline`: what failed becomes what is known, once somebody says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from ..kept import atomically
from ..reports import json as json_report
from ..reports.safe.visible import line
from ..target.counting import counted
from ..verdicts import baseline as baselines
from ..verdicts.drafting import Draft, draft
from ..verdicts.stored import Stored
from .asked.asking import Refused, apart
from .comparing import Source, read
from .running import helps

#: How far away the day may be until which something is known, in days.
FAR = 3660


class Day(click.ParamType):  # type: ignore[type-arg]  # no generic in click 8.2
    """A date, or so many days or weeks from today."""

    name = "WHEN"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """The date."""
        if isinstance(value, date):
            return value
        today = date.today()
        if found := re.fullmatch(r"(\d{1,5})([dw])", str(value).strip(), re.ASCII):
            days = int(found[1]) * {"d": 1, "w": 7}[found[2]]
        else:
            try:
                days = (date.fromisoformat(str(value).strip()) - today).days
            except ValueError:
                self.fail(f"{value!r} is no time: give 90d, 12w or a date such as 2027-01-31")
        if not 0 < days <= FAR:
            self.fail(f"{value!r} must lie in the future, and no more than {FAR} days away")
        return today + timedelta(days)


@click.command(short_help="Write what failed down as known, its reasons left to be filled in.")
@click.argument("report", type=Source)
@click.option("--expires", type=Day(), default="90d", show_default=True, help=helps.EXPIRES)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help=helps.OUTPUT,
)  # fmt: skip
@click.option("--update", is_flag=True, help=helps.UPDATE)
@click.option("--json", "as_json", is_flag=True, help="Say what was done in JSON, for programs.")
def baseline(report: Path, expires: date, output: Path | None, update: bool, as_json: bool) -> None:
    """Write a baseline of what failed in a run, given its JSON report or its bundle.

    The reasons are left to be filled in, and `run --baseline` takes none before they are.

    Exit codes: 0 written, 2 usage.
    """
    if update and output is None:
        raise click.UsageError("--update needs -o FILE: the baseline that is brought up to date")
    if as_json and output is None:
        raise click.UsageError("--json needs -o FILE: the baseline itself is TOML")
    apart([output], [report])
    run = read(report)
    try:
        before = _before(output, update)
        found = draft(run, expires, before, str(output))
        if output is None:
            click.echo(found.text, nl=False)
        elif found.text != before:
            atomically.write(output, found.text.encode())
    except baselines.BadBaseline as error:
        raise Refused(line(str(error))) from None
    except OSError as error:
        raise Refused(f"{output} cannot be written: {error.strerror or error}") from None
    if as_json:
        click.echo(json_report.encoded(_as_json(found, output)), nl=False)
        return
    for told in _told(run, found, output):
        click.echo(line(told), err=output is None)


def _before(output: Path | None, update: bool) -> str:
    """What is there already. Raises BadBaseline, also if that is not to be touched."""
    if output is None or not output.exists():
        return ""
    if not update:
        raise baselines.BadBaseline(
            f"{output} is there already: give --update to keep its reasons, or another name"
        )
    return baselines.text_of(output)


def _as_json(found: Draft, output: Path | None) -> dict[str, Any]:
    return {
        "format": 1,
        "file": str(output),
        "added": found.added,
        "kept": found.kept,
        "dropped": found.dropped,
        "undecided": found.undecided,
        "expired": found.expired,
        "unfilled": found.unfilled,
        "unknown": found.unknown,
    }


def _told(run: Stored, found: Draft, output: Path | None) -> Iterator[str]:
    """What was done, in lines."""
    for number, why in found.dropped.items():
        yield f"dropped {number}: {why}"
    for number, why in found.undecided.items():
        yield f"kept {number}, which could not be decided: {why}"
    for number, day in found.expired.items():
        yield f"kept {number}, which expired on {day}: mend it, or give it another day"
    for number in found.added:
        yield f"added {number}"
    for number in found.unknown:
        yield f"left out {number}, which failed and is not known to this version"
    if run.run.trouble:
        yield f"{run.name} was not done to its end, so more may fail: {run.run.trouble}"
    where = str(output) if output else "it"
    known = counted(len(found.added) + len(found.kept), "entry")
    if found.unfilled:
        yield f"{where} has {known}; give a reason for {', '.join(found.unfilled)}"
    else:
        yield f"{where} has {known}"
