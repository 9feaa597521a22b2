"""What must never be said: secrets, found however a server may have bent them.

A server echoes what it is sent, in any spelling. A text is therefore unbent, one encoding after
another, and looked through each time; what a secret was found in is blotted out where it stands.
What `keep` was told holds for the whole process: all that it says goes through `redact` or
`excerpt`, before it is cut, for half a secret is not found any more.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, quote_plus

from .remembering import Remembered
from .unbending import UNBENDING, drawn_together, from_escapes

BLOT = "[redacted]"
#: A secret shorter than this is blotted out as a whole word only, or a report would be unreadable.
SHORT = 4
#: So many encodings around a secret are taken off: three of the server's own, and that of XML.
DEPTH = 4
#: So many for the last net: that of a document, and one more.
NET = 2
#: Base64 digits and letters whose case was lost are known from so many on; fewer are any word.
TELLING = 6
#: What may be looked through for one text, in characters for each of its own, and of any text: a
#: second or so. What takes more is blotted out as a whole. Lists take some hundred, mails up to
#: three hundred and sixty.
WORK, MOST = 600, 24_000_000
#: A text of fewer characters is looked through as one of so many: a line of code is full of
#: escapes, and was blotted out as a whole.
LINE = 10_000
#: What each piece of a text that an encoding was taken off counts, and each find, in characters.
PIECE = 20
#: Characters of texts that are remembered with what was found in them: reports say them again.
REMEMBERED = 16_000_000

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


def unsayable() -> frozenset[str]:
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
    known = unsayable() | frozenset(filter(None, words))
    return _redacted(text, known) if known else text


def netted(text: str, words: Iterable[str] = ()) -> str:
    """The last net under a document whose pieces were redacted: each line is looked through by
    itself, for what is plain in it or bent as whoever wrote the document bends texts.

    What is not worth more looking stays, for it was looked through before.
    """
    known = unsayable() | frozenset(filter(None, words))
    if not known:
        return text
    return "".join(_without(line, _seen(line, known)) for line in text.splitlines(keepends=True))


def redact_bytes(data: bytes, words: Iterable[str] = ()) -> bytes:
    """The same for bytes, whatever they are."""
    known = unsayable() | frozenset(filter(None, words))
    if not known:
        return data
    text = data.decode("utf-8", "surrogateescape")
    return _redacted(text, known).encode("utf-8", "surrogateescape")


def excerpt(text: str, limit: int) -> str:
    """The first characters of a text, `limit` at most, of which no secret was cut."""
    known = unsayable()
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
    known = unsayable()
    if not known:
        return data[:limit]
    piece = data[: limit + 4 * _reach(known)].decode("utf-8", "surrogateescape")
    if len(data) <= limit:
        return redact_bytes(data)
    return excerpt(piece, limit).encode("utf-8", "surrogateescape")[:limit]


def _reach(words: frozenset[str]) -> int:
    """How long the longest spelling can be that begins before a cut."""
    return max(map(len, words)) * 12 + 64


_remembered: Remembered[tuple[str, frozenset[str]], str] = Remembered(REMEMBERED)


def _redacted(text: str, words: frozenset[str]) -> str:
    key = text, words
    if (known := _remembered.of(key)) is None:
        known = _without(text, _spans(text, words))
        size = len(text) + (0 if known is text else len(known))
        _remembered.add(key, known, size + 100)
    return known


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these spans blotted out."""
    parts, place = [], 0
    for start, stop in spans:
        parts += [text[place:start], BLOT]
        place = stop
    return "".join([*parts, text[place:]]) if parts else text


def _spans(text: str, words: frozenset[str]) -> list[tuple[int, int]]:
    """Where secrets are in a text, in order; what touches is one."""
    try:
        return _merged(_search(text, _forms(words), DEPTH, False, _Budget.of(text)))
    except _Exhausted:
        return [(0, len(text))]


def _seen(text: str, words: frozenset[str]) -> list[tuple[int, int]]:
    """Where secrets are in a text, as far as one look shows, in order."""
    found, budget = list[tuple[int, int]](), _Budget.of(text)
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

    @classmethod
    def of(cls, text: str) -> _Budget:
        """What may be looked through for the sake of a text."""
        return cls(min(max(len(text), LINE) * WORK, MOST))

    def take(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise _Exhausted


def _search(
    text: str, forms: _Forms, depth: int, turned: bool, budget: _Budget
) -> Iterator[tuple[int, int]]:
    budget.take(len(text))
    for span in forms.find(text):
        budget.take(PIECE)
        yield span
    if depth == 0:
        return
    for unbend in UNBENDING:
        if (unbent := unbend(text)) is not None:
            budget.take(PIECE * unbent.pieces)
            left = depth if unbend is drawn_together else depth - 1
            for start, stop in _search(unbent.text, forms, left, turned, budget):
                yield unbent.source(start, stop)
    if not turned:
        for start, stop in _search(text[::-1], forms, depth - 1, True, budget):
            yield len(text) - stop, len(text) - start


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
    """The text in lower case, of the same length, whatever is beside a letter in it."""
    # The one character that becomes two, and the one whose form depends on what follows.
    return text.replace("\u0130", "i").lower().replace("\u03c2", "\u03c3")


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
    found |= {unbent.text for form in list(found) if (unbent := from_escapes(form)) is not None}
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
