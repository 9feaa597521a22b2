"""Bytes that all connections of a server may hold together."""

from __future__ import annotations


class Budget:
    """How much is held, and how much may be."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def fits(self, size: int) -> bool:
        """Whether so many bytes more are within the limit, or there are no others."""
        return not self.used or self.used + size <= self.limit

    def replace(self, before: int, now: int) -> bool:
        """Count `now` bytes instead of `before`; whether that is still within the limit."""
        self.used += now - before
        return self.used <= self.limit
