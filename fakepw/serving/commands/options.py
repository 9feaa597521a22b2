"""The options of `fakepw serve`, in the order of its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ...patchwork.words.place import API
from .staging import FIXTURE, PRESET, RATE, RULE, SETTING, STRICT

#: What click's decorators take and give back.
Command = TypeVar("Command", bound=Callable[..., Any])


def _option(*names: str, **how: Any) -> Callable[[Any], Any]:
    """An option that is an environment variable, too: CI services take no arguments."""
    word = names[0].removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=f"FAKEPW_{word}", show_envvar=True, **how)


OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument(
        "fixtures", metavar="[FIXTURE]...", type=FIXTURE, nargs=-1, envvar="FAKEPW_FIXTURE"
    ),
    _option("--host", default="127.0.0.1", show_default=True, help="Where to listen."),
    _option(
        "--port",
        default=8000,
        show_default=True,
        type=click.IntRange(0, 65535),
        help="0 takes a free one.",
    ),
    _option("--instance", metavar="NAME", help="What to answer as (see `fakepw instances`)."),
    _option("--disable-xmlrpc", is_flag=True, help="Answer 404 as if the API were switched off."),
    _option(
        "--setting",
        "given",
        type=SETTING,
        multiple=True,
        help="A setting of the deployment, such as TIME_ZONE=UTC; may be given again.",
    ),
    _option(
        "--fault",
        "faults",
        type=RULE,
        multiple=True,
        help="What goes wrong, such as 'patch_list: status=504 first=2'; may be given again.",
    ),
    _option(
        "--in-front",
        "fronts",
        type=PRESET,
        multiple=True,
        help="What stands in front, such as nginx-limit; may be given again.",
    ),
    _option("--limit", type=RATE, help="Refuse what comes quicker, such as 20/s."),
    _option("--clock", metavar="MOMENT", help="Where its clock stands still: 2026-01-31T12:00."),
    _option(
        "--at",
        metavar="PATH",
        default=API,
        help="A path that is handed on as /xmlrpc/: / or /RPC2.",
    ),
    _option(
        "--strict",
        is_flag=True,
        type=STRICT,
        help="Log what a real server decides without saying so.",
    ),
    _option(
        "--strict-mode",
        type=STRICT,
        metavar="MODE",
        help="The same, with `on` or `error`, and what is to be ignored: 'error ignore=order'. With"
        " `error` it ends with 1 if there was anything.",
    ),
    _option("--journal", metavar="FILE", help="Append every request to this file, as JSON lines."),
    click.option(
        "--tls",
        is_flag=True,
        envvar="FAKEPW_TLS",
        show_envvar=True,
        help="Speak https, by an authority of its own, whose file it prints.",
    ),
    _option("--tls-cert", metavar="FILE", help="Speak https, by this certificate (PEM)."),
    _option("--tls-key", metavar="FILE", help="Its key, if that is in a file of its own."),
    _option(
        "--control",
        default="on",
        metavar="on|off|TOKEN",
        help="Whether it can be steered under /_fakepw/, or the bearer token that this takes.",
    ),
    _option(
        "--world-idle",
        type=float,
        metavar="SECONDS",
        help="For how long a world may be left alone that says nothing of it.  [default: an hour]",
    ),
    _option("--json", "as_json", is_flag=True, help="Print one line of JSON once it serves."),
    click.option(
        "-v", "--verbose", is_flag=True, envvar="FAKEPW_VERBOSE", help="Log every request."
    ),
)


def with_options(command: Command) -> Command:
    """The command with all of them."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
