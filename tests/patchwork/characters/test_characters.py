"""Characters are to an instance what they are to its Python, on whatever Python this runs."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest

from fakepw.patchwork.instances.tables import PYTHONS
from fakepw.patchwork.words import character_tables, characters

from .__main__ import ask, ranges

HOST = ".".join(unicodedata.unidata_version.split(".")[:2])
#: Every character that a text may hold.
EVERY = "".join(chr(n) for n in range(0x110000) if not 0xD800 <= n < 0xE000)

on_a_version_that_is_known = pytest.mark.skipif(
    HOST not in characters.VERSIONS, reason=f"no instance goes by Unicode {HOST}"
)


def test_every_python_goes_by_a_version_that_is_known() -> None:
    assert [traits["unicode"] for traits in PYTHONS.values() if "unicode" in traits] == list(
        characters.VERSIONS
    )


@pytest.mark.parametrize("version", characters.VERSIONS)
def test_what_an_older_python_knows_newer_ones_know(version: str) -> None:
    """So this Python agrees with all that the older ones print and count with."""
    if [int(n) for n in version.split(".")] > [int(n) for n in HOST.split(".")]:
        pytest.skip(f"this Python's Unicode is {HOST}")
    digits = [c for c in EVERY if c > "\x7f" and characters.is_digit(c, version)]
    assert len(digits) >= 400
    for char in digits:
        assert char == "\u19da" or unicodedata.decimal(char) == int(
            characters.in_ascii(char, version)
        )
    if version != "5.2":
        assert all(c.isprintable() for c in EVERY if characters.quoted(c, version) == f"'{c}'")


@on_a_version_that_is_known
def test_this_python_agrees_on_every_character() -> None:
    assert [c for c in EVERY if characters.quoted(c, HOST) != repr(c)] == []
    assert [c for c in EVERY if characters.is_digit(c, HOST) != c.isdecimal()] == []
    matched = re.findall(f"[{characters.digit_class(HOST)}]", EVERY)
    assert matched == re.findall(r"\d", EVERY)


@on_a_version_that_is_known
def test_the_tables_are_what_this_python_says() -> None:
    said = ask(sys.executable)
    printable = set(said["printable"])  # type: ignore[call-overload]
    listed = {
        code
        for first, last in characters._upto(character_tables.PRINTABLE, HOST)
        for code in range(first, last + 1)
    }
    assert ranges(listed) == ranges(printable)


@pytest.mark.parametrize(
    "text", ["it's é", 'it\'s "é"', '"é"', "é\\\n\x00\x7f", "\x80\u0378\U0001fae9", "\ud800é"]
)
def test_quotes_and_escapes_are_those_of_repr(text: str) -> None:
    assert characters.quoted(text, "13.0") == repr(text).replace("\U0001fae9", "\\U0001fae9")


def test_white_space_is_what_it_has_been_since_unicode_6() -> None:
    blanks = {c for c in EVERY if c.isspace()}
    assert blanks == {*map(chr, (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680))} | {
        *map(chr, (*range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000))
    }


def test_what_is_no_number_stays_none() -> None:
    assert characters.in_ascii("\u3000٣\U00011f51ä ", "15.0") == " 31? "
    assert characters.in_ascii("\U00011f51", "13.0") == "?"
    assert characters.in_ascii("\u19da", "5.2") == "1"


def test_what_becomes_of_a_character_is_worked_out_once_and_not_kept_for_all() -> None:
    made: list[int] = []

    def become(code: int) -> str:
        made.append(code)
        return "x"

    table = characters.Translation(become)
    assert ("ü" * 1000).translate(table) == "x" * 1000
    assert made == [ord("ü")]
    "".join(map(chr, range(0x10000, 0x10000 + 2 * characters.REMEMBERED))).translate(table)
    assert len(table) <= characters.REMEMBERED
