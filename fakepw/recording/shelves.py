"""Rows on disk, by id: many are recorded, and few are held in memory at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

import msgspec

_RowT = TypeVar("_RowT")
_RowT_co = TypeVar("_RowT_co", covariant=True)


class Rows(Protocol[_RowT_co]):
    """Rows, wherever they are, to be gone through as often as need be."""

    def __iter__(self) -> Iterator[_RowT_co]: ...
    def __len__(self) -> int: ...


class Shelves:
    """A file of SQLite's own, which has no name and goes with the process.

    What does not fit on the disk any more raises sqlite3.Error.
    """

    def __init__(self) -> None:
        self.db = sqlite3.connect("", isolation_level=None)
        for said in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE"):
            self.db.execute(f"PRAGMA {said}")

    def shelf(self, name: str, shape: type[_RowT]) -> Shelf[_RowT]:
        """An empty shelf for rows of a kind."""
        return Shelf(self.db, name, shape)

    def numbers(self, name: str) -> Numbers:
        """Numbers for texts, none of which has one yet."""
        return Numbers(self.db, name)

    def close(self) -> None:
        """Forget everything."""
        self.db.close()


class Shelf(Generic[_RowT]):
    """Rows of one kind, ascending by id however they came. A row takes the place of one before."""

    def __init__(self, db: sqlite3.Connection, name: str, shape: type[_RowT]) -> None:
        self.db, self.name = db, name
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(shape).decode
        db.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, row BLOB)")

    def put(self, row: _RowT) -> None:
        """Keep a row."""
        values = (row.id, self._encode(row))  # type: ignore[attr-defined]
        self.db.execute(f"INSERT OR REPLACE INTO {self.name} VALUES (?, ?)", values)

    def between(self, low: int, high: int) -> list[_RowT]:
        """The rows with these ids."""
        return list(self._rows("WHERE id BETWEEN ? AND ? ORDER BY id", low, high))

    def newest(self, count: int) -> list[_RowT]:
        """The last rows, ascending."""
        return list(self._rows("ORDER BY id DESC LIMIT ?", count))[::-1]

    def __iter__(self) -> Iterator[_RowT]:
        return self._rows("ORDER BY id")

    def __contains__(self, number: int) -> bool:
        found = self.db.execute(f"SELECT 1 FROM {self.name} WHERE id = ?", (number,))
        return found.fetchone() is not None

    def __len__(self) -> int:
        return int(self.db.execute(f"SELECT count(*) FROM {self.name}").fetchone()[0])

    def _rows(self, which: str, *values: Any) -> Iterator[_RowT]:
        for (row,) in self.db.execute(f"SELECT row FROM {self.name} {which}", values):
            yield self._decode(row)


class Numbers:
    """Numbers for texts, from 1 on, in the order in which they were met."""

    def __init__(self, db: sqlite3.Connection, name: str) -> None:
        self.db, self.name = db, name
        db.execute(f"CREATE TABLE {name} (number INTEGER PRIMARY KEY, text TEXT UNIQUE)")

    def meet(self, text: str) -> int:
        """The number of a text, which is the next if it has none."""
        self.db.execute(f"INSERT OR IGNORE INTO {self.name} (text) VALUES (?)", (text,))
        number = self.of(text)
        assert number is not None
        return number

    def of(self, text: str) -> int | None:
        """The number of a text, if it has one."""
        found = self.db.execute(f"SELECT number FROM {self.name} WHERE text = ?", (text,))
        row = found.fetchone()
        return None if row is None else int(row[0])
