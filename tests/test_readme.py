"""Every example in the README, and in the pages that it leads to, works as it is written there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .examples import ROOT, Session, blocks, matches

README = (ROOT / "README.md").read_text()
TUTORIALS = [f"docs/tutorials/{name}.md" for name in ("client", "operator", "ci")]
#: Pages whose examples are run, each in a folder of its own.
PAGES = [
    "README.md",
    *(f"docs/{name}.md" for name in ("guide", "double", "serving", "bridge", "gates", "data")),
]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = Session(tmp_path)
    yield session
    session.stop()


@pytest.mark.needs("curl")
@pytest.mark.parametrize("page", PAGES)
def test_every_example_works_as_written(session: Session, page: str) -> None:
    found = list(blocks((ROOT / page).read_text()))
    for block in found:
        session.show(block, f"{page}, line {block.line}")
    assert {"console", "python"} <= {block.language for block in found}
    assert session.server is not None


@pytest.mark.parametrize("page", TUTORIALS)
def test_every_tutorial_works_as_written(session: Session, page: str) -> None:
    found = list(blocks((ROOT / page).read_text()))
    for block in found:
        session.show(block, f"{page}, line {block.line}")
    assert "console" in {block.language for block in found}
    assert session.server is not None or "test_bot.py" in {block.name for block in found}


def test_a_wrong_line_would_be_noticed() -> None:
    assert matches(["a", "...", "c"], ["a", "b", "b", "c"])
    assert matches(["a", "..."], ["a"])
    assert not matches(["a"], ["a", "b"])
    assert not matches(["a", "...", "d"], ["a", "b", "c"])


def test_shell_lines_name_real_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for block in blocks(README):
        if block.language == "sh":
            for target in re.findall(r"^make (\w+)", block.text, re.MULTILINE):
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), target
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        assert re.search(rf"^#+ {anchor}$", text, re.MULTILINE | re.IGNORECASE), anchor


def test_a_newcomer_reads_the_readme_in_three_minutes() -> None:
    assert len(README.split()) < 1500


def test_options_in_the_guide_are_those_of_the_command() -> None:
    from fakepw.serving.commands.command import serve

    known = {option for parameter in serve.params for option in parameter.opts}
    section = (
        (ROOT / "docs" / "guide.md").read_text().partition("## Serve")[2].partition("\n## ")[0]
    )
    named = set(re.findall(r"`(--[a-z-]+)", section))
    assert named
    assert named <= known
