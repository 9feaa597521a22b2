"""Files that people name to be read: regular ones, and pipes through which something comes."""

from __future__ import annotations

import io
import os
import stat
import time
from pathlib import Path
from typing import IO, Any

#: Seconds in which somebody must have begun to write to a pipe.
PATIENCE = 2.0


class _Watched(io.FileIO):
    """A pipe, of which is known whether it ended when it was last read."""

    ended = False

    def readinto(self, buffer: Any) -> int:
        found = super().readinto(buffer)
        self.ended = found == 0
        return found


def opened(path: Path) -> IO[bytes]:
    """The file, to be read and closed. A pipe is waited for as long as somebody writes to it.

    Raises OSError: nothing is as it is with `open`, but a pipe to which nobody writes.
    """
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # which does not wait
    raw = _Watched(number, "rb")
    file: io.BufferedReader[_Watched] = io.BufferedReader(raw)
    try:
        if stat.S_ISFIFO(os.fstat(number).st_mode):
            _await_writer(file, raw)
        os.set_blocking(number, True)
    except BaseException:
        file.close()
        raise
    return file


def _await_writer(file: io.BufferedReader[_Watched], raw: _Watched) -> None:
    end = time.monotonic() + PATIENCE
    while not file.peek(1) and raw.ended:  # neither is there anything, nor will there be
        if time.monotonic() > end:
            raise OSError(None, "nobody writes to that pipe")
        time.sleep(0.01)
