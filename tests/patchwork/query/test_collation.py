"""How databases compare text, held against what real ones make of every character."""

from __future__ import annotations

from fakepw.patchwork.query.collation import COLLATIONS

from .collations import CHARACTERS, WEIGHED, measured


def test_postgresql_has_an_upper_case_for_each_character() -> None:
    fold, upper = COLLATIONS["postgresql"].ilike, measured("postgresql")
    assert len(upper) > 1000
    assert [char for char in CHARACTERS if fold(char) != upper.get(char, char)] == []


def test_mariadb_has_a_weight_for_each_character() -> None:
    fold, weight = COLLATIONS["mariadb"].ilike, measured("mariadb")
    assert len(weight) > 1000
    assert [char for char in WEIGHED if fold(char) != weight.get(char, char)] == []
