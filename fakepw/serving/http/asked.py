"""What a reader makes of the bytes of a client."""

from __future__ import annotations

from typing import NamedTuple

from ...protocol.messages import Request


class Asked(NamedTuple):
    """A complete request; without `keep_alive` it is the connection's last."""

    request: Request
    keep_alive: bool


class Refusal(NamedTuple):
    """What came is no request that can be answered: with which status, and why. It is the last.

    `line` is the first one of it, for the log, as far as it is known.
    """

    status: int
    detail: str
    line: bytes = b""
