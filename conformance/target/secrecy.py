"""What must never be said: secrets, found however a server may have bent them.

A server echoes what it is sent, in any spelling. A text is therefore unbent, one encoding after
another, and looked through each time; what a secret was found in is blotted out where it stands.
What `keep` was told holds for the whole process: all that it says goes through `redact` or
`excerpt`, before it is cut, for half a secret is not found any more.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, quote_plus

BLOT = "[redacted]"
#: A secret shorter than this is blotted out as a whole word only, or a report would be unreadable.
SHORT = 4
#: So many encodings around a secret are taken off: three of the server's own, and that of XML.
DEPTH = 4
#: So many for the last net: that of a document, and one more.
NET = 2
#: Base64 digits and letters whose case was lost are known from so many on; fewer are any word.
TELLING = 6
#: What may be looked through for one text, in characters of it; beyond that it is blotted out.
WORK = 60

_kept: set[str] = set()
_lock = threading.Lock()


def keep(*words: str) -> None:
    """Never say these words from now on, however bent."""
    with _lock:
        _kept.update(filter(None, words))


def forget() -> None:
    """Say anything again: for a process that goes on with something else."""
    with _lock:
        _kept.clear()


def kept() -> frozenset[str]:
    """What must not be said."""
    with _lock:
        return frozenset(_kept)


def login(username: str, password: str) -> tuple[str, ...]:
    """All that tells a login's password: itself, the pair, and what a header makes of it."""
    pair = f"{username}:{password}"
    tokens = [base64.b64encode(data).decode() for data in _bytes_of(pair)]
    return (password, pair, *tokens, *(f"Basic {token}" for token in tokens))


def redact(text: str, words: Iterable[str] = ()) -> str:
    """The text with every secret blotted out: those that were `kept`, and these."""
    known = kept() | frozenset(filter(None, words))
    return _redacted(text, known) if known else text


def netted(text: str, words: Iterable[str] = ()) -> str:
    """The last net under a document whose pieces were redacted: each line is looked through by
    itself, for what is plain in it or bent as whoever wrote the document bends texts.

    What is not worth more looking stays, for it was looked through before.
    """
    known = kept() | frozenset(filter(None, words))
    if not known:
        return text
    return "".join(_without(line, _seen(line, known)) for line in text.splitlines(keepends=True))


def redact_bytes(data: bytes, words: Iterable[str] = ()) -> bytes:
    """The same for bytes, whatever they are."""
    known = kept() | frozenset(filter(None, words))
    if not known:
        return data
    text = data.decode("utf-8", "surrogateescape")
    return _redacted(text, known).encode("utf-8", "surrogateescape")


def excerpt(text: str, limit: int) -> str:
    """The first characters of a text, `limit` at most, of which no secret was cut."""
    known = kept()
    if not known:
        return text[:limit]
    reach = _reach(known)
    piece = text[: limit + 4 * reach]
    shown, place = "", 0
    end = len(piece) if len(piece) == len(text) else len(piece) - reach
    for start, stop in _spans(piece, known):
        if start >= end:
            break
        shown += piece[place:start] + BLOT
        place = stop
    return (shown + piece[place : max(place, end)])[:limit]


def excerpt_bytes(data: bytes, limit: int) -> bytes:
    """The first bytes of an answer, `limit` at most, of which no secret was cut."""
    known = kept()
    if not known:
        return data[:limit]
    piece = data[: limit + 4 * _reach(known)].decode("utf-8", "surrogateescape")
    if len(data) <= limit:
        return redact_bytes(data)
    return excerpt(piece, limit).encode("utf-8", "surrogateescape")[:limit]


def _reach(words: frozenset[str]) -> int:
    """How long the longest spelling can be that begins before a cut."""
    return max(map(len, words)) * 12 + 64


