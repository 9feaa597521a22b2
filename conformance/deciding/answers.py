"""Answers of a session: asked for at the same moment, and remembered for who asks again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ..target.exchange import Exchange, Request
from ..target.sending.transport import Trouble

#: Bytes of answers that are remembered, and of the largest among them.
HELD, LARGEST = 16 * 1024 * 1024, 1024 * 1024


class Answers:
    """The latest answers by their requests; the oldest are forgotten beyond what may be held."""

    def __init__(self) -> None:
        self._known: dict[Request, Exchange] = {}
        self._held = 0

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()
        self._held = 0

    def of(self, request: Request) -> Exchange | None:
        """What was answered to that request; None if it was not asked, or was forgotten."""
        return self._known.get(request)

    def add(self, exchange: Exchange) -> None:
        """Remember an answer, unless it is large."""
        if before := self._known.pop(exchange.request, None):
            self._held -= len(before.answer.body)
        if len(exchange.answer.body) > LARGEST:
            return
        self._known[exchange.request] = exchange
        self._held += len(exchange.answer.body)
        while self._held > HELD:
            oldest = next(iter(self._known))
            self._held -= len(self._known.pop(oldest).answer.body)


def at_once(
    send_alone: Callable[[Request], Exchange], requests: Sequence[Request]
) -> tuple[Exchange, ...]:
    results: list[Exchange | BaseException] = [Trouble("it was never sent")] * len(requests)

    def send(index: int) -> None:
        try:
            results[index] = send_alone(requests[index])
        except BaseException as error:
            results[index] = error

    threads = [threading.Thread(target=send, args=(i,)) for i in range(len(requests))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:  # after Ctrl-C, too: what is under way must end before it is put back
        for thread in threads:
            thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return tuple(r for r in results if isinstance(r, Exchange))
