"""How Python 2.7 encodes and folds a header's value, which is unlike any Python 3.

What `email.header.Header` of CPython 2.7.18 does for the charsets us-ascii and utf-8.  A value is
cut into pieces that each fit a line; pieces are then put on lines as far as they fit the *first*
one, short of the header's name.
"""

from __future__ import annotations

import base64
import re
from typing import NoReturn

from ..words.faults import Fault
from ..words.text import unencodable

_EMBEDDED_HEADER = re.compile(r"\n[^ \t]+:")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_LINE_END = re.compile(r"\r\n|\r|\n")
#: White space to a byte string.
BLANKS = " \t\n\r\x0b\x0c"

#: What the q encoding leaves as it is; a blank becomes `_`, all else `=XX`.
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-!*+/ ")

#: `=?utf-8?q?` and `?=`.
_CHROME = len("=?utf-8?q??=")

#: How many octets one b-encoded word holds at most: what fills a line of 76 columns.
_WORD = (76 - _CHROME) * 3 // 4


def require_ascii(text: str) -> None:
    """Raise the Fault of Python 2 turning such unicode text into bytes, if it is not ASCII."""
    found = _NOT_ASCII.search(text)
    if found is not None:
        raise Fault("UnicodeEncodeError", unencodable("ascii", text, *found.span()))


def _raise_out_of_range() -> NoReturn:
    """What becomes of an empty text where a header's long name leaves no room at all."""
    raise Fault("IndexError", "list index out of range")


def encode(value: str, name: str | None = None, width: int = 76) -> str:
    """A header's value, encoded if it is not ASCII and folded to lines of `width` columns.

    `name`: the header that it is for, which shortens the first line.  Raises Fault if the value
    would be read as a further header.
    """
    first = width if name is None else width - len(name) - 2
    rest = width - 1
    if value.isascii():
        words = _split_ascii(value, first - 1 if first > 0 else first, rest)
    else:
        start = first - 1 if first > _CHROME else first
        words = [_encode_word(piece) for piece in _split_unicode(value, start, rest)]
    lines: list[str] = []
    for word in words:
        if not word:
            continue
        if lines and len(lines[-1]) + len(word) <= first:
            lines[-1] += word if lines[-1].endswith(" ") else " " + word
        else:
            lines.append(word.lstrip(BLANKS))
    folded = "\n ".join(lines)
    if _EMBEDDED_HEADER.search(folded):
        raise Fault(
            "email.errors.HeaderParseError",
            f"header value appears to contain an embedded header: {folded!r}",
        )
    return folded


def _split_ascii(text: str, first: int, rest: int) -> list[str]:
    if len(text) <= first:
        return [text]
    words = _fold_ascii(text, first, rest, ";, ")
    if not words:
        _raise_out_of_range()
    return words


def _fold_ascii(text: str, first: int, rest: int, separators: str) -> list[str]:
    """`text` cut after the best of the separators that it has: `;`, then `,`, then white space."""
    lines: list[str] = []
    room = first
    for line in (raw.lstrip(BLANKS) for raw in _split_lines(text)):
        separator = next((char for char in separators if char in line), None)
        if len(line) < room or separator is None:
            lines.append(line)
            room = rest
            continue
        end = separator.strip()
        joiner = end + " "
        this: list[str] = []
        length = 0
        for part in re.split(rf"{separator}[{BLANKS}]*", line):
            used = length + max(0, len(this) - 1) * len(joiner)
            # a first word that looks like the header's own name keeps the next one with it
            named = separator == " " and not lines and len(this) == 1 and _looks_like_name(this[0])
            if named or used + len(part) <= room:
                this.append(part)
                length += len(part)
                continue
            if this:
                lines.append(joiner.join(this) + end)
            if len(part) > room and separator != " ":
                *whole, part = _fold_ascii(part, room, rest, " ") or _raise_out_of_range()
                lines.extend(whole)
            this = [part]
            length = 1 + len(part)
            room = rest
        if this:
            lines.append(joiner.join(this))
    return lines


def _looks_like_name(word: str) -> bool:
    return re.fullmatch(r"[!-~]+:", word) is not None


def _split_lines(text: str) -> list[str]:
    """`str.splitlines` of a Python 2 byte string, which knows CR and LF alone."""
    lines = _LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def _split_unicode(text: str, first: int, rest: int) -> list[bytes]:
    """`text` in pieces that each fit a line once they are encoded."""
    pieces: list[bytes] = []
    room = first
    while True:
        octets = text.encode()
        if _encoded_length(octets) <= room:
            return [*pieces, octets]
        fitting, most = 0, len(text)
        while fitting < most:
            middle = (fitting + most + 1) // 2
            if _encoded_length(text[:middle].encode()) <= room:
                fitting = middle
            else:
                most = middle - 1
        pieces.append(text[:fitting].encode())
        text = text[fitting:]
        room = rest


def _b_length(octets: bytes) -> int:
    return (len(octets) + 2) // 3 * 4


def _q_length(octets: bytes) -> int:
    return sum(1 if octet in _PLAIN else 3 for octet in octets)


def _encoded_length(octets: bytes) -> int:
    return min(_b_length(octets), _q_length(octets)) + _CHROME


def _encode_word(octets: bytes) -> str:
    """An RFC 2047 word in the shorter of the two encodings."""
    if not octets:
        return ""
    in_b = _b_length(octets) < _q_length(octets)
    octets = re.sub(rb"\r\n|\r|\n", b"\r\n", octets)
    if in_b:
        words = (octets[at : at + _WORD] for at in range(0, len(octets), _WORD))
        return "\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)
    q = "".join(
        "_" if octet == 0x20 else chr(octet) if octet in _PLAIN else f"={octet:02X}"
        for octet in octets
    )
    return f"=?utf-8?q?{q}?="
