"""What PostgreSQL and MariaDB make of every character, kept in a file.

    python -m tests.patchwork.query.collations 'psql -h ...' 'mariadb -u ...'

asks a PostgreSQL 15 database in C.UTF-8 and a MariaDB 10.11 for `upper()` and for the weight of
every character under utf8mb4_general_ci, each with the command line of its client, and writes
`collations.json` anew: for each database the characters that become another one, and those others.
MariaDB is asked for all of the basic plane and some of the others, of which it thinks little.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

from tests.memory import kept

FILE = Path(__file__).parent / "collations.json"

#: Every character that a text may hold, and those whose weight is measured.
#: One text each: a million strings would stay in memory.
CHARACTERS = "".join(chr(n) for n in range(1, 0x110000) if not 0xD800 <= n < 0xE000)
WEIGHED = "".join((*CHARACTERS[:0xF7FF], *map(chr, range(0x10000, 0x110000, 4001))))

_UPPER = (
    "select i, ascii(upper(chr(i))) from generate_series(1, 1114111) i"
    " where i not between 55296 and 57343"
)
_WEIGHT = (
    "select %d, conv(hex(weight_string("
    "convert(x'%s' using utf8mb4) collate utf8mb4_general_ci)), 16, 10);\n"
)


@kept
def measured(database: str) -> dict[str, str]:
    """The characters that the database takes for others, each with what it is taken for."""
    before, after = json.loads(FILE.read_text())[database]
    return dict(zip(before, after, strict=True))


def _ask(command: str, options: list[str], sql: str) -> list[str]:
    run = subprocess.run(
        [*shlex.split(command), *options], input=sql, capture_output=True, text=True, check=True
    )
    changed = {
        chr(int(number)): chr(int(became))
        for number, became in (line.split("\t") for line in run.stdout.splitlines())
        if number != became
    }
    return ["".join(changed), "".join(changed.values())]


def main(psql: str, mariadb: str) -> None:
    """Ask both databases and write the file."""
    weights = "".join(_WEIGHT % (ord(char), char.encode().hex()) for char in WEIGHED)
    found = {
        "postgresql": _ask(psql, ["-AtF", "\t"], _UPPER),
        "mariadb": _ask(mariadb, ["-N"], "set names utf8mb4;\n" + weights),
    }
    FILE.write_text(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
