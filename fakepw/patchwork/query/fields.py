"""The fields that clients filter by, and how Django makes a value of theirs fit.

servers.md 1.5 (ids), 1.7 (the others).  Everything raised here is what the real server raises
while it builds a query; what a database says when it runs one is in `lookups`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

from ..instances.traits import Traits
from ..words.characters import digit_class, in_ascii
from ..words.faults import Fault
from ..words.iso8601 import from_iso
from ..words.numbers import integer
from ..words.remarks import as_text, remark
from ..words.text import attribute_error, encode_decimal, to_repr, to_str, type_name
from ..words.values import Binary, DateTime


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name, the class that Django's texts call it by, and how to read it."""

    name: str
    kind: str
    get: Callable[[Any], Any]


def to_int(value: Any, field: str, traits: Traits) -> int:
    """`int(value)`, failing as the instance's Django and Python would (servers.md 1.5, 2).

    `field` is the name that Django >= 3 puts into the text.
    """
    py2 = traits.py2
    if isinstance(value, Binary | DateTime | list | dict):
        if traits.names_field_of_bad_number:
            text = _expected_number(value, field, traits)
            raise Fault("TypeError", text)
        if py2 and isinstance(value, Binary | DateTime):
            raise Fault("AttributeError", attribute_error(value, "__trunc__", py2))
        allowed = "a string or a number" if py2 else "a string, a bytes-like object or a number"
        text = f"int() argument must be {allowed}, not '{type_name(value, py2)}'"
        raise Fault("TypeError", text)
    if py2 and isinstance(value, str):
        return int2(value)
    try:
        if isinstance(value, str):
            return integer(value, traits.unicode, traits.int_limit_text)
        return int(value)
    except OverflowError as error:
        raise Fault("OverflowError", str(error)) from None
    except ValueError as error:
        text = str(error)
        if traits.names_field_of_bad_number:
            text = _expected_number(value, field, traits)
        raise Fault("ValueError", text) from None


def _expected_number(value: Any, field: str, traits: Traits) -> str:
    shown = to_repr(value, traits.py2, traits.unicode)
    return f"Field {field!r} expected a number but got {shown}."


def int2(text: str) -> int:
    """Python 2's `int(text)`: digits of any script, but no underscores; its own complaints."""
    plain = text if text.isascii() else encode_decimal(text)
    try:
        if "_" not in plain:
            return integer(plain, "5.2", None)
    except ValueError:
        pass
    shown = ascii(plain.lstrip()[:200])
    raise Fault("ValueError", f"invalid literal for int() with base 10: {shown}")


def to_bool(value: Any, traits: Traits) -> bool:
    """A value for a boolean column (servers.md 1.7 "archived", 2)."""
    if traits.truthy_booleans:
        if not isinstance(value, bool):
            remark("values", "{} is taken for {}: anything is, by its truth", value, truth(value))
        return truth(value)
    if isinstance(value, Decimal) and value.is_snan():
        raise not_comparable()
    if isinstance(value, bool | int | float | Decimal) and value in (0, 1):
        return bool(value)
    if isinstance(value, DateTime) and traits.strict_datetimes:
        raise Fault("TypeError", "Can't compare DateTime and bool")
    text = equal_text(value, traits)
    if text in ("t", "True", "1"):
        return True
    if text in ("f", "False", "0"):
        return False
    raise validation_error("value must be either True or False.", value, traits)


def not_comparable() -> Fault:
    """What Python says of a Decimal that is no number and is asked how it compares."""
    return Fault("decimal.InvalidOperation", "[<class 'decimal.InvalidOperation'>]")


def equal_text(value: Any, traits: Traits) -> str | None:
    """The text that a parameter compares equal to: a DateTime does, and a Binary in Python 2.

    Raises the Fault of a Binary there that is not ASCII, and so does not compare.
    """
    if isinstance(value, Binary) and traits.py2:
        try:
            return value.data.decode("ascii")
        except UnicodeDecodeError as error:
            raise Fault("UnicodeDecodeError", str(error)) from None
    return to_str(value, traits.py2, traits.unicode) if isinstance(value, str | DateTime) else None


def truth(value: Any) -> bool:
    """`bool(value)` on the server, where a Binary or DateTime is an object like any other."""
    return True if isinstance(value, Binary | DateTime) else bool(value)


def validation_error(text: str, value: Any, traits: Traits) -> Fault:
    """Django's ValidationError: a list with one text in it, quoted as its release quotes."""
    opening, closing = traits.quotes
    message = f"{opening}{to_str(value, traits.py2, traits.unicode)}{closing} {text}"
    return Fault("django.core.exceptions.ValidationError", f"[{_message(message, traits)}]")


def _message(message: str, traits: Traits) -> str:
    # Django's texts are unicode objects, even where they are ASCII
    shown = to_repr(message, traits.py2, traits.unicode)
    return "u" + shown if traits.py2 and message.isascii() else shown


_DATE = r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_TIME = r"[T ](?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
_SECOND = r"(?::(?P<second>\d{1,2})(?:[%s](?P<microsecond>\d{1,6})\d{0,6})?)?"
_ZONE = r"(?P<tzinfo>Z|[+-]\d{2}(?::?\d{2})?)?"
_FORMAT = "YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]"


