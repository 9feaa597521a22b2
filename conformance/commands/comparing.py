"""Commands over runs that were kept, offline all of them: compare, matrix, replay."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from .. import reports
from ..kept import sources
from ..kept.again import Again, judge_again
from ..reports import CHANGED, MATRIX
from ..reports import json as json_report
from ..reports.safe.visible import line
from ..reports.terminal import new_console, paragraphs, say, show
from ..target.counting import counted
from ..target.sending.transport import VERSION
from ..verdicts.changes import Change, Changes, Row, changes
from ..verdicts.matrix import of_recordings, of_runs
from ..verdicts.stored import Stored, stored
from .asked.asking import Refused, ReportFile, apart
from .running import helps

#: What click's decorators take and give back.
Command = TypeVar("Command", bound=Callable[..., Any])

#: A JSON report, or a bundle.
Source = click.Path(exists=True, dir_okay=False, path_type=Path)


def _report(kinds: tuple[str, ...]) -> Callable[[Command], Command]:
    """The option --report of a command that has reports of these kinds."""
    return click.option(
        "--report",
        "wanted",
        multiple=True,
        type=ReportFile(kinds),
        help=f"Write it to a file, too; may be given again. The kinds are {', '.join(kinds)}.",
    )


def read(path: Path) -> Stored:
    """The run of a JSON report or a bundle. Raises Refused, in one sentence."""
    try:
        return sources.stored(path)
    except ValueError as error:
        raise Refused(line(str(error))) from None


def put(wanted: tuple[tuple[str, Path], ...], text_of: Callable[[str], str]) -> None:
    """Write reports. Raises Refused, once all are written that can be, with what could not."""
    unwritten = []
    for kind, path in wanted:
        try:
            reports.put(kind, path, text_of(kind))
        except ValueError as error:
            unwritten.append(str(error))
    if unwritten:
        raise Refused("; ".join(unwritten))


@click.command(short_help="Show what changed from one run to the next.")
@click.argument("old", type=Source)
@click.argument("new", type=Source)
@click.option("--strict", is_flag=True, help=helps.STRICT)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@_report(CHANGED)
def compare(
    old: Path, new: Path, strict: bool, as_json: bool, wanted: tuple[tuple[str, Path], ...]
) -> None:
    """Compare two runs, each in its JSON report or its bundle: what is newly broken, newly mended,
    no longer decided, new and gone.

    Exit codes: 0 nothing is newly broken, 1 something is, 2 usage, 3 nothing was decided in both.
    """
    from ..reports.shown import changed

    apart([path for _, path in wanted], [old, new])
    found = changes(read(old), read(new))
    if as_json:
        click.echo(changed.render_json(found, strict), nl=False)
    else:
        changed.show(new_console(), found, strict=strict)
    put(wanted, lambda kind: changed.KINDS[kind](found, strict))
    sys.exit(found.status(strict=strict))


@click.command(short_help="Judge the exchanges of a bundle again, offline.")
@click.argument("bundle", type=Source)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@click.option("--report", "wanted", multiple=True, type=ReportFile(), help=helps.REPORT)
def replay(bundle: Path, as_json: bool, wanted: tuple[tuple[str, Path], ...]) -> None:
    """Judge the exchanges of a bundle, as `run --bundle` writes them, by this version. Nothing is
    sent. What is judged otherwise than it was then is told, and what cannot be judged again.

    Exit codes: those of the run as it is judged now.
    """
    from ..chapters import load

    apart([path for _, path in wanted], [bundle])
    load()
    try:
        kept = sources.bundled(bundle)
        again = judge_again(kept)
    except ValueError as error:
        raise Refused(line(str(error))) from None
    now = stored(again.run, "judged again", f"pw-conformance {VERSION}")
    found = changes(kept.stored, now)
    if as_json:
        click.echo(json_report.encoded(_as_json(found, again)), nl=False)
    else:
        _show(found, again)
    for kind, path in wanted:
        try:
            reports.write(kind, path, again.run)
        except ValueError as error:
            raise Refused(str(error)) from None
    sys.exit(again.run.exit_code)


def _otherwise(found: Changes, again: Again) -> list[Row]:
    """What is judged otherwise than it was."""
    quiet = (Change.NONE, Change.STILL, Change.KNOWN)
    return [row for row in found.rows if row.change not in quiet and row.id not in again.lost]


def _as_json(found: Changes, again: Again) -> dict[str, object]:
    return {
        "format": 1,
        "bundle": found.old.name,
        "made_by": found.old.generator,
        "judged_by": found.new.generator,
        "exit_code": int(again.run.exit_code),
        "summary": again.run.summary,
        "looks": again.looks,
        "judged": again.judged,
        "otherwise": [
            {"id": row.id, "then": row.before, "now": row.now} for row in _otherwise(found, again)
        ],
        "not_judged": [{"id": number, "reason": why} for number, why in again.lost.items()],
    }


def _show(found: Changes, again: Again) -> None:
    console = new_console()
    made, now = found.old.generator, found.new.generator
    say(console, line(f"{found.old.name}: {found.old.run.url}, by {made}; judged again by {now}"))
    show(console, again.run)
    other = _otherwise(found, again)
    told = [f"{row.id} is judged otherwise: {row.before} then, {row.now} now" for row in other]
    told += [f"{number}: {why}" for number, why in again.lost.items()]
    paragraphs(console, [(text,) for text in told])
    looks = counted(again.looks, "look")
    came = f"{len(other)} judged otherwise, {len(again.lost)} not judged"
    whole = f"{looks} at {counted(again.judged, 'requirement')} judged again, nothing was sent"
    say(console, f"{whole}; {came}")


@click.command(short_help="Show several instances beside one another.")
@click.argument("runs", metavar="REPORT...", nargs=-1, type=Source)
@click.option("--recorded", is_flag=True, help=helps.RECORDED)
@click.option("--all", "every", is_flag=True, help="Show what is the same everywhere, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@_report(MATRIX)
def matrix(
    runs: tuple[Path, ...],
    recorded: bool,
    every: bool,
    as_json: bool,
    wanted: tuple[tuple[str, Path], ...],
) -> None:
    """Show what each requirement comes to on several instances, given the JSON report or the
    bundle of each; only what differs, unless --all is given.

    Exit codes: 0 shown, whatever differs, 2 usage.
    """
    from ..reports.shown import matrix as matrices  # which needs jinja2, as no other command does

    if recorded == bool(runs):
        raise click.UsageError("give the reports of runs, or --recorded and none")
    apart([path for _, path in wanted], runs)
    found = of_recordings() if recorded else of_runs([read(path) for path in runs])
    if as_json:
        click.echo(matrices.render_json(found, every), nl=False)
    else:
        matrices.show(new_console(), found, every=every)
    put(wanted, lambda kind: matrices.KINDS[kind](found, every))
