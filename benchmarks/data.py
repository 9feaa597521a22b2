"""Rows to measure with: the kernel's patches in a line each, the same every time."""

from __future__ import annotations

from fakepw.generating import generate
from fakepw.patchwork.rows.rows import Dataset

#: Who may write: a maintainer of every project.
USERNAME = PASSWORD = "maint"


def dataset(patches: int) -> Dataset:
    """That many patches, over ten projects, ten states and a long tail of submitters."""
    return generate(patches, "terse")
