"""What connections read in one turn of the event loop is answered together.

One could answer each request as it is read.  But to go back and forth between the system and Python
for each of sixteen clients keeps neither in the processor's caches, and wakes the clients up one by
one: where they have to share processors with the server, turns answered 1.4 times as many requests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic
from typing import Protocol

#: Connections that are answered together.
MOST_TOGETHER = 32
#: Seconds after which those that are left wait until the loop has seen who else has come.
MOMENT = 0.001
#: Seconds for which what is long waits for those who come, one after another, at most.
DOOR = 0.1


class Ready(Protocol):
    """A connection, as a turn sees it."""

    def proceed(self, last: bool = False) -> bool:
        """Answer what has arrived; short answers may wait for `flush`.

        False, and nothing is done, if it asks for what is known to be long: then it is to come
        again, as one of the `last`.
        """

    def flush(self) -> None:
        """Write the answers that waited."""

    def fail(self, error: Exception) -> None:
        """Give up: `proceed` raised what it never should."""


class Turn:
    """The connections that have something to answer, each once.

    Those that ask for what is known to be long come after all others, so that a thousand of them
    hold up nobody. They also wait as long as others come in: uvloop lets in one at a time, and
    who is at the end of a queue of newcomers would wait for what all before them asked for.
    """

    def __init__(self) -> None:
        self._ready: deque[Ready] = deque()
        self._last: deque[Ready] = deque()
        self._soon = False
        self._came = False
        self._open_until = 0.0

    def newcomer(self) -> None:
        """Somebody has come in, and more may be behind them."""
        self._came = True

    def add(self, connection: Ready) -> None:
        """Answer a connection in the turn to come."""
        self._ready.append(connection)
        if not self._soon:
            self._plan()

    def run(self) -> None:
        """Answer those that are ready, for a moment at most, and then the rest in the next turn."""
        self._soon = False
        end = monotonic() + MOMENT
        while self._ready or self._last:
            self._answer(self._ready, MOST_TOGETHER, end)
            coming = self._last and self._coming()
            if not coming:
                self._answer(self._last, 1, end)
            if coming or monotonic() > end:
                self._plan()
                return

    def _coming(self) -> bool:
        """Whether somebody came in since this was asked last, for a while at most."""
        came, self._came = self._came, False
        now = monotonic()
        if not came or not self._open_until:
            self._open_until = now + DOOR if came else 0.0
            return came
        if now < self._open_until:
            return True
        self._open_until = 0.0
        return False

    def finish(self) -> None:
        """Answer all that are ready, however long it takes."""
        while self._ready or self._last:
            self.run()

    def _plan(self) -> None:
        self._soon = True
        asyncio.get_running_loop().call_soon(self.run)

    def _answer(self, queue: deque[Ready], most: int, end: float) -> None:
        """Answer some of a queue, and only then write their (short) answers."""
        last = queue is self._last
        together: list[Ready] = []
        while queue and len(together) < most:
            connection = queue.popleft()
            together.append(connection)
            try:
                if not connection.proceed(last):
                    self._last.append(together.pop())
                    continue
            except Exception as error:
                connection.fail(error)
            if monotonic() > end:
                break
        for connection in together:
            connection.flush()
