"""What code and catalogue cite of the notes on servers and clients is there to be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = {name: (ROOT / "docs" / name).read_text() for name in ("servers.md", "clients.md")}
#: `servers.md 1.7, 1.8 and 3`
CITED = re.compile(r"(servers|clients)\.md((?:(?:,| and| to)?\s+(?:#:? +)?\d+(?:\.\d+)*\b)*)")


def sections(name: str) -> set[str]:
    return set(re.findall(r"^#+ (\d+(?:\.\d+)?)\b", DOCS[name], re.M))


def sources() -> list[Path]:
    folders = ("fakepw", "conformance", "tests", "benchmarks", "demo")
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [*found, ROOT / "README.md", ROOT / "ARCHITECTURE.md"]


def cited(path: Path) -> list[tuple[str, list[str]]]:
    """Which notes a file cites, and which sections of them."""
    found = CITED.findall(path.read_text())
    return [(f"{name}.md", re.findall(r"\d+(?:\.\d+)*", numbers)) for name, numbers in found]


def test_every_section_that_is_cited_is_there() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name} {number}"
        for path in sources()
        for name, numbers in cited(path)
        for number in numbers
        if number not in sections(name)
    ]
    assert wrong == []
    assert sum(len(numbers) for path in sources() for _, numbers in cited(path)) > 400


def test_what_the_catalogue_cites_names_a_section() -> None:
    for path in sorted((ROOT / "conformance" / "requirements").glob("*.py")):
        assert all(numbers for _, numbers in cited(path)), path


def test_a_reader_is_sent_to_nothing_that_is_not_there() -> None:
    hidden = ("SERVER" + ".md", "CLIENTS" + ".md", "PEERS" + ".md")
    assert [p for p in sources() for name in hidden if name in p.read_text()] == []


@pytest.mark.parametrize("name", DOCS)
def test_sections_are_numbered_in_order_and_links_lead_somewhere(name: str) -> None:
    text = DOCS[name]
    numbers = re.findall(r"^#+ (\d+(?:\.\d+)?)\b", text, re.M)
    assert numbers == sorted(set(numbers), key=lambda n: [int(part) for part in n.split(".")])
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors
