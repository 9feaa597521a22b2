"""How much was decided: a run that decided nothing, or too little, is no result."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.reports import KINDS
from conformance.requirements.catalogue import Level, requirements
from conformance.verdicts.verdicts import Deviation, ExitCode, Outcome, Run, Verdict

MUSTS = [number for number, about in requirements().items() if about.level is Level.MUST]
INFOS = [number for number, about in requirements().items() if about.level is Level.INFO]
NO_PATCH = "this server holds no patch"


def run_of(*outcomes: tuple[Outcome, str], **more: object) -> Run:
    verdicts = [
        Verdict(number, outcome, reason)
        for number, (outcome, reason) in zip(MUSTS, outcomes, strict=False)
    ]
    return replace(Run("http://x/xmlrpc/", verdicts=verdicts), **more)  # type: ignore[arg-type]


def test_what_was_not_given_and_other_releases_count_for_nothing() -> None:
    run = run_of((Outcome.PASS, ""), (Outcome.NOT_RUN, "needs --writes PATCH_ID"))
    run.verdicts.append(Verdict(MUSTS[5], Outcome.NOT_APPLICABLE, "only for 1.0", applies=False))
    assert (run.tally.decided, run.tally.of) == (1, 1)
    assert run.exit_code is ExitCode.CONFORMANT


def test_what_could_not_be_tried_counts_and_is_told() -> None:
    run = run_of((Outcome.PASS, ""), *[(Outcome.NOT_APPLICABLE, NO_PATCH)] * 3)
    assert (run.tally.decided, run.tally.of) == (1, 4)
    assert f"1 of 4 MUSTs decided ({NO_PATCH}: 3 requirements could not be tried)" in run.summary
    assert run.exit_code is ExitCode.CONFORMANT


@pytest.mark.parametrize(
    "outcome", [Outcome.NOT_RUN, Outcome.NOT_APPLICABLE, Outcome.INCONCLUSIVE, None]
)
def test_nothing_decided_is_not_conformant(outcome: Outcome | None) -> None:
    run = run_of((outcome, "why not")) if outcome else Run("u")
    run.verdicts.append(Verdict(INFOS[0], Outcome.OBSERVED, "something"))
    assert run.exit_code is ExitCode.INCONCLUSIVE
    assert run.headline == "inconclusive"
    assert ("why not" if outcome else "no MUST was selected") in run.shortfall
    assert run.shortfall.startswith("no MUST was ")


def test_a_failure_is_a_decision() -> None:
    run = run_of((Outcome.FAIL, "bad"))
    assert run.tally.decided == 1
    assert run.exit_code is ExitCode.NOT_CONFORMANT
    known = replace(run.verdicts[0], excused="why", deviation=Deviation("a", "b"))
    assert replace(run, verdicts=[known]).exit_code is ExitCode.CONFORMANT


@pytest.mark.parametrize(
    ("percent", "code"), [(0, 0), (1, 0), (50, 0), (50.1, 3), (75, 3), (100, 3)]
)
def test_a_gate_is_as_strict_as_wanted(percent: float, code: int) -> None:
    run = run_of(*[(Outcome.PASS, "")] * 2, *[(Outcome.NOT_APPLICABLE, NO_PATCH)] * 2)
    run.min_decided = percent
    assert run.exit_code == code
    if code:
        needed = {50.1: 3, 75: 3, 100: 4}[percent]
        assert f"--min-decided {percent:g}% asks for {needed}: {NO_PATCH}: 2" in run.shortfall


def test_the_most_frequent_reasons_are_told_and_the_others_counted() -> None:
    reasons = [(Outcome.NOT_APPLICABLE, f"reason {n}") for n in range(5) for _ in range(n + 1)]
    told = run_of((Outcome.PASS, ""), *reasons).tally.undecided
    assert told.startswith("reason 4: 5 requirements could not be tried; reason 3: 4; reason 2")
    assert told.endswith(": 3; for other reasons: 3")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", [(), ((Outcome.PASS, ""),)])
def test_every_report_says_how_much_was_decided(
    kind: str, given: tuple[tuple[Outcome, str], ...]
) -> None:
    run = run_of(*given, *[(Outcome.NOT_APPLICABLE, NO_PATCH)] * 2)
    text = KINDS[kind](run)
    if kind == "json":
        report = json.loads(text)
        assert report["decided"]["musts"] == len(given)
        assert report["decided"]["of"] == len(given) + 2
        assert report["decided"]["undecided"].startswith(NO_PATCH)
        assert report["decided"]["shortfall"] == run.shortfall
        return
    assert f"{len(given)} of {len(given) + 2}" in text
    assert NO_PATCH in text or kind == "badge"  # which has no room
    assert "inconclusive" in text.lower() or given


def test_nothing_decided_is_an_error_for_ci() -> None:
    run = run_of((Outcome.NOT_RUN, "needs --writes PATCH_ID"))
    assert '<error type="undecided" message="no MUST was decided: needs' in KINDS["junit"](run)
