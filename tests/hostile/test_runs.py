"""Whatever a server does, a run ends in verdicts or a sentence: no traceback, hang or bloat."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from conformance.chapters import load
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.target.knowing.survey import Unusable
from conformance.target.sending.budget import Budget, BudgetSpent
from conformance.target.sending.transport import Trouble
from conformance.verdicts.verdicts import Outcome

from . import servers

load()
#: A requirement of each kind: of a page, of lists, of a fault, of HTTP, of XML.
SOME = ("PW-VER-001", "PW-LIST-001", "PW-READ-001", "PW-HTTP-001")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits until a busy server may be asked again."""
    monkeypatch.setattr(Budget, "hold", lambda *args, **named: None)


ODD: dict[str, servers.Manner] = {
    "a page of <": servers.angle_brackets,
    "a gzip bomb": servers.gzip_bomb,
    "billion laughs": servers.billion_laughs,
    "a foreign entity": servers.foreign_entity("/etc/passwd"),
    "deep arrays": servers.deep(900),
    "arrays as deep as can be": servers.deep(100_000),
    "a fault of a megabyte": servers.says("x" * 1_000_000),
    **{manner.__name__: manner for manner in (*servers.ENDLESS, *servers.LYING)},
    **{f"Retry-After: {m[:20]}": servers.retry_after(m) for m in servers.MOMENTS},
    **{f"Location: {where}": servers.redirects(where) for where in servers.LOCATIONS},
}


@pytest.mark.parametrize("name", ODD)
def test_discovery_ends_in_a_sentence_or_a_card(name: str) -> None:
    with servers.misbehaving(ODD[name]) as server:
        options = Options(server.url, timeout=0.2, max_time=10)
        try:
            discover(options)
        except (Unusable, Trouble, BudgetSpent, ValueError) as error:
            said = str(error)
            assert said
            assert len(said) < 1000
            assert "root:" not in said
        assert len(server.turns) < 100


@pytest.mark.parametrize("name", [name for name in ODD if ":" not in name])
def test_what_changes_after_the_discovery_is_judged_or_given_up(name: str) -> None:
    with servers.misbehaving(servers.honest) as server:
        options = Options(server.url, timeout=0.2, max_time=20)
        looking = session(options, discover(options))
        looking.settings = Settings(examples=2, shrinks=2)
        server.manner = ODD[name]
        looking._answers.clear()
        verdicts = [looking.decide(DECISIONS[number]) for number in SOME]
        looking.close()
    assert len(verdicts) == len(SOME)
    passed = [verdict.id for verdict in verdicts if verdict.outcome is Outcome.PASS]
    if name not in {m.__name__ for m in servers.LYING}:
        assert not [number for number in passed if number in ("PW-LIST-001", "PW-READ-001")], passed
    assert not [v for v in verdicts if "root:" in v.reason or "please report" in v.reason]


@pytest.mark.parametrize("manner", [servers.gzip_bomb, servers.gzipped_badly])
def test_what_is_packed_is_unpacked_within_bounds_or_not_at_all(manner: servers.Manner) -> None:
    with servers.misbehaving(servers.honest) as server:
        looking = session(options := Options(server.url, timeout=5), discover(options))
        server.manner = manner
        verdict = looking.decide(DECISIONS["PW-HTTP-015"])
        tracemalloc.start()
        try:
            looking.decide(DECISIONS["PW-HTTP-015"])
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        looking.close()
    assert verdict.outcome is Outcome.FAIL
    assert "unpacked" in str(verdict.deviation)
    assert peak < 16_000_000


@pytest.mark.parametrize(
    "manner",
    [servers.billion_laughs, servers.gzip_bomb, servers.deep(100_000), servers.says("::x")],
)
def test_the_command_itself_ends_with_a_status_and_no_traceback(
    manner: servers.Manner, tmp_path: Path
) -> None:
    limit = 1_500_000_000

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    with servers.misbehaving(servers.after_discovery(manner, 80)) as server:
        words = [sys.executable, "-m", "conformance", "run", server.url, "--timeout", "2"]
        words += ["--max-time", "20", "--select", "LIST", "--report", f"html={tmp_path / 'html'}"]
        done = subprocess.run(
            words, capture_output=True, timeout=180, preexec_fn=bound, env=dict(os.environ)
        )
    assert done.returncode in (1, 3), done.stderr.decode()
    assert b"Traceback" not in done.stdout + done.stderr
    assert b"internal error" not in done.stdout
    assert (tmp_path / "html").stat().st_size < 20_000_000
