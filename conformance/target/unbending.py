"""What a text is after an encoding was taken off, and where each piece of it came from."""

from __future__ import annotations

import binascii
import html
import re
from bisect import bisect_right
from collections.abc import Callable


class Unbent:
    """A text that is made piece by piece of another one."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._starts: list[int] = []
        self._pieces: list[tuple[int, int, bool]] = []
        self._length = 0

    def add(self, text: str, start: int, stop: int, *, literal: bool = False) -> None:
        """A piece that came from there; `literal` if it is what stood there."""
        if text:
            self._starts.append(self._length)
            self._pieces.append((start, stop, literal))
            self._parts.append(text)
            self._length += len(text)

    @property
    def pieces(self) -> int:
        """How many pieces it is made of."""
        return len(self._parts)

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self._parts)

    def source(self, start: int, stop: int) -> tuple[int, int]:
        """Where a span of it came from."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, max(start, stop - 1)) - 1
        begin, _, literal = self._pieces[first]
        begin += start - self._starts[first] if literal else 0
        base, end, literal = self._pieces[last]
        return begin, (base + stop - self._starts[last] if literal else end)


# Each of these begins with a character or a class of them: `re` looks for such a beginning, and not
# at every place for the whole, which takes ten times as long.
_REFERENCE = r"""%([0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4})
    |&((?:\#[xX]0*+[0-9A-Fa-f]{1,6}|\#0*+[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,30}+);?)"""
#: An escape of an URL, of XML and HTML.
_MARKED_UP = re.compile(_REFERENCE, re.X)
#: The same, or one of JSON, Python, C and shells. That begins where backslashes begin: else a run
#: of them would be looked through from each.
_ESCAPE = re.compile(
    _REFERENCE
    + r"""
    |\\(?<!\\\\)\\*+(?:([xX][0-9A-Fa-f]{2}|U[0-9A-Fa-f]{8}|[uU][0-9A-Fa-f]{4}|[uUxX]\{[0-9A-Fa-f]{1,6}\})|([0-7]{1,3})|([^&%])|(?=[&%]))
    """,
    re.S | re.X,
)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def _marked_up(match: re.Match[str]) -> str:
    return chr(int(match[1].lstrip("uU"), 16)) if match[1] else html.unescape(f"&{match[2]}")


def _meaning(match: re.Match[str]) -> str:
    """What an escape stands for."""
    if match[1] or match[2]:
        return _marked_up(match)
    _, _, code, octal, other = match.groups()
    if code:
        number = int(code[1:].strip("{}"), 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return chr(int(octal, 8)) if octal else _ESCAPED.get(other, other or "")


def from_escapes(text: str) -> Unbent | None:
    """Whatever stands for single characters, of all kinds at once."""
    return _replaced(_ESCAPE, _meaning, text)


def _from_markup(text: str) -> Unbent | None:
    """The same where backslashes mean themselves."""
    return _replaced(_MARKED_UP, _marked_up, text) if "\\" in text else None


def _replaced(
    pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], str], text: str
) -> Unbent | None:
    unbent, place = Unbent(), 0
    for match in pattern.finditer(text):
        unbent.add(text[place : match.start()], place, match.start(), literal=True)
        unbent.add(meaning(match), match.start(), match.end())
        place = match.end()
    if not place:
        return None
    unbent.add(text[place:], place, len(text), literal=True)
    return unbent


#: A byte as mails have it, or the end of a line that is none.
_QUOTED = re.compile(r"=(?:([0-9A-Fa-f]{2})|\r?\n)")


def _quoted(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else ""


def _from_quoted(text: str) -> Unbent | None:
    """What is quoted so that it can be printed, as in mails."""
    return _replaced(_QUOTED, _quoted, text)


#: What nobody sees between two letters: as in UTF-16 that was read as something else.
_UNSEEN = re.compile("[\0\xad\u200b-\u200f\u2060\ufeff]")
#: Such between each letter and the next.
_WIDE = re.compile("(?:[^\0\xad\u200b-\u200f\u2060\ufeff][\0\xad\u200b-\u200f\u2060\ufeff]){3,}")


def drawn_together(text: str) -> Unbent | None:
    """Letters that stand apart as nobody sees. Once that was done, nothing of it is left to do."""
    if not _UNSEEN.search(text):
        return None
    return _replaced(_WIDE, lambda match: match[0][::2], text)


#: What stands between two pieces that need not belong together.
_APART = "\1"
_DIGITS = re.compile(r"[A-Za-z0-9+/_\-\r\n][A-Za-z0-9+/_\-\r\n]{5,}+")
_HEX = re.compile("[0-9A-Fa-f][0-9A-Fa-f]{7,}+")
#: Bytes one by one, as dumps have them.
_DUMPED = re.compile("[0-9A-Fa-f]{2}(?:[ :,-] ?(?:0x)?[0-9A-Fa-f]{2}){3,}")
_STANDARD = str.maketrans("-_", "+/", "\r\n")


def _from_base64(text: str) -> Unbent | None:
    """Whatever may be base64, wherever in its digits that begins."""
    unbent = Unbent()
    for run in _DIGITS.finditer(text):
        digits = run[0].translate(_STANDARD)
        for phase in range(4):
            usable = digits[phase:]
            usable = usable[: len(usable) - (len(usable) % 4 == 1)]
            if len(usable) >= 6:
                data = binascii.a2b_base64(usable + "=" * (-len(usable) % 4))
                unbent.add(data.decode("latin-1") + _APART, run.start(), run.end())
    return unbent if unbent.text else None


def _from_hex(text: str) -> Unbent | None:
    """Whatever may be hexadecimal digits of bytes, which may begin with the second of them."""
    unbent = Unbent()
    for run in _HEX.finditer(text):
        for phase in range(2):
            digits = run[0][phase : phase + (len(run[0]) - phase & ~1)]
            unbent.add(bytes.fromhex(digits).decode("latin-1") + _APART, run.start(), run.end())
    for run in _DUMPED.finditer(text):
        digits = re.sub("0x|[^0-9A-Fa-f]", "", run[0])
        unbent.add(bytes.fromhex(digits).decode("latin-1") + _APART, run.start(), run.end())
    return unbent if unbent.text else None


#: What takes one encoding off a text; None where there is none.
UNBENDING: tuple[Callable[[str], Unbent | None], ...] = (
    from_escapes,
    _from_markup,
    _from_quoted,
    drawn_together,
    _from_base64,
    _from_hex,
)
