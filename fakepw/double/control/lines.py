"""A journal on disk: a line of JSON for each request. docs/bridge.md says what is in one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ...fixtures.files import Irregular, opened
from ...telling.wording import quoted
from ..journal.calls import Call
from .api import call_of, view
from .shapes import CallView

#: The version of the lines. It grows when a reader would have to change; members may be added
#: without that.
FORMAT = 1
#: The longest line that is read, in bytes: the answer in it, three times, and more than that.
LONGEST = 128 * 1024 * 1024


class Line(CallView, frozen=True, kw_only=True):
    """A request as the control API tells of it, and what tells journals of several runs apart.

    journal
        The version of the format, 1.
    double
        Made up anew for each process that writes; `number` counts within it.
    instance
        What the double answered as.
    """

    journal: int
    double: str
    instance: str

    def call(self) -> Call:
        """The request as tests see it."""
        return call_of(self)


class JournalError(ValueError):
    """A file is no journal, or not a whole one; the text says where and why, in one sentence."""


def written(call: Call, double: str, instance: str) -> bytes:
    """The line of a call."""
    told = view(call)
    members = {name: getattr(told, name) for name in told.__struct_fields__}
    line = Line(**members, journal=FORMAT, double=double, instance=instance)
    return msgspec.json.encode(line) + b"\n"


class _Version(msgspec.Struct):
    journal: int


def read(path: str | Path) -> Iterator[Line]:
    """The lines of a journal, one after the other.

    Raises JournalError where it ends in mid-line, holds something else, or cannot be read.
    """
    decode, version_of = msgspec.json.Decoder(Line).decode, msgspec.json.Decoder(_Version).decode
    number = 0
    try:
        with opened(path) as file:
            while text := file.readline(LONGEST):
                number += 1
                if not text.endswith(b"\n"):
                    why = "is too long" if len(text) == LONGEST else "is cut short"
                    raise JournalError(f"{path}, line {number} {why}: take it out")
                if (version := version_of(text).journal) != FORMAT:
                    raise JournalError(
                        f"{path}, line {number} is of version {version}, and {FORMAT} is read here"
                    )
                yield decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        said = quoted(str(error)) if isinstance(error, UnicodeError) else str(error)
        raise JournalError(f"{path}, line {number} is no line of a journal: {said}") from None
    except Irregular as error:
        raise JournalError(f"{path} cannot be read: {error}") from None
    except OSError as error:
        raise JournalError(f"{path} cannot be read: {error.strerror}") from None
    if not number:
        raise JournalError(f"{path} is empty: no request was noted in it")
