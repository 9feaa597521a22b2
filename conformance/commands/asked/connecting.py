"""How a server is reached: the options of every command that connects, and of pytest, in one table.

Values are read by click's types; what is wrong is said in one sentence in either place.
"""

from __future__ import annotations

import argparse
import os
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from ...target.sending.memory import USUAL
from ...verdicts.reproduction import variable
from .asking import LONGEST, Seconds

#: Header fields that say how a request travels, and are for the suite alone to say.
OWN = frozenset(
    (
        "host",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "connection",
        "expect",
    )
)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?")


class Header(click.ParamType):  # type: ignore[type-arg]  # no generic in click 8.2
    """A `NAME=VALUE`, or a `NAME` alone whose value is in the environment."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        """The name and the value."""
        if isinstance(value, tuple):
            return value[0], value[1]
        name, given, content = str(value).partition("=")
        if not given:
            content = os.environ.get(variable(name), "")
        if not _NAME.fullmatch(name):
            self.fail(f"{name!r} is no name of a header field; give NAME=VALUE", param, ctx)
        if name.lower() in OWN:
            self.fail(f"{name} says how a request travels, and cannot be given", param, ctx)
        if not content and not given:
            said = f"{name} has no value: give {name}=VALUE, or set {variable(name)}"
            self.fail(said, param, ctx)
        if not _VALUE.fullmatch(content):
            self.fail(f"the value of {name} is none that a header field can have", param, ctx)
        return name, content


class Authorities(click.Path):
    """A file of certificates to trust."""

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """The file, once it was read."""
        path = str(super().convert(value, param, ctx))
        if not os.path.isfile(path):  # it is read for each context anew, and a pipe but once
            self.fail(f"{path} is no regular file")
        try:
            ssl.create_default_context(cafile=path)
        except (ssl.SSLError, OSError) as error:
            reason = getattr(error, "reason", None) or error
            self.fail(f"{path} holds no certificate in PEM form ({reason})")
        return path


@dataclass(frozen=True)
class Way:
    """One option. `kind` None makes it a flag; `several` that it may be given again."""

    name: str
    help: str
    kind: click.ParamType | None = None  # type: ignore[type-arg]
    default: Any = None
    several: bool = False
    #: What stands for the value in `--help`, if the kind's own name does not do.
    value: str | None = None

    @property
    def field(self) -> str:
        """The member of `Options` that it becomes."""
        return self.name.replace("-", "_")


CONNECTION = (
    Way(
        "timeout",
        "How long an answer may take, as a whole, before it counts as none.",
        Seconds(0.1, LONGEST),
        30.0,
        value="SECONDS",
    ),
    Way(
        "max-time",
        "How long the run may take; what is not decided by then is inconclusive (0: any time).",
        Seconds(0),
        0.0,
        value="SECONDS",
    ),
    Way(
        "max-memory",
        "How many megabytes a run may take more than with small answers; what would take more is"
        " inconclusive.",
        click.IntRange(128),
        USUAL,
        value="MB",
    ),
    Way(
        "max-requests",
        "Send no more than so many (0: any number; the default is 600, on this machine 0).",
        click.IntRange(0),
        value="N",
    ),
    Way(
        "rate",
        "Send so many a second at most (0: any number; the default is 5, on this machine 0).",
        Seconds(0),
        value="N",
    ),
    Way(
        "ca",
        "Trust the certificates in this file, in PEM form: those of your own authority.",
        Authorities(exists=True, dir_okay=False),
        value="FILE",
    ),
    Way("insecure", "Trust any certificate: whoever is in between can read and change everything."),
    Way(
        "header",
        "Send this, too, to that server alone: an access token for what is in front of it. Without"
        " =VALUE it is read from the environment, NAME in capitals behind PW_HEADER_.",
        Header(),
        (),
        True,
    ),
    Way("plain-http", "Send credentials over http:// all the same, where anybody can read them."),
    Way("follow-redirects", "Look for the API where a redirect leads, on other hosts, too."),
)


Command = Callable[..., Any]


def connecting(*names: str) -> Callable[[Command], Command]:
    """Gives a command the options of CONNECTION, or those of these names."""

    def give(command: Command) -> Command:
        for way in reversed(CONNECTION):
            if names and way.name not in names:
                continue
            how: dict[str, Any] = {"is_flag": True} if way.kind is None else {"type": way.kind}
            if way.value:
                how["metavar"] = way.value
            if way.several:
                how["multiple"] = True
            elif way.default:
                how |= {"default": way.default, "show_default": True}
            command = click.option(f"--{way.name}", help=way.help, **how)(command)
        return command

    return give


def for_pytest() -> list[tuple[str, dict[str, Any]]]:
    """The same as pytest's parser takes them."""
    found: list[tuple[str, dict[str, Any]]] = []
    for way in CONNECTION:
        how: dict[str, Any] = {"help": way.help}
        if way.kind is None:
            how["action"] = "store_true"
        else:
            how |= {"type": _read_by(way.kind), "default": way.default}
        if way.several:
            how |= {"action": "append", "default": list(way.default)}
        found.append((way.name, how))
    return found


def _read_by(kind: click.ParamType) -> Callable[[str], Any]:  # type: ignore[type-arg]
    def read(text: str) -> Any:
        try:
            return kind.convert(text, None, None)
        except click.ClickException as error:
            raise argparse.ArgumentTypeError(error.message) from None

    return read
