"""The double's own clock: nothing of the process is patched, and no test has to sleep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from ..fixtures.resolve import parse_date
from ..telling.wording import quoted, refusal

__tracebackhide__ = refusal

_EPOCH = datetime(1970, 1, 1)
_NEVER = (_EPOCH, float("-inf"))


class Clock:
    """The time as a Patchwork and its double see it, naive UTC.

    It runs with `machine`, the time outside, until `set` stops it at a moment; `advance` moves it
    on, stopped or running, and `run` lets it run from where it stands. Checks that are created,
    whatever else is dated, scenarios and limits follow it.
    """

    def __init__(self, machine: Callable[[], datetime]) -> None:
        self._machine = machine  # the time outside, naive UTC
        self._stopped: datetime | None = None
        self._ahead = timedelta()
        self._based = _NEVER

    def base(self, start: float) -> tuple[datetime, float]:
        """A moment, and the seconds that a timer showed then: so that what it shows is a time.

        `start` is what the timer shows now. To ask the machine for the time, and to make a
        datetime of it, takes longer than a short answer; so it is done once a second.
        """
        if self._stopped is not None:
            return self._stopped, start
        if not 0 <= start - self._based[1] < 1:
            self._based = self.now, start
        return self._based

    def __call__(self) -> datetime:
        """The time, for whoever takes a function."""
        return self.now

    @property
    def now(self) -> datetime:
        """The time, naive UTC."""
        if self._stopped is not None:
            return self._stopped
        return self._machine() + self._ahead

    @property
    def running(self) -> bool:
        """Whether time passes by itself."""
        return self._stopped is None

    def set(self, moment: datetime | str) -> None:
        """Stop the clock at a moment: a datetime, or text as in fixtures, UTC unless it says else.

        Raises ValueError, and changes nothing, if the text is no date.
        """
        self._stopped = moment_of(moment)
        self._based = _NEVER

    def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """Move the clock on. Raises ValueError, and changes nothing, if it cannot go there."""
        try:
            step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            later = self.now + step
        except (OverflowError, ValueError):
            raise ValueError("the clock goes up to the year 9999, no further") from None
        if step < timedelta():
            raise ValueError("a clock is advanced by what is not negative; set() puts it back")
        if self._stopped is None:
            self._ahead += step
            self._based = _NEVER
        else:
            self._stopped = later
            self._based = _NEVER

    def run(self) -> None:
        """Let the clock run from where it stands."""
        if self._stopped is not None:
            self._ahead = self._stopped - self._machine()
            self._stopped = None
            self._based = _NEVER

    def reset(self) -> None:
        """Run with the machine's clock again."""
        self._stopped, self._ahead = None, timedelta()
        self._based = _NEVER

    def seconds(self) -> float:
        """The time in seconds since 1970."""
        return (self.now - _EPOCH).total_seconds()

    def __repr__(self) -> str:
        return f"<Clock {self.now.isoformat(' ')}{'' if self.running else ', stopped'}>"


def now() -> float:
    """The machine's time, in seconds."""
    return datetime.now(UTC).timestamp()


def moment_of(moment: datetime | str) -> datetime:
    """A moment as naive UTC. Raises ValueError with one sentence for what is none."""
    if isinstance(moment, datetime):
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return moment
    if not isinstance(moment, str):
        raise ValueError(f"a clock is set to a datetime or to text, not to {quoted(moment)}")
    try:
        return parse_date(moment)
    except (msgspec.MsgspecError, ValueError):
        raise ValueError(
            f"{quoted(moment)} is no date; write 2026-01-31 or 2026-01-31T12:34:56"
        ) from None
