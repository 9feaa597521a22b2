"""A list where PostgreSQL expects a text: as its drivers write it and what the database says.

`upper()` and `~` take texts (servers.md 3, `iexact`).  To psycopg2, a list of nothing but NULLs is
a quoted literal, which is one; any other is an ARRAY, which is not.  Before the database says so,
it fits the quoted items of the ARRAY to the type of the others, and may fail at that.  psycopg 3
writes any list as a quoted literal, and says of what type it is if it holds no texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..instances.traits import Traits
from ..words.faults import ADAPTING, RUNNING, Refusal
from ..words.text import type_name
from ..words.values import Binary, DateTime

#: Quoted items that fit a type.
_FORMS = {
    kind: re.compile(rf"\s*({form})\s*", re.ASCII | re.IGNORECASE)
    for kind, form in {
        "text": r"(?s:.*)",
        "boolean": "t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|1|0",
        "integer": r"[-+]?\d+",
        "bigint": r"[-+]?\d+",
        "numeric": r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|nan|[-+]?inf(inity)?",
        "array": r"\{(?s:.*)\}",
    }.items()
}
#: Numbers, from the narrowest type to the one that takes all.
_BITS = {"integer": 32, "bigint": 64, "numeric": None}


def quoted(items: list[Any]) -> str | None:
    """The literal of a list of NULLs and of such lists; None for any other."""
    parts: list[str] = []
    for item in items:
        part = "NULL" if item is None else quoted(item) if isinstance(item, list) and item else None
        if part is None:
            return None
        parts.append(part)
    return "{" + ",".join(parts) + "}"


def as_text(value: list[Any], traits: Traits) -> str:
    """What the database takes a list for, where it wants a text.

    Raises the Refusal of a list that is none to it.
    """
    literal = _dumped(value, traits) if traits.binds_arrays else quoted(value)
    if literal is None:
        raise refusal(value)
    return literal


#: What psycopg 3 puts into quotes.
_TO_QUOTE = re.compile(r'[{},"\\\s]|^null\Z|^\Z', re.ASCII | re.IGNORECASE)


def _dumped(items: list[Any], traits: Traits) -> str:
    """The literal of a list of texts, NULLs and such lists, as psycopg 3 writes it."""
    leaves = list(_leaves(items))
    if not all(map(_adaptable, leaves)):
        raise refusal(next(leaf for leaf in leaves if not _adaptable(leaf)))
    kinds = sorted({type(leaf).__name__ for leaf in leaves if leaf is not None})
    if len(kinds) > 1:
        text = f"cannot dump lists of mixed types; got: {', '.join(kinds)}"
        raise Refusal("django.db.utils.DataError", text, ADAPTING)
    if kinds not in ([], ["str"]):
        raise _mismatch(f"no function or operator takes a list of {kinds[0]}\n")
    for leaf in leaves:
        if leaf and "\0" in leaf and traits.nul_in_text is not None:
            raise Refusal(*traits.nul_in_text, ADAPTING)
    return _literal(items)


def _leaves(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _leaves(item)
        else:
            yield item


def _literal(item: Any) -> str:
    if isinstance(item, list):
        return "{" + ",".join(map(_literal, item)) + "}"
    if item is None:
        return "NULL"
    text = str(item)
    if not _TO_QUOTE.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def refusal(value: Any) -> Refusal:
    """Why PostgreSQL, or its driver, takes a value that is no text for none."""
    if not _adaptable(value):
        text = f"can't adapt type '{type_name(value, py2=False)}'"
        return Refusal("django.db.utils.ProgrammingError", text, ADAPTING)
    if isinstance(value, list):
        try:
            _element_type(value)
        except Refusal as found:
            return found
    return _mismatch(f"no function or operator takes a {type_name(value, py2=False)}\n")


def _adaptable(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_adaptable, value))
    return not isinstance(value, dict | Binary | DateTime)


def _mismatch(text: str) -> Refusal:
    return Refusal("django.db.utils.ProgrammingError", text, RUNNING)


def _element_type(items: list[Any]) -> str:
    """The type that all items of an ARRAY are given: that of those which are not quoted.

    Raises the Refusal of items that do not go together.
    """
    if not items:
        raise _mismatch("cannot determine type of empty array\n")
    literals = [(quoted(i) or i) if isinstance(i, list) and i else i for i in items]
    types = [_type(literal) for literal in literals]
    common = _common({kind for kind in types if kind is not None} - {"quoted"}, types)
    for literal, kind in zip(literals, types, strict=True):
        if isinstance(literal, str) and not _fits(literal, common):
            text = f'invalid input syntax for type {common}: "{literal}"\n'
            raise Refusal("django.db.utils.DataError", text, RUNNING)
        if common.endswith("[]") and kind not in (None, "quoted", common):
            raise _mismatch(f"could not convert type {kind} to {common}\n")
    return common


def _fits(literal: str, kind: str) -> bool:
    if not _FORMS["array" if kind.endswith("[]") else kind].fullmatch(literal):
        return False
    bits = _BITS.get(kind)
    if bits is None:
        return True
    digits = literal.strip().lstrip("+-0")
    return len(digits) < 20 and -(1 << bits - 1) <= int(literal) < 1 << bits - 1


def _type(literal: Any) -> str | None:
    match literal:
        case None:
            return None
        case str():
            return "quoted"
        case list():
            return _element_type(literal) + "[]"
        case bool():
            return "boolean"
    if isinstance(literal, int):
        bits = literal.bit_length() + 1
        return next(kind for kind, most in _BITS.items() if most is None or bits <= most)
    return "numeric"


def _common(found: set[str], types: list[str | None]) -> str:
    """The type to which the others are made to fit; numbers fit the widest, arrays the first."""
    if not found:
        return "text"
    kinds = {"array" if kind.endswith("[]") else kind for kind in found}
    if kinds <= _BITS.keys():
        return next(kind for kind in reversed(_BITS) if kind in kinds)
    if len(kinds) > 1:
        raise _mismatch("ARRAY types cannot be matched\n")
    return next(kind for kind in types if kind in found)
