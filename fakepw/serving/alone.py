"""One at a time: whoever asks or changes a double does so between two requests of all others.

In a test's process that is the event loop, which answers clients, and every thread that holds the
handle or a transport without a socket. A lock keeps them apart. To have the loop's thread do what
another thread wants, and to wait for it, would take ten times as long as most of what is wanted.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ..double.outcome import Answer, Application, Later, Push, Stream
from ..protocol.messages import Request, Response
from ..telling.wording import refusal

__tracebackhide__ = refusal

Result = TypeVar("Result")


class Alone:
    """The turn at one double, which one thread has at a time, and the loop that serves it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._turn = threading.RLock()

    def run(self, function: Callable[..., Result], *args: object) -> Result:
        """What a function gives that nothing comes between, in the thread that calls this."""
        with self._turn:
            return function(*args)

    def soon(self, function: Callable[..., object], *args: object) -> None:
        """Have the event loop run a function so; may be called from any thread."""
        self._loop.call_soon_threadsafe(self.run, function, *args)

    def application(self, application: Application) -> Application:
        """The application, of which the event loop asks nothing while another thread has a turn."""

        def answer(request: Request) -> Answer | Stream:
            with self._turn:
                found = application(request)
            return found if type(found) is Response else self._guarded(found)

        return answer

    def _guarded(self, found: Answer | Stream) -> Answer | Stream:
        """What is still to come of an answer has turns of its own."""
        if isinstance(found, Later):
            return self.later(found)
        if isinstance(found, Stream):
            return Stream(found.response, partial(self._followed, found))
        return found

    def later(self, found: Later) -> Later:
        """An answer that comes later, in a turn of its own, in whichever thread waits for it."""

        def outcome() -> Answer:
            come = self.run(found.outcome)
            return self.later(come) if isinstance(come, Later) else come

        return Later(found.seconds, outcome, partial(self.run, found.given_up))

    def _followed(self, stream: Stream, push: Push) -> Callable[[], None]:
        """Follow what happens in any thread; it is pushed in the loop's, and in its order."""

        def pushed(data: bytes | None) -> None:
            self._loop.call_soon_threadsafe(push, data)

        return partial(self.run, self.run(stream.follow, pushed))
