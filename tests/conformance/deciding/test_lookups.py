"""Which rows a filter selects is claimed only where every collation agrees that was measured."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.deciding.lookups import NO, OPEN, YES, alike, of_text
from conformance.requirements.filters import safe
from fakepw.patchwork.query.collation import COLLATIONS, Collation
from tests.patchwork.query.collations import measured

#: What searches compare under a `_bin` collation (servers.md 6.4): nothing is folded.
BINARY = Collation(exact=str.rstrip, order=str, like=str, ilike=str)
#: As discovery names each database, and the rules that it may have.
RULES: dict[str, tuple[Collation, ...]] = {
    "SQLite": (COLLATIONS["sqlite"],),
    "PostgreSQL": (COLLATIONS["postgresql"],),
    "MariaDB or MySQL": (COLLATIONS["mariadb"], BINARY),
}
TESTS: dict[str, Callable[[str, str], bool]] = {
    "exact": str.__eq__,
    "iexact": str.__eq__,
    "contains": str.__contains__,
    "icontains": str.__contains__,
    "startswith": str.startswith,
    "istartswith": str.startswith,
    "endswith": str.endswith,
    "iendswith": str.endswith,
}
#: Letters that some database takes for others, with those; and plain ones.
TAKEN = sorted(
    {c for name in ("postgresql", "mariadb") for pair in measured(name).items() for c in pair}
)
LETTERS = st.one_of(st.sampled_from("abcdeiosß sSßIİıſK.%_-\u0301"), st.sampled_from(TAKEN))
TEXTS = st.text(LETTERS, min_size=1, max_size=6)


def found(rules: Collation, text: str, value: str, lookup: str) -> bool:
    """What a database with these rules says."""
    key = rules.exact if lookup == "exact" else rules.ilike if lookup[0] == "i" else rules.like
    return TESTS[lookup](key(text), key(value))


@pytest.mark.parametrize("lookup", TESTS)
@pytest.mark.parametrize("database", [None, *RULES])
@settings(max_examples=400)
@given(data=st.data())
def test_what_is_claimed_is_what_every_database_says(
    database: str | None, lookup: str, data: st.DataObject
) -> None:
    text = data.draw(TEXTS)
    value = data.draw(st.one_of(TEXTS, st.builds(str.swapcase, st.just(text)), st.just(text[1:3])))
    if not value or not safe(value):
        return
    told = of_text("name", text, "" if lookup == "exact" else lookup, value, database)
    every = [r for name in RULES if database in (None, name) for r in RULES[name]]
    said = {found(rules, text, value, lookup) for rules in every}
    if told is not OPEN:
        assert said == {told is YES}, (text, value)


@pytest.mark.parametrize("lookup", ["icontains", "exact"])
@pytest.mark.parametrize("database", ["mariadb", "postgresql"])
def test_no_letter_is_claimed_to_be_unlike_what_it_is_taken_for(database: str, lookup: str) -> None:
    name = {"mariadb": "MariaDB or MySQL", "postgresql": "PostgreSQL"}[database]
    how = "" if lookup == "exact" else lookup
    for one, other in measured(database).items():
        for text, value in ((one, other), (other, one)):
            said = {found(rules, text, value, lookup) for rules in RULES[name]}
            told = of_text("name", text, how, value, name)
            assert told is OPEN or said == {told is YES}, (text, value)
            if database == "mariadb" and safe(value):
                assert alike(text, value)


def test_case_is_claimed_where_it_is_known() -> None:
    for database, told in (("SQLite", YES), ("PostgreSQL", YES), ("MariaDB or MySQL", OPEN)):
        assert of_text("name", "[PATCH] Fix", "icontains", "patch", database) is told
        assert of_text("name", "[PATCH] Fix", "icontains", "PATCH", database) is YES
        assert of_text("name", "[PATCH] Fix", "icontains", "nothing", database) is NO
    assert of_text("name", "Fix", "contains", "fix", "SQLite") is YES
    assert of_text("name", "Fix", "contains", "fix", "PostgreSQL") is NO
    assert of_text("name", "microsecond", "icontains", "röß", "MariaDB or MySQL") is OPEN
