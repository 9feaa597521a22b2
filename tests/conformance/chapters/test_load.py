"""No request costs more on a large server than on a small one."""

from __future__ import annotations

import pytest

from conformance.deciding.bounds import excessive
from conformance.target.exchange import call
from conformance.target.knowing.world import LISTED, World
from conformance.verdicts.verdicts import Outcome

from .loads import run

#: What a row or two by chance may make of it: how much more may be answered.
CHANCE = 1.02


@pytest.mark.parametrize("instance", ["3.2-py3-postgresql", "1.0-py2-sqlite"])
def test_a_run_is_answered_no_more_rows_by_a_larger_server(instance: str) -> None:
    """Of a hundred patches and checks, and of a hundred times as many."""
    small, few = run(instance, 100)
    large, many = run(instance, 10_000)
    assert sum(large.rows.values()) <= CHANCE * sum(small.rows.values())
    assert max(large.most.values()) <= 2 * LISTED
    decided = [sum(v.outcome is Outcome.PASS for v in verdicts) for verdicts in (few, many)]
    assert decided[1] >= decided[0] - 3
    assert not [v for v in many if v.outcome is Outcome.FAIL]


def test_all_rows_are_listed_where_discovery_showed_that_they_are_not_many() -> None:
    for size, outcome in ((600, Outcome.PASS), (3_000, Outcome.NOT_APPLICABLE)):
        counted, verdicts = run("3.2-py3-postgresql", size)
        found = {v.id: v.outcome for v in verdicts}
        assert {found["PW-LIST-082"], found["PW-CHK-028"]} == {outcome}
        assert max(counted.most.values()) <= (size if outcome is Outcome.PASS else 2 * LISTED)


def test_many_projects_and_states_cost_no_more_than_some() -> None:
    some, _ = run("main-py3-sqlite", 200, 70, 70)
    many, verdicts = run("main-py3-sqlite", 200, 2_000, 2_000)
    assert sum(many.rows.values()) <= CHANCE * sum(some.rows.values())
    assert max(many.most.values()) <= 200
    assert not [v for v in verdicts if v.outcome is Outcome.FAIL]


LARGE = World(
    projects=[{"id": n, "linkname": f"p{n}"} for n in range(LISTED)],
    all_projects=False,
    all_states=False,
)


@pytest.mark.parametrize(
    ("name", "params", "sent"),
    [
        ("patch_list", (), False),
        ("patch_list", ("",), False),
        ("patch_list", (None,), False),
        ("patch_list", ({},), False),
        ("patch_list", ([],), False),
        ("patch_list", ({"max_count": 0},), False),
        ("patch_list", ({"max_count": -3},), False),
        ("patch_list", ({"max_count": -3, "id__range": [1, 9]},), True),
        ("patch_list", ({"max_count": 3},), True),
        ("patch_list", ("id",), True),
        ("patch_list", (1, 2), True),
        ("check_list", (), False),
        ("check_list", ({"patch_id": 3},), True),
        ("project_list", (), False),
        ("project_list", ("p",), False),
        ("project_list", ("p", 20), True),
        ("project_list", ("", -2), False),
        ("project_list", ("", 0), False),
        ("project_list", ("p17",), True),
        ("project_list", ("", "2"), True),
        ("person_list", ("",), False),
        ("state_list", (None,), False),
        ("patch_get", (7,), True),
        ("nosuch", (), True),
    ],
)
def test_a_list_without_a_bound_is_asked_of_no_large_server(
    name: str, params: tuple[object, ...], sent: bool
) -> None:
    assert (excessive(LARGE, call(name, *params)) == "") is sent
    whole = World(all_patches=True, all_checks=True, all_people=True)
    assert excessive(whole, call(name, *params)) == ""
