"""`pw-conformance`: run, list, explain, schema, diff; and those of other modules."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .. import reports
from ..chapters import load
from ..deciding.decisions import DECISIONS, requests_of
from ..deciding.drawing import Settings
from ..reports import json as json_report
from ..reports.json import SCHEMAS
from ..reports.safe.redaction import clean
from ..reports.safe.visible import line
from ..reports.terminal import new_console, say, show
from ..requirements.catalogue import Requirement, chosen
from ..target.counting import counted
from ..target.knowing.survey import Unusable
from ..target.sending.budget import BudgetSpent
from ..target.sending.transport import IN_THE_CLEAR, Credentials, Trouble, endpoint_of
from ..verdicts import baseline as baselines
from ..verdicts.verdicts import ExitCode, Run
from . import failures
from .asked.asking import (
    Percent,
    Refused,
    Release,
    ReportFile,
    SeveralWrites,
    apart,
    password,
    reaching,
    writable,
)
from .asked.connecting import Header, connecting
from .bridging import replay_calls, replay_recording
from .comparing import compare, matrix, replay
from .keeping import keep
from .knowing import baseline as baseline_command
from .opening.options import Options, leave_no_trace
from .probing import probe_command
from .running import helps, running
from .running.containing import NOWHERE, Box, containing
from .running.gating import Gate, gating


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fakepw")
def main() -> None:
    """Put a Patchwork server's XML-RPC API through its paces, safely."""
    leave_no_trace()


#: The commands that have modules of their own.
ELSEWHERE = (
    *(compare, matrix, replay, baseline_command, probe_command),
    *(replay_calls, replay_recording),
)
for command in ELSEWHERE:
    main.add_command(command)


@main.command(cls=SeveralWrites, short_help="Test whether clients can rely on a server.")
@click.argument("url")
@click.option("--username", metavar="NAME", help=helps.USERNAME)
@click.option("--writes", multiple=True, type=int, metavar="PATCH_ID...", help=helps.WRITES)
@click.option("--create-checks", is_flag=True, help=helps.CREATE_CHECKS)
@click.option("--select", multiple=True, metavar="ID|CHAPTER", help=helps.SELECT)
@click.option("--skip", multiple=True, metavar="ID|CHAPTER", help=helps.SKIP)
@click.option("--examples", type=click.IntRange(1), metavar="N", help=helps.EXAMPLES)
@click.option("--seed", type=int, metavar="N", default=0, help=helps.SEED)
@click.option("-n", "workers", type=click.IntRange(1), metavar="N", default=1, help=helps.WORKERS)
@click.option("--report", "wanted", multiple=True, type=ReportFile(), help=helps.REPORT)
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help=helps.BASELINE,
)
@click.option("--min-decided", type=Percent(), help=helps.MIN_DECIDED)
@click.option("--expect-release", type=Release(), help=helps.EXPECT_RELEASE)
@click.option(
    "--journal", type=click.Path(exists=True, file_okay=False), metavar="DIR", help=helps.JOURNAL
)
@click.option(
    "--failures", "folder", type=click.Path(path_type=Path), metavar="DIR", help=helps.FAILURES
)
@click.option(
    "--replay",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help=helps.REPLAY,
)
@click.option("--dry-run", is_flag=True, help=helps.DRY_RUN)
@containing
@gating
@connecting()
def run(
    url: str,
    username: str | None,
    workers: int,
    wanted: tuple[tuple[str, Path], ...],
    baseline: Path | None,
    expect_release: str | None,
    folder: Path | None,
    dry_run: bool,
    replay: Path | None,
    **given: Any,
) -> None:
    """Tell whether clients can rely on the Patchwork at URL: a host name, with or without a scheme,
    a path or /xmlrpc/; or docker://IMAGE, of which a container is started, and removed at the end.

    Without --writes nothing on the server is changed.

    Exit codes: 0 conformant, 1 not conformant, 2 usage, 3 inconclusive, 4 internal error.
    """
    console = new_console()
    load()
    box = Box.taken(url, given)
    place = NOWHERE if box else url
    try:
        endpoint = endpoint_of(place)[0]
        if not chosen(given["select"], given["skip"]):
            raise ValueError("--select and --skip leave no requirement to be decided")
        entries = baselines.read(baseline) if baseline else {}
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    _go_together(given, username, workers)
    gate = Gate.taken(given)
    gate.box = box
    apart([*(path for _, path in wanted), gate.bundle], [baseline])
    if replay and gate.asked:
        told = "--replay sends again what failed and decides nothing else: leave out "
        raise click.UsageError(told + " and ".join(gate.asked))
    options = Options(url=place, **given | {"examples": given["examples"] or 0})
    if box:
        options.named, options.hidden = url, box.secrets
    try:
        gate.narrow(options)
    except ValueError as error:
        raise Refused(line(str(error))) from None
    if dry_run:
        options.credentials = Credentials(username, "") if username else None
        _dry_run(console, options)
        return
    if folder:
        writable(folder)
    open_wire = endpoint.scheme == "http" and not endpoint.loopback
    if (username or options.header) and open_wire and not options.plain_http:
        raise Refused(IN_THE_CLEAR.format(url=endpoint.url))
    if username:
        options.credentials = Credentials(username, password(username, endpoint.host))
    if replay:
        _replay(console, options, replay, gate)
        return
    options.expect_release = expect_release
    options.known = baselines.excused(entries, date.today())
    found = running.run(console, options, workers, gate)
    baselines.apply(found, entries, date.today())
    found = clean(found, options.secrets)
    _report(console, found, folder, wanted, options, gate)
    sys.exit(found.exit_code)


