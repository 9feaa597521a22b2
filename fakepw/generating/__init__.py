"""Made-up fixtures of any size: the same bytes for the same seed, whatever the Python.

    dataset = generating.generate(10_000, "kernel", seed=7)   # rows
    for piece in generating.fixture(1_000_000, "kernel"):     # a file's bytes, at a bounded memory
        file.write(piece)

Everything follows from a number: who somebody is from theirs, what a mail says from its own, so
that tables are written one after another and nothing has to be remembered between them.  What
patches there are, in which order, `threads` says; what becomes of them, `fates`; what they look
like, `shapes`; what their mails say, `mails`; what is odd about some of them, `troubles`.

Knows rows and the fixture format; knows no server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from ..fixtures.defaults import STATES
from ..patchwork.rows.rows import Dataset
from .shapes import SHAPES, Shape
from .tables import Tables

__all__ = ["MOST", "SHAPES", "Shape", "fixture", "generate"]

#: As many patches as anybody asks for at once.
MOST = 1_000_000
#: Rows that are written at once.
_TOGETHER = 256
_encoder = msgspec.json.Encoder()


def generate(
    patches: int, shape: str = "small", *, seed: int = 0, hostile: bool = False
) -> Dataset:
    """That many patches and all that belongs to them, as rows.

    `shape` is a name of `SHAPES`.  `hostile`: some rows are such as break clients.  Raises
    ValueError, in one sentence, for a shape or a number that there is not.
    """
    tables = _tables(patches, shape, seed, hostile)
    return Dataset(states=STATES, **{name: tuple(rows()) for name, rows in tables.each.items()})


def fixture(
    patches: int, shape: str = "small", *, seed: int = 0, hostile: bool = False
) -> Iterator[bytes]:
    """The same as a canonical fixture, a row a line, in pieces.

    Takes no more memory for many patches than for a few. Raises ValueError, like `generate`.
    """
    return _pieces(_tables(patches, shape, seed, hostile))


def _tables(patches: int, shape: str, seed: int, hostile: bool) -> Tables:
    if not 0 <= patches <= MOST:
        raise ValueError(f"{patches} patches cannot be made; from 0 to {MOST} can")
    if shape not in SHAPES:
        raise ValueError(f"there is no shape {shape!r}; there are {', '.join(SHAPES)}")
    if seed < 0:
        raise ValueError(f"{seed} is no seed; any number from 0 on is")
    return Tables(SHAPES[shape], patches, seed, hostile)


def _pieces(tables: Tables) -> Iterator[bytes]:
    yield b'{"fakepw":1'
    yield from _table("states", STATES)
    for name, rows in tables.each.items():
        yield from _table(name, rows())
    yield b"\n}\n"


def _table(name: str, rows: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    yield b',\n"%s":[' % name.encode()
    before, encode, rows = b"\n", _encoder.encode, iter(rows)
    while together := list(islice(rows, _TOGETHER)):
        yield before + b",\n".join(map(encode, together))
        before = b",\n"
    yield b"]"
