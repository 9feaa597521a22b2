"""What real Djangos, on real databases, answer to calls that no server was recorded with.

    python -m tests.patchwork.stacks VENVS DATABASES.json [--missing]

makes up datasets and calls, asks every stack that a recorded instance stands on, and a few more,
and writes `answers.jsonl.xz` anew; with `--missing` it puts those that are there to the stacks that
are not.  `VENVS/PYTHON-DJANGO/bin/python` (3.12.1-5.1.15) has to be each stack's interpreter,
with psycopg2 and mysqlclient for the databases that need them; DATABASES.json holds
Django's settings of an empty database for `sqlite`, `postgresql` and `mariadb`.

`server.py` is what runs on a stack: models of our own and a few lines that hand parameters to
Django as servers.md 1.4 to 1.10 say.  Replaying the recorded calls, it answers as was recorded.
"""

from __future__ import annotations

import hashlib
import html
import re
from datetime import datetime
from pathlib import Path

FILE = Path(__file__).parent / "answers.jsonl.xz"
#: The servers' time, in UTC; they are in Canberra.
NOW = datetime(2026, 11, 23, 12, 30)

_FAULT = re.compile(r"<name>faultString</name>\n<value><string>(.*?)</string>", re.S)
_ADDRESS = re.compile(r"\b(0x)?[0-9a-f]{12}\b")
_ID = re.compile(r"<name>id</name>\n<value><int>(\d+)</int>")


def outcome(status: int, body: bytes) -> str:
    """What is compared of an answer: a fault's text without what differs from run to run
    (fixtures/recorded/README.md), or the ids in a result and a hash of all its bytes."""
    if status != 200:
        return str(status)
    text = body.decode()
    if fault := _FAULT.search(text):
        told = _ADDRESS.sub("0xADDRESS", html.unescape(fault[1]))
        kind, _, _ = told.partition(":")
        return kind if "django.db.utils." in kind else told
    ids = ",".join(_ID.findall(text))
    return f"{ids} #{hashlib.sha256(body).hexdigest()[:8]}"