def _go_together(given: dict[str, Any], username: str | None, workers: int) -> None:
    """Refuse options of which one makes no sense with the others, or without another."""
    for wrong, said in (
        (
            given["create_checks"] and not given["writes"],
            "--create-checks needs --writes PATCH_ID: checks belong to a patch",
        ),
        (given["writes"] and not username, "--writes needs --username"),
        (given["writes"] and workers > 1, "--writes works with one worker: leave out -n"),
        (
            username and any(name.lower() == "authorization" for name, _ in given["header"]),
            "--header Authorization and --username cannot work together: Patchwork wants the same"
            " header for its own logins, so the front must take another, or leave out --username",
        ),
    ):
        if wrong:
            raise click.UsageError(said)


def _report(
    console: Console,
    found: Run,
    folder: Path | None,
    wanted: Sequence[tuple[str, Path]],
    options: Options,
    gate: Gate,
) -> None:
    """Show a run, keep its failures, and write its reports and its bundle.

    Raises Refused, once all else is done, with what could not be written.
    """
    unwritten, kept = [], ""
    if folder:
        try:
            kept = str(folder) if failures.store(found, folder) else ""
        except OSError as error:
            unwritten.append(f"failures cannot be kept in {folder} ({error.strerror})")
    show(console, found, kept)
    for kind, path in wanted:
        try:
            reports.write(kind, path, found, options.secrets)
        except ValueError as error:
            unwritten.append(str(error))
    try:
        if gate.box and (place := gate.box.keep_log(folder, [path for _, path in wanted])):
            say(console, line(f"the container's log is in {place}"))
    except OSError as error:
        unwritten.append(f"the container's log cannot be kept ({error.strerror})")
    if gate.bundle:
        try:
            keep(gate.bundle, found, options, gate.logs)
        except ValueError as error:
            unwritten.append(str(error))
    if unwritten:
        raise Refused("; ".join(unwritten))


def _dry_run(console: Console, options: Options) -> None:
    """What would be sent to an instance that holds a few rows. Nothing is sent."""
    from .sample import plan

    number = 0
    for requirement in options.chosen:
        decision = DECISIONS[requirement.id]
        for step in plan(decision, Settings(options.examples or 3, options.seed), options):
            for request in requests_of(step):
                number += 1
                say(console, f"{requirement.id} {line(request.describe())}")
    say(console, f"{counted(number, 'request')}, made from a sample; nothing was sent")


