"""The recipes of ARCHITECTURE.md, word for word: a new requirement, a new report format."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

import fakepw
from conformance import reports
from conformance.chapters import load
from conformance.commands.cli import main
from conformance.deciding.decisions import DECISIONS, Finding, decides
from conformance.deciding.judging import expect, fixed
from conformance.requirements import ver
from conformance.requirements.catalogue import MUST, requirements, row
from conformance.target.exchange import Exchange, call
from conformance.target.knowing.world import World
from conformance.verdicts.verdicts import Outcome, Run
from tests.conformance.chapters.corpus import INSTANCES
from tests.conformance.chapters.judged import findings
from tests.conformance.reports import builders
from tests.mutants.common import VERSION
from tests.mutants.deciding import decided
from tests.mutants.operators import Mutant, instead, respond

load()

#: 1. A row in the table of its chapter.
ROW = row(
    "VER-099",
    MUST,
    "all",
    text="Every version begins with 1.",
    why="a made-up client reads no more than that",
    facts="docs/servers.md 1.4",
    recorded=["pw_rpc_version"],
)


#: 2. A probe and a judge in the chapter's module.
def begins_with_one(world: World, answer: Exchange) -> Finding:
    if answer.params:
        return None  # of a call with arguments another requirement speaks
    value = answer.value.plain if answer.value else None
    return expect(value == 1 or (isinstance(value, list) and value[:1] == [1]), answer, "1 first")


#: 3. A mutant that it kills.
MUTANT = Mutant("version 2", "VER-099", said=instead(VERSION, respond("<int>2</int>")))


@pytest.fixture
def requirement(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(ver, "REQUIREMENTS", [*ver.REQUIREMENTS, ROW])
    requirements.cache_clear()
    decides("VER-099", fixed(call(VERSION)), on=VERSION)(begins_with_one)
    yield
    del DECISIONS["PW-VER-099"]
    monkeypatch.undo()
    requirements.cache_clear()


@pytest.mark.usefixtures("requirement")
def test_a_new_requirement_is_a_row_a_judge_and_a_mutant(tmp_path: Path) -> None:
    judged = [finding for name in INSTANCES for _, finding in findings(name, "PW-VER-099")]
    assert judged
    assert all(finding is True for finding in judged)
    with fakepw.serve("demo") as server:
        sound = decided(replace(MUTANT, said=Mutant("none", "").said), server, tmp_path)
        broken = decided(MUTANT, server, tmp_path)
    assert sound.outcome is Outcome.PASS
    assert broken.outcome is Outcome.FAIL
    assert broken.deviation is not None
    assert broken.deviation.got == "pw_rpc_version() answered 2"
    told = CliRunner().invoke(main, ["explain", "VER-099"]).output
    assert "Every version begins with 1." in told
    assert "begins_with_one" in told
    assert "PW-VER-099" in CliRunner().invoke(main, ["list", "--select", "VER"]).output
    assert "PW-VER-099" in reports.KINDS["junit"](Run("u", verdicts=[broken]))


@pytest.fixture
def outline(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module with a function `render`, and its name among the kinds."""

    def render(run: Run) -> str:
        return "".join(f"{verdict.id} {verdict.outcome}\n" for verdict in run.verdicts)

    module = ModuleType("conformance.reports.outline")
    module.render = render  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(reports.KINDS, "outline", reports.renderer("outline"))
    return "outline"


def test_a_new_report_format_is_a_module_and_its_name(outline: str, tmp_path: Path) -> None:
    run = replace(builders.conformant(), url="https://kim:earl-grey@patchwork.example.com/")
    kind, path = reports.parse(f"{outline}={tmp_path / 'report.txt'}")
    reports.write(kind, path, run)
    first = run.verdicts[0]
    assert path.read_text().startswith(f"{first.id} {first.outcome}\n")
    with pytest.raises(ValueError, match="outline"):
        reports.parse("outlines=x")
