"""Dates in ISO 8601 are read as the Python of an instance reads them, on whatever Python.

`iso8601.json.xz` holds what CPython 3.10.13 and 3.12.1 (3.13.0 is the same) make of each text.

    python -m tests.patchwork.test_iso8601 PYENV_VERSIONS_FOLDER    asks them anew
"""

from __future__ import annotations

import json
import lzma
import random
import subprocess
import sys
from pathlib import Path

import pytest

from fakepw.patchwork.words.iso8601 import from_iso

FILE = Path(__file__).parent / "iso8601.json.xz"
#: The Python that was asked, and whether it is one that reads little but `isoformat`'s own.
ASKED = {"3.10.13": True, "3.12.1": False, "3.13.0": False}

DAYS = (
    *("2020-01-02", "20200102", "2020-W01", "2020W01", "2020-W01-3", "2020W013", "2020-366"),
    *("2020-12-31", "9999-12-31", "0001-01-01", "2020-W53-5", "2021-W53-1", "2020-W01-0000"),
)
TIMES = (
    *("", "T12", "T1234", "T12:34", "T123456", "T12:34:56", "T12:34:56.5", "T123456,123456789"),
    *("T24:00", "T24:00:00", "T12:34:60", "T12.5", "T12:34.5", "T12:", "T12:3456", "T1234:56"),
    *("T12:34:56.", "T12:34:56:12", "T12345678", "T1234567", "T12é", "T12x"),
)
ZONES = (
    *("", "Z", "z", "+00:00", "-00:00", "+0100", "+01", "+01:02:03", "+01:02:03.5", "+24:00"),
    *("-23:59", "+010203", "+1", "-01:00Z", "ZZ", "+01:02:03,123456"),
)


def texts(count: int = 20_000) -> list[str]:
    """Every combination of these, and some that are slightly off."""
    chance = random.Random(5)
    every = [day + time + zone for day in DAYS for time in TIMES for zone in ZONES]
    found = list(every)
    while len(found) < count:
        text = list(chance.choice(every))
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            at, new = chance.randrange(len(text)), chance.choice("0123456789-:.,+ZTW wé٣z")
            text[at : at + chance.choice([0, 1, 1])] = chance.choice([[new], [new], []])
        found.append("".join(text))
    return found


ASK = """
import datetime, json, sys
found = []
for text in json.load(sys.stdin):
    try:
        found.append(datetime.datetime.fromisoformat(text).isoformat())
    except ValueError:
        found.append(None)
json.dump(found, sys.stdout)
"""


def ask(python: Path | str, every: list[str]) -> list[str | None]:
    """What an interpreter makes of each text."""
    command = [str(python), "-c", ASK]
    done = subprocess.run(
        command, input=json.dumps(every), capture_output=True, text=True, check=True
    )
    found: list[str | None] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("python", ASKED)
def test_texts_are_read_as_that_python_does(python: str) -> None:
    every = texts()
    said = json.loads(lzma.decompress(FILE.read_bytes()))[python]
    wrong = []
    for text, theirs in zip(every, said, strict=True):
        moment = from_iso(text, strict=ASKED[python])
        ours = None if moment is None else moment.isoformat()
        if ours != theirs:
            wrong.append(f"{text!r}: expected {theirs}, got {ours}")
    assert wrong == []


def main(folder: str) -> None:
    """Ask the interpreters and write the file."""
    said = {python: ask(Path(folder, python, "bin/python"), texts()) for python in ASKED}
    FILE.write_bytes(lzma.compress(json.dumps(said).encode()))


if __name__ == "__main__":
    main(*sys.argv[1:])
