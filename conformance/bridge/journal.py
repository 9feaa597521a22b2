"""A double's journal, read by its documented format (docs/bridge.md): calls, and their answers."""

from __future__ import annotations

import base64
import json
import re
import xmlrpc.client
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ..target.exchange import WRITES, Answer, Raw
from ..target.inputs import opened
from ..target.knowing.profile import SIGNATURES

#: The version of the format that is read here.
FORMAT = 1
#: The longest line that is read, in bytes.
LONGEST = 128 * 1024 * 1024

#: The methods that are ever sent: those that change nothing on any server.
READS = frozenset(SIGNATURES) - WRITES


#: How deep the values of a call may nest that is sent.
DEEPEST = 50
#: What clients write calls with, and every Python reads alike (servers.md 1.2, 2); a call that is
#: written otherwise cannot be sent as it was.
USUAL = frozenset(
    b"methodCall methodName params param value int i4 i8 boolean double string base64 array data"
    b" dateTime.iso8601 struct member name nil".split()
)
_TAG = re.compile(rb"<([^\s/!?>]+)")
_ODD = re.compile(rb"<(int|i4|i8)>(?!\s*[+-]?[0-9]+\s*</)")


class NoJournal(ValueError):
    """A file is no journal, or not a whole one; the text says where and why, in one sentence."""


@dataclass(frozen=True)
class Noted:
    """A call of a journal: what was asked, and what the double answered."""

    number: int
    method: str
    params: tuple[Any, ...]
    answer: Answer


@dataclass
class Journal:
    """What a journal holds: the calls that can be sent, each once, and what is left out."""

    calls: dict[str, Noted] = field(default_factory=dict)
    #: How often each of these was called.
    times: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    #: Calls by method that change something; that no Patchwork has; that a rule answered.
    writes: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    staged: Counter[str] = field(default_factory=Counter)
    #: Requests that are no calls: pages, broken XML.
    others: int = 0


def read(path: Path) -> Journal:
    """What a journal holds. Raises NoJournal."""
    found = Journal()
    for number, line in _lines(path):
        found.requests += 1
        try:
            _sort(found, number, line)
        except (LookupError, TypeError, ValueError) as error:
            said = f"{error} is missing" if isinstance(error, KeyError) else "it is none"
            raise NoJournal(f"{path}, line {number} is no line of a journal: {said}") from None
    if not found.requests:
        raise NoJournal(f"{path} is empty: no request was noted in it")
    return found


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        with opened(path) as file:
            while text := file.readline(LONGEST):
                number += 1
                if not text.endswith(b"\n"):
                    why = "is too long" if len(text) == LONGEST else "is cut short"
                    raise NoJournal(f"{path}, line {number} {why}: take it out")
                yield number, _line(path, number, text)
    except OSError as error:
        raise NoJournal(f"{path} cannot be read: {error.strerror}") from None


def _line(path: Path, number: int, text: bytes) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        raise NoJournal(f"{path}, line {number} is no line of a journal: no JSON") from None
    if not isinstance(line, dict) or "journal" not in line:
        raise NoJournal(f"{path}, line {number} is no line of a journal: it does not say `journal`")
    if line["journal"] != FORMAT or line["journal"] is True:
        raise NoJournal(
            f"{path}, line {number} is of version {str(line['journal'])[:20]!r}, and {FORMAT} is"
            " read here"
        )
    return line


def _sort(found: Journal, number: int, line: dict[str, Any]) -> None:
    request, answer = base64.b64decode(line["request"]), base64.b64decode(line["answer"])
    rule, called, carried_out = line["rule"], line["called"], line["carried_out"]
    call = _call(request.partition(b"\r\n\r\n")[2]) if called is True else None
    if call is None:
        found.others += 1
        return
    method, params = call
    if method in WRITES:
        found.writes[method] += 1
    elif method not in READS:
        found.unknown[method] += 1
    elif rule is not None or carried_out is not True or not answer:
        found.staged[method] += 1
    else:
        key = repr((method, params))
        found.times[key] += 1
        if key not in found.calls:
            found.calls[key] = Noted(number, method, params, _answer(answer))


def _call(body: bytes) -> tuple[str, tuple[Any, ...]] | None:
    """The method and the params of a methodCall, such that `encode` can write them anew."""
    if _ODD.search(body) or not USUAL.issuperset(_TAG.findall(body)):
        return None
    try:
        params, method = xmlrpc.client.loads(body)
        plain = tuple(map(_plain, params))
    except Exception:  # whatever the reader of the stdlib raises
        return None
    return (method, plain) if isinstance(method, str) else None


@dataclass(frozen=True)
class Spelt(Raw):
    """A value that has no plain form in Python, as XML, and as people read it."""

    text: str = ""

    def __repr__(self) -> str:
        return self.text


def _plain(value: Any, deeper: int = DEEPEST) -> Any:
    """A value that `encode` can write. Raises ValueError or TypeError for what it cannot."""
    if not deeper:
        raise ValueError("too deep")
    if isinstance(value, xmlrpc.client.Binary):
        return value.data
    if isinstance(value, xmlrpc.client.DateTime):
        text = str(value.value)
        return Spelt(f"<dateTime.iso8601>{escape(text)}</dateTime.iso8601>", f"DateTime({text!r})")
    if isinstance(value, (list, tuple)):
        return [_plain(item, deeper - 1) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError("a member's name is no text")
        return {name: _plain(item, deeper - 1) for name, item in value.items()}
    return value


def _answer(written: bytes) -> Answer:
    """An answer out of the bytes that were noted. Raises ValueError if they are none."""
    head, _, body = written.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = [line.partition(": ") for line in rest]
    return Answer(int(first.split(" ")[1][:3]), tuple((k, v) for k, _, v in pairs), body)
