"""What a measurement is: a figure with its target, and how much effort goes into one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One measurement: what, how much of which unit, and the least or most that it should be."""

    what: str
    value: float
    unit: str
    target: float | None = None
    note: str = ""

    @property
    def at_least(self) -> bool:
        """Whether more is better: of ratios and shares, not of times."""
        return self.unit in ("x", "%")

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


@dataclass(frozen=True)
class Effort:
    """How much to measure: everything for figures, next to nothing for a smoke test."""

    runs: int = 3
    seconds: float = 1  # of load, where requests/s count
    short: float = 0.3  # of load, where only the server's processor counts
    many: int = 100_000  # patches
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)  # how it grows with them
    long: int = 10_000  # rows of a long answer
    tests: int = 1000  # in a suite
    worlds: int = 1000  # of one server
    instances: int = 1000  # as many of the recorded ones as there are


QUICK = Effort(
    runs=1,
    seconds=0.05,
    short=0.05,
    many=1000,
    sizes=(100, 1000, 2000),
    long=200,
    tests=20,
    worlds=10,
    instances=3,
)


def seconds(function: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def busy(function: Callable[[], object]) -> float:
    """How long one call keeps the processor busy, whatever else the machine does."""
    start = time.process_time()
    function()
    return time.process_time() - start


def each(function: Callable[[], object], effort: Effort) -> float:
    """The median of how long a call keeps the processor busy, among batches of calls."""
    batch = max(1, int(0.01 / max(busy(function), 1e-7)))
    return median(
        busy(lambda: [function() for _ in range(batch)]) / batch for _ in range(effort.runs)
    )
