"""A server of which every answer is made up."""

from __future__ import annotations

from collections.abc import Callable

from conformance.target.exchange import Answer, Request
from conformance.target.sending.transport import Endpoint


class Scripted:
    """A transport that answers by a function."""

    endpoint = Endpoint("http", "127.0.0.1", 1)

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer, self.sent = answer, []  # type: ignore[var-annotated]

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        self.sent.append(request)
        return self.answer(request)


def fine(request: Request) -> Answer:
    return Answer(200, (), b"")
