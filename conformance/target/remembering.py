"""What was worked out last, by what it was worked out from: bounded by size, not by number."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """The latest results; the oldest are forgotten beyond a `room`, in whatever unit."""

    def __init__(self, room: int) -> None:
        self._room, self._size = room, 0
        self._lock = threading.Lock()
        self._known: dict[K, tuple[V, int]] = {}

    def of(self, key: K) -> V | None:
        """What is remembered of it; None if nothing is."""
        with self._lock:
            if (found := self._known.pop(key, None)) is None:
                return None
            self._known[key] = found  # the latest comes last
            return found[0]

    def make_room(self, size: int) -> None:
        """Forget the oldest until that much fits, or all."""
        with self._lock:
            while self._known and self._size + size > self._room:
                _, gone = self._known.pop(next(iter(self._known)))
                self._size -= gone

    def add(self, key: K, value: V, size: int) -> None:
        """Remember it, however large it is."""
        self.make_room(size)
        with self._lock:
            _, before = self._known.pop(key, (value, 0))
            self._known[key] = value, size
            self._size += size - before
