"""What expat took before 2.8, whatever expat we run on.

The expats under real servers (2.2.8 to 2.6.3) take two things that newer ones refuse: an XML
declaration of any version, and a UTF-16 surrogate with anything behind it.  Bodies with one of
these are put in the form that every expat reads as the old ones read them.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from sys import byteorder

_S = "[ \t\r\n]"
_DECLARATION = re.compile(
    rf"\ufeff?<\?xml{_S}+version{_S}*={_S}*(?:\"(?P<a>[\w.-]*)\"|'(?P<b>[\w.-]*)')", re.ASCII
)
_SOUND = re.compile("1\\.[0-9]+")
_LINE_END = re.compile(r"\r\n?|\n")
_PLACE = re.compile(r"line (\d+), column (\d+)$")

#: How much of a body is looked at for its XML declaration, in bytes.
_HEAD = 1024

_UTF_16 = {
    **dict.fromkeys((b"\xff\xfe", b"<\0"), "little"),
    **dict.fromkeys((b"\xfe\xff", b"\0<"), "big"),
}


@dataclass(frozen=True, slots=True)
class Body:
    """A body as every expat reads it.

    The version in its declaration, which ends at `column` of `line`, is `longer` than it was sent.
    """

    data: bytes
    line: int = 0
    column: int = 0
    longer: int = 0

    def placed(self, text: str) -> str:
        """A complaint of expat's with its place in the body as it was sent."""
        found = _PLACE.search(text) if self.longer else None
        if found is None or int(found[1]) != self.line or int(found[2]) < self.column:
            return text
        return f"{text[: found.start(2)]}{int(found[2]) - self.longer}"


def readable(data: bytes) -> Body:
    """The body in a form that old and new expats read alike."""
    order = _UTF_16.get(data[:2])
    codec = "utf-8" if order is None else "utf-16-le" if order == "little" else "utf-16-be"
    if order is not None:
        data = _paired(data, order, codec)
    elif data[:5] != b"<?xml" and data[:8] != b"\xef\xbb\xbf<?xml":
        return Body(data)
    head = data[:_HEAD].decode(codec, "replace")
    found = _DECLARATION.match(head)
    if found is None:
        return Body(data)
    group = "a" if found["a"] is not None else "b"
    version = found[group]
    if _SOUND.fullmatch(version):
        return Body(data)
    start, end = (len(head[:at].encode(codec)) for at in found.span(group))
    lines = _LINE_END.split(head[: found.start(group)].lstrip("\ufeff"))
    sound = "1.0".ljust(len(version), "0")
    return Body(
        data[:start] + sound.encode(codec) + data[end:],
        len(lines),
        len(lines[-1]) + len(sound),
        len(sound) - len(version),
    )


def _paired(data: bytes, order: str, codec: str) -> bytes:
    """UTF-16 in which behind every high surrogate is a low one: the one that old expats took what
    is there for."""
    try:
        data[: len(data) // 2 * 2].decode(codec)
        return data
    except UnicodeDecodeError:
        pass
    units = array("H", data[: len(data) // 2 * 2])
    if order != byteorder:
        units.byteswap()
    changed, at = False, 0
    while at < len(units) - 1:
        if 0xD800 <= units[at] < 0xDC00:
            low = 0xDC00 | units[at + 1] & 0x3FF
            changed |= low != units[at + 1]
            units[at + 1] = low
            at += 1
        at += 1
    if not changed:
        return data
    if order != byteorder:
        units.byteswap()
    return units.tobytes() + data[len(units) * 2 :]
