"""`python -m tools.engine`: a command with the engine that answers, or with one of its own, or, in
one line, with none. `.ci/run` starts a real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import engine

from .engines import Engine

SAYS = [sys.executable, "-c", "import os, sys; sys.exit(os.environ.get('DOCKER_HOST'))"]


def test_one_that_answers_is_used_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with Engine(tmp_path / "there.sock", {}) as there:
        monkeypatch.setenv("DOCKER_HOST", there.where)
        assert engine.answering() == there.where
        assert engine.main(SAYS) == 1
        assert capfd.readouterr().err == f"{there.where}\n"
        assert engine.answering() == there.where


@pytest.mark.parametrize("where", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1", "nonsense"])
def test_without_one_the_command_runs_all_the_same(
    where: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", where)
    assert engine.answering() is None
    monkeypatch.setattr("os.getuid", lambda: 1000)
    assert engine.main([sys.executable, "-c", "import sys; sys.exit(7)"]) == 7
    said = capfd.readouterr().out
    assert said == "no container engine: starting a container engine takes root\n"
