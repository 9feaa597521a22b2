"""Every mutant of writes is killed by what it names, and every such requirement kills one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import fakepw
from conformance.chapters import load
from conformance.deciding import restoring
from conformance.requirements.catalogue import INFO, SHOULD, requirements
from conformance.verdicts.verdicts import Outcome

from .checks_writes import MUTANTS
from .deciding import dataset, decided
from .operators import Mutant

load()


@pytest.fixture(scope="module")
def server() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve(dataset("b"), instance="3.2-py3-postgresql") as running:
        yield running


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "PAUSE", 0)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.kills}-{m.name}")
def test_the_mutant_is_killed(mutant: Mutant, server: fakepw.LiveServer, tmp_path: Path) -> None:
    server.reset()
    verdict = decided(mutant, server, tmp_path)
    level = requirements()[verdict.id].level
    wanted = Outcome.WARNING if level is SHOULD else Outcome.FAIL
    assert verdict.outcome is wanted, verdict.reason
    assert verdict.deviation is not None
    assert verdict.deviation.expected


@pytest.mark.parametrize("number", sorted({m.kills for m in MUTANTS}))
def test_the_server_itself_passes(number: str, server: fakepw.LiveServer, tmp_path: Path) -> None:
    server.reset()
    verdict = decided(Mutant("none", number), server, tmp_path)
    assert verdict.outcome is Outcome.PASS, verdict.reason


def test_every_requirement_kills_a_mutant() -> None:
    wanted = {n for n, r in requirements().items() if r.chapter == "WRITE" and r.level is not INFO}
    assert wanted == {f"PW-{m.kills}" for m in MUTANTS if m.kills.startswith("WRITE")}
