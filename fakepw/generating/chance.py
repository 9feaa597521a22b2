"""Chance that falls the same way on every Python and every machine.

`random.Random` promises that of `random()` alone, for a seed that is a number; everything here is
made of that and of arithmetic that IEEE 754 settles.  (No logarithm, no `choice`, no `gauss`.)
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_T = TypeVar("_T")

#: What numbers are drawn for: each has a sequence of its own.
ARRIVALS, SERIES, SUBJECT, PATCH, PERSON, COMMENT, CHECK, TROUBLE = range(8)


class Chance:
    """One sequence: `seed` is the fixture's, `kind` what it is for, `number` which of those."""

    def __init__(self, seed: int, kind: int, number: int = 0) -> None:
        self.share = Random((seed << 56) | (kind << 48) | number).random

    def below(self, count: int) -> int:
        """A number from 0 up to `count`, which is never reached."""
        return int(self.share() * count)

    def between(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""
        return low + int(self.share() * (high - low + 1))

    def one(self, values: Sequence[_T]) -> _T:
        """One of these."""
        return values[int(self.share() * len(values))]

    def early(self, count: int) -> int:
        """A number below `count`, the small ones far more often: half of all lie in a quarter."""
        share = self.share()
        return int(share * share * count)

    def so(self, share: float) -> bool:
        """True that often."""
        return self.share() < share

    def hexadecimal(self, digits: int) -> str:
        """So many hexadecimal digits."""
        found = ""
        while len(found) < digits:
            found += f"{int(self.share() * 0x1_0000_0000_0000):012x}"
        return found[:digits]
