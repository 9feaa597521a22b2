"""Runs that were kept, wherever: in a JSON report, or in a bundle."""

from __future__ import annotations

from pathlib import Path

from ..reports import reading
from ..target.inputs import opened
from ..verdicts.stored import Stored
from . import archive, bundle


def stored(path: Path) -> Stored:
    """The run that a JSON report or a bundle tells of.

    Raises ValueError, in one sentence that names the file.
    """
    data = _bytes(path)
    if archive.is_one(data):
        return bundle.read(data, path.name).stored
    return _report(data, path)


def bundled(path: Path) -> bundle.Bundle:
    """A bundle. Raises ValueError, in one sentence that names the file."""
    data = _bytes(path)
    if not archive.is_one(data):
        said = "a JSON report holds no exchanges but those of failures"
        raise ValueError(f"{path.name} is no bundle, as run --bundle writes them: {said}")
    return bundle.read(data, path.name)


def _report(data: bytes, path: Path) -> Stored:
    try:
        return reading.read(data.decode(), path.name)
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is neither a JSON report nor a bundle") from None


def _bytes(path: Path) -> bytes:
    """The file's content, or a little more than may be read of one that is too large."""
    try:
        with opened(path) as file:
            return file.read(archive.LARGEST + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