def _replay(console: Console, options: Options, folder: Path, gate: Gate) -> None:
    still = False
    try:
        gate.open(options)
        for number, exchanges, said in failures.replay(options, folder):
            say(console, line(f"{number} {said}"))
            still = still or said == failures.STILL
            for exchange in exchanges:
                told = f"  {exchange.request.describe()} -> {exchange.answer.describe()}"
                say(console, line(told))
    except (Unusable, Trouble, BudgetSpent) as error:
        say(console, line(str(error)))
        sys.exit(ExitCode.INCONCLUSIVE)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    finally:
        gate.close()
    sys.exit(ExitCode.NOT_CONFORMANT if still else ExitCode.CONFORMANT)


def _chosen(words: Sequence[str], skip: Sequence[str] = ()) -> list[Requirement]:
    try:
        return chosen(words, skip)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@main.command(name="list")
@click.option("--select", multiple=True, metavar="ID|CHAPTER", help=helps.SELECT)
@click.option("--skip", multiple=True, metavar="ID|CHAPTER", help=helps.SKIP)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array, for programs.")
def list_(select: tuple[str, ...], skip: tuple[str, ...], as_json: bool) -> None:
    """List the requirements, by chapter."""
    from ..reports.shown import catalogued

    found = _chosen(select, skip)
    if as_json:
        click.echo(json.dumps([catalogued.as_json(each) for each in found], indent=1))
    else:
        catalogued.show_list(new_console(), found)


@main.command(short_help="Explain requirements, and how they are known.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array, for programs.")
def explain(ids: tuple[str, ...], as_json: bool) -> None:
    """Explain a requirement: why it is one, and what real servers answered.

    ID may also be a chapter, such as LIST.
    """
    from ..reports.shown import catalogued

    load()
    found = _chosen(ids)
    if as_json:
        click.echo(json.dumps([catalogued.as_json(each, full=True) for each in found], indent=1))
        return
    console = new_console()
    for place, requirement in enumerate(found):
        if place:
            console.print()
        catalogued.show_explained(console, requirement)


@main.command()
@click.argument("what", type=click.Choice(SCHEMAS), default=SCHEMAS[0], metavar="[COMMAND]")
def schema(what: str) -> None:
    """Print the JSON Schema of the JSON report of a run, or of what COMMAND prints with --json."""
    click.echo(json.dumps(json_report.schema(what), indent=2))


@main.command(short_help="Show where two servers answer differently.")
@click.argument("one")
@click.argument("other")
@click.option("--select", multiple=True, metavar="ID|CHAPTER", help=helps.SELECT_CALLS)
@click.option("--seed", type=int, metavar="N", default=0, help=helps.SEED)
@click.option(
    "--examples",
    type=click.IntRange(1),
    metavar="N",
    default=2,
    show_default=True,
    help=helps.EXAMPLES_OF_CALLS,
)
@click.option("--all", "every", is_flag=True, help="Show every difference, not a few of a kind.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@click.option(
    "--other-header", type=Header(), multiple=True, help="As --header, which goes to ONE alone."
)
@connecting()
def diff(
    one: str,
    other: str,
    select: tuple[str, ...],
    every: bool,
    as_json: bool,
    other_header: tuple[tuple[str, str], ...],
    **given: Any,
) -> None:
    """Send the same read-only calls to two instances and show where answers differ.

    What bounds a run, such as --max-requests, holds for each of the two.

    Exit codes: 0 alike, 1 not, 2 usage, 3 inconclusive.
    """
    from ..reports.shown import compared
    from .sample import differences

    load()
    console = new_console()
    wanted = [DECISIONS[r.id] for r in _chosen(select)]
    left = Options(url=one, **given)
    right = Options(url=other, **given | {"header": other_header})
    with reaching():
        found = differences(left, right, wanted)
    if as_json:
        click.echo(json_report.encoded(compared.as_json(found)), nl=False)
    else:
        compared.show(console, found, every=every)
    if found.different:
        sys.exit(ExitCode.NOT_CONFORMANT)
    sys.exit(ExitCode.CONFORMANT if found.compared == found.planned else ExitCode.INCONCLUSIVE)
