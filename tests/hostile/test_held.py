"""What the README beside this says to be tested is tested."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HELD = re.findall(
    r"`(tests/[\w/]+\.py)::(test_\w+)`", Path(__file__).with_name("README.md").read_text()
)


def test_each_line_names_a_test() -> None:
    lines = Path(__file__).with_name("README.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| what")]
    assert len(rows) == len(HELD) > 30


@pytest.mark.parametrize("path", sorted({path for path, _ in HELD}))
def test_the_tests_are_there(path: str) -> None:
    there = {
        node.name
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name for where, name in HELD if where == path} <= there
