"""No answer of a server breaks the suite: not its reader, its discovery, its judges or reports."""

from __future__ import annotations

import copy
import pickle
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fakepw
from conformance import reports
from conformance.chapters import load
from conformance.commands.opening.options import Options
from conformance.deciding import restoring
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.deciding.engine import Session
from conformance.target.exchange import Answer, Exchange, Request
from conformance.target.knowing.survey import Surveyor, Unusable, card, find
from conformance.target.knowing.world import World
from conformance.target.sending.transport import (
    Endpoint,
    Trouble,
    compose,
    endpoint_of,
    moved,
    retry_after,
    written,
)
from conformance.target.wire import parse
from conformance.verdicts.verdicts import Run, from_dict, to_dict
from tests.memory import kept

from . import servers
from .answers import ANSWERS, BODIES, TEXTS

load()
ENDPOINT = endpoint_of("http://127.0.0.1:1")[0]
unhurried = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=150,
)
#: None stands for what an honest server says.
MIXED = st.lists(st.none() | ANSWERS, min_size=1, max_size=6)


@kept
def patchwork() -> fakepw.Patchwork:
    return fakepw.Patchwork(fakepw.load("demo"))


class Answering:
    """A transport that gives these answers, one after another and again from the first."""

    def __init__(self, answers: list[Answer | None]) -> None:
        self.answers, self.endpoint, self.count = answers, ENDPOINT, 0

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        self.count += 1
        given = self.answers[self.count % len(self.answers)]
        return honest(request, self.endpoint) if given is None else given


def honest(request: Request, endpoint: Endpoint) -> Answer:
    head, _, body = compose(request, endpoint, None).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    pairs = [line.lower().partition(b":")[::2] for line in lines]
    headers = [(name.strip(), value.strip()) for name, value in pairs]
    method, target, _ = first.split(b" ", 2)
    found = fakepw.respond(fakepw.Request(method, target, headers, body), patchwork())
    return Answer(found.status, tuple(found.headers), b"".join(found.body))


@unhurried
@given(BODIES)
def test_any_body_is_read(body: bytes) -> None:
    answer = Answer(200, (), body)
    repr(parse(body).reply)
    for looks in (
        lambda: answer.describe(),
        lambda: answer.documented,
        lambda: answer.api_status,
        lambda: answer.html,
        lambda: written(answer),
        lambda: hash(answer.reply),
        lambda: pickle.dumps(answer.reply),
    ):
        looks()


@pytest.mark.parametrize("depth", [10, 90, 900, 100_000])
def test_deep_values_are_read_or_refused(depth: int) -> None:
    def ask(manner: servers.Manner) -> bytes:
        turn = servers.Turn(1, 1, "POST", "/xmlrpc/", {}, b"", None)  # type: ignore[arg-type]
        return next(iter(manner(turn))).partition(b"\r\n\r\n")[2]

    body = ask(servers.deep(depth))
    said = Answer(200, (), body).describe()
    assert len(said) < 1000
    assert ("deep" in said) == (depth > 20)


@unhurried
@given(ANSWERS, st.sampled_from(servers.MOMENTS) | TEXTS)
def test_any_moment_and_any_place_is_read(answer: Answer, text: str) -> None:
    headers = (("Retry-After", text), *answer.headers)
    assert retry_after(Answer(503, headers)) >= 0
    moved(ENDPOINT, text)


@unhurried
@given(MIXED)
def test_any_discovery_ends_in_a_card_or_a_sentence(answers: list[Answer | None]) -> None:
    transport = Answering(answers)
    try:
        found = find([ENDPOINT], lambda endpoint: transport)
        surveyor = Surveyor(lambda request: Exchange(request, transport.send(request)))
        world = surveyor.survey(found)
        shown = card(found, world, frozenset())
        surveyor.look_again(world)
    except (Unusable, Trouble):
        return
    pickle.dumps(world)
    assert shown


@cache
def surveyed() -> bytes:
    transport = Answering([None])
    surveyor = Surveyor(lambda request: Exchange(request, transport.send(request)))
    return pickle.dumps(surveyor.survey(find([ENDPOINT], lambda endpoint: transport)))


def session(transport: Answering, world: World) -> Session:
    surveyor = Surveyor(lambda request: Exchange(request, transport.send(request)))
    chosen = Settings(examples=2, shrinks=2)
    have = Options(writes=(1,)).have() | {"credentials", "writes", "checks"}
    world.writable, world.create_checks, world.username = (1,), True, "kim"
    return Session(transport, world, surveyor.look_again, chosen, frozenset(have))


@kept
def drawn(count: int) -> list[list[Answer | None]]:
    """So many draws: judges draw examples of their own, and cannot do that inside of a draw."""
    found: list[list[Answer | None]] = []

    @settings(unhurried, max_examples=count, database=None, derandomize=True)
    @given(MIXED)
    def collect(answers: list[Answer | None]) -> None:
        found.append(answers)

    collect()
    return found


@pytest.mark.parametrize("number", DECISIONS)
def test_no_judge_breaks(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "PAUSE", 0)
    monkeypatch.setattr(restoring, "PATIENCE", 0)
    for turn, answers in enumerate(drawn(30)):
        world = pickle.loads(surveyed())
        if turn % 3 == 0:  # the sample itself is odd
            asked = Answering(answers)
            surveyor = Surveyor(lambda request: Exchange(request, asked.send(request)))  # noqa: B023
            try:
                world = surveyor.look_again(world)
            except Trouble:
                continue
        verdict = session(Answering(answers), world).decide(DECISIONS[number])
        assert "please report" not in verdict.reason
        assert from_dict(to_dict(verdict)) == verdict


def test_any_run_can_be_reported() -> None:
    numbers = sorted(DECISIONS)
    for turn, answers in enumerate(drawn(60)):
        opened = session(Answering(answers), pickle.loads(surveyed()))
        opened.have = frozenset()
        run = Run("http://127.0.0.1:1/xmlrpc/", started="2026-01-01T00:00:00+00:00")
        chosen = numbers[turn * 6 : turn * 6 + 6]
        run.verdicts = [opened.decide(DECISIONS[number]) for number in chosen]
        for render in reports.KINDS.values():
            assert render(copy.deepcopy(run))
