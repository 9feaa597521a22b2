"""A zip file, read so that it can do no harm: nothing is unpacked, and everything is bounded.

What this suite never writes is refused: comments, zip64, encryption, links, folders, names that
lead elsewhere or come twice, more than it may be large.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from .atomically import replacing

#: The most that is read of a file, what all of it may unpack to, in bytes, and how many names.
LARGEST, UNPACKED, NAMES = 128 << 20, 256 << 20, 1000
#: The end of a zip file as it is without a comment: so many bytes, of which the first four are
#: these; and what stands before it in zip64.
_END, _SIGN, _ZIP64 = 22, b"PK\5\6", b"PK\6\7"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,80}(/[a-z0-9][a-z0-9._-]{0,80}){0,2}")
#: What `zipfile` raises where the bytes are not as it reads them.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, LookupError),
    *(NotImplementedError, RuntimeError, ArithmeticError),
)
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class _Refused(Exception):
    """What is never in a bundle is in this one; the text says what."""


def write(path: Path, files: Iterable[tuple[str, bytes | Path]]) -> None:
    """Write a zip file of these, or of what these files hold, whole or not at all.

    Raises OSError.
    """
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            assert _NAME.fullmatch(name), name
            if isinstance(data, Path):
                archive.write(data, name)
            else:
                archive.writestr(name, data)


def is_one(data: bytes) -> bool:
    """Whether bytes are meant to be a zip file."""
    return data.startswith(b"PK")


def read(data: bytes, name: str) -> dict[str, bytes]:
    """What a zip file holds, by name. Raises ValueError, in a sentence that begins with `name`."""
    try:
        return _read(data)
    except _Refused as error:
        raise ValueError(f"{name} is no bundle that can be read: {error}") from None
    except _DAMAGED as error:
        raise ValueError(f"{name} is a damaged zip file: {str(error)[:200]}") from None


def _read(data: bytes) -> dict[str, bytes]:
    _bounded(data)
    found: dict[str, bytes] = {}
    room = UNPACKED
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            if wrong := _wrong(entry, found):
                raise _Refused(f"{entry.filename[:80]!r} {wrong}")
            with archive.open(entry) as file:
                found[entry.filename] = file.read(room + 1)
            room -= len(found[entry.filename])
            if room < 0:
                raise _Refused(f"it unpacks to more than {UNPACKED >> 20} MB")
    return found


def _bounded(data: bytes) -> None:
    """Refuse what would take much memory merely to be looked at."""
    if len(data) > LARGEST:
        raise _Refused(f"it is larger than {LARGEST >> 20} MB")
    end = data[-_END:]
    if len(end) < _END or not end.startswith(_SIGN):
        raise _Refused("its end is missing, or something follows it")
    if data[-_END - 20 :].startswith(_ZIP64):
        raise _Refused("it is in the form for huge files")
    here, total, size = struct.unpack("<HHL", end[8:16])
    if max(here, total) > NAMES or size > NAMES * 1024:
        raise _Refused(f"it holds more than {NAMES} files")


def _wrong(entry: zipfile.ZipInfo, before: Iterable[str]) -> str:
    if not _NAME.fullmatch(entry.filename) or ".." in entry.filename:
        return "is no name that a bundle has"
    if entry.filename in before:
        return "is there twice"
    if entry.flag_bits & 0x41:
        return "is encrypted"
    if entry.compress_type not in _METHODS:
        return "is packed in a way that is not read"
    kind = entry.external_attr >> 28
    return "" if kind in (0, 8) else "is no regular file"
