"""What tests hold goes with their module; what each worker took is told."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import memory

ROOT = Path(__file__).parents[1]

KEPT = """
from tests.memory import kept

@kept
def made(): return []
"""
FIRST = """
from made import made

def test_first(): made().append("read")
def test_of_the_same_module(): assert made() == ["read"]
"""
SECOND = """
from made import made

def test_of_another_module(): assert made() == []
"""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "a worker"])
def test_what_is_kept_goes_with_its_module_and_a_worker_tells_what_it_took(
    tmp_path: Path, workers: list[str]
) -> None:
    for name, text in {"made": KEPT, "test_first": FIRST, "test_second": SECOND}.items():
        (tmp_path / f"{name}.py").write_text(text)
    options = ["tests.conftest", "no:cacheprovider", "no:randomly"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *(f"-p{each}" for each in options), *workers],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert "3 passed" in done.stdout
    told = re.findall(r"^memory at most: gw0 (\d+) MB$", done.stdout, re.M)
    assert len(told) == len(workers[1:])
    assert all(int(megabytes) > 10 for megabytes in told)


def test_too_much_is_named() -> None:
    assert memory.closing_line({"gw1": 499, "gw0": 500}) == "memory at most: gw0 500 MB, gw1 499 MB"
    assert memory.closing_line({"gw0": 501}).endswith("gw0 501 MB: more than 500 MB is too much")
