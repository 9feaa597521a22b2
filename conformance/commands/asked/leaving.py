"""What leaves the process by its streams goes through here: no secret does, whatever went wrong."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from ...target import secrecy


class Guarded(io.TextIOWrapper):
    """A stream of text that says no secret that was kept; otherwise it is as that one was."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        super().__init__(
            stream.buffer,
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )

    def write(self, text: str) -> int:
        """Write the text, with secrets blotted out."""
        super().write(secrecy.redact(text))
        return len(text)


@contextmanager
def guarded() -> Iterator[None]:
    """Standard output and error say no secret as long as the block lasts."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(_guard, before)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, Guarded):
                stream.detach()  # which flushes it, and leaves the one below open
        sys.stdout, sys.stderr = before


def _guard(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream  # nothing leaves by it
    stream.flush()
    return Guarded(stream)
