"""Credentials mean what the Python under an instance makes of them (servers.md 1.10, 2).

What is base64 and what is white space was asked of `base64.b64decode`, `base64.decodestring` and
`strip` of CPython 2.7.18 and 3.6.15 to 3.13.0, to which a header is bytes and latin-1 text.
"""

from __future__ import annotations

import pytest

from fakepw.patchwork.auth import login
from fakepw.patchwork.instances.instances import instance
from fakepw.patchwork.rows.rows import Dataset, User
from fakepw.patchwork.rows.store import Store
from fakepw.patchwork.words.faults import Fault

MAINT = User(1, "maint", "maintpass", False, True, "maint@example.org", ())
STORE = Store(Dataset(users=(MAINT,)))
GOOD = "bWFpbnQ6bWFpbnRwYXNz"

PASSES = "logged in"
NONE = "No authentication credentials given"
SCHEME = "Authentication scheme not supported"
INVALID = "Invalid authentication credentials"
WRONG = "Invalid username/password"
PADDING = "Incorrect padding"


def outcome(header: str | None, name: str) -> str:
    try:
        assert login(header, STORE, instance(name).traits) is MAINT
    except Fault as fault:
        return fault.text
    return PASSES


#: A header, and what becomes of it under Python 3 and Python 2.
HEADERS = [
    (None, NONE, NONE),
    ("  ", NONE, NONE),
    ("\xa0", NONE, SCHEME),
    ("\x1c", NONE, SCHEME),
    (f"Basic {GOOD}", PASSES, PASSES),
    (f" Basic   {GOOD}\x0b", PASSES, PASSES),
    (f"\xa0Basic {GOOD}", PASSES, SCHEME),
    (f"Basic {GOOD}\x85", PASSES, PASSES),
    (f"Basic\t{GOOD}", SCHEME, SCHEME),
    (f"Basic \xa0{GOOD}", PASSES, PASSES),
    (f"Basic {GOOD[:8]}-!\t{GOOD[8:]}", PASSES, PASSES),
    (f"Basic {GOOD[:8]}\xfc{GOOD[8:]}", INVALID, PASSES),
    ("Basic \xfc", INVALID, INVALID),
    (f"Basic {GOOD}==", PASSES, PASSES),
    (f"Basic {GOOD}A", INVALID, PADDING),
    (f"Basic {GOOD}, Basic {GOOD}", INVALID, PADDING),
    ("Basic bWFpbnQ6eA==", WRONG, WRONG),
    ("Basic bWFpbnQ=", INVALID, INVALID),
]


@pytest.mark.parametrize(("header", "py3", "py2"), HEADERS)
def test_a_header_is_read_as_that_python_reads_it(header: str | None, py3: str, py2: str) -> None:
    for name in ("2.0-py3-sqlite", "2.2-py3-sqlite", "3.2-py3-sqlite", "main-py3-sqlite"):
        assert outcome(header, name) == py3
    for name in ("2.0-py2-sqlite", "2.2-py2-sqlite"):
        assert outcome(header, name) == py2
    assert outcome(header, "1.1-py2-sqlite") == (INVALID if py2 == PADDING else py2)
    assert outcome(header, "1.1-py3-sqlite") == (py3 if py3 in (NONE, SCHEME) else INVALID)
