"""`fakepw generate`: a made-up fixture of any size, into a file or a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import IO

import click

from ..fixtures.files import replacing
from ..telling.progress import progress
from . import MOST, fixture
from .shapes import SHAPES

_SHAPES = "\n".join(f"      {name:<8}{shape.says}" for name, shape in SHAPES.items())


@click.command(
    help=f"""
    Make up a fixture of any size.

    It has projects, people, series in several versions, answers and checks. The same options
    give the same bytes, on every Python. States follow from a patch's age, what a later version
    replaces is superseded, and most patches come from a few people. Everybody's password is the
    username; `maint` maintains every project, `ci` is whose the checks are.

    \b
    Shapes:
{_SHAPES}

    \b
      fakepw generate --patches 200 -o small.json
      fakepw generate --shape kernel --patches 100000 -o - | fakepw serve -
"""
)
@click.option(
    "--patches",
    type=click.IntRange(0, MOST),
    default=1000,
    show_default=True,
    metavar="N",
    help=f"How many, up to {MOST}.",
)
@click.option(
    "--shape", type=click.Choice(list(SHAPES)), default="small", show_default=True, help="Of what."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Others for each number."
)
@click.option("--hostile", is_flag=True, help="Among them rows that break clients, one in twenty.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    default="-",
    metavar="FILE",
    help="Where to; `-`, which is the default, is standard output.",
)
def generate(patches: int, shape: str, seed: int, hostile: bool, output: str) -> None:
    pieces = fixture(patches, shape, seed=seed, hostile=hostile)
    try:
        with _to(output) as file, progress("writing", patches) as tell:
            done = 0
            for piece in pieces:
                file.write(piece)
                done += piece.count(b'"msgid":') if done < patches else 0
                tell(min(done, patches))
    except OSError as error:
        if output == "-":
            raise  # the command line knows what to say of its own output
        raise click.UsageError(f"{output} cannot be written: {error.strerror}") from None


@contextlib.contextmanager
def _to(output: str) -> Iterator[IO[bytes]]:
    """The file, which is there only once it is whole; or standard output."""
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with replacing(output) as file:
        yield file
