"""The command line of `fakepw`.

Every command is imported when it runs, so that `fakepw serve` is up before it is missed.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from importlib import import_module
from typing import Any

import click

#: Where each command lives. A command that has a lot to import lives in a module of its own.
COMMANDS = {
    "serve": "fakepw.serving.commands.command:serve",
    "health": "fakepw.serving.commands.health:health",
    "check": "fakepw.cli:check",
    "schema": "fakepw.cli:schema",
    "instances": "fakepw.cli:instances",
    "generate": "fakepw.generating.command:generate",
    "record": "fakepw.recording.command:record_",
    "usage": "fakepw.usage.command:usage",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from .telling.wording import near

            raise click.UsageError(f"there is no command {args[0]!r}{near(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from . import __version__

        click.echo(f"fakepw {__version__}")
        ctx.exit()


@click.group(
    cls=_LazyGroup, name="fakepw", context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def group() -> None:
    """A fake Patchwork server that speaks XML-RPC so that clients cannot tell.

    \b
    Try it:
      fakepw serve                    serve the packaged demo on 127.0.0.1:8000
      fakepw serve netdev.json        serve your own patches
      fakepw check netdev.json        find what is wrong with a fixture
    """


@click.command()
@click.argument("fixtures", metavar="FIXTURE...", nargs=-1, required=True)
def check(fixtures: tuple[str, ...]) -> None:
    """Validate fixtures, read together as one.

    Prints what is in them, or everything that is wrong, a line each. Exits 0 or 1.
    A fixture is a file, `-` for standard input, or a packaged one: demo, tiny, hostile.
    """
    from .fixtures import FixtureError, counted
    from .fixtures import check as checked

    try:
        fixture, rows = checked(*fixtures)
    except FixtureError as error:
        for line in error.errors:
            click.echo(line, err=True)
        count = len(error.errors)
        click.echo(f"{count} {'error' if count == 1 else 'errors'}", err=True)
        sys.exit(1)
    click.echo("ok: " + ", ".join(counted(name, count) for name, count in rows.items()))
    if fixture.instance:
        click.echo(f"instance: {fixture.instance}")
    if fixture.faults:
        click.echo(f"faults: {len(fixture.faults)}")
    if fixture.settings:
        click.echo(f"settings: {fixture.settings}")
    for note in fixture.notes:
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in note)
        click.echo(f"note: {shown}")


@click.command()
def schema() -> None:
    """Print the JSON Schema of fixtures.

    An editor that is given it completes and checks fixtures as you type.
    """
    import msgspec

    from .fixtures import schema

    click.echo(msgspec.json.format(msgspec.json.encode(schema()), indent=2))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def instances(as_json: bool) -> None:
    """List what can be emulated.

    Recorded instances were checked against a real server of just that kind; composed ones follow
    from what is known of their release, runtime and database.  A release on another Django is
    composed, too: RELEASE-RUNTIME-djangoX.Y-DATABASE.
    """
    import msgspec

    from .fixtures import packaged
    from .patchwork.instances.instances import names
    from .patchwork.instances.stacks import DJANGO_STACKS
    from .patchwork.instances.tables import APART

    shares = msgspec.json.decode(packaged("reproduced").read_bytes())
    rows = [_instance(name, shares.get(name)) for name in (*names(), *APART)]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=1))
        return
    head = ["NAME", "RELEASE", "PYTHON", "DJANGO", "DATABASE", "API", "", "REPRODUCED", "SURPRISES"]
    table = [head, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        click.echo("  ".join(map(str.ljust, line, widths)).rstrip())
    djangos = ", ".join(DJANGO_STACKS)
    click.echo(f"\nAny of them on another Django: RELEASE-RUNTIME-djangoX.Y-DATABASE, {djangos}.")
    click.echo("* is what `fakepw serve` answers as unless told otherwise.")
    click.echo("4.0, apart from the others, is the Patchwork that has no XML-RPC any more.")
    click.echo("REPRODUCED is the share of a real server's recorded answers that fakepw gives")
    click.echo("byte for byte, and their number, as counted by its tests.")


def _instance(name: str, share: dict[str, int] | None) -> dict[str, Any]:
    from .patchwork.instances.instances import DEFAULT, instance
    from .patchwork.instances.surprises import surprises

    found = instance(name)
    return {
        "name": name,
        "release": found.release,
        "python": found.python,
        "django": found.django,
        "database": found.database,
        "api_version": found.traits.version if found.traits.has_xmlrpc else None,
        "recorded": found.recorded,
        "default": name == DEFAULT,
        "reproduced": share,
        "surprises": surprises(found.traits),
    }


def _cells(row: dict[str, Any]) -> list[str]:
    version = row["api_version"]
    return [
        row["name"] + (" *" if row["default"] else ""),
        row["release"],
        row["python"],
        row["django"],
        row["database"],
        ".".join(map(str, version)) if isinstance(version, tuple) else str(version or "none"),
        "apart" if version is None else "recorded" if row["recorded"] else "composed",
        _percentage(row["reproduced"]),
        ", ".join(row["surprises"]),
    ]


def _percentage(share: dict[str, int] | None) -> str:
    """For example `100 % of 5671`; never rounded up to 100."""
    if share is None:
        return ""
    percent = share["equal_bytes"] * 1000 // share["answers"] / 10
    return f"{percent:g} % of {share['answers']}"


def _occupy_standard_streams() -> None:
    """Leave none of the first three descriptors to a socket: it would get what goes to stderr."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this one


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit.

    0 if all went well, 1 if a check failed, 2 if something given was wrong: then there is one
    line on stderr that says what.
    """
    _occupy_standard_streams()
    if os.getpid() == 1:  # of a container: what has no handler there is never delivered
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        group.main(args, prog_name="fakepw", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.message)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"fakepw: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except OSError as error:
        if error.errno != errno.EPIPE:  # if nobody reads on, that is fine
            click.echo(f"fakepw: cannot write: {error.strerror}", err=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still buffered
        sys.exit(1)
