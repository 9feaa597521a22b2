"""Releases and Djangos are told apart by what each shows itself, never one by the other."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import fakepw
from conformance.target.exchange import BASE, SILENCE, Answer, Exchange, Request
from conformance.target.knowing.profile import GENERATIONS, RELEASES, Profile
from conformance.target.knowing.releases import told
from conformance.target.knowing.survey import Surveyor, find
from conformance.target.knowing.world import World
from conformance.target.sending.transport import Endpoint
from fakepw.patchwork.instances.instances import RECORDED, names
from tests.memory import kept

from ...chapters import corpus
from ...chapters.corpus import INSTANCES, profile_of, world_of

Ask = Callable[[Request], Exchange]

#: What texts tell of each recorded Django (servers.md 2, 6.3).
DJANGOS = {
    "before 3.0": "1.8 1.9 1.10 1.11 2.2",
    "3.x": "3.0 3.1 3.2",
    "4.0 to 5.1": "4.0 4.2 5.0 5.1",
    "5.2 or later": "5.2 6.0",
}


@kept
def answers_of(instance: str) -> dict[tuple[str, str, bytes], Answer]:
    """What a recorded server answered to each request, at first."""
    known: dict[tuple[str, str, bytes], Answer] = {}
    for item in corpus.recorded(instance):
        if item.dataset == "a":
            request = item.exchange.request
            known.setdefault((request.method, request.target, request.body), item.exchange.answer)
    return known


def recorded(instance: str, hidden: str = r"\Z.") -> tuple[World, Ask]:
    """What a recorded server held, and what it answered; silent where nothing was recorded, and
    where the path matches what is hidden."""
    known = answers_of(instance)

    def ask(request: Request) -> Exchange:
        path = request.target.replace(BASE, "")
        if re.search(hidden, path):
            return Exchange(request, SILENCE)
        return Exchange(request, known.get((request.method, path, request.body), SILENCE))

    return world_of(instance, "a"), ask


def release_of(instance: str) -> str:
    return instance.partition("-")[0]


@pytest.mark.parametrize("instance", INSTANCES)
def test_every_recorded_server_is_what_it_is(instance: str) -> None:
    world, ask = recorded(instance)
    span = told(world, ask)
    assert release_of(instance) in span
    # A CSRF cookie that is missing tells nothing, and of /api/1.2/ no answer was recorded.
    assert len(span) <= (3 if release_of(instance) in ("2.1", "2.2", "3.0") else 2)


@pytest.mark.parametrize("instance", INSTANCES)
@pytest.mark.parametrize("hidden", ["/api/", "pwclientrc", "/patch/", "/xmlrpc/", "."])
def test_what_is_hidden_widens_the_range_and_never_moves_it(instance: str, hidden: str) -> None:
    world, ask = recorded(instance, hidden)
    span = told(world, ask)
    assert release_of(instance) in span
    if hidden == ".":
        assert span == GENERATIONS[profile_of(instance).api]


@pytest.mark.parametrize("instance", INSTANCES)
def test_nothing_that_a_front_adds_makes_another_release_of_it(instance: str) -> None:
    """A front may write its charset behind every text, and take cookies away."""
    world, ask = recorded(instance)

    def fronted(request: Request) -> Exchange:
        answer = ask(request).answer
        headers = [
            (n, v if v != "text/plain" else "text/plain; charset=utf-8")
            for n, v in answer.headers
            if n.lower() != "set-cookie"
        ]
        return Exchange(request, Answer(answer.status, tuple(headers), answer.body))

    assert release_of(instance) in told(world, fronted)


@pytest.mark.parametrize("fixture", ["demo", {}], ids=["rows", "none"])
@pytest.mark.parametrize("instance", sorted({*RECORDED, *names()}))
def test_every_instance_is_what_it_is(instance: str, fixture: object) -> None:
    patchwork = fakepw.Patchwork(fakepw.load(fixture), instance)  # type: ignore[arg-type]

    class Wire:
        endpoint = Endpoint("http", "pw.example.org", 80)

        def send(self, request: Request, *, alone: bool = False) -> Answer:
            headers = [(n.lower().encode(), v.encode()) for n, v in request.headers]
            if isinstance(request.authorization, str):
                headers.append((b"authorization", request.authorization.encode()))
            if request.method == "POST":
                headers.append((b"content-length", b"%d" % len(request.body)))
            path = self.endpoint.target(request.target).encode()
            asked = fakepw.Request(request.method.encode(), path, headers, request.body)
            found = fakepw.respond(asked, patchwork)
            given = tuple(found.headers)
            return Answer(found.status, given, b"".join(found.body))

    wire = Wire()
    found = find([wire.endpoint], lambda endpoint: wire)
    world = Surveyor(lambda r: Exchange(r, wire.send(r))).survey(found)
    profile = world.profile
    assert profile.may_be(release_of(instance)), profile.describe()
    if profile.django:
        named = DJANGOS[profile.django].split()
        assert patchwork.instance.django.rpartition(".")[0] in named
    if fixture and profile.api == "2.0":
        limit = 2 if release_of(instance) == "3.2" else 1
        assert len(profile.releases) == limit, profile.describe()


def test_a_range_is_said_in_words() -> None:
    assert Profile(releases=("3.0",)).likely == "3.0"
    assert Profile(releases=RELEASES[2:]).likely == "2.0 or later"
