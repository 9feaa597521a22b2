"""Requests that came before, byte for byte, which need not be parsed again.

Clients send the same head again and again, and often the same call; parsing a head is a quarter of
what a short call costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...protocol.messages import Request

#: Requests, and heads of requests, that are remembered, and their longest, in bytes.
MOST_REMEMBERED = 256
LONGEST_REMEMBERED = 2048


@dataclass(slots=True)
class Head:
    """A request that has a head, and the length of the body that follows that head."""

    request: Request
    length: int


class Remembered:
    """The requests and heads that a server remembers, by their bytes."""

    def __init__(self) -> None:
        self.requests: dict[bytes, tuple[Request]] = {}
        self.heads: dict[bytes, Head] = {}
        self.lengthy: set[bytes] = set()  # reads that asked for long answers

    def below_its_head(self, data: bytes) -> tuple[Request] | None:
        """The request that a read is, if it is just one whose head came before."""
        end = data.find(b"\r\n\r\n", 0, LONGEST_REMEMBERED) + 4
        head = self.heads.get(data[:end])
        if head is None or head.length != len(data) - end:
            return None
        found = (head.request.with_body(data[end:]),)
        if len(data) <= LONGEST_REMEMBERED:
            _make_room(self.requests)
            self.requests[data] = found
        return found

    def keep(self, data: bytes, request: Request) -> None:
        """Remember the head of a read that was this request and nothing else.

        Not if its body followed otherwise than as it is, in chunks for example.
        """
        end = data.find(b"\r\n\r\n", 0, LONGEST_REMEMBERED) + 4
        if end > 3 and data[end:] == request.body:
            _make_room(self.heads)
            self.heads[data[:end]] = Head(request.with_body(b""), len(request.body))

    def keep_lengthy(self, data: bytes) -> None:
        """Remember that a read asks for a long answer."""
        if len(data) <= LONGEST_REMEMBERED:
            if len(self.lengthy) >= MOST_REMEMBERED:
                self.lengthy.clear()
            self.lengthy.add(data)


def _make_room(remembered: dict[bytes, Any]) -> None:
    if len(remembered) >= MOST_REMEMBERED:
        remembered.clear()
