"""Failures that show the same are told together, and no others."""

from __future__ import annotations

import pytest

from conformance.requirements.catalogue import requirements
from conformance.target.exchange import SILENCE, Answer, Exchange, Request, call, page
from conformance.verdicts import symptoms
from conformance.verdicts.causes import causes
from conformance.verdicts.verdicts import Deviation, Outcome, Verdict
from tests.mutants.common import NOTHING as EMPTY_STRUCT
from tests.mutants.operators import fault, respond

IDS = list(requirements())


def failed(place: int, *shown: str) -> Verdict:
    return Verdict(IDS[place], Outcome.FAIL, deviation=Deviation("a", "b", symptoms=shown))


def told(*verdicts: Verdict) -> list[tuple[str, list[int]]]:
    return [
        (cause.symptom, [IDS.index(verdict.id) for verdict in cause.verdicts])
        for cause in causes(verdicts)
    ]


def test_what_shares_a_symptom_stands_behind_the_earliest() -> None:
    found = told(failed(1, "s"), failed(2, "t"), failed(3, "s"), failed(4, "s"))
    assert found == [("s", [1, 3, 4]), ("", [2])]


def test_what_shares_none_stands_alone_with_no_symptom_told() -> None:
    assert told(failed(1), failed(2), failed(3, "s")) == [("", [1]), ("", [2]), ("", [3])]


def test_of_several_symptoms_that_counts_which_most_show() -> None:
    found = told(failed(1, "s", "t"), failed(2, "s"), failed(3, "t"), failed(4, "t"))
    assert found == [("t", [1, 3, 4]), ("", [2])] or found == [("t", [1, 3, 4]), ("s", [2])]


def test_nothing_follows_from_what_it_has_nothing_in_common_with() -> None:
    """No chains: what shares one symptom with a second and another with a third."""
    for cause in causes([failed(1, "s"), failed(2, "s", "t"), failed(3, "t"), failed(4, "t", "u")]):
        shown = [set(v.deviation.symptoms) for v in cause.verdicts if v.deviation]
        assert set.intersection(*shown)


def test_every_failure_is_in_just_one_cause() -> None:
    verdicts = [failed(n, *("stuv"[n % 4 : n % 4 + 2])) for n in range(30)]
    assert sorted(v.id for c in causes(verdicts) for v in c.verdicts) == sorted(IDS[:30])


ODD = Request(b"<odd>")


@pytest.mark.parametrize(
    ("request_", "answer", "shown"),
    [
        (call("patch_get", 1), Answer(500, (), b""), "HTTP 500 in answer to patch_get"),
        (call("patch_get", 1), SILENCE, "no answer to patch_get"),
        (call("patch_get", 1), Answer(200, (), b"hm"), "no XML-RPC in the answer to patch_get"),
        (ODD, Answer(502, (), b""), "HTTP 502 in answer to what is no call"),
        (call("nosuch"), Answer(404, (), b""), "HTTP 404 in answer to a method that there is not"),
        (
            call("patch_get", 1),
            fault("<class 'ValueError'>:x", 7),
            "faults of code 7 in place of 1",
        ),
        (call("patch_get", 1), fault("oh no"), "faults that name no class"),
        (
            call("patch_get", 1),
            fault("<class 'KeyError'>:x"),
            "patch_get answers a fault KeyError",
        ),
        (call("patch_get", 1), EMPTY_STRUCT, "patch_get answers {}"),
        (page("/about/"), Answer(404, (), b""), "HTTP 404 in answer to GET /about/"),
    ],
)
def test_a_symptom_says_what_was_seen_and_nothing_of_the_one_call(
    request_: Request, answer: Answer, shown: str
) -> None:
    assert symptoms.of(Exchange(request_, answer)) == (shown,)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (call("patch_get", 1), respond("<int>0</int>")),
        (call("patch_get", 1), respond("<string>x</string>")),
        (page("/about/"), Answer(200, (), b"<html>")),
    ],
)
def test_an_answer_of_which_nothing_telling_can_be_said_shows_none(
    request_: Request, answer: Answer
) -> None:
    assert symptoms.of(Exchange(request_, answer)) == ()


def test_the_answer_that_a_deviation_speaks_of_is_told_from_those_beside_it() -> None:
    one, other = (Exchange(call("patch_get", n), EMPTY_STRUCT) for n in (1, 2))
    assert symptoms.accused((one, other), "patch_get(2) answered {}") is other
    assert symptoms.accused((one, other), "the two differ") is None
    assert symptoms.accused((one,), "the two differ") is one
    different = Exchange(call("patch_get", 1), fault("<class 'KeyError'>:x"))
    assert symptoms.accused((one, different), "patch_get(1) answered {}") is None


def test_rows_are_told_by_what_narrowed_them() -> None:
    exchange = Exchange(call("patch_list", {"id__gt": 1}), respond("<array><data></data></array>"))
    narrowed = "patch_list lists other rows, narrowed by id"
    assert symptoms.wrong_rows(exchange, ["id__gt", "id__lt"]) == (narrowed,)
    assert symptoms.wrong_rows(exchange, []) == ()


def test_what_is_wrong_with_many_fields_is_the_list_and_no_filter() -> None:
    fields = ("id", "name", "hash", "date", "state_id")
    rows = [f"patch_list lists other rows, narrowed by {field}" for field in fields]
    few = [failed(n, s) for n, s in enumerate(rows[:4])]
    assert [numbers for _, numbers in told(*few)] == [[0], [1], [2], [3]]
    many = [failed(n, s) for n, s in enumerate(rows)]
    assert told(*many) == [("patch_list lists other rows, whatever narrows them", [0, 1, 2, 3, 4])]


def test_that_two_filters_find_nothing_is_no_symptom() -> None:
    exchange = Exchange(call("patch_list", {"id": 1}), respond("<array><data></data></array>"))
    assert symptoms.of(exchange) == ()
