"""What becomes of requests under rules, scenarios and the clock, and what the journal says."""

from __future__ import annotations

import xmlrpc.client
from datetime import datetime
from typing import Any
from unittest.mock import ANY

import pytest

from fakepw.double.journal.matching import including
from fakepw.double.outcome import End, Later, Outcome
from fakepw.double.pipeline import Pipeline
from fakepw.double.steering import Steering
from fakepw.protocol.messages import Response
from fakepw.rules.grammar import parse
from fakepw.rules.spec import spec_of

from .asking import call, get, pipeline, value

KIM = "kim:earl-grey"


@pytest.fixture
def double() -> Pipeline:
    return pipeline()


def status(answer: object) -> int:
    assert isinstance(answer, Response)
    return answer.status


def test_the_first_two_fail_and_then_it_works(double: Pipeline) -> None:
    rule = double.rules.add(parse("patch_list: status=504 first=2"))
    answers = [status(double.answer(call("patch_list", {"max_count": 1}))) for _ in range(4)]
    assert answers == [504, 504, 200, 200]
    assert (rule.matched, rule.hits) == (4, 2)


@pytest.mark.parametrize(
    ("counting", "statuses"),
    [
        ("nth=2", [200, 500, 200, 200, 200, 200]),
        ("every=3", [200, 200, 500, 200, 200, 500]),
        ("first=1", [500, 200, 200, 200, 200, 200]),
    ],
)
def test_rules_count(double: Pipeline, counting: str, statuses: list[int]) -> None:
    double.rules.add(parse(f"pw_rpc_version: status=500 {counting}"))
    assert [status(double.answer(call("pw_rpc_version"))) for _ in statuses] == statuses


def test_chance_has_a_seed_and_so_is_the_same_every_time() -> None:
    runs = []
    for _ in range(2):
        double = pipeline()
        double.rules.add(parse("*: status=500 chance=0.5 seed=7"))
        runs.append([status(double.answer(call("pw_rpc_version"))) for _ in range(40)])
    assert runs[0] == runs[1]
    assert 8 < runs[0].count(500) < 32


def test_two_rules_count_for_themselves(double: Pipeline) -> None:
    double.rules.add(parse("patch_get: status=502 first=1"))
    double.rules.add(parse("patch_get: status=504 nth=2"))
    answers = [status(double.answer(call("patch_get", 1))) for _ in range(3)]
    assert answers == [502, 504, 200]


@pytest.mark.parametrize(
    ("rules", "asked", "status_of"),
    [
        (["patch_get(5): status=502", "patch_get: status=503"], [5], 502),
        (["patch_get: status=503", "patch_get(5): status=502"], [5], 503),
        (["patch_get(5): status=502", "patch_get: status=503"], [6], 503),
        (["patch_get(6): status=502", "patch_*(5): status=503", "*: status=504"], [5], 503),
        (["patch_get(5): status=502"], [5.0], 502),
        (["patch_get(1): status=502"], [True], 200),
        (["patch_get(true): status=502"], [True], 502),
        (["patch_get([5]): status=502"], [[5]], 502),
        (["patch_get(5): status=502"], [[5]], 200),
        (["patch_get(5): status=502"], [], 200),
        (['patch_get("2026"): status=502'], [xmlrpc.client.DateTime("2026")], 502),
    ],
)
def test_the_first_rule_that_means_a_call_decides_whatever_its_params_are(
    double: Pipeline, rules: list[str], asked: list[Any], status_of: int
) -> None:
    for rule in rules:
        double.rules.add(parse(rule))
    assert status(double.answer(call("patch_get", *asked))) == status_of


def test_params_of_any_kind_are_compared_by_equality(double: Pipeline) -> None:
    double.rules.add(spec_of({"method": "patch_get", "params": [ANY], "status": 502}))
    double.rules.add(spec_of({"method": "patch_list", "params": [including(a=1)], "status": 503}))
    assert status(double.answer(call("patch_get", 5))) == 502
    assert status(double.answer(call("patch_list", {"a": 1, "b": 2}))) == 503
    assert status(double.answer(call("patch_list", {"b": 2}))) == 200


