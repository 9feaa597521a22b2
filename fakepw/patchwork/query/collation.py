"""How each database compares text: what `=`, `<` and LIKE see in a string (servers.md 3).

Four rules a database: `exact` gives a key that is equal for texts that `=` calls equal, `order` one
that sorts as `<` does, `like` one in which LIKE looks for a substring, `ilike` the same for lookups
that do not heed case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..words.characters import upper

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


_SQLITE_LIKE = {
    **{upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)},
    **dict.fromkeys((0xFFFE, 0xFFFF), 0xFFFD),  # it reads what is no character as U+FFFD
}


def _ascii_fold(text: str) -> str:
    """SQLite's LIKE: only A to Z have a case (servers.md 1.6: `ü` is not `Ü`)."""
    return text.translate(_SQLITE_LIKE)


#: MariaDB's table is of Unicode 3.0 and of these 256s of characters; others have their own weight.
_GENERAL_PAGES = frozenset({*range(6), 0x1E, 0x1F, 0x21, 0x24, 0xFF})
_UNICODE_3_2 = unicodedata.ucd_3_2_0  # the oldest that Python has
_SINCE_3_0 = frozenset("\u0220ϘϙϴϵҊҋӅӆӉӊӍӎ" + "".join(map(chr, range(0x500, 0x510))))
_GENERAL_ODDITIES = {"ß": "S", "Й": "Й", "й": "Й", "ϲ": "Σ"}


@lru_cache(maxsize=4096)
def _general_weight(char: str) -> str:
    """What utf8mb4_general_ci compares for a character: its base letter in upper case.

    Accents do not count (servers.md 3: `ü` matches `u`); all characters beyond the basic plane
    are one.  Measured for every character: tests/patchwork/query/collations.py.
    """
    if ord(char) > 0xFFFF:
        return "\ufffd"
    weight = _GENERAL_ODDITIES.get(char) or upper(_base(char))
    return weight if _in_general_table(char) and _in_general_table(weight) else char


def _in_general_table(char: str) -> bool:
    paged = ord(char) >> 8 in _GENERAL_PAGES
    return paged and char not in _SINCE_3_0 and _UNICODE_3_2.category(char) != "Cn"


def _base(char: str) -> str:
    """The letter beneath the accents, where Unicode spells the character with them."""
    spelt = _UNICODE_3_2.decomposition(char)
    letter = _UNICODE_3_2.normalize("NFD", char)[0]
    composed = " " in spelt and "<" not in spelt and letter.isalpha()
    return letter if composed else char


def _general_ci(text: str) -> str:
    if text.isascii():
        return text.upper()
    return "".join(map(_general_weight, text))


def _general_ci_padded(text: str) -> str:
    """MariaDB's `=` and `<` pad the shorter text with blanks (servers.md 3)."""
    return _general_ci(text).rstrip(" ")


def _general_ci_order(text: str) -> str:
    """Padded as for `=`: a character below the blank sorts before the end of the text."""
    return _general_ci_padded(text).ljust(512)


COLLATIONS: dict[str, Collation] = {
    "sqlite": Collation(exact=_same, order=_same, like=_ascii_fold, ilike=_ascii_fold),
    "postgresql": Collation(exact=_same, order=_same, like=_same, ilike=upper),
    "mariadb": Collation(
        exact=_general_ci_padded, order=_general_ci_order, like=_same, ilike=_general_ci
    ),
}
