"""Which rows a filter selects, as far as the rows themselves can tell.

Databases differ in case, accents, blanks and collation (servers.md 3), and a null looks like an
empty text. So a row's answer is YES or NO only where every recorded database gives it, else OPEN.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..target.knowing.world import parse_date

Row = Mapping[str, Any]


class Truth(enum.Enum):
    """Whether a row is selected."""

    NO = 0
    OPEN = 1
    YES = 2


YES, NO, OPEN = Truth.YES, Truth.NO, Truth.OPEN

#: Fields that a patch filter may name, by how they compare (servers.md 1.7).
TEXT = frozenset({"name", "msgid", "commit_ref", "hash"})
NULLABLE = frozenset({"commit_ref", "hash"})
RELATIONS = frozenset({"project_id", "submitter_id", "state_id", "patch_id"})
PATCH_FIELDS = frozenset(
    [
        "id",
        "name",
        "project_id",
        "submitter_id",
        "delegate_id",
        "archived",
        "state_id",
        "date",
        "commit_ref",
        "hash",
        "msgid",
    ]
)
LOOKUPS = frozenset(
    [
        "iexact",
        "contains",
        "icontains",
        "gt",
        "gte",
        "lt",
        "in",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
        "range",
        "year",
        "month",
        "day",
        "isnull",
    ]
)


#: Texts that are a truth value to every recorded server; of others Djangos differ (servers.md 2).
FLAGS = {"0": False, "1": True, "t": True, "True": True}


def truth(certain: bool) -> Truth:
    """YES or NO."""
    return YES if certain else NO


def every(answers: Iterable[Truth]) -> Truth:
    """The conjunction."""
    return min(answers, key=lambda answer: answer.value, default=YES)


def any_of(answers: Iterable[Truth]) -> Truth:
    """The disjunction."""
    return max(answers, key=lambda answer: answer.value, default=NO)


def selects(row: Row, filt: Mapping[str, Any], database: str | None = None) -> Truth:
    """Whether a patch (or check) row is selected by a filter of known fields and lookups.

    `database` is what the profile says; only of SQLite and PostgreSQL is more known than of all.
    """
    return every(matches(row, key, value, database) for key, value in filt.items())


def matches(row: Row, key: str, value: Any, database: str | None = None) -> Truth:
    """Whether a row is selected by one entry of a filter."""
    name, _, lookup = key.partition("__")
    if name in RELATIONS:  # the lookup is ignored (servers.md 1.7)
        number = _number(value)
        known = number is not None and name in row
        return truth(row[name] == number) if known else OPEN
    if name == "user":
        return _numeric(row["user_id"], lookup, value)
    if name == "id":
        return _numeric(row["id"], lookup, value)
    if name == "archived":
        if lookup == "" and (flag := flag_of(value)) is not None:
            return truth(row["archived"] == flag)
        if lookup == "isnull" and isinstance(value, bool):
            return truth(not value)
        return OPEN
    if name == "date":
        return _date(row["date"], lookup, value)
    if name in TEXT:
        return of_text(name, row.get(name, ""), lookup, value, database)
    return OPEN


def flag_of(value: Any) -> bool | None:
    """What every recorded server takes for true or for false; None for anything else."""
    if isinstance(value, str):
        return FLAGS.get(value)
    return bool(value) if isinstance(value, int) and value in (0, 1) else None


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]+", value):
        return int(value)
    return None


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda a, b: a == b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
}

_ON_TEXT: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "icontains": lambda text, part: part in text,
    "startswith": str.startswith,
    "istartswith": str.startswith,
    "endswith": str.endswith,
    "iendswith": str.endswith,
    "iexact": str.__eq__,
    "": str.__eq__,
}


#: Texts that a date is searched for, by look-up: such as cannot be in what databases write behind
#: the second, which is a fraction of any length and perhaps an offset (servers.md 3).
_BEGINS = re.compile(r"\d{4}-\d\d(-\d\d([ T]\d\d:\d\d(:\d\d)?)?)?", re.ASCII)
_HOLDS = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?", re.ASCII)
ON_DATES = {
    **dict.fromkeys(("contains", "icontains"), _HOLDS),
    **dict.fromkeys(("startswith", "istartswith"), _BEGINS),
}


def _numeric(number: int, lookup: str, value: Any) -> Truth:
    if lookup in _COMPARE:
        other = _number(value)
        return OPEN if other is None else truth(_COMPARE[lookup](number, other))
    if lookup == "isnull" and isinstance(value, bool):
        return truth(not value)
    if lookup in ("in", "range") and isinstance(value, list | tuple):
        others = [_number(item) for item in value]
        if None in others or (lookup == "range" and len(others) != 2):
            return OPEN
        if lookup == "in":
            return truth(number in others)
        return truth(others[0] <= number <= others[1])  # type: ignore[operator]
    if lookup in _ON_TEXT and isinstance(value, str) and value.isascii():
        return truth(_ON_TEXT[lookup](str(number), value))
    return OPEN


def clock_change(one: datetime, other: datetime) -> bool:
    """Whether a clock change could reorder two moments: PostgreSQL keeps them with a zone."""
    return one != other and abs(one - other) <= timedelta(hours=2) and max(one.hour, other.hour) < 5


def _date(text: str, lookup: str, value: Any) -> Truth:
    moment = parse_date(text)
    if moment is None:
        return OPEN
    if lookup in ("year", "month", "day"):
        number = _number(value)
        if number is None or isinstance(value, bool):
            return OPEN
        return truth(getattr(moment, lookup) == number)
    if lookup == "isnull" and isinstance(value, bool):
        return truth(not value)
    if lookup in ON_DATES and isinstance(value, str):
        known = ON_DATES[lookup].fullmatch(value)
        return truth(_ON_TEXT[lookup](text[:19], value)) if known else OPEN
    values = value if lookup in ("in", "range") else [value]
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
        return OPEN
    others = [parse_date(item) for item in values]
    if any(other is None or clock_change(moment, other) for other in others):
        return OPEN
    if lookup in _COMPARE:
        return truth(_COMPARE[lookup](moment, others[0]))
    if lookup == "in":
        return truth(moment in others)
    if lookup == "range" and len(others) == 2:
        return truth(others[0] <= moment <= others[1])  # type: ignore[operator]
    return OPEN


def _fold(text: str) -> str:
    """The text with A to Z as a to z: the only letters that every database folds alike."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def alike(one: str, other: str) -> bool:
    """Whether some database may take two texts for one (servers.md 3): whatever the case, and with
    blanks at the end. Collations take a letter beyond ASCII for nearly any (`ß` is `s` in one, `ss`
    in another, nothing at all in a third), so that of texts with such letters nothing is known."""
    if one.isascii() and other.isascii():
        return _fold(one).rstrip(" ") == _fold(other).rstrip(" ")
    return True


