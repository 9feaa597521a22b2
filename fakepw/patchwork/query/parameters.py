"""Prepared values as a database's driver takes them, or does not (servers.md 2, 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..instances.traits import Traits
from ..words.faults import ADAPTING, BEFOREHAND, BINDING, COUNTING, RUNNING, Fault, Refusal
from ..words.zones import zone


def parameter(value: Any, traits: Traits) -> Any:
    """A prepared value as the database's driver takes it."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        check_zone(value, traits)
        return _in_session_zone(value, traits)
    if isinstance(value, str) and "\0" in value and traits.nul_in_text is not None:
        raise Refusal(*traits.nul_in_text, ADAPTING)
    return value


def check_zone(value: Any, traits: Traits) -> None:
    """Refuse a date with a zone where Django does (servers.md 3)."""
    aware = isinstance(value, datetime) and value.tzinfo is not None
    if aware and not traits.aware_dates:
        if traits.far_zones == "noticed":
            value.utcoffset()
        text = f"{traits.backend} backend does not support timezone-aware datetimes when "
        raise Fault("ValueError", text + "USE_TZ is False.")


def _in_session_zone(value: datetime, traits: Traits) -> datetime | _Beyond:
    """An instant as PostgreSQL shows it, in the zone of its session; which reads offsets of whole
    seconds, up to 16 hours."""
    offset = value.utcoffset() or timedelta()
    if abs(offset) >= timedelta(hours=16) or offset.microseconds:
        text = "time zone displacement out of range\n"
        raise Refusal("django.db.utils.DataError", text, RUNNING)
    session, there = zone(traits.time_zone), value.replace(tzinfo=None)
    try:
        return value.astimezone(session).replace(tzinfo=None)
    except OverflowError:  # at the ends of Python's calendar, which PostgreSQL's goes beyond
        shift = (session.utcoffset(there) or offset) - offset
    try:
        return there + shift
    except OverflowError:
        return _Beyond(after=shift > timedelta())


@dataclass(frozen=True, slots=True, eq=False)
class _Beyond:
    """A moment before or after all that Python knows."""

    after: bool

    def __lt__(self, _: Any) -> bool:
        return not self.after

    def __gt__(self, _: Any) -> bool:
        return self.after

    __le__, __ge__ = __lt__, __gt__


def too_big(value: Any, bits: int) -> bool:
    """Whether an integer takes more bits than that."""
    return type(value) is int and not -(1 << bits - 1) <= value < 1 << bits - 1


def bound(value: Any, traits: Traits) -> Any:
    """A parameter of a query, refused where SQLite's driver cannot take it (servers.md 2)."""
    if traits.big_integer_text and too_big(value, 64):
        raise Refusal("OverflowError", traits.big_integer_text, BINDING)
    return parameter(value, traits)


class Characters(list[Any]):
    """The characters of a text as values, each of them once; `all` is how many there were."""

    def __init__(self, values: Iterable[Any], count: int) -> None:
        super().__init__(values)
        self.all = count


def count_of(values: Sequence[Any]) -> int:
    """How many values a client gave."""
    return values.all if isinstance(values, Characters) else len(values)


def all_bound(values: Sequence[Any], traits: Traits) -> list[Any]:
    """The values of a range, of which there are two."""
    refusals: list[Refusal] = []
    count = count_of(values)
    if count > 2:
        kind, text = traits.long_range
        stage = COUNTING if not traits.counts_first else BEFOREHAND
        refusals.append(Refusal(kind, text.format(count=count), stage))
    found = []
    for value in values:
        try:
            found.append(bound(value, traits))
        except Refusal as refusal:
            refusals.append(refusal)
            break  # values of one field are refused at one stage, and the first is told of
    if refusals:
        raise earliest(refusals)
    return found


def earliest(refusals: Sequence[Refusal]) -> Refusal:
    """The one that a client hears of."""
    return min(refusals, key=lambda refusal: refusal.stage)
