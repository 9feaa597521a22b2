"""What searches of anonymised rows look through."""

from __future__ import annotations

from fakepw.patchwork.rows.rows import Dataset


def texts(rows: Dataset) -> list[str]:
    return [
        value
        for table in rows.__struct_fields__
        for row in getattr(rows, table)
        for value in map(row.__getattribute__, row.__struct_fields__)
        if isinstance(value, str)
    ]
