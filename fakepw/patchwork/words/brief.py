"""Values in brief, for logs and for what a failed assertion prints: never more than about a line.

However large a value is, no more of it is looked at than is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

#: Characters of a text, bytes of a byte string, items of a list or struct, lists within lists.
TEXT, ITEMS, DEPTH = 60, 4, 3
#: Characters of a request's first line.
LINE = 200
#: User and password in a URL.
_CREDENTIALS = re.compile(rb"://[^/?#\s]*@")
#: Bits of an integer whose digits are shown.
_BITS = 128


def brief(value: Any, depth: int = DEPTH) -> str:
    """A value as Python would write it, cut where it is long; all on one line, printable."""
    write = _WRITERS.get(type(value))
    return _object(value) if write is None else write(value, depth)


def cut(text: str, most: int) -> str:
    """The beginning of a text, with a mark if that is not all."""
    return text if len(text) <= most else f"{text[:most]}…"


def within(text: str) -> str:
    """A sentence as it stands behind a colon: `TLS/SSL connection closed` keeps its beginning."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _text(value: Any, _: int) -> str:
    shown = ascii(value[:TEXT]) if isinstance(value, bytes) else repr(value[:TEXT])
    rest = len(value) - TEXT
    return shown if rest <= 0 else f"{shown}… and {rest} more"


def _integer(value: int, _: int) -> str:
    if value.bit_length() <= _BITS:
        return str(value)
    return f"<an integer of {value.bit_length()} bits>"


def _list(value: list[Any] | tuple[Any, ...], depth: int) -> str:
    if not depth and value:
        return f"[… {len(value)} items]"
    return f"[{_items((brief(item, depth - 1) for item in value), len(value))}]"


def _struct(value: dict[Any, Any], depth: int) -> str:
    if not depth and value:
        return f"{{… {len(value)} members}}"
    pairs = (f"{brief(k, depth - 1)}: {brief(v, depth - 1)}" for k, v in value.items())
    return f"{{{_items(pairs, len(value))}}}"


def _items(shown: Iterable[str], count: int) -> str:
    rest = [f"… and {count - ITEMS} more"] if count > ITEMS else []
    return ", ".join([*islice(shown, ITEMS), *rest])


def _object(value: Any) -> str:
    return cut(repr(value), 2 * TEXT)


_WRITERS: dict[type, Callable[[Any, int], str]] = {
    str: _text,
    bytes: _text,
    int: _integer,
    list: _list,
    tuple: _list,
    dict: _struct,
}


def asked(line: bytes) -> str:
    """A request's first line, or its target, as one printable line without a password in it."""
    return cut(ascii(_CREDENTIALS.sub(b"://", line)[: LINE + 1])[2:-1], LINE)


def described(value: Any, *facts: str) -> str:
    """`<Class: facts>`, the repr of what is too large, or too private, to be shown itself."""
    known = ", ".join(fact for fact in facts if fact)
    return f"<{type(value).__name__}{f': {known}' if known else ''}>"
