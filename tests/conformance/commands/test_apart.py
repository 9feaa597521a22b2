"""No command writes over what it reads, or two things into one file."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.commands.cli import main
from tests.conformance.kept.kept import report

OVER = [
    "compare old.json new.json --report json=old.json",
    "compare old.json new.json --report json=x.json --report junit=./x.json",
    "matrix old.json new.json --report markdown=link.json",
    "replay old.json --report html=old.json",
    "baseline old.json --update -o old.json",
    "run 127.0.0.1:9 --baseline known.toml --report json=known.toml",
    "run 127.0.0.1:9 --report json=x.zip --bundle x.zip",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("old.json", "new.json"):
        (tmp_path / name).write_text(report())
    (tmp_path / "link.json").symlink_to("new.json")
    (tmp_path / "known.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", OVER)
def test_what_is_read_is_not_written_over(folder: Path, words: str) -> None:
    before = {path: path.read_text() for path in folder.iterdir()}
    done = CliRunner().invoke(main, words.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert "so nothing else can be written to it: name another file" in done.stderr
    assert {path: path.read_text() for path in folder.iterdir()} == before


def test_a_device_and_the_summary_of_a_step_take_any(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    two = [f"--report={kind}={where}" for kind in ("markdown", "json") for where in TAKE_ANY]
    done = CliRunner().invoke(main, ["compare", "old.json", "new.json", *two])
    assert done.exit_code == 0, done.stderr
    assert (folder / "summary.md").read_text().count("old.json") >= 2


TAKE_ANY = ("/dev/null", "summary.md")
