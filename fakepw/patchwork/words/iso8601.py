"""`datetime.fromisoformat` of Python 3.11 to 3.13, whatever Python we run on.

Held against CPython 3.12.1 and 3.13.0 (tests/patchwork/test_iso8601.py).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

_DATE = re.compile(r"([0-9]{4})(-?)(?:W([0-9]{2})(?:\2([0-9]))?|([0-9]{2})\2([0-9]{2}))")
_HOURS = r"([0-9]{2})(?:(:?)([0-9]{2})(?:\2([0-9]{2}))?)?"
# a fraction is one of a second, even if it stands behind an hour; a third colon begins one, too,
# and where there are no colons, nothing at all
_MARK = r"(?:[.,]|(?<=:[0-9]{2}:[0-9]{2}):|(?<=[0-9]{6})(?=[0-9]{2}))"
_TIME = re.compile(_HOURS + rf"(?:{_MARK}([0-9]{{1,6}})[0-9]*)?")
# before a zone CPython does not look at what is left of the time
_ZONED = re.compile(_HOURS + rf"(?:[\x00-\x7f]?|{_MARK}([0-9]{{1,5}})|{_MARK}([0-9]{{6}}).*)", re.S)
#: All that Python took up to 3.10: what `isoformat` writes, with those same loopholes.
_STRICT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:.[0-9]{2}(?::[0-9]{2}){0,2}"
    rf"(?:(?:{_MARK.replace(',', '')}[0-9]{{3}}(?:[0-9]{{3}})?)?|[\x00-\x7f](?=[+-]))"
    r"(?:[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{6})?)?)?)?",
    re.S,
)
_ZONE = re.compile(r"[-+Z]")


def from_iso(text: str, *, strict: bool) -> datetime | None:
    """The moment that a text means, aware if it names a zone; None if it means none.

    `strict`: to Python 3.7 to 3.10, which read little but what `isoformat` writes.
    """
    if len(text) < 7 or (strict and not _STRICT.fullmatch(text)):
        return None
    at = _date_length(text)
    day = _DATE.fullmatch(text[:at])
    if day is None:
        return None
    try:
        return _moment(_day(day), text[at + 1 :] if len(text) > at else None)
    except (ValueError, OverflowError):
        return None


def _date_length(text: str) -> int:
    """Where the date ends: any character may stand between it and the time."""
    if text[4] == "-":
        if text[5] != "W":
            return 10
        short = text[8:9] != "-" or (len(text) > 10 and text[10] in "0123456789")
        return 8 if short else 10
    if text[4] != "W":
        return 8
    # YYYYWww or YYYYWwwD: the digits of a time come in pairs
    digits = re.compile("[0-9]*").match(text, 7)
    end = digits.end() if digits else 7
    if end < 9:
        return end
    return 7 if end % 2 == 0 else 8


def _day(found: re.Match[str]) -> date:
    year, _, week, weekday, month, day = found.groups()
    if week is not None:
        return date.fromisocalendar(int(year), int(week), int(weekday or 1))
    return date(int(year), int(month), int(day))


def _moment(day: date, text: str | None) -> datetime | None:
    if text is None:
        return datetime(day.year, day.month, day.day)
    sign = _ZONE.search(text)
    clock = _clock(_ZONED, text[: sign.start()]) if sign else _clock(_TIME, text)
    if clock is None:
        return None
    hour, minute, second, micro = clock
    zone: tzinfo | None = None
    if sign is not None:
        zone = _zone(sign[0], text[sign.end() :])
        if zone is None:
            return None
    return datetime(day.year, day.month, day.day, hour, minute, second, micro, zone)


def _clock(form: re.Pattern[str], text: str) -> tuple[int, int, int, int] | None:
    found = form.fullmatch(text)
    if found is None:
        return None
    hour, _, minute, second, *fractions = found.groups()
    micro = int("".join(filter(None, fractions)).ljust(6, "0"))
    return int(hour), int(minute or 0), int(second or 0), micro


def _zone(sign: str, text: str) -> tzinfo | None:
    if sign == "Z":
        return None if text else UTC
    clock = _clock(_TIME, text)
    if clock is None:
        return None
    hours, minutes, seconds, micro = clock
    if not (hours or minutes or seconds):
        return UTC
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micro)
    return timezone(-offset if sign == "-" else offset)
