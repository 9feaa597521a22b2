"""What leaves the process by its streams goes through here: no secret does, whatever went wrong."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from ...target import secrecy


class CannotWrite(Exception):
    """Standard output or error could not be written, as the disk is full or the like; says why."""


class Guarded(io.TextIOWrapper):
    """A stream of text that says no secret that was kept; otherwise it is as that one was.

    Once it cannot be written, what is still said goes nowhere, and `failed` says why: whoever
    writes goes on, for a run has reports to write and patches to put back.
    """

    failed: OSError | None = None

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
        try:
            super().write(secrecy.redact(text))
        except OSError as error:
            self._give_up(error)
        return len(text)

    def flush(self) -> None:
        """Write what is waiting."""
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.failed = error
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), self.fileno())


@contextmanager
def guarded() -> Iterator[None]:
    """Standard output and error say no secret as long as the block lasts.

    Raises CannotWrite at its end, but not if whoever reads has had enough.
    """
    before = sys.stdout, sys.stderr
    guards = sys.stdout, sys.stderr = _guard(before[0]), _guard(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in guards:
            if isinstance(stream, Guarded):
                stream.detach()  # which flushes it, and leaves the one below open
    for stream in guards:
        failed = getattr(stream, "failed", None)
        if failed is not None and failed.errno != errno.EPIPE:
            raise CannotWrite(f"cannot write: {failed.strerror}")


def _guard(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream  # nothing leaves by it
    stream.flush()
    return Guarded(stream)