def to_datetime(value: Any, traits: Traits) -> datetime:
    """A value for a date column: naive, or aware if it named a zone (servers.md 1.7 "date")."""
    if not isinstance(value, str):
        text = traits.regex_type_text.format(type=type_name(value, traits.py2))
        if traits.parses_iso_first:
            text = "fromisoformat: argument must be str"
        raise Fault("TypeError", text)
    if traits.parses_iso_first:
        found = from_iso(value, strict=traits.iso_dates == "strict")
        if found is not None:
            return found
    digits = "0-9" if traits.py2 else digit_class(traits.unicode)
    dated, timed = _date_patterns(digits, traits.decimal_marks, traits.blanks_before_zone)
    form, kind = _FORMAT, "date/time"
    try:
        if match := timed.match(value):
            return _matched(match, traits)
        form, kind = "YYYY-MM-DD", "date"
        if match := dated.match(value):
            return datetime(*(int(part) for part in _plain(match, traits).values()))  # type: ignore[arg-type]
    except ValueError:
        text = f"value has the correct format ({form}) but it is an invalid {kind}."
        raise validation_error(text, value, traits) from None
    text = f"value has an invalid format. It must be in {_FORMAT} format."
    raise validation_error(text, value, traits)


@cache
def _date_patterns(digits: str, marks: str, blank: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What Django matches with a date, and with a date and time."""
    blanks = r"\s*" if blank else ""
    timed = _DATE + _TIME + _SECOND % marks + blanks + _ZONE
    dated, timed = (form.replace(r"\d", f"[{digits}]") + "$" for form in (_DATE, timed))
    return re.compile(dated), re.compile(timed)


def _plain(match: re.Match[str], traits: Traits) -> dict[str, Any]:
    """What was found, with its digits in ASCII."""
    return {
        name: None if part is None else in_ascii(part, traits.unicode)
        for name, part in match.groupdict().items()
    }


def _matched(match: re.Match[str], traits: Traits) -> datetime:
    parts = _plain(match, traits)
    zone = parts.pop("tzinfo")
    micro = (parts.pop("microsecond") or "").ljust(6, "0")
    numbers = {name: int(text) for name, text in parts.items() if text is not None}
    moment = datetime(**numbers, microsecond=int(micro))  # type: ignore[arg-type]
    if zone is None:
        return moment
    minutes = 0 if zone == "Z" else 60 * int(zone[1:3]) + int(zone[3:].lstrip(":") or 0)
    if zone[0] == "-":
        minutes = -minutes
    if traits.far_zones != "refused" and abs(minutes) >= 24 * 60:
        return moment.replace(tzinfo=_FarZone(traits.far_zone_text.format(minutes=minutes)))
    return moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))


class _FarZone(tzinfo):
    """A zone a day away, of which old Djangos hear only when they ask for its offset."""

    def __init__(self, complaint: str) -> None:
        self.complaint = complaint

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise Fault("ValueError", self.complaint)

    def dst(self, _: datetime | None) -> None:
        """Unknown, as `tzname` is."""

    def tzname(self, _: datetime | None) -> None:
        """Never asked for."""


def year_bounds(year: int, traits: Traits) -> tuple[datetime, datetime]:
    """The first and last moment of a year, or the fault that `datetime` makes of it."""
    if not -(2**63) <= year < 2**63:
        raise Fault("OverflowError", "Python int too large to convert to C long")
    if not -(2**31) <= year < 2**31:
        passed = "less than minimum" if year < 0 else "greater than maximum"
        raise Fault("OverflowError", f"signed integer is {passed}")
    if not 1 <= year <= 9999:
        raise Fault("ValueError", traits.bad_year_text.format(year=year))
    return datetime(year, 1, 1), datetime(year, 12, 31, 23, 59, 59, 999999)


def prepare(field: Field, value: Any, traits: Traits, *, ceil: bool = False) -> Any:
    """What Django hands to the database for `field`; `ceil` for the lookups that round up.

    Raises the Fault that it raises instead.
    """
    if value is None:
        return None
    match field.kind:
        case "AutoField" | "IntegerField" | "ForeignKey":
            rounded = ceil and field.kind != "ForeignKey"  # whose value is another row's
            if rounded and isinstance(value, float) and traits.exact_float_bounds:
                value = _ceil(value)
            number = to_int(value, field.name, traits)
            if type(value) not in (int, str) and (isinstance(value, bool) or number != value):
                remark("values", "{} is taken for the number {}", value, number)
            return number
        case "BooleanField":
            return to_bool(value, traits)
        case "DateTimeField":
            return to_datetime(value, traits)
        case _:
            return as_text(value, to_str(value, traits.py2, traits.unicode))


def _ceil(value: float) -> Any:
    try:
        return math.ceil(value)
    except OverflowError as error:
        raise Fault("OverflowError", str(error)) from None
    except ValueError as error:
        raise Fault("ValueError", str(error)) from None
