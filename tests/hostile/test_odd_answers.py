"""Whatever is odd about an answer, a run ends in verdicts or a sentence, in time, in plain text."""

from __future__ import annotations

import contextlib
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import reports
from conformance.chapters import load
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import Target, discover, session
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.reports import terminal
from conformance.target.knowing.survey import Unusable
from conformance.target.sending.budget import Budget
from conformance.target.sending.transport import Trouble
from conformance.verdicts.verdicts import ExitCode, Outcome, Run

from . import servers
from .odd_answers import ODDITIES

load()
#: A requirement of each kind: of a page, of lists, of a value, of HTTP, of a fault.
SOME = ("PW-VER-001", "PW-LIST-001", "PW-READ-001", "PW-HTTP-001", "PW-SIG-001")
#: Categories of characters that are not to be seen, but to be obeyed.
STEERING = {"Cc", "Cf", "Zl", "Zp"}
#: Oddities that none of these requirements is about.
SOUND = {
    *("an extension of a megabyte", "chunks of one byte", "folded headers", "headers that steer"),
    *(
        "a content type that steers",
        "a charset there is not",
        "a thousand cookies",
        "mails in encodings there are not",
    ),
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits until a busy server may be asked again."""
    monkeypatch.setattr(Budget, "hold", lambda *args, **named: None)


def steering(text: str) -> list[str]:
    """The characters of a text that would do something to whoever reads it."""
    return sorted(
        {c for c in text if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cf", "Zl"}}
    )


def shown(run: Run) -> dict[str, str]:
    """All that is told of a run, by where."""
    found = {kind: render(run) for kind, render in reports.KINDS.items()}
    with contextlib.redirect_stdout(told := io.StringIO()):
        terminal.show(terminal.new_console(), run)
    return found | {"terminal": told.getvalue()}


@pytest.fixture(scope="module")
def found() -> Iterator[tuple[servers.Misbehaving, Options, Target]]:
    """A server that was honest while it was discovered."""
    with servers.misbehaving(servers.honest) as server:
        options = Options(server.url, timeout=0.3)
        yield server, options, discover(replace(options, timeout=60))


@pytest.mark.parametrize("name", ODDITIES)
def test_it_ends_in_verdicts_or_a_sentence(
    name: str, found: tuple[servers.Misbehaving, Options, Target], tmp_path: Path
) -> None:
    server, options, target = found
    server.manner, before = ODDITIES[name], len(server.turns)
    run = Run(server.url, started="2026-01-01T00:00:00+00:00")
    try:
        discover(options)
    except (Unusable, Trouble) as error:
        run.trouble = str(error)
        assert 0 < len(run.trouble) < 1000
    asked = len(server.turns)
    looking = session(options, replace(target, budget=tmp_path / "budget.sqlite"))
    looking.settings = Settings(examples=2, shrinks=2)
    run.verdicts = [looking.decide(DECISIONS[number]) for number in SOME]
    looking.close()
    assert asked < len(server.turns) < before + 200
    for verdict in run.verdicts:
        assert "please report" not in verdict.reason, verdict.reason
    assert run.exit_code is not ExitCode.INTERNAL
    if name not in SOUND:
        assert [v.id for v in run.verdicts if v.outcome is not Outcome.PASS]
    for where, text in shown(run).items():
        assert not steering(text), where
        assert "root:x:" not in text
