"""How much of a server's answers is in memory at once: what is beyond that is given up, and told.

A server says as much as it likes, and whoever judges may hold many answers against one another.
"""

from __future__ import annotations

import gc
import threading
import weakref

from ..counting import counted
from ..exchange import Answer
from .transport import Trouble

MEGABYTE = 1 << 20
#: How much more a run may take for large answers than for small ones, in megabytes, unless told.
USUAL = 256
#: What a process needs at least, in bytes: four of the largest answers.
LEAST = 32 * MEGABYTE
#: Answers up to this size do not count.
SMALL = 64 * 1024
#: The most tags of an answer: what is read of each takes a few hundred bytes. Of sixty patches an
#: answer has eight thousand.
TAGS = 400_000


class Memory:
    """The answers of one process. `room` is how many bytes of them there may be at once."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._lock = threading.Lock()
        self._coming = 0
        self._held: list[weakref.ref[Answer]] = []

    @classmethod
    def of(cls, megabytes: int, processes: int = 1) -> Memory:
        """The share of one process: a sixth is for answers, the rest for what is made of them."""
        return cls(max(LEAST, megabytes * MEGABYTE // processes // 6))

    def grow(self, size: int) -> None:
        """So much more of an answer has come. Raises Trouble if that is too much."""
        with self._lock:
            self._coming += size
            if self._coming <= SMALL or self._whole() <= self.room:
                return
        gc.collect()  # what nobody can reach any more may still be there
        with self._lock:
            if self._whole() <= self.room:
                return
        raise Trouble(
            f"answers of more than {counted(self.room // MEGABYTE, 'megabyte')} would have to be"
            " held against one another: give a higher --max-memory"
        )

    def shrink(self, size: int) -> None:
        """So much of an answer has come to its end, in whatever way."""
        with self._lock:
            self._coming -= size

    def keep(self, answer: Answer) -> Answer:
        """Count an answer that is whole for as long as somebody holds it. Raises Trouble if what
        would be read of it is too much."""
        if len(answer.body) > SMALL:
            if (tags := answer.body.count(b"<")) > TAGS:
                raise Trouble(f"an answer of {tags} tags was given up: it may have {TAGS}")
            with self._lock:
                self._held.append(weakref.ref(answer))
        return answer

    def _whole(self) -> int:
        held = [(ref, answer) for ref in self._held if (answer := ref()) is not None]
        self._held = [ref for ref, _ in held]
        return self._coming + sum(len(answer.body) for _, answer in held)
