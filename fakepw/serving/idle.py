"""Worlds that nobody asks for anything: let go when it is time, not when somebody next looks."""

from __future__ import annotations

import asyncio

from ..double.pipeline import Pipeline
from ..double.worlds import Host
from .alone import Alone

#: Seconds between two looks at least, and what is waited beyond the moment at which one is due.
SHORTEST, BEYOND = 0.05, 0.01


class IdleWorlds:
    """The timer that lets a host's idle worlds go; none runs while there are none.

    It runs on the event loop, and looks in a turn of its own; worlds are made in any thread.
    """

    def __init__(self, host: Host, alone: Alone) -> None:
        self._host = host
        self._alone = alone
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False
        self._at = 0.0  # when it goes off, as the host's machine counts
        host.follow(self._made)

    def _made(self, _: Pipeline) -> None:
        if self._host.due is not None:
            self._alone.soon(self._plan)

    def _plan(self) -> None:
        due = self._host.due
        if due is not None and not self._ended and (self._timer is None or due < self._at):
            self._wait_until(due)

    def _wait_until(self, due: float) -> None:
        self._stop()
        self._at = due
        seconds = max(SHORTEST, due - self._host.pipeline.timer() + BEYOND)
        self._timer = asyncio.get_running_loop().call_later(seconds, self._alone.run, self._look)

    def _look(self) -> None:
        self._timer = None
        self._host.let_go_of_the_idle()
        if self._host.due is not None:
            self._wait_until(self._host.due)

    def end(self) -> None:
        """Look no more, whatever is made."""
        self._ended = True
        self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
