"""Every recipe works as it is written, in its own language; every bug is staged as told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .examples import ROOT, Block, Session, blocks

BUGS = (ROOT / "docs/bugs.md").read_text()
#: What was reported, and where.
REPORTS = [
    *("pwclient#10", "pwclient#17", "pwclient#18", "pwclient#23", "pwclient#31"),
    *("patchwork#47", "patchwork#59", "patchwork#518", "patchwork 0808013a"),
    *("patchwork 758b99b1", "patchwork 76c3dae2", "patchwork c547dc77"),
    *("pwcli b100ed3", "nipa cc30cd0", "skt#98", "sktm", "pwclient's documentation"),
]


RECIPES = (ROOT / "docs/recipes.md").read_text()
#: What has to be there, by the language of a recipe.
TOOLS = {
    "bash": ("curl", "jq"),
    "go": ("go",),
    "js": ("node",),
    "perl": ("/usr/share/perl5/XMLRPC/Lite.pm",),
    "ruby": ("ruby", "/usr/lib/ruby/vendor_ruby/xmlrpc/client.rb"),
}


def recipes() -> Iterator[Any]:
    """Each recipe's blocks, behind those that all have in common; with the tools that it needs."""
    start, *sections = re.split("^## ", RECIPES, flags=re.MULTILINE)
    for section in sections:
        title = section.partition("\n")[0]
        found = blocks(section)
        tools = [
            tool for language in {b.language for b in found} for tool in TOOLS.get(language, ())
        ]
        yield pytest.param([*blocks(start), *found], id=title, marks=pytest.mark.needs(*tools))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = Session(tmp_path)
    yield session
    session.stop()


@pytest.mark.parametrize("recipe", list(recipes()))
def test_every_recipe_works(session: Session, recipe: list[Block]) -> None:
    for block in recipe:
        session.show(block, f"docs/recipes.md, line {block.line}")


@pytest.mark.parametrize("name", ["bugs.md", "double.md", "recipes.md"])
def test_links_lead_somewhere(name: str) -> None:
    shown = re.sub(r"^```.*?^```$", "", page(name), flags=re.MULTILINE | re.DOTALL)
    wrong = []
    for link in re.findall(r"\]\(([^)]+)\)", shown):
        other, _, anchor = link.partition("#")
        there = (ROOT / "docs" / (other or name)).exists()
        if not there or (anchor and anchor not in anchors(other or name)):
            wrong.append(link)
    assert wrong == []


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def anchors(name: str) -> set[str]:
    """Where a link into a page may lead, as GitHub names headings."""
    headings = re.findall(r"^#+ (.*)$", page(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


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
