"""The order in which Python 2 walks a dict: that of its hash table (servers.md 2, "hash order").

CPython 2.7 without hash randomisation, 64 bits: the string hash, open addressing with
perturbation, growth at two thirds.  Members of a struct, in answers and in requests, come in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_MASK64 = 2**64 - 1

#: The largest set of keys whose order is remembered.
_MOST_KEYS = 32
_MOST_LETTERS = 512


def string_hash(text: str) -> int:
    """Python 2.7's `hash(text)`, as an unsigned 64-bit number."""
    if not text:
        return 0
    value = ord(text[0]) << 7
    for char in text:
        value = (1000003 * value & _MASK64) ^ ord(char)
    value ^= len(text)
    return _MASK64 - 1 if value == _MASK64 else value  # -1 is taken: it means an error


def _slot(table: list[str | None], text: str) -> int:
    mask = len(table) - 1
    value = perturb = string_hash(text)
    index = value & mask
    while table[index] is not None and table[index] != text:
        value = value * 5 + perturb + 1
        index = value & mask
        perturb >>= 5
    return index


def _resized(table: list[str | None], used: int) -> list[str | None]:
    size = 8
    while size <= used:
        size *= 2
    bigger: list[str | None] = [None] * size
    for text in table:
        if text is not None:
            bigger[_slot(bigger, text)] = text
    return bigger


def ordered(keys: tuple[str, ...], presized: bool = False) -> tuple[str, ...]:
    """The keys of a dict, given in the order of insertion, as Python 2 walks it.

    `presized` is for a dict display in source code, whose table has its final size at once.
    """
    # clients choose the keys of their structs: what is remembered is bounded
    short = len(keys) <= _MOST_KEYS and len("".join(keys)) <= _MOST_LETTERS
    return _remembered(keys, presized) if short else _ordered(keys, presized)


def _ordered(keys: tuple[str, ...], presized: bool) -> tuple[str, ...]:
    table: list[str | None] = [None] * 8
    if presized and len(keys) > 5:
        table = _resized(table, len(keys))
    used = 0
    for key in keys:
        index = _slot(table, key)
        used += table[index] is None
        table[index] = key
        if used * 3 >= len(table) * 2:
            table = _resized(table, used * 4)
    return tuple(key for key in table if key is not None)


_remembered = lru_cache(maxsize=1024)(_ordered)


def reordered(members: dict[str, Any], presized: bool = False) -> dict[str, Any]:
    """The same members in the order in which Python 2 walks them."""
    return {key: members[key] for key in ordered(tuple(members), presized)}


def keys_as_met(keys: Iterable[str], py2: bool) -> list[str]:
    """The keys of a struct that a client sent, in the order in which the server meets them."""
    return list(ordered(tuple(keys))) if py2 else list(keys)
