"""What `make fresh` runs, and what it says where it cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import debian, fresh

ROOT = Path(__file__).parents[1]


def test_in_full_it_is_both_commands_for_both_users_on_both_debians() -> None:
    every = fresh.proofs(debian.RELEASED, fresh.USERS, short=False)
    assert [(proof.suite, proof.user, proof.tests) for proof in every] == [
        (suite, user, "") for suite in ("bookworm", "trixie") for user in ("kim", "root")
    ]
    for proof in every:
        assert "make demo && make test && " in fresh.script(proof)


def test_a_short_run_is_one_user_of_each_debian_and_a_part_of_the_tests() -> None:
    every = fresh.proofs(debian.RELEASED, fresh.USERS, short=True)
    who = {(suite, fresh.IN_SHORT[suite]) for suite in debian.RELEASED}
    assert {(proof.suite, proof.user) for proof in every} == who
    assert {proof.tests for proof in every} == {fresh.SHORT}
    assert {proof.user for proof in every} == set(fresh.USERS)
    for path in fresh.SHORT.split():
        assert (ROOT / path).exists()


def test_it_installs_what_the_readme_names() -> None:
    assert f"apt-get install {' '.join(debian.PACKAGES)}" in " ".join(
        (ROOT / "README.md").read_text().split()
    )


def test_settings_of_pip_go_along_with_the_files_that_they_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("wheels", "index/simple"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "ca.crt").touch()
    said = (
        f"global.extra-index-url='file://{tmp_path}/index/simple https://pypi.example/simple'\n"
        f"global.cert='{tmp_path}/ca.crt'\n:env:.find-links='{tmp_path}/wheels'\n"
    )

    def run(command: Any, **_: Any) -> Any:
        return subprocess.CompletedProcess(command, 0, said, "")

    monkeypatch.setattr(debian, "run", run)
    settings, paths = debian.pip_settings()
    assert settings["PIP_CERT"] == f"{tmp_path}/ca.crt"
    assert settings["PIP_EXTRA_INDEX_URL"].endswith("https://pypi.example/simple")
    assert paths == {tmp_path / "index", tmp_path / "ca.crt", tmp_path}


def test_whoever_is_not_root_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("os.getuid", lambda: 1000)
    assert fresh.main([]) == 1
    assert capsys.readouterr().out.startswith("fresh: not run: it takes root")


def test_a_debian_that_cannot_be_had_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def base(suite: str) -> Path:
        raise debian.Unavailable(f"debootstrap could not build {suite}: E: no such suite")

    monkeypatch.setattr("os.getuid", lambda: 0)
    monkeypatch.setattr(fresh, "base", base)
    assert fresh.main(["--suite", "trixie"]) == 1
    assert capsys.readouterr().out == (
        "fresh: not run: Debian 13 (trixie): debootstrap could not build trixie: E: no such suite\n"
    )


def test_its_help_tells_what_it_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.fresh", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "--short" in done.stdout
