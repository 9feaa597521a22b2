"""Rows made anonymous as a whole, and what searches of them look through."""

from __future__ import annotations

from contextlib import closing

from fakepw.patchwork.rows.rows import Dataset
from fakepw.recording.anonymising import Anonymiser
from fakepw.recording.shelves import Shelves


def anonymised(dataset: Dataset) -> tuple[Dataset, str]:
    """The rows of nobody, and a sentence for the fixture's notes."""
    tables = {name: getattr(dataset, name) for name in dataset.__struct_fields__}
    with closing(Shelves()) as shelves:
        anonymiser = Anonymiser(tables, shelves)
        rows = {name: tuple(map(anonymiser.row, rows)) for name, rows in tables.items()}
        return Dataset(**rows), anonymiser.note()


def texts(rows: Dataset) -> list[str]:
    return [
        value
        for table in rows.__struct_fields__
        for row in getattr(rows, table)
        for value in map(row.__getattribute__, row.__struct_fields__)
        if isinstance(value, str)
    ]