def test_params_and_user_choose(double: Pipeline) -> None:
    double.rules.add(parse("patch_get(3): status=502"))
    double.rules.add(parse("patch_set: user=kim status=503"))
    assert status(double.answer(call("patch_get", 3))) == 502
    assert status(double.answer(call("patch_get", 4))) == 200
    assert status(double.answer(call("patch_set", 5, {}, user=KIM))) == 503
    assert status(double.answer(call("patch_set", 5, {}, user="robin:x"))) == 200


def test_written_but_the_answer_is_lost(double: Pipeline) -> None:
    double.rules.add(parse("check_create: when=after status=504 first=1"))
    post = call("check_create", 5, "ci", "success", user=KIM)
    before = len(double.patchwork.store.checks)
    assert status(double.answer(post)) == 504
    assert len(double.patchwork.store.checks) == before + 1
    assert value(double.answer(post)) is True  # and the client, none the wiser, posts again
    assert len(double.patchwork.store.checks) == before + 2
    assert [each.written for each in double.journal.calls()] == [True, True]


def test_before_means_that_nothing_was_written(double: Pipeline) -> None:
    double.rules.add(parse("patch_set: reset"))
    answer = double.answer(call("patch_set", 5, {"archived": True}, user=KIM))
    assert answer == Outcome(None, end=End.RESET)
    assert not double.patchwork.store.patches[5].archived
    (noted,) = double.journal.calls()
    assert (noted.status, noted.written, noted.carried_out) == (None, False, False)


