"""max_count: how many rows, from which end (servers.md 1.6; old releases: section 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, TypeVar

from ..faults import Fault, Stumble
from ..instances.traits import Traits
from ..text import attribute_error, digits, type_name
from ..values import Binary, DateTime
from .fields import int2, not_comparable
from .lookups import NothingMatches

Row = TypeVar("Row")


def limited(
    query: Callable[[], Sequence[Row]], max_count: Any, traits: Traits, negative: str | None = None
) -> Sequence[Row]:
    """The first `max_count` rows of a query, the last `-max_count`, or all for 0.

    `query` is run, as by Django, once the count is known to be a number; it raises
    NothingMatches where the database is not even asked.  `negative` overrides the trait
    `negative_count`.

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
        return rows[:whole]
    if count < 0 and below == "last":
        return _last(rows, count, max_count, traits)
    return rows


def _check(whole: int, traits: Traits) -> None:
    """Raise the Fault of a database that does not take so large a limit."""
    for least, kind, text in traits.limit_faults:
        if whole >= least:
            raise Fault(kind, text.format(number=digits(whole)))


def _last(
    rows: Sequence[Row], count: float | Decimal, max_count: Any, traits: Traits
) -> Sequence[Row]:
    start = len(rows) + count
    if start < 0:
        raise Fault(traits.negative_index_fault, "Negative indexing is not supported.")
    if isinstance(max_count, float | Decimal) and traits.counts_by_loading:
        text = "slice indices must be integers or None or have an __index__ method"
        raise Fault("TypeError", text)
    return rows[int(start) :]


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
