"""The same requests get the same bytes on every Python, and whatever else a machine decides."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests import pythons

ROOT = Path(__file__).parents[2]

OTHERS = {v: path for v, path in pythons.found().items() if pythons.libraries(v).exists()}


def digests(*command: str, **environment: str) -> list[str]:
    """What `answers --some` prints there: a line for each instance, and one for all."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, "-m", "tests.protocol.answers", "--some"],
        cwd=ROOT,
        env=own | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@cache
def ours() -> list[str]:
    return digests(sys.executable)


@pytest.mark.parametrize("version", OTHERS)
def test_another_python_answers_the_same(version: str) -> None:
    path = f"{ROOT}{os.pathsep}{pythons.libraries(version)}"
    assert digests(str(OTHERS[version]), PYTHONPATH=path) == ours()


def test_neither_seeds_nor_limits_nor_locales_nor_zones_decide() -> None:
    theirs = digests(
        *(sys.executable, "-X", "utf8=0", "-W", "error"),
        PYTHONHASHSEED="1",
        PYTHONINTMAXSTRDIGITS="640",
        LC_ALL="C",
        TZ="Asia/Kathmandu",
        PYTHONTZPATH="",
    )
    assert theirs == ours()


def test_it_is_many_answers() -> None:
    assert int(ours()[-1].split()[0]) > 40_000
