"""`pw-conformance replay-calls`: what tests called on a double, put to a real server."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ..reports.terminal import new_console
from ..reports.visible import line
from ..target.budget import BudgetSpent
from ..target.survey import Unusable
from ..target.transport import IN_THE_CLEAR, Trouble, endpoint_of
from ..verdicts.verdicts import ExitCode
from .asking import Refused
from .connecting import connecting
from .runner import Options, discover, session


@click.command(name="replay-calls", short_help="Put the calls of a double's journal to a server.")
@click.argument("journal", type=click.Path(path_type=Path))
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@connecting
def replay_calls(journal: Path, url: str, as_json: bool, **given: Any) -> None:
    """Send the calls that your tests made to the Patchwork at URL, and compare.

    JOURNAL is what `fakepw serve --journal` or `pytest --fakepw-journal` wrote. Calls that write
    are never sent; ids and names of the double's become those of rows that the server holds. What
    is compared is what does not depend on rows: shapes, types, classes of faults.

    Exit codes: 0 alike, 1 not, 2 usage, 3 inconclusive: nothing could be compared, or not all.
    """
    from ..bridge.journal import NoJournal, read
    from ..bridge.replaying import replay
    from ..reports import replayed

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
    try:
        with closing(session(options, discover(options))) as opened:
            found = replay(read_calls, opened)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except (Unusable, Trouble, BudgetSpent) as error:
        click.echo(line(str(error)), err=True)
        sys.exit(ExitCode.INCONCLUSIVE)
    if as_json:
        click.echo(json.dumps(replayed.as_json(found), indent=1))
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
