"""The one timer of a server: it keeps the time and cuts off who is overdue.

A timer for each request, or a look at the clock, would cost as much as a short answer.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from ...patchwork.words.text import internet_date
from ..http.framing import server_lines
from .troubles import Troubles

#: Seconds that somebody may take nothing of an answer, however much others need the room.
PATIENCE = 2.0


class Watched(Protocol):
    """A connection, as the sweep sees it."""

    def overdue(self, now: float) -> str | None:
        """Why it should be cut, in words for the log ('' if not worth one), or None."""

    def stalled(self, now: float) -> float:
        """Seconds since when it has taken nothing of an answer that is on its way, or 0."""

    def peer(self) -> str:
        """The client's address, for the log."""

    def abort(self) -> None:
        """Cut it, whatever is still unsent."""

    def descriptor(self) -> int:
        """That of its socket; -1 if it has none any more."""


class Sweep:
    """Goes once a tick, while anybody is connected, over the connections that it watches.

    now
        When it went last, by `time.monotonic`: what most deadlines are counted from.
    front
        The headers that the server adds to every answer.
    date
        That of the last sweep, as they say it.
    """

    def __init__(self, tick: float, troubles: Troubles) -> None:
        self.now = 0.0
        self.front = b""
        self.date = ""
        self.watched: set[Watched] = set()
        self._tick = tick
        self._troubles = troubles
        self._next: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Go from now on, until nobody is watched any more."""
        if self._next is None:
            self._go()

    def end(self) -> None:
        """Go no more, and cut everybody off."""
        if self._next is not None:
            self._next.cancel()
        self._troubles.sum_up(len(self.watched))
        watched, self.watched = self.watched, set()
        for connection in watched:
            connection.abort()

    def cut_off_who_takes_nothing(self) -> None:
        """Cut off all who have not taken anything of their answers for some seconds: now."""
        now = time.monotonic()
        reason = "took nothing of its answer while others needed the room"
        stalled = [each for each in self.watched if each.stalled(now) > PATIENCE]
        self._cut({reason: stalled} if stalled else {})

    def _go(self) -> None:
        self.now = now = time.monotonic()
        date = internet_date(datetime.now(UTC), "GMT")
        self.date = date
        self.front = server_lines("fakepw", date)
        self._cut_off(now)
        self._troubles.sum_up(len(self.watched))
        again = self.watched or self._next is None
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(self._tick, self._go) if again else None

    def _cut_off(self, now: float) -> None:
        overdue: defaultdict[str, list[Watched]] = defaultdict(list)
        for connection in self.watched:
            reason = connection.overdue(now)
            if reason is not None:
                overdue[reason].append(connection)
        self._cut(overdue)

    def _cut(self, overdue: Mapping[str, list[Watched]]) -> None:
        for reason, connections in overdue.items():
            if reason:
                self._troubles.cut_off([each.peer() for each in connections], reason)
            for connection in connections:
                self.watched.remove(connection)
                connection.abort()
