"""`make` finds a Python that is new enough, or says plainly that there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what make looks at, and an empty `bin`, which will be all of PATH."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "rm", "touch", "id", "test"):
        found = shutil.which(tool)
        if found:
            (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def python(checkout: Path, name: str, *, old: bool = False) -> None:
    """Put an interpreter on PATH: this one, or one that is too old for anything."""
    path = checkout / "bin" / name
    path.write_text("#!/bin/sh\nexit 1\n" if old else f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)


def make(
    checkout: Path, *args: str, environment: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[str]:
    program = shutil.which("make")
    assert program, "make is not installed, and nothing here works without it"
    ours = ("MAKE", "PYTHONPATH")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return subprocess.run(
        [program, *args],
        cwd=checkout,
        env={**kept, **environment, "PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
    )


def test_an_old_python3_is_passed_over(checkout: Path) -> None:
    python(checkout, "python3", old=True)
    python(checkout, "python3.12")
    assert "python3.12 -m venv .venv" in make(checkout, "-n", ".venv/bin/python").stdout


def test_python3_is_taken_if_it_is_new_enough(checkout: Path) -> None:
    python(checkout, "python3")
    python(checkout, "python3.13")
    assert "python3 -m venv .venv" in make(checkout, "-n", ".venv/bin/python").stdout


def test_without_a_new_enough_one_it_says_so(checkout: Path) -> None:
    python(checkout, "python3", old=True)
    done = make(checkout, "demo")
    assert done.returncode == 2
    assert "fakepw needs Python 3.11 or newer" in done.stderr
    assert not (checkout / ".venv").exists()


def test_one_that_is_given_is_held_to_that_too(checkout: Path) -> None:
    python(checkout, "antique", old=True)
    done = make(checkout, "demo", "PYTHON=antique")
    assert done.returncode == 2
    assert "antique is older" in done.stderr


def test_installing_is_done_once_until_pyproject_changes(checkout: Path) -> None:
    python(checkout, "python3")
    stamp = checkout / ".venv/.dev"
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").touch()
    assert "pip install" in make(checkout, "-n", ".venv/.dev").stdout
    stamp.touch()
    assert "pip install" not in make(checkout, "-n", ".venv/.dev").stdout
    later = stamp.stat().st_mtime + 5
    os.utime(checkout / "pyproject.toml", (later, later))
    assert "pip install" in make(checkout, "-n", ".venv/.dev").stdout


def test_what_pip_could_not_install_is_said_with_the_likely_reason(checkout: Path) -> None:
    pip = checkout / "bin/python3"
    pip.write_text('#!/bin/sh\ncase "$*" in *"pip install"*) exit 1;; esac\n')
    pip.chmod(0o755)
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").symlink_to(pip)
    done = make(checkout, ".venv/.demo")
    assert done.returncode == 2
    assert "pip could not install what fakepw needs. That comes from PyPI" in done.stderr
    assert not (checkout / ".venv/.demo").exists()


def test_a_python_without_venv_is_told_from_no_python(checkout: Path) -> None:
    bare = checkout / "bin/python3"
    bare.write_text(
        '#!/bin/sh\ncase "$*" in *venv*) echo "ensurepip is not available"; exit 1;; esac\n'
    )
    bare.chmod(0o755)
    done = make(checkout, ".venv/bin/python")
    assert done.returncode == 2
    assert "ensurepip is not available" in done.stdout
    assert (
        "python3 could not create a virtual environment. On Debian that takes python3-venv: "
        "sudo apt-get install python3-venv\n" in done.stderr
    )
    assert not (checkout / ".venv").exists()


def test_every_part_of_make_test_runs_and_counts(checkout: Path) -> None:
    """Whatever fails, the rest is run too, and the status says that something failed."""
    binaries = checkout / ".venv/bin"
    binaries.mkdir(parents=True)
    for stamp in (".dev", ".uvloop", ".schemathesis"):
        (checkout / ".venv" / stamp).touch()
    for name in ("python", "ruff", "mypy"):
        (binaries / name).write_text(f'''#!/bin/sh
echo "ran {name} $* ${{PYTHONPATH-}}" >> log
for bad in ${{BREAK-}}; do case "{name} $*" in *$bad*) exit 1;; esac; done
''')
        (binaries / name).chmod(0o755)

    def ran(broken: str) -> tuple[int, list[str]]:
        (checkout / "log").unlink(missing_ok=True)
        status = make(checkout, "test", environment={"BREAK": broken, "PYTHONPATH": ""}).returncode
        return status, (checkout / "log").read_text().splitlines()

    status, every = ran("")
    assert status == 0
    assert [line for line in every if "pytest" in line] == [
        "ran python -m pytest -n auto tests/serving .venv/uvloop",
        "ran python -m pytest -n auto --dist worksteal ",
    ]
    for broken in ("ruff", "mypy", "tests/serving", "auto", "mypy tests/serving"):
        status, lines = ran(broken)
        assert status == 2, broken
        assert [line for line in lines if "pytest" in line] == every[-2:]


def test_ci_runs_make_test_and_then_fresh_machines() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    commands = [line for line in lines if "make" in line and not line.startswith("#")]
    assert commands == [
        "python3 -m tools.engine make test || status=1",
        "make fresh FRESH=--short || status=1",
    ]
    assert lines[-1] == "exit $status"
