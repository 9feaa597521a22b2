"""`fakepw usage`: what a client depends on."""

from __future__ import annotations

from itertools import chain

import click
import msgspec

from ..double.control.lines import JournalError, Line, read
from ..fixtures import FixtureError, packaged
from ..fixtures import read as read_fixture
from ..patchwork.instances.instances import DEFAULT
from .counting import counted
from .report import markdown, text, usage_of
from .serving import steps_of


class Refused(click.ClickException):
    """Something that was given cannot be read; the text says why."""

    exit_code = 2


@click.command()
@click.argument("journals", metavar="JOURNAL...", nargs=-1, required=True)
@click.option(
    "--fixture",
    "fixtures",
    metavar="FIXTURE",
    multiple=True,
    help="The rows to compare instances over: what your tests serve; the demo unless told.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown.")
def usage(
    journals: tuple[str, ...], fixtures: tuple[str, ...], as_json: bool, as_markdown: bool
) -> None:
    """Tell what a client depends on, by the journals of a double.

    A journal comes from `fakepw serve --journal FILE` or `pytest --fakepw-journal FILE`. It tells
    methods, filters, members answered and faults, which releases have them, what differs between
    the recorded instances for just these calls, and the REST call that replaces each.

    Ends with 0, and with 2 and the reason if a journal or fixture cannot be read.
    """
    if as_json and as_markdown:
        raise click.UsageError("--json and --markdown contradict: give one of them")
    try:
        fixture = read_fixture(*(fixtures or [packaged("demo")]))
        found = counted(_lines(journals))
        steps = steps_of(_lines(journals))
    except FixtureError as error:
        raise Refused("; ".join(error.errors)) from None
    except JournalError as error:
        raise Refused(str(error)) from None
    known = next((name for name, _ in found.instances.most_common()), DEFAULT)
    try:
        told = usage_of(found, steps, fixture.dataset, ", ".join(fixtures) or "demo", known)
    except ValueError as error:  # an instance that this fakepw does not know
        raise Refused(str(error)) from None
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=1))
    else:
        click.echo(markdown(told) if as_markdown else text(told))


def _lines(journals: tuple[str, ...]) -> chain[Line]:
    return chain.from_iterable(map(read, journals))
