"""Lists too long to be asked for at once, a window of ids at a time, from the newest down.

Lists come by date, or in no order at all (servers.md 1.7, 1.8), so no list of the first rows says
where the next begin. A window is a range of ids, and no answer is longer than it is wide, or than
a count; so no question costs a large server more than a small one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

from ..fixtures.forms import MAX_ID
from .shapes import convert
from .source import Source, Stopped
from .suite import wire

#: Rows that are asked for at once.
WIDTH = 60
#: Rows that cannot be read, at most.
SPOILT = 1000


class Numbered(Protocol):
    """A row."""

    @property
    def id(self) -> int: ...


_RowT = TypeVar("_RowT", bound=Numbered)
Filter = dict[str, Any]


class Windows(Generic[_RowT]):
    """The rows of a list that a filter selects, whatever spoils a part of them."""

    def __init__(
        self, source: Source, method: str, filt: Filter, shape: type[_RowT], rows_at_most: int = 0
    ) -> None:
        self.source, self.method, self.filt, self.shape = source, method, filt, shape
        self.most = rows_at_most
        #: Ids whose row cannot be read, and what is said instead.
        self.unreadable: dict[int, str] = {}
        #: What was asked for, and the ids between which its rows are.
        self._read: list[tuple[Filter, int, int]] = []

    def rows(self) -> Iterator[_RowT]:
        """All rows, or the newest ones if there is a bound, from the newest down, a window after
        the other. Raises Stopped."""
        nothing = self._asked({"id": -1})
        if isinstance(nothing, wire.Fault):
            raise Stopped(f"{self.method} is refused: {nothing.text[:200]}")
        few = self._few()
        left = self.most or MAX_ID
        for rows in self._all() if few is None else (few,):
            yield from sorted(rows, key=lambda row: row.id, reverse=True)[:left]
            left -= len(rows)
            if left <= 0:
                return

    def _all(self) -> Iterator[tuple[_RowT, ...]]:
        """The rows of one window after the other."""
        high, width = self._top(), WIDTH
        while high > 0:
            low, found = max(1, high - width + 1), 0
            for rows in self._window(low, high):
                found += len(rows)
                yield rows
            high = low - 1
            if not found and high and not self._one({"id__lt": low}, 1, low - 1):
                return
            width = min(MAX_ID, 4 * width) if found < WIDTH // 3 else WIDTH

    def _few(self) -> tuple[_RowT, ...] | None:
        """All rows, if they fit into one window and nothing spoils them."""
        filt = {**self.filt, "max_count": WIDTH}
        rows = self._asked(filt)
        if isinstance(rows, wire.Fault) or len(rows) >= WIDTH:
            return None
        self._read.append((filt, 1, MAX_ID))
        return rows

    def reread(self) -> Iterator[tuple[int, int, tuple[_RowT, ...]]]:
        """Every window that was read, as it is now; not one that cannot be read."""
        for filt, low, high in self._read:
            now = self._asked(filt, again=True)
            if not isinstance(now, wire.Fault):
                yield low, high, now

    def _top(self) -> int:
        """The highest id, or one above it whose row cannot be read; 0 if there is no row."""
        low = self._one({"id__gt": 0}, 1, MAX_ID)
        if not low:
            return 0
        high = low
        while high < MAX_ID and (above := self._above(high)):
            low, high = max(low, above), min(MAX_ID, 2 * max(high, above))
        while low < high:
            middle = (low + high) // 2
            if above := self._above(middle):
                low = above
            else:
                high = middle
        return low

    def _above(self, number: int) -> int:
        return self._one({"id__gt": number}, number + 1, MAX_ID)

    def _one(self, bounds: Filter, low: int, high: int) -> int:
        """The id of a row within these bounds, which is the lowest that may be where a row spoils
        the answer; 0 if there is none."""
        rows = self._asked({**self.filt, **bounds, "max_count": 1}, low, high)
        if isinstance(rows, wire.Fault):
            return low
        return rows[0].id if rows else 0

    def _window(self, low: int, high: int) -> Iterator[tuple[_RowT, ...]]:
        """The rows of a window, or of its halves if they are too many or one spoils the others."""
        filt = {**self.filt, "id__range": [low, high]}
        if high - low >= WIDTH:
            filt["max_count"] = WIDTH
        rows = self._asked(filt, low, high)
        if not isinstance(rows, wire.Fault) and (high - low < WIDTH or len(rows) < WIDTH):
            self._read.append((filt, low, high))
            yield rows
        elif low == high:
            assert isinstance(rows, wire.Fault)
            self.unreadable[low] = rows.text
            if len(self.unreadable) > SPOILT:
                raise Stopped(
                    f"more than {SPOILT} rows of {self.method} cannot be read: {rows.text[:200]}"
                )
        else:
            middle = (low + high) // 2
            yield from self._window(middle + 1, high)
            yield from self._window(low, middle)

    def _asked(
        self, filt: Filter, low: int = 1, high: int = MAX_ID, *, again: bool = False
    ) -> tuple[_RowT, ...] | wire.Fault:
        def read(value: Any) -> tuple[_RowT, ...]:
            rows = tuple(convert(value, list[self.shape]))  # type: ignore[name-defined]
            ids = {row.id for row in rows}
            if len(ids) < len(rows):
                raise ValueError("a row comes twice")
            if strangers := [number for number in ids if not low <= number <= high]:
                raise ValueError(f"a row that was not asked for, {strangers[0]}")
            if len(rows) > filt.get("max_count", WIDTH):
                raise ValueError(f"{len(rows)} rows, which are more than there can be")
            return rows

        return self.source.ask(self.method, filt, read=read, again=again)
