"""Zip files that somebody made: read without harm, or refused in one sentence."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from conformance.kept import archive, atomically
from conformance.kept.sources import stored
from tests.conformance.kept.kept import report, zipped


def linked(name: str) -> bytes:
    """A zip file that holds a link."""
    entry = zipfile.ZipInfo("report.json")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr(entry, name)
    return data.getvalue()


def twice() -> bytes:
    """One that holds a name twice."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("report.json", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("report.json", "2")
    return data.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped({"report.json": b"{}"}))
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(sign) + at] |= 1
    return bytes(data)


def packed(method: int) -> bytes:
    data = bytearray(zipped({"report.json": b"{}"}))
    for sign, at in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        data[data.index(sign) + at] = method
    return bytes(data)


GOOD = zipped({"report.json": b"{}"})
DIRECTORY = GOOD.index(b"PK\1\2")
HOSTILE = {
    "a link": (linked("/etc/passwd"), "is no regular file"),
    "a name twice": (twice(), "is there twice"),
    "up": (zipped({"../report.json": b""}), "is no name that a bundle has"),
    "up within": (zipped({"a/../../b": b""}), "is no name that a bundle has"),
    "from the root": (zipped({"/etc/passwd": b""}), "is no name that a bundle has"),
    "a drive": (zipped({"C:\\x": b""}), "is no name that a bundle has"),
    "a folder": (zipped({"exchanges/": b""}), "is no name that a bundle has"),
    "control characters": (zipped({"a\x1b[31m": b""}), "is no name that a bundle has"),
    "encrypted": (encrypted(), "is encrypted"),
    "lzma": (packed(14), "packed in a way that is not read"),
    "many files": (zipped({f"f{n}": b"" for n in range(1001)}), "more than 1000 files"),
    "a comment": (GOOD[:-2] + b"\5\0hello", "its end is missing, or something follows it"),
    "cut": (GOOD[:-5], "its end is missing"),
    "no end": (b"PK\3\4" + bytes(500), "its end is missing"),
    "a lie about the place": (
        GOOD[:-6] + struct.pack("<L", 1 << 31) + GOOD[-2:],
        "damaged zip file",
    ),
    "garbled": (GOOD[:30] + bytes(20) + GOOD[50:], "damaged zip file"),
    "a garbled directory": (
        GOOD[: DIRECTORY + 4] + b"\xff" * 20 + GOOD[DIRECTORY + 24 :],
        "x.zip is",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_no_bundle_is_is_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    data, said = HOSTILE[kind]
    file = tmp_path / "x.zip"
    file.write_bytes(data)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=said) as refused:
        stored(file)
    assert str(refused.value).startswith("x.zip ")
    assert "\n" not in str(refused.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_bomb_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UNPACKED", 3 << 20)
    with pytest.raises(ValueError, match="unpacks to more than 3 MB"):
        archive.read(zipped({"a": bytes(2 << 20), "b": bytes(2 << 20)}), "x.zip")
    lying = bytearray(zipped({"a": bytes(5 << 20)}))
    for sign, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):  # it says that it is small
        place = lying.index(sign) + at
        lying[place : place + 4] = struct.pack("<L", 10)
    with pytest.raises(ValueError, match=r"x\.zip is "):
        archive.read(bytes(lying), "x.zip")


def test_what_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 1000)
    for start, said in ((b"PK\3\4", "larger than"), (b"{", "no JSON report")):
        file = tmp_path / "x"
        with file.open("wb") as out:
            out.write(start)
            out.truncate(1 << 40)
        with pytest.raises(ValueError, match=said):
            stored(file)


def test_what_is_no_file_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        stored(tmp_path)
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="neither a JSON report nor a bundle"):
        stored(tmp_path / "x")
    (tmp_path / "x").write_bytes(zipped({"report.json": report().encode()}))
    with pytest.raises(ValueError, match=r"holds no bundle\.json"):
        stored(tmp_path / "x")


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path, link = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    with pytest.raises(TypeError), atomically.replacing(path) as file:
        file.writelines([b"half", 0])  # type: ignore[list-item]
    assert path.read_bytes() == b"old"
    atomically.write(link, b"new")
    assert path.read_bytes() == b"new"
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]
    before = os.umask(0o022)
    atomically.write(tmp_path / "c", b"")
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o644
    with pytest.raises(OSError, match="No space left"):
        atomically.write(Path("/dev/full"), b"x")
