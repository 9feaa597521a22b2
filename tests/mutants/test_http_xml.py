"""Each broken server is noticed by the requirement that its mutant names, and by it alone here."""

from __future__ import annotations

import pytest

from conformance.chapters import load
from conformance.requirements.catalogue import INFO, SHOULD, requirements
from conformance.verdicts.verdicts import Outcome
from fakepw.protocol import respond

from .harness import Mutant, unbroken, verdict
from .http_xml import MUTANTS

load()

SOUND = {Outcome.PASS, Outcome.OBSERVED}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.kills}-{m.name}")
def test_the_broken_server_is_noticed(mutant: Mutant) -> None:
    sound = unbroken(mutant.kills, mutant.instance, mutant.fixture)
    assert sound.outcome in SOUND, sound.reason
    broken = mutant.respond(respond)
    found = verdict(mutant.kills, broken, mutant.instance, mutant.fixture, mutant.timeout)
    level = requirements()[mutant.kills].level
    if level is INFO:
        assert (found.outcome, found.reason) != (sound.outcome, sound.reason)
        return
    expected = Outcome.WARNING if level is SHOULD else Outcome.FAIL
    assert found.outcome is expected, found.reason
    assert found.deviation is not None
    assert found.evidence


def test_every_requirement_notices_a_broken_server() -> None:
    held = {i for i, r in requirements().items() if r.chapter in ("HTTP", "XML")}
    assert {mutant.kills for mutant in MUTANTS} == held


def test_no_two_broken_servers_are_called_alike() -> None:
    assert len({(mutant.kills, mutant.name) for mutant in MUTANTS}) == len(MUTANTS)
