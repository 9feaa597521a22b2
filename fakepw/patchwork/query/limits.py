"""max_count: how many rows, from which end (servers.md 1.6; old releases: section 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, TypeVar

from ..instances.traits import Traits
from ..words.faults import Fault, Stumble
from ..words.remarks import heard, remark
from ..words.text import attribute_error, digits, type_name
from ..words.values import Binary, DateTime
from .fields import int2, not_comparable
from .lookups import NothingMatches

Row = TypeVar("Row")


def limited(
    query: Callable[[], Sequence[Row]],
    max_count: Any,
    traits: Traits,
    negative: str | None = None,
    tied: Callable[[Row, Row], bool] = lambda one, other: False,
) -> Sequence[Row]:
    """The first `max_count` rows of a query, the last `-max_count`, or all for 0.

    `query` is run, as by Django, once the count is known to be a number; it raises
    NothingMatches where the database is not even asked.  `negative` overrides the trait
    `negative_count`; rows that are `tied` may come in either order on a real server.

    Raises the Fault of a count that is no number, that the database does not take, or that asks
    for more last rows than there are.
    """
    below = negative or traits.negative_count
    if max_count is None and traits.py2 and below == "last":
        # less than any number, so that the last rows are counted before the count itself is used
        with suppress(NothingMatches):
            query()
        raise Fault("TypeError", "unsupported operand type(s) for +: 'int' and 'NoneType'")
    count = _number(max_count, traits)
    text = isinstance(max_count, str)  # Python 2 only: more than any number
    whole = _whole(count) if count > 0 or text else 0
    try:
        rows = query()
    except NothingMatches:
        rows = ()
    except Stumble:  # at a row, to which a bad limit does not let it come
        _check(whole, traits)
        raise
    else:
        _check(whole, traits)
    if text:
        return rows if whole < 0 else rows[:whole]
    if count > 0:
        if whole != max_count or isinstance(max_count, bool):
            remark("counts", "max_count={} is taken for {}", max_count, whole)
        _told_of_tie(rows, whole, tied)
        return rows[:whole]
    if count < 0 and below == "last":
        start = _first_of_last(rows, count, max_count, traits)
        _told_of_tie(rows, start, tied)
        return rows[start:]
    if count < 0:
        remark("counts", "max_count={} is ignored: on this release all rows come", max_count)
    return rows


def _told_of_tie(rows: Sequence[Row], place: int, tied: Callable[[Row, Row], bool]) -> None:
    if heard() and 0 < place < len(rows) and tied(rows[place - 1], rows[place]):
        remark(
            "order",
            "max_count cuts between rows that have no order: on another server others may come",
        )


def _check(whole: int, traits: Traits) -> None:
    """Raise the Fault of a database that does not take so large a limit."""
    for least, kind, text in traits.limit_faults:
        if whole >= least:
            raise Fault(kind, text.format(number=digits(whole)))


def _first_of_last(
    rows: Sequence[Row], count: float | Decimal, max_count: Any, traits: Traits
) -> int:
    """Where the last rows begin. Raises the Fault of there not being so many."""
    remark(
        "counts",
        "max_count={} is a fault where fewer rows match, or none: count them first",
        max_count,
    )
    start = len(rows) + count
    if start < 0:
        raise Fault(traits.negative_index_fault, "Negative indexing is not supported.")
    if isinstance(max_count, float | Decimal) and traits.counts_by_loading:
        text = "slice indices must be integers or None or have an __index__ method"
        raise Fault("TypeError", text)
    return int(start)


def _whole(count: float | Decimal) -> int:
    try:
        return int(count)
    except OverflowError as error:
        raise Fault("OverflowError", str(error)) from None


def _number(value: Any, traits: Traits) -> float | Decimal:
    """`max_count` as it compares with 0; Python 2 compares anything with anything."""
    if isinstance(value, Decimal):
        if value.is_nan():
            raise not_comparable()
        return value
    if isinstance(value, int | float):
        return value
    if isinstance(value, DateTime) and traits.strict_datetimes:
        raise Fault("TypeError", "Can't compare DateTime and int")
    if not traits.py2:
        name = type_name(value, py2=False)
        raise Fault("TypeError", f"'>' not supported between instances of '{name}' and 'int'")
    return _number2(value)


def _number2(value: Any) -> float:
    if value is None:  # less than any number, and here negative ones mean all
        return 0
    if isinstance(value, Binary):
        raise Fault("AttributeError", attribute_error(value, "__trunc__", py2=True))
    if not isinstance(value, str):
        name = type_name(value, py2=True)
        raise Fault("TypeError", f"int() argument must be a string or a number, not '{name}'")
    return int2(value)
