"""Which patches arrive, in which order: series, and the versions of them that come later.

Time is measured in patches: a version that is due after 900 more patches comes then.  So the end
of the fixture is known from the start, what is replaced is known when it arrives, and no more has
to be kept than what is still to come of a few weeks.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from .chance import ARRIVALS, SERIES, Chance
from .shapes import Shape

#: The day of the newest patches, about; and how many days all of them take, at least and at most.
END, SHORTEST, LONGEST = datetime(2026, 1, 5, 6), 400, 3650
#: Until the next version of a series comes, in days, and for how long anybody is awake, in seconds.
_SOONEST, _LATEST, _AWAKE = 2, 30, 15 * 3600
#: Seconds between the mails of a series, at most.
_AT_ONCE = 4


class Series(NamedTuple):
    """Patches that are sent together, in each of their versions."""

    number: int
    #: The place of its project in the shape's.
    project: int
    #: The place of its author among the people.
    author: int
    length: int
    versions: int
    rfc: bool


class Arrival(NamedTuple):
    """One patch: the first is number 1; `place` in its series begins with 1, so does `version`."""

    number: int
    date: datetime
    series: Series
    version: int
    place: int
    #: The patch and the date that its version of the series begins with.
    first: int
    begun: datetime
    #: Whether a later version has come before the end.
    superseded: bool
    #: Days until the end.
    age: int


def per_day(shape: Shape, count: int) -> int:
    """How many patches arrive in a day, where there are so many altogether."""
    return max(min(shape.per_day, count // SHORTEST + 1), count // LONGEST)


def people(shape: Shape, count: int) -> int:
    """How many people send so many patches."""
    return shape.fewest_people + count // shape.patches_per_person


def arrivals(shape: Shape, count: int, seed: int) -> Iterator[Arrival]:
    """Every patch, in the order of ids and dates."""
    chance = Chance(seed, ARRIVALS)
    daily, authors = per_day(shape, count), people(shape, count)
    coming: list[tuple[int, int, int, Series]] = []  # when it is due, to whom, what
    now = start = END - timedelta(days=count // daily)
    number = serial = 0
    while number < count:
        if coming and coming[0][0] <= number:
            _, _, version, series = heapq.heappop(coming)
        else:
            serial += 1
            version, series = 1, _series(shape, seed, serial, authors)
        first, due = number + 1, count + 1
        if version < series.versions:
            due = number + series.length + chance.between(_SOONEST * daily, _LATEST * daily)
            heapq.heappush(coming, (due, series.number, version + 1, series))
        begun = now = max(now, _moment(start, number, daily, chance))
        for place in range(1, series.length + 1):
            number += 1
            if number > count:
                return
            age = (count - number) // daily
            yield Arrival(
                number, now, series, version, place, first, begun, due + place <= count, age
            )
            now += timedelta(seconds=chance.between(1, _AT_ONCE))


def _series(shape: Shape, seed: int, number: int, authors: int) -> Series:
    chance = Chance(seed, SERIES, number)
    return Series(
        number,
        project=chance.early(len(shape.projects)),
        author=chance.early(authors),
        length=chance.one(shape.lengths),
        versions=chance.one(shape.versions),
        rfc=chance.so(0.04),
    )


def _moment(start: datetime, number: int, daily: int, chance: Chance) -> datetime:
    """When a patch of that number is sent, about: so many a day, and at night nobody sends any."""
    day, of_day = divmod(number, daily)
    second = (of_day + chance.share()) * _AWAKE // daily
    return start + timedelta(days=day, seconds=int(second))
