"""Every requirement against every recorded answer that it speaks of."""

from __future__ import annotations

import pytest

from conformance.chapters import load
from conformance.deciding.decisions import DECISIONS, Observation
from conformance.requirements.catalogue import INFO, MUST, RELEASES, requirements
from conformance.verdicts.verdicts import Deviation

from ..requirements import evidence
from .corpus import INSTANCES, matches, profile_of
from .judged import findings

load()


@pytest.mark.parametrize("instance", INSTANCES)
def test_no_recorded_server_deviates(instance: str) -> None:
    """From no requirement that is a MUST. It is one test for each server: ten thousand of them
    take as much memory as all that they read."""
    wrong = [
        f"{number}: {call}: expected {finding.expected}; {finding.got}"
        for number, requirement in sorted(requirements().items())
        for call, finding in findings(instance, number)
        if isinstance(finding, Deviation) and requirement.level is MUST
    ]
    assert not wrong, f"{len(wrong)} answers:\n" + "\n".join(wrong[:20])


@pytest.mark.parametrize("number", sorted(requirements()))
def test_the_recordings_show_it(number: str) -> None:
    """Some recorded server that a requirement applies to is judged by it, unless none could be."""
    requirement = requirements()[number]
    judged = {i for i in INSTANCES if findings(i, number)}
    able = {i for i in INSTANCES if requirement.applies(profile_of(i))}
    if requirement.recorded:
        assert judged, f"no recorded answer of {sorted(able)} is judged by it"
    else:
        assert requirement.facts.startswith("not recorded"), "say why no recording shows it"


@pytest.mark.parametrize("number", sorted(n for n, r in requirements().items() if r.recorded))
def test_its_provenance_is_judged(number: str) -> None:
    """Each pattern that a requirement names as its provenance holds an answer that it judges."""
    requirement, decision = requirements()[number], DECISIONS[number]
    judged = {call for i in INSTANCES for call, _ in findings(i, number)}
    for pattern in requirement.recorded:
        if decision.on:
            assert any(matches(pattern, c.split(":", 1)[1]) for c in judged), pattern
        else:
            assert pattern in judged, pattern


@pytest.mark.parametrize("number", sorted(n for n, r in requirements().items() if r.level is INFO))
def test_an_observation_varies(number: str) -> None:
    """What never varies between recorded servers is no observation but a requirement."""
    seen = {
        i: frozenset(f.text for _, f in findings(i, number) if isinstance(f, Observation))
        for i in INSTANCES
    }
    assert len({texts for texts in seen.values() if texts}) > 1, seen


def test_what_is_shown_of_them_is_current() -> None:
    """If not: python -m tests.conformance.requirements.evidence"""
    assert evidence.FILE.read_text("utf-8") == evidence.text()


def test_every_requirement_is_decided() -> None:
    assert set(DECISIONS) == set(requirements())


def test_the_catalogue_is_large_enough() -> None:
    assert len(requirements()) >= 120


def test_every_requirement_names_known_releases() -> None:
    for requirement in requirements().values():
        assert requirement.releases in RELEASES
        assert requirement.text.endswith(".")
        assert requirement.why
        facts = requirement.facts
        assert "docs/servers.md" in facts or facts.startswith("not recorded")
