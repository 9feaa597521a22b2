"""Rows to measure with: the kernel's patches in a line each, the same every time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from fakepw import generating
from fakepw.patchwork.rows.rows import Dataset, Patch

#: Patches after which those that are written come again.
ROUND = 10_000

#: Who may write: a maintainer of every project.
USERNAME = PASSWORD = "maint"


def dataset(patches: int) -> Dataset:
    """That many patches, over ten projects, ten states and a long tail of submitters."""
    return generating.generate(patches, "terse")


def checked(patches: int) -> Dataset:
    """That many patches as mails, with answers to them and many checks."""
    return generating.generate(patches, "ci")


def write(file: Path, patches: int) -> None:
    """The fixture of so many, made of ten thousand patches that come again and again, under other
    ids, names and dates: that takes seconds where a million would take a minute."""
    rows = dataset(min(patches, ROUND))
    rest = {name: list(getattr(rows, name)) for name in rows.__struct_fields__ if name != "patches"}
    with file.open("wb") as out:
        out.write(msgspec.json.encode(rest)[:-1] + b',"patches":[')
        for first in range(0, patches, len(rows.patches)):
            some = [_again(row, first) for row in rows.patches[: patches - first]]
            out.write((b"," if first else b"") + msgspec.json.encode(some)[1:-1])
        out.write(b"]}")


def _again(row: Patch, first: int) -> Patch:
    number = first + row.id
    return replace(
        row,
        id=number,
        msgid=f"<{number}.{row.msgid[1:]}",
        hash=f"{number:08x}{(row.hash or '')[8:]}",
        date=row.date + timedelta(days=first / 100),
    )
