"""One of a thing is one of it, in every report and in the terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from conformance.reports import KINDS, terminal
from conformance.reports.shown import catalogued, compared
from conformance.requirements.catalogue import Level, requirements
from conformance.target.counting import counted
from conformance.target.exchange import Answer, call
from conformance.verdicts.differences import Differences
from conformance.verdicts.verdicts import Deviation, Outcome, Run, Verdict

from . import builders

#: A number and a plural, or a verb of one; what is not one of a kind.
WRONG = re.compile(r"(?<![\w.,:-])1 (?:more )?(?!(?:of|is|as|was|has|passed)\b)([a-z]+s)\b")


def of_one() -> Run:
    """A run in which everything is there once."""
    number = builders.ids(Level.MUST)[0]
    exchange = builders.evidence(call("pw_rpc_version"), builders.answer("1"))
    failed = replace(builders.failure(number, "a", "b", *[exchange] * 7), requests=1)
    other = Verdict(builders.ids(Level.MUST)[1], Outcome.INCONCLUSIVE, "no answer", requests=1)
    warned = builders.failure(builders.ids(Level.SHOULD)[0], "a", "b")
    return Run(
        "https://x.example",
        verdicts=[failed, other, replace(warned, outcome=Outcome.WARNING)],
        requests=1,
        seconds=1,
        problems=["one"],
        card={
            "version": "1",
            "likely": "x",
            "sizes": dict.fromkeys(("projects", "states", "people", "patches", "checks"), "1"),
            "checked": [],
            "not checked": [],
            "notes": [],
        },
    )


def console() -> Console:
    return Console(file=io.StringIO(), width=200, highlight=False, markup=False, emoji=False)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_report_speaks_of_one_things(kind: str) -> None:
    assert WRONG.findall(KINDS[kind](of_one())) == []
    known = [replace(v, excused="x") for v in of_one().verdicts if v.outcome is Outcome.FAIL]
    assert WRONG.findall(KINDS[kind](replace(of_one(), verdicts=known, problems=[]))) == []


def test_neither_does_the_terminal() -> None:
    target = console()
    terminal.show_card(target, of_one())
    terminal.show(target, of_one())
    live = terminal.Live(target, 1)
    live.advance(of_one(), of_one().verdicts[0])
    live.stop()
    catalogued.show_list(target, [next(iter(requirements().values()))])
    one = Answer(200, (), builders.value("<array><data></data></array>").encode())
    other = builders.value("<array><data><value><int>1</int></value></data></array>")
    found = Differences([("a", "x"), ("b", "x")], planned=2, compared=1)
    found.different.append((call("state_list"), one, Answer(200, (), other.encode())))
    compared.show(target, found)
    assert isinstance(target.file, io.StringIO)
    text = target.file.getvalue()
    assert WRONG.findall(text) == []
    assert "1 patch" in text
    assert "1 of 1 answer differs" in text
    assert "1 call was not compared" in text


def test_what_there_is_none_of_or_many_of_is_told_in_the_plural() -> None:
    assert counted(0, "patch") == "0 patches"
    assert counted(1, "person") == "1 person"
    assert counted(2, "person") == "2 people"
    assert counted(21, "request") == "21 requests"


def test_a_badge_says_what_a_baseline_excuses() -> None:
    musts = builders.ids(Level.MUST)
    failed = [
        Verdict(n, Outcome.FAIL, deviation=Deviation("a", "b"), excused="why") for n in musts[:2]
    ]
    passed = [Verdict(n, Outcome.PASS) for n in musts[2:]]
    badge = KINDS["badge"](Run("u", verdicts=[*failed, *passed]))
    assert "conformant but for 2 known failures" in badge
    assert '"green"' not in badge
    assert '"color": "green"' in KINDS["badge"](Run("u", verdicts=passed))


def test_a_run_that_never_was_counts_nothing_and_names_its_host() -> None:
    never = Run("x.example:8000", trouble="nothing listens on x.example:8000")
    assert "MUSTs" not in never.summary
    assert 'hostname="x.example"' in KINDS["junit"](never)
    assert "0 requirements" not in KINDS["html"](never)


def test_why_a_requirement_is_not_about_a_server_is_a_sentence() -> None:
    told = {about.only for about in requirements().values()}
    assert {"only for release 1.0", "only on Python 3"} <= told
    assert "only for releases from 1.1 on and on Python 3" in told
    assert not [
        text for text in told if "on on" in text or ("every release" in text and "Py" in text)
    ]


def test_no_sentence_ends_twice() -> None:
    """A text of the catalogue is a sentence; behind it may stand what was seen."""
    for kind in ("markdown", "html", "junit"):
        assert not re.search(
            r"\.[:;,]", re.sub(r"<style>.*?</style>", "", KINDS[kind](of_one()), flags=re.S)
        )
    run = replace(builders.everything(), card={})
    assert ".:" not in KINDS["markdown"](run)
