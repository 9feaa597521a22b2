"""`pw-conformance probe`: a plug-in for Nagios and Icinga, and metrics for Prometheus."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..kept import atomically
from ..reports import json as json_report
from ..reports.safe.visible import line
from ..reports.shown import probed
from ..target import secrecy
from ..target.probe import REQUESTS, Bounds, Probed, State, probe
from ..target.sending.budget import Budget
from ..target.sending.sockets import HttpTransport
from ..target.sending.transport import IN_THE_CLEAR, Credentials, Endpoint, endpoint_of
from .asked.asking import LONGEST, Refused, Seconds, password
from .asked.connecting import connecting
from .opening.options import Options, passing_folder
from .running import helps
from .running.gating import File

#: Those of the options of how a server is reached that a probe has.
WAYS = ("ca", "insecure", "header", "plain-http", "follow-redirects")


class Unknown(click.ClickException):
    """What was asked for cannot be done: a plug-in must not end with what means something else."""

    exit_code = State.UNKNOWN

    def show(self, file: Any = None) -> None:
        """Say so in the line that monitors read."""
        click.echo(f"PATCHWORK UNKNOWN - {line(self.message)}".replace("|", "¦"))


class Plugin(click.Command):
    """A command whose mistakes of usage end with 3, and are said on standard output."""

    def make_context(self, *words: Any, **extra: Any) -> click.Context:
        """As usual, but for mistakes."""
        try:
            return super().make_context(*words, **extra)
        except click.ClickException as error:
            raise Unknown(error.format_message()) from None

    def invoke(self, ctx: click.Context) -> Any:
        """As usual, but for mistakes, also those of ours."""
        try:
            return super().invoke(ctx)
        except Unknown:
            raise
        except click.ClickException as error:
            raise Unknown(error.format_message()) from None
        except Exception as error:
            traceback.print_exc()
            raise Unknown(f"internal error: {type(error).__name__}") from None


class Days(click.ParamType):  # type: ignore[type-arg]  # no generic in click 8.2
    """Two numbers of days: when to warn, and when to alarm."""

    name = "DAYS[,DAYS]"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, float]:
        """Both; the second is none if it is not given."""
        if isinstance(value, tuple):
            return value[0], value[1]
        warn, _, alarm = str(value).partition(",")
        found = [word.strip() for word in (warn, alarm or "0")]
        if not all(word.isascii() and word.isdigit() and len(word) < 6 for word in found):
            self.fail(f"{value!r} is no number of days, or two: give 21,7", param, ctx)
        if int(found[1]) > int(found[0]):
            self.fail(f"{value!r} alarms before it warns: give 21,7", param, ctx)
        return float(found[0]), float(found[1])


_SECONDS = {"type": Seconds(0), "show_default": True, "metavar": "SECONDS"}
OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("-w", "--warning"), {**_SECONDS, "default": 2.0, "help": helps.SLOW}),
    (("-c", "--critical"), {**_SECONDS, "default": 5.0, "help": helps.TOO_SLOW}),
    (
        ("-C", "--certificate", "days"),
        {"type": Days(), "default": "21,7", "show_default": True, "help": helps.CERTIFICATE},
    ),
    (
        ("-t", "--timeout"),
        {**_SECONDS, "type": Seconds(0.1, LONGEST), "default": 10.0, "help": helps.PROBE_TIMEOUT},
    ),
    (("--username",), {"metavar": "NAME", "help": helps.PROBE_USERNAME}),
    (("--prometheus",), {"type": File(), "metavar": "FILE", "help": helps.PROMETHEUS}),
    (
        ("--json", "as_json"),
        {"is_flag": True, "help": "Print one JSON object, for programs."},
    ),
)


def looking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a probe."""
    for names, how in reversed(OPTIONS):
        command = click.option(*names, **how)(command)
    return command


@click.command(cls=Plugin, name="probe", short_help="Look at a server for a monitoring system.")
@click.argument("url")
@looking
@connecting(*WAYS)
def probe_command(
    url: str,
    warning: float,
    critical: float,
    days: tuple[float, float],
    username: str | None,
    prometheus: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Look at the Patchwork at URL as a plug-in of Nagios, Icinga and their like: one line, and
    the status. At most 8 requests are sent, none of which changes anything.

    Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
    """
    if warning > critical:
        raise click.UsageError(f"-w {warning:g} is more than -c {critical:g}")
    bounds = Bounds((warning, critical), days)
    seen = _look(Options(url=url, **given), bounds, username)
    if prometheus:
        try:
            text = secrecy.redact(probed.prometheus(seen))
            atomically.write(prometheus, text.encode())
        except OSError as error:
            why = error.strerror or error
            seen.found(State.UNKNOWN, f"{prometheus} cannot be written: {why}")
    if as_json:
        click.echo(json_report.encoded(probed.as_json(seen)), nl=False)
    else:
        click.echo(probed.plugin(seen, bounds))
    sys.exit(seen.state)


def _look(options: Options, bounds: Bounds, username: str | None) -> Probed:
    try:
        candidates = endpoint_of(options.url)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    first = candidates[0]
    in_the_clear = first.scheme == "http" and not first.loopback and not options.plain_http
    if in_the_clear and (username or options.header):
        raise Refused(IN_THE_CLEAR.format(url=first.url))
    if username:
        options.credentials = Credentials(username, password(username, first.host))
    path = passing_folder() / "budget.sqlite"
    budget = Budget(path, limit=REQUESTS, seconds=options.timeout)
    options.max_requests, options.max_time, options.rate = REQUESTS, options.timeout, 0.0

    def connect(endpoint: Endpoint, login: bool) -> HttpTransport:
        return options.transport(endpoint, path, login=login, patient=False)

    anywhere = options.follow_redirects
    return probe(candidates, connect, budget, bounds, login=username or "", anywhere=anywhere)
