"""Every mutant is killed by the requirement that it names, and every requirement kills one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import fakepw
from conformance.chapters import load
from conformance.requirements.catalogue import INFO, requirements
from conformance.verdicts.verdicts import Outcome

from .deciding import dataset, decided
from .mutants import MUTANTS
from .operators import Mutant

load()


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[tuple[str, str], object]]:
    """One server for each instance and dataset, started when first asked for."""
    running: dict[tuple[str, str], object] = {}
    yield running
    for server in running.values():
        server.stop()  # type: ignore[attr-defined]


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
