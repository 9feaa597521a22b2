"""The event loop, and the one thread in which all servers of a process run it."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from ..telling.wording import refusal

__tracebackhide__ = refusal

Result = TypeVar("Result")

log = logging.getLogger("fakepw")


def new_event_loop() -> asyncio.AbstractEventLoop:
    """An event loop: uvloop's if that is installed, otherwise asyncio's own."""
    loop: asyncio.AbstractEventLoop
    try:
        import uvloop
    except ImportError:
        loop = asyncio.new_event_loop()
    else:
        loop = uvloop.new_event_loop()
    loop.set_exception_handler(_one_line)
    return loop


def _one_line(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log in one line what the event loop reports, which by itself prints a traceback."""
    error = context.get("exception")
    log.error("%s%s", context["message"], f": {error!r}" if error is not None else "")
    log.debug("%r", context, exc_info=error)


class LoopThread:
    """A daemon thread that runs an event loop for as long as the process lives."""

    def __init__(self) -> None:
        self.loop = new_event_loop()
        # In debug mode asyncio warns of what takes long. This loop waits for nobody's code but
        # ours, and who debugs a program of their own need not hear how long a large dataset takes.
        self.loop.slow_callback_duration = float("inf")
        self.pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="fakepw", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    @property
    def alive(self) -> bool:
        """Whether something can be run here; not so in a forked child."""
        return self.pid == os.getpid() and self._thread.is_alive()

    @property
    def current(self) -> bool:
        """Whether this is the thread that asks."""
        return threading.current_thread() is self._thread

    def check(self) -> None:
        """Raise RuntimeError if the thread is gone: it does not live on in a forked child."""
        if not self.alive:
            raise RuntimeError("this server's thread is gone: it runs in the parent process")

    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        """Call a function in the loop's thread and wait for its result, or its exception.

        Raises RuntimeError if the thread is gone: it does not live on in a forked child.
        """
        if self.current:
            return function(*args)
        self.check()
        call = _Call(function, args)
        self.loop.call_soon_threadsafe(call.run)
        return call.result()

    def run_coroutine(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """The same for a coroutine, from any other thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def end(self) -> None:
        """Stop the loop and wait for the thread, but no longer than a second."""
        if self.alive:
            asyncio.run_coroutine_threadsafe(self._wind_up(), self.loop)
            self._thread.join(1.0)
            if not self._thread.is_alive():
                self.loop.close()

    async def _wind_up(self) -> None:
        """Let what has begun come to its end (accepting takes some turns), then stop."""
        for _ in range(10):
            await asyncio.sleep(0)
        self.loop.stop()


class _Call(Generic[Result]):
    """A function that is run in another thread than that which waits for its result.

    A lock is all that it takes: with a Future, a call without a socket took a third longer.
    """

    __slots__ = ("_args", "_error", "_function", "_result", "_running")

    def __init__(self, function: Callable[..., Result], args: tuple[Any, ...]) -> None:
        self._function, self._args = function, args
        self._error: BaseException | None = None
        self._running = threading.Lock()
        self._running.acquire()

    def run(self) -> None:
        try:
            self._result = self._function(*self._args)
        except BaseException as error:
            self._error = error
        self._running.release()

    def result(self) -> Result:
        self._running.acquire()
        if self._error is not None:
            try:
                raise self._error
            finally:
                self = None  # type: ignore[assignment]  # it would hold itself, by the traceback
        return self._result


_lock = threading.Lock()
_shared: LoopThread | None = None
#: Loops of a parent process, kept from the garbage collector, which would touch what it still uses.
_parents: list[LoopThread] = []


def shared() -> LoopThread:
    """The process's thread, started when first asked for."""
    global _shared
    with _lock:
        if _shared is None or not _shared.alive:
            _shared = LoopThread()
        return _shared


def _forget_parents_thread() -> None:
    global _lock, _shared
    _lock = threading.Lock()
    if _shared is not None:
        _parents.append(_shared)
        _shared = None


def _end() -> None:
    if _shared is not None:
        _shared.end()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents_thread)
