"""How each database compares text: what `=`, `<` and LIKE see in a string (SERVER.md 3).

Three rules a database: `exact` gives a key that is equal for texts that `=` calls equal, `order`
one that sorts as `<` does, `fold` one in which case-insensitive LIKE looks for a substring.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Key = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Collation:
    """The text rules of one database."""

    exact: Key
    order: Key
    #: for contains, startswith, endswith
    like: Key
    #: for icontains, istartswith, iendswith, iexact
    ilike: Key


def _same(text: str) -> str:
    return text


_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _ascii_fold(text: str) -> str:
    """SQLite's LIKE: only A to Z have a case (SERVER.md 1.6: `ü` is not `Ü`)."""
    return text.translate(_ASCII_LOWER)


@lru_cache(maxsize=4096)
def _upper_char(char: str) -> str:
    upper = char.upper()
    return upper if len(upper) == 1 else char


def _simple_upper(text: str) -> str:
    """PostgreSQL's UPPER in C.UTF-8: letter by letter, so `ß` stays (SERVER.md 3)."""
    if text.isascii():
        return text.upper()
    return "".join(map(_upper_char, text))


@lru_cache(maxsize=4096)
def _general_weight(char: str) -> str:
    """What utf8mb4_general_ci compares for a character: its base letter in upper case.

    Accents do not count (SERVER.md 3: `ü` matches `u`), but for `Й`, which MariaDB's table has as
    a letter of its own; `ß` is an `S`; all characters beyond the basic plane are one.
    """
    if ord(char) > 0xFFFF:
        return "\ufffd"
    if char == "ß":
        return "S"
    decomposed = unicodedata.normalize("NFD", char)
    accented = len(decomposed) > 1 and all(map(unicodedata.combining, decomposed[1:]))
    return _upper_char(decomposed[0] if accented and char not in "Йй" else char)


def _general_ci(text: str) -> str:
    if text.isascii():
        return text.upper()
    return "".join(map(_general_weight, text))


def _general_ci_padded(text: str) -> str:
    """MariaDB's `=` and `<` pad the shorter text with blanks (SERVER.md 3)."""
    return _general_ci(text).rstrip(" ")


def _general_ci_order(text: str) -> str:
    """Padded as for `=`: a character below the blank sorts before the end of the text."""
    return _general_ci_padded(text).ljust(512)


COLLATIONS: dict[str, Collation] = {
    "sqlite": Collation(exact=_same, order=_same, like=_ascii_fold, ilike=_ascii_fold),
    "postgresql": Collation(exact=_same, order=_same, like=_same, ilike=_simple_upper),
    "mariadb": Collation(
        exact=_general_ci_padded, order=_general_ci_order, like=_same, ilike=_general_ci
    ),
}
