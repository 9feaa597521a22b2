"""Every recipe works as it is written, in its own language; every bug is staged as told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .examples import ROOT, Session, blocks

BUGS = (ROOT / "docs/bugs.md").read_text()
#: What was reported, and where.
REPORTS = [
    *("pwclient#10", "pwclient#17", "pwclient#18", "pwclient#23", "pwclient#31"),
    *("patchwork#47", "patchwork#59", "patchwork#518", "patchwork 0808013a"),
    *("patchwork 758b99b1", "patchwork 76c3dae2", "patchwork c547dc77"),
    *("pwcli b100ed3", "nipa cc30cd0", "skt#98", "sktm", "pwclient's documentation"),
]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = Session(tmp_path)
    yield session
    session.stop()


def test_every_bug_is_staged(session: Session) -> None:
    for block in blocks(BUGS):
        session.show(block, f"docs/bugs.md, line {block.line}")


def test_all_that_was_reported_is_staged_in_a_few_lines() -> None:
    told = re.findall(r"^\*\*.*\(([^()]*)\)\.$", BUGS, re.MULTILINE)
    assert [report for report in REPORTS if not any(report in t for t in told)] == []
    (file,) = blocks(BUGS)
    tests = [
        node
        for node in ast.parse(file.text).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert len(tests) == len(told) == len(REPORTS)
    lengths = {test.name: len(ast.unparse(test).splitlines()) for test in tests}
    assert {name: lines for name, lines in lengths.items() if lines > 10} == {}
