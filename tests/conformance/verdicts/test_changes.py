"""What changed from one run to the next."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.verdicts.changes import Change, changes
from tests.conformance.kept.kept import stored
from tests.conformance.reports import builders

ONE, OTHER = "PW-READ-001", "PW-READ-002"
KNOWN = {"outcome": "fail", "excused": "ticket 7"}
ELSEWHERE = {"outcome": "not applicable", "applies": False}


def became(old: Any, new: Any, **members: Any) -> Change:
    found = changes(stored({ONE: old}), stored({ONE: new}, **members))
    return next((row.change for row in found.rows if row.id == ONE), Change.NONE)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("pass", "fail", Change.BROKEN),
        ("warning", "fail", Change.BROKEN),
        ("observed", "fail", Change.BROKEN),
        ("not applicable", "fail", Change.BROKEN),
        ("inconclusive", "fail", Change.BROKEN),  # and the line says what it was
        ("not run", "fail", Change.BROKEN),
        ("fail", "fail", Change.STILL),
        (KNOWN, "fail", Change.STILL),  # its entry went, nothing broke
        ("pass", KNOWN, Change.KNOWN),
        ("fail", KNOWN, Change.KNOWN),
        ("fail", "pass", Change.MENDED),
        (KNOWN, "pass", Change.MENDED),
        ("warning", "pass", Change.MENDED),
        ("pass", "warning", Change.WARNED),
        ("warning", "warning", Change.NONE),
        ("pass", "inconclusive", Change.LOST),
        ("fail", "inconclusive", Change.LOST),
        ("observed", "not run", Change.LOST),
        ("pass", "not applicable", Change.LOST),
        ("pass", ELSEWHERE, Change.GONE),  # the server is of another release now
        ("fail", ELSEWHERE, Change.GONE),
        ("inconclusive", "not run", Change.NONE),
        ("inconclusive", "pass", Change.NONE),
        ("pass", "pass", Change.NONE),
        ("observed", {"outcome": "observed", "reason": "otherwise"}, Change.OTHERWISE),
        ("pass", None, Change.GONE),
        (None, "fail", Change.NEW),
        (None, "pass", Change.NEW),
    ],
)
def test_what_became_of_a_requirement(old: Any, new: Any, change: Change) -> None:
    assert became(old, new) is change


def test_what_was_not_chosen_is_not_gone() -> None:
    chosen = {"settings": {"select": ["VER"]}}
    assert became("pass", None, **chosen) is Change.LOST
    assert became("not run", None, **chosen) is Change.NONE
    assert became("pass", None, settings={"failed_from": "r.json"}) is Change.LOST


def test_a_requirement_that_was_removed_is_no_regression() -> None:
    removed = {"PW-READ-901": "pass", "PW-OLD-001": "pass"}
    found = changes(stored(removed), stored(settings={"select": ["READ"]}))
    gone = found.of(Change.GONE)
    assert [row.id for row in gone] == ["PW-READ-901", "PW-OLD-001"]
    assert found.status(strict=True) == 0


@pytest.mark.parametrize(
    ("new", "lax", "strict"),
    [
        ({}, 0, 0),
        ({ONE: "fail"}, 1, 1),
        ({ONE: "inconclusive"}, 0, 1),
        ({ONE: "fail", OTHER: "inconclusive"}, 1, 1),
        ({ONE: KNOWN}, 0, 0),
        ({ONE: "warning"}, 0, 0),
        ({"PW-READ-901": "fail"}, 0, 0),
    ],
)
def test_the_status_speaks_of_what_is_newly_broken(new: Any, lax: int, strict: int) -> None:
    found = changes(stored(), stored(new))
    assert (found.status(), found.status(strict=True)) == (lax, strict)


def test_where_nothing_was_decided_in_both_nothing_can_be_said() -> None:
    nothing = dict.fromkeys((v.id for v in builders.conformant().verdicts), "inconclusive")
    lost = changes(stored(), stored(nothing))
    assert lost.status() == 3
    assert lost.status(strict=True) == 1
    assert lost.summary.startswith("nothing that was decided in both, 0 newly broken")
    assert changes(stored(nothing), stored(nothing)).status(strict=True) == 3


def test_what_makes_two_runs_hard_to_compare_is_told() -> None:
    old = stored(name="old.json", started="2026-11-23T10:46:00+00:00", settings={"seed": 1})
    new = stored(
        name="new.json",
        url="https://other.example/xmlrpc/",
        generator="pw-conformance 9",
        started="2026-11-22T10:46:00+00:00",
        trouble="interrupted",
        settings={"seed": 2, "writes": [7]},
        card={"likely": "Patchwork 4"},
    )
    notes = "\n".join(changes(old, new).notes)
    for said in (
        "different instances: https://patchwork.example.com/xmlrpc/ and https://other.example",
        "made by different versions",
        "seed 1 and 2, writes none and [7]",
        "new.json could not be done, or not to its end: interrupted",
        "new.json is older than old.json",
    ):
        assert said in notes
    assert not changes(old, old).notes
    assert not changes(stored(started="soon"), stored(started="")).notes


def test_rows_come_in_the_order_of_the_catalogue_and_say_what_was() -> None:
    failing = {"outcome": "fail", "reason": "bad"}
    found = changes(stored({OTHER: "inconclusive"}), stored({OTHER: failing, ONE: "not run"}))
    changed = [row for row in found.rows if row.change is not Change.NONE]
    assert [row.id for row in changed] == [ONE, OTHER]
    assert (changed[1].before, changed[1].now) == ("inconclusive", "fail: bad")
