"""What is remarked on conditions that no row can meet, or that every row does."""

from __future__ import annotations

from ..words.remarks import Words, remark
from .fields import Field

#: Columns that hold something in every row.
_ALWAYS_THERE = frozenset({"id", "msgid", "name", "date", "archived"})
#: Of what is compared with an id, the least that a row can meet.
_LEAST_ID = {"exact": 1, "lte": 1, "lt": 2}


def told_of_null(field: Field, wanted: bool) -> None:
    """Remark on a question for rows without a value, or with one, where all have one."""
    if field.name in _ALWAYS_THERE:
        which = "no row can match" if wanted else "every row matches"
        remark("matches", "no row is without {}: {}", Words([field.name]), Words([which]))


def told_of_id(field: Field, lookup: str, value: int) -> None:
    """Remark on a comparison with what is the id of no row, nor more than one."""
    if field.kind == "AutoField" and value < _LEAST_ID.get(lookup, value):
        remark("matches", "ids are counted from 1: no row can match {} {}", Words([lookup]), value)
