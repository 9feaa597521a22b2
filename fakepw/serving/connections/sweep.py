"""The one timer of a server: it keeps the time and cuts off who is overdue.

A timer for each request, or a look at the clock, would cost as much as a short answer.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import Protocol

from ...patchwork.text import internet_date
from .troubles import Troubles


class Watched(Protocol):
    """A connection, as the sweep sees it."""

    def overdue(self, now: float) -> str | None:
        """Why it should be cut, in words for the log ('' if not worth one), or None."""

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
        The headers that the server adds to every answer; the date is that of the last sweep.
    """

    def __init__(self, tick: float, troubles: Troubles) -> None:
        self.now = 0.0
        self.front = b""
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

    def _go(self) -> None:
        self.now = now = time.monotonic()
        date = internet_date(datetime.now(UTC), "GMT")
        self.front = f"Server: fakepw\r\nDate: {date}\r\n".encode()
        self._cut_off(now)
        self._troubles.sum_up(len(self.watched))
        again = self.watched or self._next is None
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(self._tick, self._go) if again else None

    def _cut_off(self, now: float) -> None:
        overdue: defaultdict[str, list[str]] = defaultdict(list)
        for connection in list(self.watched):
            reason = connection.overdue(now)
            if reason is not None:
                overdue[reason].append(connection.peer())
                self.watched.remove(connection)
                connection.abort()
        for reason, peers in overdue.items():
            if reason:
                self._troubles.cut_off(peers, reason)
