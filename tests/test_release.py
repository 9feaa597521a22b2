"""What is checked before a release is: each thing that may be wrong is noticed. And the workflows
that test and release are such as GitHub reads, and safe; they are linted here, not run."""

from __future__ import annotations

import re
import subprocess
import sys
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from tools import release
from tools.release import Unfit

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GOOD = [*release.NEEDED, "fakepw/__init__.py", "pw_containers/x.py", "fakepw-1.dist-info/RECORD"]


def metadata(**without: Any) -> Message:
    message = Message()
    for field in release.FIELDS:
        message[field] = "x"
    for field, text in without.items():
        del message[field.replace("_", "-")]
        if text is not None:
            message[field.replace("_", "-")] = text
    message.set_payload("see docs/double.md")
    return message


def test_what_is_as_it_should_be_is_fit() -> None:
    release.check_wheel(GOOD)
    release.check_metadata(metadata())


@pytest.mark.parametrize("missing", release.NEEDED)
def test_a_file_that_is_missing_is_noticed(missing: str) -> None:
    with pytest.raises(Unfit, match=f"the wheel lacks {missing}"):
        release.check_wheel([name for name in GOOD if name != missing])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("conformance/__init__.py", "is in none of fakepw, pw_conformance, pw_containers"),
        ("README.md", "is in none of"),
        ("fakepw/__pycache__/x.cpython-311.pyc", "nobody needs"),
        ("fakepw/tests/test_x.py", "nobody needs"),
        ("fakepw/cli.py~", "nobody needs"),
        ("fakepw/cli.py.orig", "nobody needs"),
    ],
)
def test_a_file_that_does_not_belong_there_is_noticed(more: str, says: str) -> None:
    with pytest.raises(Unfit, match=re.escape(f"the wheel holds {more}, which {says}")):
        release.check_wheel([*GOOD, more])


@pytest.mark.parametrize("field", release.FIELDS)
def test_a_field_that_is_missing_is_noticed(field: str) -> None:
    with pytest.raises(Unfit, match=f"the metadata has no {field}"):
        release.check_metadata(metadata(**{field: None}))


def test_what_an_index_would_refuse_is_noticed() -> None:
    with pytest.raises(Unfit, match="a URL"):
        release.check_metadata(metadata(Requires_Dist="x @ https://example.org/x.whl"))
    broken = metadata()
    broken.set_payload("[double](docs/double.md)")
    with pytest.raises(Unfit, match="lead nowhere"):
        release.check_metadata(broken)


def test_builds_that_differ_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(folder: Path, umask: int) -> list[Path]:
        folder.mkdir()
        (folder / "x.whl").write_text(str(umask))
        return [folder / "x.whl"]

    monkeypatch.setattr(release, "build", build)
    with pytest.raises(Unfit, match=r"two builds of x\.whl differ"):
        release.twice(tmp_path)


def test_the_changelog_must_say_something_of_a_version() -> None:
    log = "# Changelog\n\n## [Unreleased]\n\n- x\n\n## [1.0.0] - 2026-12-01\n\n- y\n- z\n\n"
    log += "## [0.9.0]\n\n"
    assert release.notes(log, "1.0.0") == "- y\n- z"
    for version in ("0.9.0", "1.0", "2.0.0"):
        with pytest.raises(Unfit, match="says nothing of a version"):
            release.notes(log, version)


def test_a_tag_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"git": "", sys.executable: "1.0.0\n"}
    monkeypatch.setattr(release, "run", lambda *command, **options: said[str(command[0])])
    with pytest.raises(Unfit, match=r"the tag is v1\.0\.1, and the version 1\.0\.0"):
        next(release.tree("v1.0.1"))
    said["git"] = " M README.md\n"
    with pytest.raises(Unfit, match=r"1 files are not committed, M README\.md among them"):
        next(release.tree(None))


def test_it_says_so_in_one_line_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["--notes", "77.0.0"]) == 1
    said = capsys.readouterr()
    assert said.err == ("not fit to be released: CHANGELOG.md says nothing of a version [77.0.0]\n")


@pytest.mark.needs("shellcheck")
def test_workflows_pass_the_linter() -> None:
    assert [path.name for path in WORKFLOWS] == ["release.yml", "test.yml"]
    linter = Path(sys.executable).parent / "jactionlint"
    done = subprocess.run([linter, *WORKFLOWS], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_hold_no_secret_and_no_more_rights_than_they_need(path: Path) -> None:
    text = path.read_text()
    assert "secrets." not in text
    assert re.search(r"^permissions:\n  contents: read\n", text, re.M)
    for action in re.findall(r"uses: (\S+)(?: #.*)?$", text, re.M):
        assert action.startswith("./") or re.search(r"@[0-9a-f]{40}$", action), action
    used = set(re.findall(r"\bmake ([\w-]+)", text))
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in used)
