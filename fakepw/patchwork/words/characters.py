"""What a character is to the Python or database of an instance, whatever Python we run on.

Python's `repr`, `int` and `\\d`, and a database's `upper()`, go by a version of Unicode: a digit of
Unicode 15 is none to Python 3.10.  The tables are measured (`character_tables`).  White space has
been the same since Unicode 6.3, and so is the host's; Python 2 knew U+180E as well.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import cache

from .character_tables import PRINTABLE, UPPER, ZEROS

#: The versions of Unicode that instances go by.
VERSIONS = tuple(PRINTABLE)
NEWEST = VERSIONS[-1]


def _upto(table: Mapping[str, str], version: str) -> list[tuple[int, int]]:
    """The ranges of code points in a table's entries through that of the version, in order."""
    found: list[tuple[int, int]] = []
    for key, text in table.items():
        for word in text.split():
            first, _, last = word.partition("-")
            found.append((int(first, 16), int(last or first, 16)))
        if key == version:
            return sorted(found)
    raise KeyError(version)


# Python's repr().

#: What it writes for characters of ASCII, but for the quotes.
_ESCAPES = {
    **{code: f"\\x{code:02x}" for code in (*range(32), 127)},
    ord("\\"): "\\\\",
    ord("\t"): "\\t",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
}


class Translation(dict[int, str | int]):
    """For `str.translate`: what becomes of each character, worked out once for the same one.

    A client may send megabytes of one character, or every character that there is.
    """

    def __init__(self, become: Callable[[int], str | int]) -> None:
        super().__init__()
        self._become = become

    def __missing__(self, code: int) -> str | int:
        if len(self) >= REMEMBERED:
            self.clear()
        found = self[code] = self._become(code)
        return found


#: How many characters a translation remembers.
REMEMBERED = 20_000


@cache
def _escaping(version: str) -> Translation:
    """What `repr` makes of each character."""
    ranges = _upto(PRINTABLE, version)
    bounds = [bound for first, last in ranges for bound in (first, last + 1)]

    def escaped(code: int) -> str | int:
        if code < 128:
            return _ESCAPES.get(code, code)
        if bisect_right(bounds, code) % 2:
            return code
        if code < 0x100:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return Translation(escaped)


def quoted(text: str, version: str = NEWEST) -> str:
    """`repr(text)` of a Python 3 with that version of Unicode."""
    if text.isascii():
        return repr(text)
    quote = '"' if "'" in text and '"' not in text else "'"
    shown = text.translate(_escaping(version))
    return quote + (shown if quote == '"' else shown.replace("'", "\\'")) + quote


# Numbers in text.


@cache
def _digits(version: str) -> dict[str, str]:
    """Every decimal digit beyond ASCII, with the one of ASCII that it stands for."""
    digits = {
        chr(zero + value): str(value) for zero, _ in _upto(ZEROS, version) for value in range(10)
    }
    if version == "5.2":
        digits["\u19da"] = "1"  # New Tai Lue's other one, which is no decimal digit since 6.0
    return digits


def is_digit(char: str, version: str) -> bool:
    """Whether a character is a decimal digit, as `str.isdecimal` of that Python says."""
    return char in "0123456789" if char < "\x80" else char in _digits(version)


def in_ascii(text: str, version: str) -> str:
    """A text as Python parses numbers from it: digits of any script become ASCII's, white space
    beyond ASCII a blank, and what else is beyond it `?`, which is in no number."""
    if text.isascii():
        return text
    return text.translate(_plain(version))


@cache
def _plain(version: str) -> Translation:
    digits = _digits(version)

    def plain(code: int) -> str | int:
        char = chr(code)
        return code if code < 128 else digits.get(char) or (" " if char.isspace() else "?")

    return Translation(plain)


@cache
def digit_class(version: str) -> str:
    r"""What stands in a pattern's `[…]` for `\d` of that Python."""
    zeros = (zero for zero, _ in _upto(ZEROS, version))
    return "0-9" + "".join(f"{chr(zero)}-{chr(zero + 9)}" for zero in zeros)


# A database's upper().


@cache
def _upper(locale: str) -> dict[int, int]:
    table: dict[int, int] = {}
    for word in UPPER[locale].split():
        places, _, shift = word.partition(":")
        places, _, step = places.partition("/")
        first, _, last = places.partition("-")
        for code in range(int(first, 16), int(last or first, 16) + 1, int(step or "1")):
            table[code] = code + int(shift, 16)
    return table


def upper(text: str, locale: str = "C.UTF-8") -> str:
    """PostgreSQL's `upper(text)`: letter by letter, so that `ß` stays (servers.md 3)."""
    return text.upper() if text.isascii() else text.translate(_upper(locale))
