"""`replay-calls` and `replay-recording`: what was called elsewhere, put to a server."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from ..bridge import repeating
from ..bridge.comparing import Comparer
from ..bridge.recordings import DATASETS, Corpus, Key, NoCorpus, Recorded
from ..bridge.repeating import Repeated
from ..reports import json as json_report
from ..reports.safe.visible import line
from ..reports.terminal import new_console
from ..target.sending.budget import BudgetSpent
from ..target.sending.sockets import HttpTransport
from ..target.sending.transport import IN_THE_CLEAR, Trouble, endpoint_of
from ..verdicts.verdicts import ExitCode
from .asked.asking import Refused, reaching
from .asked.connecting import connecting
from .opening.options import Options, passing_folder
from .opening.session import discover, session

#: Where a checkout has the recordings; no wheel has them.
RECORDINGS = Path(__file__).parents[2] / "fixtures" / "recorded"


@click.command(name="replay-calls", short_help="Put the calls of a double's journal to a server.")
@click.argument("journal", type=click.Path(path_type=Path))
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@connecting()
def replay_calls(journal: Path, url: str, as_json: bool, **given: Any) -> None:
    """Send the calls that your tests made to the Patchwork at URL, and compare.

    JOURNAL is what `fakepw serve --journal` or `pytest --fakepw-journal` wrote. Calls that write
    are never sent; ids and names of the double's become those of rows that the server holds. What
    is compared is what does not depend on rows: shapes, types, classes of faults.

    Exit codes: 0 alike, 1 not, 2 usage, 3 inconclusive: nothing could be compared, or not all.
    """
    from ..bridge.journal import NoJournal, read
    from ..bridge.replaying import replay
    from ..reports.shown import replayed

    console = new_console()
    options = Options(url=url, **given)
    try:
        reachable(options)
        read_calls = read(journal)
    except NoJournal as error:
        raise Refused(line(str(error))) from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if not read_calls.calls:
        click.echo(
            f"{line(str(journal))} holds no call that reads and that Patchwork answered", err=True
        )
        sys.exit(ExitCode.INCONCLUSIVE)
    with reaching(), closing(session(options, discover(options))) as opened:
        found = replay(read_calls, opened)
    if as_json:
        click.echo(json_report.encoded(replayed.as_json(found)), nl=False)
    else:
        replayed.show(console, found)
    if found.different:
        sys.exit(ExitCode.NOT_CONFORMANT)
    sys.exit(ExitCode.INCONCLUSIVE if found.ended or not found.alike else ExitCode.CONFORMANT)


def reachable(options: Options) -> None:
    """Refuse a URL that is none (ValueError), or to which header fields would go in the clear."""
    endpoint = endpoint_of(options.url)[0]
    open_wire = endpoint.scheme == "http" and not endpoint.loopback
    if options.header and open_wire and not options.plain_http:
        raise Refused(IN_THE_CLEAR.format(url=endpoint.url))


@click.command(
    name="replay-recording", short_help="Put the recording of a real server to another one."
)
@click.argument("instance")
@click.argument("url")
@click.option(
    "--recordings",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The corpus: fixtures/recorded of a checkout, which is found by itself from there.",
)
@click.option(
    "--seed",
    metavar="CMD",
    help="Run this in a shell to fill the server with the dataset in the file $PW_DATASET_FILE,"
    " its name in $PW_DATASET, wherever the recorded one was: then all is sent, WRITES INCLUDED.",
)
@click.option("--dataset", "datasets", multiple=True, help="Only a, b or c; may be given again.")
@click.option(
    "--select", "chosen", multiple=True, metavar="PATTERN", help="Only calls of such ids."
)
@click.option("--no-headers", is_flag=True, help="Compare no header fields: a front changes them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@connecting()
def replay_recording(
    instance: str,
    url: str,
    folder: Path | None,
    seed: str | None,
    datasets: tuple[str, ...],
    chosen: tuple[str, ...],
    no_headers: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Send what a real server was asked when it was recorded to the one at URL, and compare.

    INSTANCE is a recorded server, such as 3.2-py3-postgresql. The server at URL must hold a dataset
    of the corpus and nothing else: load fixtures/recorded/datasets/a.json into it, or let --seed do
    that. Without --seed only what reads is sent, of the dataset that it is found to hold.

    Exit codes: 0 as recorded, 1 not, 2 usage, 3 inconclusive: no dataset there, or not all sent.
    """
    from ..reports.shown import repeated

    console = new_console()
    corpus, answers, transport = _ready(Options(url=url, **given), folder, instance, datasets)
    bar = console if console.is_terminal and not as_json else None
    found = Repeated(instance, transport.endpoint.url, datasets or DATASETS)
    try:
        _repeat(corpus, answers, found, transport, seed, chosen, bar, fields=not no_headers)
    except (Trouble, BudgetSpent) as error:
        if not found.compared:
            click.echo(line(str(error)), err=True)
            sys.exit(ExitCode.INCONCLUSIVE)
        found.ended = str(error)
    finally:
        transport.close()
    if as_json:
        click.echo(json_report.encoded(repeated.as_json(found)), nl=False)
    else:
        repeated.show(console, found)
    sys.exit(_status(found))