def test_an_answer_is_cut_by_bytes_or_by_a_share(double: Pipeline) -> None:
    whole = double.answer(call("patch_get", 1))
    assert isinstance(whole, Response)
    size = sum(map(len, whole.body))
    double.rules.add(parse("patch_get: cut=0.5 first=1"))
    double.rules.add(parse("patch_get: cut=10"))
    for cut in (size // 2, 10):
        answer = double.answer(call("patch_get", 1))
        assert answer == Outcome(ANY, cut=cut, end=End.CLOSE)
        assert double.journal.calls()[-1].answer.endswith(b"".join(whole.body)[:cut])


def test_a_drop_is_never_answered_and_never_hung_up(double: Pipeline) -> None:
    double.rules.add(parse("patch_get: drop"))
    assert double.answer(call("patch_get", 1)) == Outcome(None, end=End.KEEP)


def test_a_fault_is_written_as_the_instance_writes_faults(double: Pipeline) -> None:
    double.rules.add(parse("patch_get: fault=\"<class 'KeyError'>:'x'\""))
    double.answer(call("patch_get", 1))
    assert double.journal.calls()[-1].fault == "<class 'KeyError'>:'x'"


def test_latency_carries_out_when_its_time_has_come(double: Pipeline) -> None:
    double.rules.add(parse("patch_set: latency=2"))
    later = double.answer(call("patch_set", 5, {"archived": True}, user=KIM))
    assert isinstance(later, Later)
    assert later.seconds == 2
    assert not double.patchwork.store.patches[5].archived
    assert value(later.outcome()) is True
    assert double.patchwork.store.patches[5].archived


def test_a_reset_lets_go_of_what_still_waits(double: Pipeline) -> None:
    double.rules.add(parse("patch_set: latency=2"))
    later = double.answer(call("patch_set", 5, {"archived": True}, user=KIM))
    assert isinstance(later, Later)
    double.reset()
    assert later.outcome() == Outcome(None, end=End.CLOSE)
    assert not double.patchwork.store.patches[5].archived
    assert len(double.journal.calls()) == 0


def test_a_call_is_in_the_journal_while_it_waits_and_when_it_is_given_up(double: Pipeline) -> None:
    told: list[str] = []
    double.journal.listeners.append(lambda call: told.append(str(call)))
    double.rules.add(parse("patch_get: latency=50"))
    given_up, answered = (double.answer(call("patch_get", number)) for number in (1, 2))
    assert isinstance(given_up, Later)
    assert isinstance(answered, Later)
    double.answer(call("state_get", 1))
    assert [each.status for each in double.journal.calls()] == [None, None, 200]
    size = double.journal.bytes
    answered.outcome()
    given_up.given_up()
    assert [each.status for each in double.journal.calls()] == [None, 200, 200]
    assert [each.carried_out for each in double.journal.calls()] == [False, True, True]
    assert double.journal.bytes > size
    assert [line.split(" -> ")[0] for line in told] == [
        "#3 state_get(1)",
        "#2 patch_get(2)",
        "#1 patch_get(1)",
    ]
    double.reset()
    given_up.given_up()  # the test that it belonged to is over
    assert len(double.journal) == double.journal.bytes == 0


def test_what_waits_may_have_had_to_make_room(double: Pipeline) -> None:
    double.rules.add(parse("patch_get: latency=50"))
    double.journal.most = 2
    later = double.answer(call("patch_get", 1))
    assert isinstance(later, Later)
    for _ in range(3):
        double.answer(call("state_get", 1))
    size = double.journal.bytes
    assert value(later.outcome())["id"] == 1
    assert (len(double.journal), double.journal.dropped, double.journal.bytes) == (2, 2, size)


def test_an_answer_that_is_no_xml_is_told_as_such(double: Pipeline) -> None:
    double.rules.add(parse("patch_get: body='<html>'"))
    double.answer(call("patch_get", 1))
    assert str(double.journal.calls()[0]).startswith("#1 patch_get(1) -> HTTP 200, no XML-RPC by")


def test_latencies_add_up_and_go_with_an_effect(double: Pipeline) -> None:
    double.rules.add(parse("*: latency=1"))
    double.rules.add(parse("patch_get: latency=2 status=504"))
    later = double.answer(call("patch_get", 1))
    assert isinstance(later, Later)
    assert later.seconds == 3
    assert status(later.outcome()) == 504


# What stands in front.


def test_a_limit_goes_by_the_doubles_clock(double: Pipeline) -> None:
    double.clock.set("2026-01-01")
    double.rules.add(parse("rate=1/s burst=2 retry_after=1"))
    version = call("pw_rpc_version")
    assert [status(double.answer(version)) for _ in range(5)] == [200, 200, 200, 503, 503]
    double.clock.advance(seconds=1)
    assert [status(double.answer(version)) for _ in range(2)] == [200, 503]


def test_presets_answer_as_fronts_do(double: Pipeline) -> None:
    rule = double.rules.add(parse("preset=https-redirect"))
    answer = double.answer(call("pw_rpc_version"))
    assert isinstance(answer, Response)
    assert answer.status == 301
    assert ("Location", "https://pw.example.org/xmlrpc/") in answer.headers
    rule.remove()
    double.rules.add(parse("preset=disabled"))
    assert status(double.answer(call("pw_rpc_version"))) == 404
    assert double.patchwork.enabled


def test_a_front_that_redirects_keeps_what_was_asked(double: Pipeline) -> None:
    double.rules.add(parse("preset=https-redirect"))
    for target in (
        "/about/?next=http://elsewhere/x",
        "http://pw.example.org/about/?next=http://elsewhere/x",
    ):
        answer = double.answer(get(target))
        assert isinstance(answer, Response)
        where = "https://pw.example.org/about/?next=http://elsewhere/x"
        assert ("Location", where) in answer.headers


def test_a_front_that_eats_credentials_lets_the_rest_pass(double: Pipeline) -> None:
    rule = double.rules.add(parse("preset=eats-authorization"))
    assert status(double.answer(call("patch_get", 1))) == 200
    assert rule.hits == 0
    double.answer(call("patch_set", 5, {}, user=KIM))
    assert rule.hits == 1
    fault = double.journal.calls()[-1].fault
    assert fault is not None
    assert fault.endswith(":No authentication credentials given")


def test_a_challenge_lets_the_browser_pass_that_has_solved_it(double: Pipeline) -> None:
    double.rules.add(parse("preset=js-challenge"))
    answer = double.answer(get("/about/"))
    assert isinstance(answer, Response)
    assert (answer.status, b"<title>Verifying</title>" in b"".join(answer.body)) == (200, True)
    solved = get("/about/")
    solved.headers = [*solved.headers, (b"cookie", b"_js_ok=1")]
    assert b"Verifying" not in b"".join(double.answer(solved).body)  # type: ignore[union-attr]


# Journal.


def test_the_journal_holds_what_is_no_call_too(double: Pipeline) -> None:
    double.answer(get("/about/"))
    double.answer(get("/xmlrpc", b"POST"))
    broken = call("patch_get", 1)
    broken.body = broken.body[:-5]
    double.answer(broken)
    absolute = call("patch_get", 1)
    absolute.target = b"http://pw.example.org/xmlrpc/"
    double.answer(absolute)
    calls = double.journal.calls()
    assert [each.method for each in calls] == [None, None, None, "patch_get"]
    assert [each.status for each in calls] == [200, 301, 200, 200]
    assert [each.number for each in calls] == [1, 2, 3, 4]
    assert calls[3].target == "http://pw.example.org/xmlrpc/"


def test_values_are_what_tests_write(double: Pipeline) -> None:
    double.answer(call("patch_list", {"id__in": [1, 2], "max_count": 2}))
    double.answer(call("patch_set", 5, {"state": 3}, user=KIM))
    first, second = double.journal.calls()
    assert first.params == ({"id__in": [1, 2], "max_count": 2},)
    assert [row["id"] for row in first.result] == [1, 2]
    assert isinstance(first.result[0]["state"], bytes)
    assert (second.method, second.params, second.user, second.result) == (
        "patch_set",
        (5, {"state": 3}),
        "kim",
        True,
    )
    calls = double.journal.calls()
    assert list(calls("patch_set", ANY, including(state=3))) == [second]
    assert list(calls("patch_*", user=None)) == [first]


def test_a_password_is_nowhere(double: Pipeline) -> None:
    request = call("patch_set", 5, {}, user=KIM)
    request.target = b"http://kim:earl-grey@pw.example.org/xmlrpc/"
    double.answer(request)
    noted = double.journal.calls()[0]
    everything = repr(noted) + str(noted) + repr(noted.request) + repr(noted.answer)
    assert "earl-grey" not in everything
    assert "a2ltOmVhcmwtZ3JleQ" not in everything
    assert noted.user == "kim"


def test_the_journal_is_bounded_and_says_what_is_gone(double: Pipeline) -> None:
    double.journal.most = 3
    for number in range(5):
        double.answer(call("patch_get", number))
    calls = double.journal.calls()
    assert [each.params for each in calls] == [(2,), (3,), (4,)]
    assert calls.dropped == 2
    assert "2 dropped" in repr(calls)
    double.journal.most_bytes = 1500
    double.answer(call("state_list"))
    assert len(double.journal.calls()) == 1 or double.journal.bytes <= 1500


# Clock and scenarios.


def test_checks_are_dated_by_the_clock(double: Pipeline) -> None:
    double.clock.set("2026-01-31T12:00")
    double.answer(call("check_create", 5, "ci", "success", user=KIM))
    newest = max(double.patchwork.store.checks.values(), key=lambda check: check.id)
    assert newest.date == datetime(2026, 1, 31, 23, 0)  # Canberra's time (servers.md 6.1)


def test_a_patch_appears_after_three_polls(double: Pipeline) -> None:
    steering = Steering(double)
    step = ("patch", None, {"name": "[PATCH] late", "msgid": "<late@x>"})
    steering.later(calls=3, of="patch_list", steps=[step])
    poll = call("patch_list", {"msgid": "<late@x>"})
    assert [len(value(double.answer(poll))) for _ in range(4)] == [0, 0, 0, 1]
    assert steering.unmet() == []


def test_a_patch_appears_when_the_clock_has_gone_so_far(double: Pipeline) -> None:
    steering = Steering(double)
    double.clock.set("2026-01-01")
    steering.later(seconds=7, steps=[("change", 5, {"state": "Accepted"})])
    assert value(double.answer(call("patch_get", 5)))["state_id"] != 3
    double.clock.advance(seconds=7)
    assert value(double.answer(call("patch_get", 5)))["state_id"] == 3


def test_what_never_comes_to_pass_is_told(double: Pipeline) -> None:
    steering = Steering(double)
    double.rules.add(parse("patch_set: status=504"))
    double.rules.add(parse("patch_set: status=504 optional"))
    double.rules.add(parse("patch_get: status=504 nth=9"))
    steering.later(calls=2, of="patch_list", steps=[("person", None, {"email": "a@b.example"})])
    double.answer(call("patch_get", 1))
    assert steering.unmet() == [
        "the rule `patch_set: status=504` never had an effect: nothing matched it",
        "the rule `patch_get: nth=9 status=504` never had an effect: 1 request matched it",
        "later(calls=2, of='patch_list') never came to pass: 2 more calls were needed",
    ]
    double.reset()
    assert steering.unmet() == []
