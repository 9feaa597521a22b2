"""`fakepw record`: a live Patchwork into a fixture."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ..fixtures.files import replacing
from ..fixtures.resolve import parse_date
from ..telling.progress import stages
from .reading import Wanted
from .recorder import GivenUp, Recorded, record
from .source import POLITE_RATE, POLITE_REQUESTS
from .suite import transport

#: A header field's name and value, and those that say how a request travels.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?")
_OURS = ("host", "connection", "content-length", "content-type", "transfer-encoding", "user-agent")
#: What a User-Agent's comment can hold.
_CONTACT = re.compile(r"[\x20-\x27\x2a-\x5b\x5d-\x7e]{1,200}")


def _since(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(parse_date(text))
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no date; write 2026-11-23 or 2026-11-23T12:34:56"
        ) from None


def _contact(ctx: click.Context, param: click.Parameter, text: str) -> str:
    if text and not _CONTACT.fullmatch(text):
        raise click.BadParameter("a contact is up to 200 ASCII characters without ( ) and \\")
    return text


def _header(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Header fields, as `pw-conformance` takes them."""
    fields = []
    for text in given:
        name, said, value = text.partition("=")
        variable = f"PW_HEADER_{name.upper().replace('-', '_')}"
        value = value if said else os.environ.get(variable, "")
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise click.BadParameter(f"{name!r} is no header field that can be given")
        if not _VALUE.fullmatch(value):
            raise click.BadParameter(f"{name} has no value: give {name}=VALUE, or set {variable}")
        fields.append((name, value))
    return fields


@click.command()
@click.argument("url")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Where to; `-` is standard output, and then nothing is kept to go on.",
)
@click.option("--project", metavar="LINKNAME", help="Only this project's patches.")
@click.option("--since", metavar="DATE", callback=_since, help="Only patches from then on.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the newest N patches.")
@click.option("--checks", is_flag=True, help="Checks, too.")
@click.option("--anonymise", is_flag=True, help="Make other people, hosts and message ids of all.")
@click.option(
    "--contact",
    default="",
    envvar="FAKEPW_CONTACT",
    callback=_contact,
    metavar="TEXT",
    help="An address, for the User-Agent: whom to turn to. Needed but for this machine.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 1000),
    metavar="N",
    help=f"Requests a second at most (0: any; the default is {POLITE_RATE:g}, here any).",
)
@click.option(
    "--max-requests",
    type=click.IntRange(0),
    metavar="N",
    help=f"Requests at most (0: any; the default is {POLITE_REQUESTS}, here any).",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 3600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long an answer may take.",
)
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Trust the certificates in this file, in PEM form.",
)
@click.option(
    "--header",
    multiple=True,
    callback=_header,
    metavar="NAME=VALUE",
    help="Send this, too, to that server alone: a token for what is in front of it. Without =VALUE"
    " it is read from the environment, NAME in capitals behind PW_HEADER_.",
)
@click.option("--plain-http", is_flag=True, help="Send that over http:// all the same.")
@click.option(
    "--follow-redirects", is_flag=True, help="Go where a redirect leads, to other hosts, too."
)
def record_(url: str, output: str, contact: str, **options: Any) -> None:
    """Record a live Patchwork into a fixture.

    It reads only, through XML-RPC and mails, and no question costs a large server more than a
    small one. What was answered is kept beside FILE until that is written: the same command goes
    on where it stopped. What XML-RPC does not tell (comments, passwords, who maintains what) the
    fixture's notes say, as `fakepw check FILE` shows them.

    \b
      fakepw record https://patchwork.example.com --contact you@example.org \\
          --project netdev --limit 200 --anonymise -o netdev.json
    """
    try:
        near = all(endpoint.loopback for endpoint in transport.endpoint_of(url))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if not near and not contact:
        raise click.UsageError(
            "say whom the operators can turn to, with --contact: you are asking their server"
        )
    wanted = Wanted(*(options.pop(name) for name in ("project", "since", "limit", "checks")))
    if output == "-":
        _run(url, wanted, None, output, contact=contact, **options)
    else:
        path = Path(output)
        progress = path.with_name(f"{path.name}.recording")
        _run(url, wanted, progress, output, contact=contact, **options)


def _run(url: str, wanted: Wanted, progress: Path | None, output: str, **options: Any) -> None:
    def save(fixture: Iterator[bytes]) -> None:
        if output == "-":
            sys.stdout.buffer.writelines(fixture)
            sys.stdout.buffer.flush()
            return
        with replacing(output) as file:
            file.writelines(fixture)

    try:
        with stages() as tell:
            done = record(url, wanted, progress=progress, tell=tell, save=save, **options)
    except GivenUp as error:
        _sorry(error, progress)
    except OSError as error:
        if output == "-":
            raise  # the command line knows what to say of its own output
        raise click.UsageError(f"{output} cannot be written: {error.strerror}") from None
    else:
        _told(done, output)


def _sorry(error: GivenUp, progress: Path | None) -> None:
    kept = ""
    if progress is not None and error.kept:
        answers = "1 answer is" if error.kept == 1 else f"{error.kept} answers are"
        kept = f"; {answers} kept in {progress}, from which the same command goes on"
        if error.anew:
            kept = f"; remove {progress} to begin anew"
    raise click.ClickException(f"{error}{kept}")


def _told(done: Recorded, output: str) -> None:
    served = done.instance or "no instance that is known"
    requests = "1 request" if done.requests == 1 else f"{done.requests} requests"
    click.echo(f"recorded {done.summary}, as {served}, in {requests}", err=output == "-")


record_.name = "record"
