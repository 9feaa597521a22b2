"""Ask interpreters and PostgreSQL what they know of characters, and write it into the code.

    python -m tests.patchwork.characters PYENV_VERSIONS_FOLDER

writes `fakepw/patchwork/words/character_tables.py` anew: from what every Python that an instance
stands
on says of each character, and from `tests/patchwork/query/collations.json`, which is what a
PostgreSQL said.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import fakepw
from fakepw.patchwork.instances.tables import PYTHONS

from ..query.collations import measured

FILE = Path(fakepw.__file__).parent / "patchwork" / "character_tables.py"

#: Runs on Python 2.7 and 3.x: the version of its Unicode, the code points that repr() leaves as
#: they are, and those of every digit zero.
ASK = """
import json, sys, unicodedata
py2 = sys.version_info[0] == 2
char = unichr if py2 else chr
every = range(sys.maxunicode + 1)
print(json.dumps({
    "unicode": ".".join(unicodedata.unidata_version.split(".")[:2]),
    "printable": [] if py2 else [n for n in every if n > 127 and char(n).isprintable()],
    "zeros": [n for n in every if n > 127 and unicodedata.decimal(char(n), None) == 0],
}))
"""

HEAD = '''"""What characters are, by version of Unicode: data for `characters`.

Written by `python -m tests.patchwork.characters`, from what real interpreters and a real PostgreSQL
said.  Code points are hexadecimal.  Each version holds what it added to the one before.
"""

'''


def ask(python: Path | str) -> dict[str, object]:
    """What an interpreter says."""
    done = subprocess.run([python, "-c", ASK], capture_output=True, text=True, check=True)
    said: dict[str, object] = json.loads(done.stdout)
    return said


def ranges(numbers: Iterable[int]) -> str:
    """`a1-ac ae` and so on."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in found)


def shifts(upper: dict[str, str]) -> str:
    """`61-7a:-20` for a run of characters with that shift, `100-12f/2:-1` for every second one."""
    runs: list[list[int]] = []  # first, last, step (0 of one), shift
    for low, high in sorted((ord(low), ord(high)) for low, high in upper.items()):
        shift = high - low
        if (
            runs
            and runs[-1][3] == shift
            and low - runs[-1][1] in ((1, 2), (runs[-1][2],))[runs[-1][2] > 0]
        ):
            runs[-1][2] = low - runs[-1][1]
            runs[-1][1] = low
        else:
            runs.append([low, low, 0, shift])
    sign = {True: "-", False: "+"}
    return " ".join(
        f"{first:x}"
        + (f"-{last:x}" if step else "")
        + ("/2" if step == 2 else "")
        + f":{sign[shift < 0]}{abs(shift):x}"
        for first, last, step, shift in runs
    )


def literal(name: str, table: dict[str, str]) -> str:
    lines = [f"{name} = {{"]
    for key, text in table.items():
        lines.append(f'    "{key}": (')
        wrapped = textwrap.wrap(text, 88, break_on_hyphens=False)
        lines += [f'        "{line} "' for line in wrapped[:-1]]
        lines += [f'        "{wrapped[-1] if wrapped else ""}"', "    ),"]
    return "\n".join([*lines, "}", ""])


def main(folder: str) -> None:
    """Ask all and write the file."""
    printable: dict[str, str] = {}
    zeros: dict[str, str] = {}
    before: dict[str, set[int]] = {"printable": set(), "zeros": set()}
    for version in PYTHONS:
        (python,) = Path(folder).glob(f"{version}.*/bin/python")
        said = ask(python)
        for kind, table in (("printable", printable), ("zeros", zeros)):
            now = set(said[kind])  # type: ignore[call-overload]
            if not now >= before[kind]:
                raise SystemExit(f"{version} lacks what the one before it had: {kind}")
            added = now - before[kind]
            table.setdefault(
                str(said["unicode"]),
                ranges(added) if kind == "printable" else " ".join(f"{n:x}" for n in sorted(added)),
            )
            before[kind] = now
    upper = {"C.UTF-8": shifts(measured("postgresql"))}
    FILE.write_text(
        HEAD
        + "#: Those that Python 3's repr() leaves as they are, beyond ASCII.\n"
        + literal("PRINTABLE", printable)
        + "\n#: The zeros of decimal digits, beyond ASCII; one to nine follow them.\n"
        + literal("ZEROS", zeros)
        + "\n#: PostgreSQL 15's upper(): characters, and by how much their code points change.\n"
        + literal("UPPER", upper)
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