def of_text(name: str, text: str, lookup: str, value: Any, database: str | None = None) -> Truth:
    """Whether a text of that field is selected by a lookup."""
    if lookup == "isnull" and isinstance(value, bool):
        if name in NULLABLE and text.strip(" ") == "":
            return OPEN
        return truth(not value)
    if lookup == "in" and isinstance(value, list | tuple):
        return any_of(of_text(name, text, "", item, database) for item in value)
    if value is None:  # equality with nil is IS NULL
        if lookup not in ("", "iexact") or (name in NULLABLE and text.strip(" ") == ""):
            return OPEN
        return NO
    if lookup not in _ON_TEXT or not isinstance(value, str):
        return OPEN
    if "\n" in text or "\r" in value or "\ufffd" in text or "\0" in value:
        return OPEN  # what the row really holds, XML did not let through
    if name == "hash" and (len(text.strip(" ")) != 40 or value != value.strip(" ")):
        return OPEN  # PostgreSQL pads with blanks
    if name in NULLABLE and text == "":
        return OPEN if value.strip(" ") == "" else NO
    test = _ON_TEXT[lookup]
    if test(text, value):
        return YES  # in every collation
    plain = text.isascii() and value.isascii()
    if plain and not test(*_loosely(text, value, lookup)):
        return NO  # in every collation, too
    known = KNOWN.get((database or "").lower())
    return OPEN if known is None else known(text, value, lookup)


def _loosely(text: str, value: str, lookup: str) -> tuple[str, str]:
    """Both in one case, and without the blanks at the end that `=` may not see."""
    one, other = _fold(text), _fold(value)
    return (one.rstrip(" "), other.rstrip(" ")) if lookup in ("", "iexact") else (one, other)


def _on_sqlite(text: str, value: str, lookup: str) -> Truth:
    """LIKE folds ASCII letters, in contains as in icontains; `=` folds none."""
    if lookup == "" or "\ufffe" in value + text or "\uffff" in value + text:
        return NO if lookup == "" else OPEN
    return truth(_ON_TEXT[lookup](_fold(text), _fold(value)))


def _on_postgresql(text: str, value: str, lookup: str) -> Truth:
    """LIKE and `=` fold nothing; the lookups in any case compare UPPER() of both, which of letters
    beyond ASCII depends on the locale."""
    if not lookup.startswith("i"):
        return NO
    if not (text.isascii() and value.isascii()):
        return OPEN
    return truth(_ON_TEXT[lookup](_fold(text), _fold(value)))


#: What is known of a database (servers.md 3) about a text that is not the same letter by letter. Of
#: MariaDB and MySQL nothing is: their collations may be of any kind, `_bin` among them (6.4).
KNOWN: dict[str, Callable[[str, str, str], Truth]] = {
    "sqlite": _on_sqlite,
    "postgresql": _on_postgresql,
}


def split(
    rows: Sequence[Row], filt: Mapping[str, Any], database: str | None = None
) -> tuple[set[int], set[int]]:
    """The ids that a filter must select, and those that it may."""
    answers = [(row["id"], selects(row, filt, database)) for row in rows]
    return (
        {number for number, answer in answers if answer is YES},
        {number for number, answer in answers if answer is not NO},
    )
