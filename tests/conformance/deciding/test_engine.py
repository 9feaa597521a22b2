"""How a requirement is decided, and what is never taken for a deviation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from conformance.deciding.decisions import OK, Decision, Finding
from conformance.deciding.drawing import Settings
from conformance.deciding.engine import Session
from conformance.target.exchange import Answer, Exchange, Request, call
from conformance.target.knowing.world import Window, World
from conformance.target.sending.budget import BudgetSpent
from conformance.target.sending.transport import NoAnswer, Trouble
from conformance.verdicts.evidence import KEPT, LITTLE, ROOM
from conformance.verdicts.verdicts import Deviation, Outcome

from .scripted import Scripted, fine

BAD = Deviation("good", "bad")


def session(
    answer: Callable[[Request], Answer] = fine, look: Callable[[World], World] | None = None
) -> Session:
    return Session(Scripted(answer), World(), look or (lambda world: world), Settings(examples=5))


def decision(judge: Callable[..., Finding], **more: object) -> Decision:
    probe = more.pop("probe", lambda world: [call("nosuch")])
    return Decision("PW-VER-001", judge, probe, **more)  # type: ignore[arg-type]


def test_a_judge_that_is_satisfied_passes() -> None:
    assert session().decide(decision(lambda w, e: OK)).outcome is Outcome.PASS


def test_a_judge_with_nothing_to_judge_is_no_pass() -> None:
    verdict = session().decide(decision(lambda w, e: None))
    assert verdict.outcome is Outcome.NOT_APPLICABLE


def test_a_deviation_fails_with_its_exchange() -> None:
    verdict = session().decide(decision(lambda w, e: BAD))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.deviation == BAD
    assert verdict.evidence[0].call == "nosuch()"
    assert "curl" in verdict.evidence[0].curl


def test_a_gateway_in_trouble_is_inconclusive() -> None:
    busy = session(lambda request: Answer(503, (), b"<html>"))
    verdict = busy.decide(decision(lambda w, e: BAD))
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_lost_connections_are_inconclusive() -> None:
    def lost(request: Request) -> Answer:
        raise Trouble("gone")

    assert session(lost).decide(decision(lambda w, e: OK)).outcome is Outcome.INCONCLUSIVE


def test_silence_to_one_request_alone_is_a_deviation() -> None:
    def silent(request: Request) -> Answer:
        if request.rpc_name == "nosuch":
            raise NoAnswer("no answer")
        return fine(request)

    verdict = session(silent).decide(decision(lambda w, e: OK, hang=True))
    assert verdict.outcome is Outcome.FAIL
    assert session(silent).decide(decision(lambda w, e: OK)).outcome is Outcome.INCONCLUSIVE


def test_rows_that_move_accuse_no_one() -> None:
    count = 0

    def moving(world: World) -> World:
        nonlocal count
        count += 1
        return replace(world, patches=[Window(1, 9, ({"id": count},))])

    verdict = session(look=moving).decide(decision(lambda w, e: BAD, data=True))
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_rows_that_moved_once_are_looked_at_again() -> None:
    old, new = World(), World(patches=[Window(1, 9, ({"id": 1},))])
    judge: Callable[[World, Exchange], Finding] = lambda w, e: OK if w.patches else BAD  # noqa: E731
    moved = Session(Scripted(fine), old, lambda world: new, Settings())
    assert moved.decide(decision(judge, data=True)).outcome is not Outcome.FAIL


@pytest.mark.parametrize("calm_after", range(1, 12))
def test_a_property_whose_rows_move_and_then_rest_accuses_no_one(calm_after: int) -> None:
    """Hypothesis runs what failed again; by then the rows may have come to rest."""
    looks = 0

    def moving(world: World) -> World:
        nonlocal looks
        looks += 1
        return replace(world, patches=[Window(1, 9, ({"id": min(looks, calm_after)},))])

    judge: Callable[[World, Exchange], Finding] = (  # noqa: E731
        lambda w, e: BAD if looks < calm_after else OK
    )
    probe = lambda world: st.integers(0, 99).map(lambda n: call("patch_get", n))  # noqa: E731
    verdict = session(look=moving).decide(decision(judge, data=True, probe=probe))
    assert verdict.outcome in (Outcome.INCONCLUSIVE, Outcome.PASS)


@pytest.mark.parametrize("trouble", [Trouble("gone"), BudgetSpent("spent")])
def test_what_ends_a_property_once_ends_it(trouble: Exception) -> None:
    def once(request: Request) -> Answer:
        if len(looking.transport.sent) == 2:  # type: ignore[attr-defined]
            raise trouble
        return fine(request)

    probe = lambda world: st.integers(0, 99).map(lambda n: call("patch_get", n))  # noqa: E731
    looking = session(once)
    verdict = looking.decide(decision(lambda w, e: OK, probe=probe))
    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, str(trouble))
    assert verdict.requests == 2


def test_the_smallest_failure_is_shown() -> None:
    probe = lambda world: st.integers(0, 10_000).map(lambda n: call("patch_get", n))  # noqa: E731
    judge: Callable[[World, Exchange], Finding] = (  # noqa: E731
        lambda w, e: BAD if e.params[0] >= 10 else OK
    )
    looking = session()
    looking.settings = Settings(examples=40)
    verdict = looking.decide(decision(judge, probe=probe))
    assert verdict.outcome is Outcome.FAIL
    number = int(verdict.evidence[0].call.removeprefix("patch_get(").removesuffix(")"))
    assert 10 <= number < 100
    assert verdict.requests < 120


def test_the_same_seed_makes_the_same_requests() -> None:
    probe = lambda world: st.integers().map(lambda n: call("patch_get", n))  # noqa: E731

    def sent(seed: int) -> list[Request]:
        looking = session()
        looking.settings = Settings(examples=20, seed=seed)
        looking.decide(decision(lambda w, e: OK, probe=probe))
        return looking.transport.sent  # type: ignore[attr-defined,no-any-return]

    assert sent(1) == sent(1)
    assert sent(1) != sent(2)


def test_what_needs_credentials_is_not_run_without() -> None:
    verdict = session().decide(decision(lambda w, e: OK, needs=frozenset({"credentials"})))
    assert verdict.outcome is Outcome.NOT_RUN
    assert "--username" in verdict.reason


def test_what_is_kept_of_failures_is_bounded_however_much_was_answered() -> None:
    """All of it is looked through for secrets, at up to a second for 200 KB."""
    opened = session()
    large = [Exchange(call("x", n), Answer(200, (), b"x" * 150_000)) for n in range(20)]
    kept = [sum(len(item.response) for item in opened._evidence(large)) for _ in range(30)]
    assert max(kept) <= KEPT + 20 * LITTLE
    assert sum(kept) <= ROOM + KEPT + 30 * 20 * LITTLE
    assert kept[-1] >= 20 * LITTLE
