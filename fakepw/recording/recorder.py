"""A recording from its URL to its fixture."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from ..fixtures import FixtureError, load
from ..fixtures.canonical import ROWS
from ..fixtures.soundness import Soundness
from ..fixtures.writing import TOGETHER, head, written
from ..patchwork.rows.rows import Dataset
from .answers import Unfit
from .noting import notes, summary
from .reading import Reader, Tell, Wanted
from .rows import Tables
from .shelves import Shelves
from .source import Contradiction, Source, Stopped, release
from .suite import signals

#: All of it but for checks.
EVERYTHING = Wanted()
#: Is given a fixture, piece by piece.
Save = Callable[[Iterator[bytes]], object]


@dataclass(frozen=True)
class Recorded:
    """What came of it: what is in the fixture, in a line; and how many requests it took.

    `fixture` is its bytes, where they were not saved elsewhere.
    """

    fixture: bytes
    instance: str | None
    summary: str
    notes: tuple[str, ...]
    requests: int


class GivenUp(Exception):
    """A recording that ended early: why, in a sentence, and how many answers are kept for the next
    time."""

    def __init__(self, why: str, kept: int = 0, *, anew: bool = False) -> None:
        super().__init__(why)
        self.kept = kept
        #: Whether those answers are of no use, for they cannot all be true.
        self.anew = anew


def record(
    url: str,
    wanted: Wanted = EVERYTHING,
    *,
    progress: Path | None = None,
    anonymise: bool = False,
    tell: Tell = lambda what, done, total: None,
    save: Save | None = None,
    **how: Any,
) -> Recorded:
    """Record a Patchwork, of any size at a bounded memory. `how`: as `Source` takes it.

    What was answered is kept at `progress` until `save` was given the fixture, piece by piece; it
    goes on from there. Raises GivenUp.
    """
    try:
        source = Source(url, progress, **how)
    except (Stopped, Unfit) as error:
        raise GivenUp(str(error)) from None
    kept: list[bytes] = []
    finished = False
    try:
        with signals.heeded(), closing(Shelves()) as shelves:
            recording = _Recording(source, shelves, wanted, anonymise, tell)
            (save or kept.extend)(recording.pieces())
        finished = True
        return recording.told(b"".join(kept))
    except (Stopped, Unfit) as error:
        anew = isinstance(error, Contradiction)
        raise GivenUp(str(error), len(source.answers), anew=anew) from None
    except sqlite3.Error as error:
        raise GivenUp(f"it cannot be put together: {error}", len(source.answers)) from None
    except KeyboardInterrupt:
        raise GivenUp("interrupted", len(source.answers)) from None
    finally:
        source.close(finished=finished)


class _Recording:
    """All that was read, put together."""

    def __init__(
        self, source: Source, shelves: Shelves, wanted: Wanted, anonymise: bool, tell: Tell
    ) -> None:
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        begun = source.answers.noted("begun", today)
        read = Reader(source, shelves, wanted, tell).read()
        when = begun if begun == today else f"{begun} to {today}"
        whence = "a Patchwork" if anonymise else source.endpoint.url
        provenance = f"Recorded from {whence} by fakepw {release()}, {when}."
        self.notes = notes(read, wanted, provenance, source.damaged)
        self.tables = read.tables
        self._believed(source.endpoint.url)
        if anonymise:
            self.tables = self._anonymous(shelves, tell)
        self.instance = read.detected.likeliest if read.detected.alike else None
        self.summary, self.source = summary(read), source

    def _believed(self, url: str) -> None:
        """Raise Contradiction if the rows do not go together."""
        soundness = Soundness()
        for table, rows in self.tables.items():
            of = iter(rows)
            while some := list(islice(of, TOGETHER)):
                soundness.add(table, some)
        if soundness.sound():
            return
        try:  # what is wrong, texts apart
            load(Dataset(**{table: _brief(rows) for table, rows in self.tables.items()}))
        except FixtureError as error:
            why = f"what {url} says contradicts itself: {error.errors[0]}"
            raise Contradiction(why) from None

    def _anonymous(self, shelves: Shelves, tell: Tell) -> Tables:
        """The same rows of nobody."""
        from .anonymising import Anonymiser

        tables: Tables = {}
        anonymiser = Anonymiser(self.tables, shelves)
        for name, rows in self.tables.items():
            tables[name] = shelf = shelves.shelf(f"anonymous_{name}", ROWS[name])
            for number, row in enumerate(rows, 1):
                tell(f"anonymising {name}", number, len(rows))
                shelf.put(anonymiser.row(row))
        self.notes.append(anonymiser.note())
        return tables

    def pieces(self) -> Iterator[bytes]:
        """The fixture."""
        return written(head(self.instance, {}, self.notes), self.tables)

    def told(self, fixture: bytes) -> Recorded:
        """What is told of it."""
        said, requests = tuple(self.notes), self.source.budget.spent
        return Recorded(fixture, self.instance, self.summary, said, requests)


def _brief(rows: Iterable[Any]) -> tuple[Any, ...]:
    """Rows without what no other row has to do with."""
    texts = {"headers": "", "content": "", "diff": None}
    return tuple(
        replace(row, **{name: texts[name] for name in texts.keys() & set(row.__struct_fields__)})
        for row in rows
    )
