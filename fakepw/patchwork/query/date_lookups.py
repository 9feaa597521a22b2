"""year, month and day as Django 1.8 has them: lookups that any field takes (servers.md 2).

On a date they do what they say.  On anything else the query is made all the same, and it is the
database that fails, or finds no date in what the column holds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from ..instances.traits import Traits
from ..words.faults import ADAPTING, BINDING, COUNTING, RUNNING, Fault, Refusal, Stumble
from ..words.values import Binary, DateTime
from .fields import to_int
from .parameters import bound


def to_year(value: Any, traits: Traits) -> int:
    """The value of a year lookup. Raises the Fault of what is no integer."""
    try:
        return to_int(value, "", traits)
    except Fault as fault:
        if fault.kind in ("ValueError", "UnicodeEncodeError"):
            text = "The __year lookup type requires an integer argument"
            raise Fault("ValueError", text) from None
        raise


def compile_part(
    part: str, value: Any, get: Callable[[Any], Any], traits: Traits
) -> Callable[[Any], bool]:
    """A predicate for `column__PART=value` on a column that is no date, as SQLite runs it.

    Raises the Fault of a query that the database refuses.
    """
    if traits.keeps_types and isinstance(value, dict | Binary | DateTime):
        raise Refusal("django.db.utils.ProgrammingError", "can't adapt it", ADAPTING)
    if part == "year" and traits.lone_year_fault is not None:
        raise Refusal(*traits.lone_year_fault, COUNTING)
    if traits.date_part_fault is not None:
        raise Refusal(*traits.date_part_fault, RUNNING)
    if part == "year":  # a BETWEEN with one of its two values
        kind, text = traits.long_range
        raise Refusal(kind, text.format(count=1), COUNTING)
    if isinstance(value, list | dict | Binary | DateTime):
        text = "Error binding parameter 0 - probably unsupported type."
        raise Refusal("django.db.utils.InterfaceError", text, BINDING)
    bound(value, traits)  # refuses integers that are too big

    def matches(row: Any) -> bool:
        found = get(row)
        if found is None:
            return False
        extracted = _part_of(found, part)
        return extracted is not None and not isinstance(value, str) and extracted == value

    return matches


def _part_of(value: Any, part: str) -> int | None:
    """What Django's SQLite function finds in a column; it fails for nothing and for what is half
    a timestamp."""
    failure = Stumble("django.db.utils.OperationalError", "user-defined function raised exception")
    if not value:
        raise failure
    if not isinstance(value, str):
        return None
    words = value.split()
    dated, timed = value, " " in value
    if timed:
        if len(words) != 2:
            return None
        dated = words[0]
        if words[1].count(":") < 2:
            raise failure
    try:
        return int(getattr(date(*(int(number) for number in dated.split("-"))), part))
    except OverflowError:  # which Django's function does not expect, unlike the others
        raise failure from None
    except (ValueError, TypeError):
        return None