def _status(found: Repeated) -> ExitCode:
    if found.different:
        return ExitCode.NOT_CONFORMANT
    whole = found.compared and not (found.ended or found.unanswered)
    return ExitCode.CONFORMANT if whole else ExitCode.INCONCLUSIVE


def _ready(
    options: Options, folder: Path | None, instance: str, datasets: tuple[str, ...]
) -> tuple[Corpus, dict[Key, Recorded], HttpTransport]:
    """The corpus with these datasets, what that server answered, and what goes to the URL.

    Raises Refused or UsageError.
    """
    try:
        reachable(options)
        corpus = Corpus(folder or _recordings())
        answers = corpus.answers(instance)
        if unknown := set(datasets) - set(DATASETS):
            raise NoCorpus(f"no dataset is called {sorted(unknown)[0]!r}: there are a, b and c")
        budget = passing_folder() / "budget.sqlite"
        return corpus, answers, options.transport(endpoint_of(options.url)[0], budget)
    except NoCorpus as error:
        raise Refused(line(str(error))) from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _repeat(
    corpus: Corpus,
    answers: dict[Key, Recorded],
    found: Repeated,
    transport: HttpTransport,
    seed: str | None,
    chosen: tuple[str, ...],
    bar: Console | None,
    *,
    fields: bool,
) -> None:
    """Send what there is to send, once the server is known to hold the rows. Raises Trouble."""
    silent = not repeating.answers_at_all(answers)  # an API that is switched off shows no rows
    if seed is None and not silent:
        found.datasets = (_held(corpus, transport, found.datasets),)
    planned = repeating.plan(corpus, answers, found.datasets, seeds=seed is not None, chosen=chosen)

    def sow(dataset: str) -> None:
        _run(seed or "", corpus, dataset)
        if not silent:
            _held(corpus, transport, (dataset,))

    steps = repeating.repeat(
        Comparer(corpus), found, planned, answers, transport, sow, fields=fields
    )
    total = len(planned.steps)
    for _ in track(steps, "asking", total, console=bar, transient=True, disable=bar is None):
        pass


def _recordings() -> Path:
    """The corpus of the checkout that this is. Raises Refused if it is none."""
    if not RECORDINGS.is_dir():
        raise Refused(
            "an installed suite comes without recordings: give --recordings FOLDER, which is"
            " fixtures/recorded of a checkout of fakepw"
        )
    return RECORDINGS


def _held(corpus: Corpus, transport: HttpTransport, datasets: tuple[str, ...]) -> str:
    """The dataset that the server holds. Raises Trouble if it is none of these."""
    if dataset := repeating.held(corpus, transport, datasets):
        return dataset
    which = " or ".join(str(corpus.path_of(each)) for each in datasets)
    raise Trouble(
        f"{transport.endpoint.url} does not hold the rows that were recorded: fill it with {which},"
        " and nothing else"
    )


def _run(command: str, corpus: Corpus, dataset: str) -> None:
    """Have the operator's command seed the server. Raises Trouble if it fails."""
    more = {"PW_DATASET": dataset, "PW_DATASET_FILE": str(corpus.path_of(dataset).resolve())}
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=os.environ | more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        last = done.stdout.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        said = f": {last}" if last else ""
        raise Trouble(f"--seed ended with status {done.returncode}{said}")
