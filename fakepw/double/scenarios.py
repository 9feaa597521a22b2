"""Scenarios: what happens by itself after so many calls, or when the clock has gone so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..telling.wording import quoted, refusal
from .clock import Clock
from .journal.matching import means

__tracebackhide__ = refusal


@dataclass
class Scenario:
    """What is to happen, and when: after `calls` more of method `of`, and not before `due`.

    `come` says whether it has happened.
    """

    calls: int
    of: str
    due: datetime | None
    optional: bool
    text: str
    number: int
    actions: list[Callable[[], object]] = field(default_factory=list)
    come: bool = False

    def __str__(self) -> str:
        return self.text


def check(calls: int | None, seconds: float | None) -> None:
    """Raise ValueError for what is no time to come."""
    if calls is None and seconds is None:
        raise ValueError("later() needs calls or seconds: after how many of which?")
    if calls is not None and not 0 <= calls < 1e9:
        raise ValueError(f"later(calls=…) is from 0 up, below 1000000000, not {quoted(calls)}")
    if seconds is not None and not 0 <= seconds < 1e9:
        raise ValueError(f"later(seconds=…) is from 0 up, below 1000000000, not {seconds}")


class Scenarios:
    """All scenarios of a double, in the order in which they were told."""

    def __init__(self, clock: Clock) -> None:
        self.all: list[Scenario] = []
        self._clock = clock
        self._made = 0

    def add(
        self,
        calls: int | None = None,
        of: str = "*",
        seconds: float | None = None,
        optional: bool = False,
    ) -> Scenario:
        """A scenario that has no actions yet. Raises ValueError if it says no time to come."""
        check(calls, seconds)
        due = None if seconds is None else self._clock.now + timedelta(seconds=seconds)
        words = [f"calls={calls}"] * (calls is not None) + [f"of={of!r}"] * (of != "*")
        words += [f"seconds={seconds:g}"] if seconds is not None else []
        self._made += 1
        text = f"later({', '.join(words)})"
        scenario = Scenario(calls or 0, of, due, optional, text, self._made)
        self.all.append(scenario)
        return scenario

    def tick(self) -> None:
        """Let happen what is due by now."""
        for scenario in self.all:
            due = scenario.due is None or scenario.due <= self._clock.now
            if not scenario.come and scenario.calls <= 0 and due:
                scenario.come = True
                for action in scenario.actions:
                    action()

    def count(self, method: str | None) -> None:
        """Count a call that was answered, and let happen what it was waited for."""
        for scenario in self.all:
            if scenario.calls > 0 and means(scenario.of, method):
                scenario.calls -= 1
        self.tick()

    def clear(self) -> None:
        """Nothing more is going to happen."""
        self.all.clear()
