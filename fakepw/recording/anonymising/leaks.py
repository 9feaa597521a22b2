"""Whether somebody is left in a text, by address or by name, in whatever disguise: looked for by
other means than those by which they were to be replaced."""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from email.header import decode_header
from urllib.parse import unquote

#: Disguises in disguises that are looked through, and how many texts of one.
_DEPTH, _MOST = 4, 400
#: What may be looked through for one text: characters beside it, and so many times its own. More
#: is taken for a leak.
_WORK, _TIMES = 1_000_000, 60
#: Characters of the longest name of a host that there can be.
_LONGEST = 255
_LETTERS = re.compile(r"(?<!\w)[^\W\d_]{4,}(?!\w)")
_RUN = re.compile(r"[A-Za-z0-9+/\s]{8,}+={0,2}")
_WORD = re.compile(r"=\?[^?\s]++\?[bqBQ]\?[^?]*+\?=(?:\s*+=\?[^?\s]++\?[bqBQ]\?[^?]*+\?=)*")


class Search:
    """Looks for some addresses, and for words that may not be there."""

    def __init__(
        self, addresses: Collection[str], gone: Callable[[str], bool] = lambda word: False
    ) -> None:
        self._gone = gone
        self._locals: dict[str, set[str]] = {}
        self._long: list[str] = []
        for address in addresses:
            local, at, host = address.lower().rpartition("@")
            if at and local and host:
                if len(host) > _LONGEST:
                    self._long.append(address.lower())
                else:
                    self._locals.setdefault(host, set()).add(local)
        self._lengths = sorted({len(host) for host in self._locals})

    def leaks(self, text: str) -> bool:
        """Whether one of them is in the text, whatever case and encoding it is in."""
        seen: set[str] = set()
        ahead = [(text, 0)]
        work = _WORK + _TIMES * len(text)
        while ahead:
            shown, depth = ahead.pop()
            if shown in seen:
                continue
            seen.add(shown)
            work -= len(shown)
            if work < 0 or len(seen) > _MOST:
                return True
            if self._holds(shown.lower()) or any(map(self._gone, set(_LETTERS.findall(shown)))):
                return True
            if depth < _DEPTH:
                ahead += [(inner, depth + 1) for inner in _inside(shown)]
        return False

    def _holds(self, text: str) -> bool:
        if any(address in text for address in self._long):
            return True
        at = text.find("@")
        while at >= 0:
            behind = text[at + 1 : at + 1 + _LONGEST]
            for length in self._lengths:
                names = self._locals.get(behind[:length])
                if names and any(text.endswith(name, 0, at) for name in names):
                    return True
            at = text.find("@", at + 1)
        return False


def _inside(text: str) -> Iterator[str]:
    """What a text may be read as."""
    if "%" in text:
        yield unquote(text)
    if "&" in text:
        with suppress(ValueError):  # more digits than Python reads
            yield html.unescape(text)
    if "=" in text:
        yield quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    for found in _WORD.finditer(text):
        try:
            parts = decode_header(found[0])
        except Exception:  # of any kind, as it has bugs of its own
            continue
        yield "".join(
            part if isinstance(part, str) else part.decode("utf-8", "replace") for part, _ in parts
        )
    for found in _RUN.finditer(text):
        digits = "".join(found[0].split()).rstrip("=")
        for skipped in range(min(4, len(digits))):
            try:
                octets = base64.b64decode(
                    digits[skipped : len(digits) - (len(digits) - skipped) % 4]
                )
            except binascii.Error:
                continue
            if any(sign in octets for sign in b"@=%&") or octets.isascii():
                yield octets.decode("utf-8", "replace")
