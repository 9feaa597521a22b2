"""What is no request that can be answered."""

from __future__ import annotations

from typing import NamedTuple


class Refusal(NamedTuple):
    """What a client sent instead of a request: with which status to answer it, and why.

    It is the connection's last. `line` is the first one of it, for the log, as far as it is known.
    """

    status: int
    detail: str
    line: bytes = b""
