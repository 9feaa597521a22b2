"""Text that came from anywhere, made fit to be looked at: what cannot be seen is spelt out."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: What a CI system that reads our output would take for a command of its own (GitHub, Azure,
#: TeamCity, GitLab). Some do so only where a line begins: any place may come to be one.
_COMMANDS = r"(?<!\w)::(?=[A-Za-z])|(?i:##(?=\[|vso\[|teamcity\[)|section_(?=(?:start|end):))"
#: Control characters but tab and line feed, invisible and direction-changing ones, surrogates
#: (with which bytes that are no UTF-8 are decoded), and what is no character at all.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPECIAL = re.compile(f"{_COMMANDS}|{UNSEEN.pattern}")
_BROKEN = {"::": "\\x3a:", "##": "\\x23#"}
_NAMED = {"\r": "\\r", "\x00": "\\0", "\x1b": "\\e"}


def spelt(character: str) -> str:
    r"""One unprintable character as people write it: \r, \x07, \u202e; \xff for a stray byte.
    What begins a command of a CI system becomes none."""
    if len(character) > 1:
        return _BROKEN.get(character, f"{character[:-1]}\\x5f")
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character in _NAMED:
        return _NAMED[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it spells an unprintable character."""
    start = 0
    for match in _SPECIAL.finditer(text):
        if start < match.start():
            yield text[start : match.start()], False
        yield spelt(match[0]), True
        start = match.end()
    if start < len(text):
        yield text[start:], False


def plain(text: str) -> str:
    """The text with every unprintable character spelt out; tabs and line feeds stay."""
    return _SPECIAL.sub(lambda match: spelt(match[0]), text)


def line(text: str) -> str:
    """The text as one line: as `plain`, and line feeds are spelt out, too."""
    return plain(text).replace("\n", "\\n")


def decoded(data: bytes) -> str:
    """Bytes as text; those that are no UTF-8 as surrogates, which `plain` and `pieces` spell."""
    return data.decode("utf-8", "surrogateescape")


def shortened(text: str, limit: int, more: str = "") -> str:
    """The text, cut at `limit` characters; then it says how many there are, and `more`."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text)} characters{more})"
