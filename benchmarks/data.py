"""Rows to measure with: the kernel's patches in a line each, the same every time."""

from __future__ import annotations

from pathlib import Path

from fakepw import generating
from fakepw.patchwork.rows.rows import Dataset

#: Who may write: a maintainer of every project.
USERNAME = PASSWORD = "maint"


def dataset(patches: int) -> Dataset:
    """That many patches, over ten projects, ten states and a long tail of submitters."""
    return generating.generate(patches, "terse")


def checked(patches: int) -> Dataset:
    """That many patches as mails, with answers to them and many checks."""
    return generating.generate(patches, "ci")


def write(file: Path, patches: int) -> None:
    """The fixture of a dataset, at a bounded memory."""
    with file.open("wb") as out:
        out.writelines(generating.fixture(patches, "terse"))
