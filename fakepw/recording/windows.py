"""Lists too long to be asked for at once, a window of ids at a time, from the newest down.

Lists come by date, or in no order at all (servers.md 1.7, 1.8), so no list of the first rows says
where the next begin. A window is a range of ids, and no answer is longer than it is wide, or than
a count; so no question costs a large server more than a small one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
        #: What was asked for, and answered.
        self.asked: list[tuple[Filter, tuple[_RowT, ...]]] = []

    def rows(self, tell: Callable[[int], None] = lambda count: None) -> list[_RowT]:
        """All rows, or the newest ones if there is a bound, ascending by id. Raises Stopped."""
        found: list[_RowT] = []
        nothing = self._asked({"id": -1})
        if isinstance(nothing, wire.Fault):
            raise Stopped(f"{self.method} is refused: {nothing.text[:200]}")
        if (few := self._few()) is not None:
            tell(len(few))
            return few
        high, width = self._top(), WIDTH
        while high > 0 and not (self.most and len(found) >= self.most):
            low = max(1, high - width + 1)
            rows = self._window(low, high)
            found += rows
            tell(len(found))
            high = low - 1
            if not rows and high and not self._one({"id__lt": low}, 1, low - 1):
                break
            width = min(MAX_ID, 4 * width) if len(rows) < WIDTH // 3 else WIDTH
        found.sort(key=lambda row: row.id, reverse=True)
        return sorted(found[: self.most or None], key=lambda row: row.id)

    def _few(self) -> list[_RowT] | None:
        """All rows, if they fit into one window and nothing spoils them."""
        filt = {**self.filt, "max_count": WIDTH}
        rows = self._asked(filt)
        if isinstance(rows, wire.Fault) or len(rows) >= WIDTH:
            return None
        self.asked.append((filt, rows))
        return sorted(rows, key=lambda row: row.id)[-self.most :]

    def again(self) -> Iterator[tuple[Filter, tuple[_RowT, ...], tuple[_RowT, ...]]]:
        """Every window that was read, as it was and as it is now; not one that cannot be read."""
        for filt, before in self.asked:
            now = self._asked(filt, again=True)
            if not isinstance(now, wire.Fault):
                yield filt, before, now

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

    def _window(self, low: int, high: int) -> list[_RowT]:
        """The rows of a window, or of its halves if they are too many or one spoils the others."""
        filt = {**self.filt, "id__range": [low, high]}
        if high - low >= WIDTH:
            filt["max_count"] = WIDTH
        rows = self._asked(filt, low, high)
        whole = not isinstance(rows, wire.Fault) and (high - low < WIDTH or len(rows) < WIDTH)
        if whole and not isinstance(rows, wire.Fault):
            self.asked.append((filt, rows))
            return list(rows)
        if low == high:
            assert isinstance(rows, wire.Fault)
            self.unreadable[low] = rows.text
            if len(self.unreadable) > SPOILT:
                raise Stopped(
                    f"more than {SPOILT} rows of {self.method} cannot be read: {rows.text[:200]}"
                )
            return []
        middle = (low + high) // 2
        return self._window(middle + 1, high) + self._window(low, middle)

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