@lru_cache(maxsize=2048)
def _redacted(text: str, words: frozenset[str]) -> str:
    return _without(text, _spans(text, words))


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these spans blotted out."""
    parts, place = [], 0
    for start, stop in spans:
        parts += [text[place:start], BLOT]
        place = stop
    return "".join([*parts, text[place:]]) if parts else text


def _spans(text: str, words: frozenset[str]) -> list[tuple[int, int]]:
    """Where secrets are in a text, in order; what touches is one."""
    budget = _Budget(max(len(text), 1000) * WORK)
    try:
        return _merged(_search(text, _forms(words), DEPTH, False, budget))
    except _Exhausted:
        return [(0, len(text))]


def _seen(text: str, words: frozenset[str]) -> list[tuple[int, int]]:
    """Where secrets are in a text, as far as one look shows, in order."""
    found, budget = list[tuple[int, int]](), _Budget(max(len(text), 1000) * WORK)
    with suppress(_Exhausted):
        for span in _search(text, _forms(words), NET, False, budget):
            found.append(span)
    return _merged(found)


def _merged(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, of which none touches another."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(set(found)):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((start, stop))
    return merged


class _Exhausted(Exception):
    """So much is wrapped up in this text that it is not worth looking for more."""


@dataclass
class _Budget:
    left: int

    def take(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise _Exhausted


def _search(
    text: str, forms: _Forms, depth: int, turned: bool, budget: _Budget
) -> Iterator[tuple[int, int]]:
    budget.take(len(text))
    yield from forms.find(text)
    if depth == 0:
        return
    for unbend in UNBENDING:
        if (unbent := unbend(text)) is not None:
            for start, stop in _search(unbent.text, forms, depth - 1, turned, budget):
                yield unbent.source(start, stop)
    if not turned:
        for start, stop in _search(text[::-1], forms, depth - 1, True, budget):
            yield len(text) - stop, len(text) - start


# What a text is after an encoding was taken off, and where each piece of it came from.


class _Unbent:
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


_REFERENCE = r"""%([0-9A-Fa-f]{2})
    |(&(?:\#[xX]0*+[0-9A-Fa-f]{1,6}|\#0*+[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,30}+);?)"""
#: An escape of an URL, of XML and HTML.
_MARKED_UP = re.compile(_REFERENCE, re.X)
#: The same, or one of JSON, Python, C and shells. That begins where backslashes begin: else a run
#: of them would be looked through from each.
_ESCAPE = re.compile(
    _REFERENCE
    + r"""
    |(?<!\\)\\++(?:([xX][0-9A-Fa-f]{2}|U[0-9A-Fa-f]{8}|[uU][0-9A-Fa-f]{4})|([0-7]{1,3})|([^&%])|(?=[&%]))
    """,
    re.S | re.X,
)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def _marked_up(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else html.unescape(match[2])


def _meaning(match: re.Match[str]) -> str:
    """What an escape stands for."""
    if match[1] or match[2]:
        return _marked_up(match)
    _, _, code, octal, other = match.groups()
    if code:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return chr(int(octal, 8)) if octal else _ESCAPED.get(other, other or "")


def _from_escapes(text: str) -> _Unbent | None:
    """Whatever stands for single characters, of all kinds at once."""
    return _replaced(_ESCAPE, _meaning, text)


def _from_markup(text: str) -> _Unbent | None:
    """The same where backslashes mean themselves."""
    return _replaced(_MARKED_UP, _marked_up, text) if "\\" in text else None


def _replaced(
    pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], str], text: str
) -> _Unbent | None:
    unbent, place = _Unbent(), 0
    for match in pattern.finditer(text):
        unbent.add(text[place : match.start()], place, match.start(), literal=True)
        unbent.add(meaning(match), match.start(), match.end())
        place = match.end()
    if not place:
        return None
    unbent.add(text[place:], place, len(text), literal=True)
    return unbent


_DIGITS = re.compile(r"[A-Za-z0-9+/_\-\r\n]{6,}+")
_HEX = re.compile("(?:[0-9A-Fa-f]{2}){6,}")
_STANDARD = str.maketrans("-_", "+/", "\r\n")


def _from_base64(text: str) -> _Unbent | None:
    """Whatever may be base64, wherever in its digits that begins."""
    unbent = _Unbent()
    for run in _DIGITS.finditer(text):
        digits = run[0].translate(_STANDARD)
        for phase in range(4):
            usable = digits[phase:]
            usable = usable[: len(usable) - (len(usable) % 4 == 1)]
            if len(usable) >= 6:
                data = binascii.a2b_base64(usable + "=" * (-len(usable) % 4))
                unbent.add(data.decode("latin-1") + "\0", run.start(), run.end())
    return unbent if unbent.text else None


def _from_hex(text: str) -> _Unbent | None:
    unbent = _Unbent()
    for run in _HEX.finditer(text):
        unbent.add(bytes.fromhex(run[0]).decode("latin-1") + "\0", run.start(), run.end())
    return unbent if unbent.text else None


#: What takes one encoding off a text; None where there is none.
UNBENDING: tuple[Callable[[str], _Unbent | None], ...] = (
    _from_escapes,
    _from_markup,
    _from_base64,
    _from_hex,
)


# What is looked for.


@dataclass(frozen=True)
class _Forms:
    """What secrets look like once all encodings are off, in lower case; and short ones as words."""

    folded: tuple[str, ...]
    words: re.Pattern[str] | None

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where any of them is."""
        lower = _folded(text)
        for form in self.folded:
            place = lower.find(form)
            while place >= 0:
                yield place, place + len(form)
                place = lower.find(form, place + 1)
        if self.words is not None:
            for match in self.words.finditer(text):
                yield match.span()


def _folded(text: str) -> str:
    """The text in lower case, of the same length."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := c.lower()) == 1 else c for c in text)


@lru_cache(maxsize=8)
def _forms(words: frozenset[str]) -> _Forms:
    forms: set[str] = set()
    for word in words:
        if len(word) < SHORT:
            continue
        turned = _misread_again(word)
        for form in _spellings(word) | _spellings(word[::-1]) | turned:
            forms |= {_folded(form), _folded(form[::-1])}
        forms |= {_folded(digits) for digits in _base64_of(word)}
    long = {form for form in forms if len(form) >= SHORT}
    few = sorted(long, key=len)  # one that holds another need not be looked for
    minimal: list[str] = []
    for form in few:
        if not any(other in form for other in minimal):
            minimal.append(form)
    short = [re.escape(word) for word in sorted(words, key=len, reverse=True) if len(word) < SHORT]
    pattern = f"(?<![0-9A-Za-z])(?:{'|'.join(short)})(?![0-9A-Za-z])"
    return _Forms(tuple(minimal), re.compile(pattern) if short else None)


def _spellings(word: str) -> set[str]:
    """A word as it may be once its encodings are off: its bytes read as what they are not, in
    other forms of Unicode, or with an encoding taken off that was never on."""
    found = {word, word.casefold(), word.upper(), word.replace(" ", "+")}
    found |= {unicodedata.normalize(form, word) for form in ("NFC", "NFD", "NFKC")}
    found.add(word.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace"))
    pairs = word.encode("utf-16-be", "surrogatepass")
    found.add("".join(chr(int.from_bytes(pairs[i : i + 2])) for i in range(0, len(pairs), 2)))
    for _ in range(2):  # and what was misread may be misread again
        for form in list(found):
            found |= set(_misread(form))
    found |= {unbent.text for form in list(found) if (unbent := _from_escapes(form)) is not None}
    return found


def _misread(word: str) -> Iterator[str]:
    """A word whose bytes were taken for those of another encoding, or could not be written."""
    read = word
    for _ in range(3):
        read = read.encode("utf-8", "surrogatepass").decode("latin-1")
        yield read
    yield word.encode("utf-8", "surrogatepass").decode("cp1252", "replace")
    yield word.encode("utf-8", "surrogatepass").decode("ascii", "replace")
    for errors in ("replace", "ignore", "xmlcharrefreplace"):
        yield word.encode("ascii", errors).decode()
        yield word.encode("latin-1", errors).decode("latin-1")
        for reading in ("replace", "surrogateescape", "ignore"):
            yield word.encode("latin-1", errors).decode("utf-8", reading)


def _misread_again(word: str) -> set[str]:
    """A word that was misread, turned or changed in case, and misread again."""
    changes: tuple[Callable[[str], str], ...] = (lambda form: form[::-1], str.casefold, str.upper)
    once = set(_misread(word))
    return {form for change in changes for bent in map(change, once) for form in _misread(bent)}


def _bytes_of(word: str) -> set[bytes]:
    """A word as bytes, in the encodings that headers are written in."""
    found = {word.encode("utf-8", "surrogatepass")}
    with suppress(UnicodeEncodeError):
        found.add(word.encode("latin-1"))
    return found


def _base64_of(word: str) -> Iterator[str]:
    """The digits of a word in base64, and of what it was bent to before: once their case is lost,
    nothing takes base64 off any more."""
    payloads = {word, word[::-1], word.casefold(), word.upper(), *_misread(word)}
    payloads |= {quote(word), quote(word, safe=""), quote_plus(word)}
    payloads |= {html.escape(word), html.escape(word, quote=False)}
    payloads |= {word.encode("unicode_escape", "replace").decode("ascii")}
    payloads |= {"".join(form % ord(c) for c in word) for form in ("&#%d;", "&#x%X;", "&#x%x;")}
    payloads |= {json.dumps(word)[1:-1], repr(word)[1:-1]}
    payloads |= {data.hex() for data in _bytes_of(word)}
    data = set[bytes]().union(*map(_bytes_of, payloads))
    data |= {digits.encode() for each in _bytes_of(word) for digits in _digits(each)}
    for each in data:
        yield from (digits for digits in _digits(each) if len(digits) >= TELLING)


def _digits(data: bytes) -> Iterator[str]:
    """Base64 digits that only these bytes decide, at each of three places in a group."""
    for offset in range(3):
        whole = base64.b64encode(bytes(offset) + data + b"\0\0").decode()
        core = whole[(0, 2, 3)[offset] : (offset + len(data)) * 8 // 6]
        yield core
        yield core.translate(str.maketrans("+/", "-_"))
