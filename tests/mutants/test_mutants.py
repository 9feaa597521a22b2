"""Every mutant is killed by the requirement that it names, and every requirement kills one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import fakepw
from conformance.chapters import load
from conformance.commands.runner import Options
from conformance.deciding.drawing import Settings
from conformance.deciding.engine import DECISIONS, Session
from conformance.requirements.catalogue import INFO, requirements
from conformance.target.exchange import Exchange
from conformance.target.survey import Surveyor, find
from conformance.target.transport import Credentials, endpoint_of
from conformance.verdicts.verdicts import Outcome, Verdict
from tests import recordings

from .mutants import MUTANTS
from .operators import Broken, Mutant

load()


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[tuple[str, str], object]]:
    """One server for each instance and dataset, started when first asked for."""
    running: dict[tuple[str, str], object] = {}
    yield running
    for server in running.values():
        server.stop()  # type: ignore[attr-defined]


@cache
def dataset(name: str) -> Path:
    return recordings.FOLDER / "datasets" / f"{name}.json"


def decided(mutant: Mutant, server: object, folder: Path) -> Verdict:
    """What the requirement that a mutant names says of it."""
    options = Options(
        credentials=Credentials("maint", "maintpass"), writes=(1,), create_checks=True
    )
    url: str = server.url  # type: ignore[attr-defined]
    path = folder / "budget"
    broken = Broken(options.transport(endpoint_of(url)[0], path, login=True), mutant)
    surveyor = Surveyor(lambda request: Exchange(request, broken.send(request)))
    world = surveyor.survey(find([broken.endpoint], lambda e: broken))
    world.writable = options.writes
    session = Session(
        broken,
        world,
        surveyor.look_again,
        Settings(examples=12, shrinks=10),
        options.have(),
        journal=folder,
    )
    try:
        return session.decide(DECISIONS[f"PW-{mutant.kills}"])
    finally:
        broken.inner.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.kills}-{m.name}")
def test_the_mutant_is_killed(
    mutant: Mutant, servers: dict[tuple[str, str], object], tmp_path: Path
) -> None:
    key = (mutant.instance, mutant.dataset)
    if key not in servers:
        servers[key] = fakepw.serve(str(dataset(mutant.dataset)), instance=mutant.instance)
    verdict = decided(mutant, servers[key], tmp_path)
    assert verdict.outcome in (Outcome.FAIL, Outcome.WARNING), verdict.reason
    assert verdict.deviation is not None
    assert verdict.deviation.expected


def test_there_are_enough_mutants() -> None:
    assert len(MUTANTS) >= 60
    assert len({(m.kills, m.name) for m in MUTANTS}) == len(MUTANTS)


def test_every_requirement_kills_a_mutant() -> None:
    named = {f"PW-{m.kills}" for m in MUTANTS}
    elsewhere = ("WRITE", "HTTP", "XML")  # those chapters have more mutants of their own
    wanted = {
        n for n, r in requirements().items() if r.level is not INFO and r.chapter not in elsewhere
    }
    assert wanted <= named
