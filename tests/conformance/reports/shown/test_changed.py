"""What changed, in every format."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from rich.console import Console

from conformance.commands.cli import main
from conformance.reports import CHANGED, MATRIX
from conformance.reports.shown import matrix
from conformance.reports.shown.changed import KINDS, show
from conformance.requirements.catalogue import requirements
from conformance.verdicts.changes import Changes, changes
from tests.conformance.kept.kept import report, stored
from tests.conformance.reports import outputs
from tests.conformance.reports.builders import HOSTILE

EVIL = HOSTILE.replace("\ud800", "") + " ::error:: | cell"


def found(text: str = "bad") -> Changes:
    other = {"level": "MUST", "text": text}
    return changes(
        stored({"PW-VER-001": "fail", "PW-READ-002": "fail"}, name="old.json"),
        stored(
            {
                "PW-VER-001": "pass",
                "PW-READ-001": {"outcome": "fail", "reason": text},
                "PW-READ-002": "fail",
                "PW-XML-001": {"outcome": "inconclusive", "reason": text},
                "PW-NEW-001": {"outcome": "fail", "reason": text, "requirement": other},
            },
            name="new.json",
            url=f"https://x.example/{text}",
        ),
    )


def terminal(changed: Changes) -> str:
    text = io.StringIO()
    show(Console(file=text, width=200, markup=False, emoji=False), changed)
    return text.getvalue()


def test_the_terminal_tells_the_worst_first_and_sums_it_up() -> None:
    said = terminal(found())
    places = [
        said.index(word)
        for word in ("newly broken (1)", "no longer decided (1)", "still broken (1)", "mended (1)")
    ]
    assert places == sorted(places)
    assert "then  pass" in said
    assert "now   fail: bad" in said
    assert said.splitlines()[-1] == (
        "worse than before: 1 newly broken, 1 no longer decided, 1 still broken, 1 newly mended,"
        f" 1 new, {len(requirements()) - 4} unchanged"
    )


def test_the_kinds_that_are_offered_are_those_that_there_are() -> None:
    assert tuple(KINDS) == CHANGED
    assert tuple(matrix.KINDS) == MATRIX


def test_programs_read_all_that_changed() -> None:
    told = json.loads(KINDS["json"](found(), False))
    assert (told["format"], told["status"], told["strict"]) == (1, 1, False)
    assert [(row["id"], row["change"]) for row in told["changes"]] == [
        ("PW-VER-001", "newly mended"),
        ("PW-READ-001", "newly broken"),
        ("PW-READ-002", "still broken"),
        ("PW-XML-001", "no longer decided"),
        ("PW-NEW-001", "new"),
    ]
    assert told["changes"][1]["new"] == {"outcome": "fail", "said": "fail: bad"}
    assert told["changes"][4]["old"] is None
    assert told["old"]["name"] == "old.json"


@pytest.mark.parametrize(("strict", "failures"), [(False, 1), (True, 2)])
def test_ci_shows_red_what_the_status_calls_red(strict: bool, failures: int) -> None:
    root = ElementTree.fromstring(KINDS["junit"](found(), strict))
    assert root.get("failures") == str(failures)
    assert root.get("errors") == "0"
    assert int(root.get("tests", 0)) == len(requirements()) + 2
    red = root.findall(".//testcase[failure]")
    assert red[0].get("name", "").startswith("PW-READ-001 ")


def test_a_summary_is_markdown() -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render(KINDS["markdown"](found(), False))
    assert "<h2>❌ Patchwork XML-RPC: worse than before</h2>" in html
    assert "<h3>newly broken (1)</h3>" in html
    assert html.count("<tr>") == 3


def test_whatever_a_report_says_is_text_in_all_of_them() -> None:
    changed = found(EVIL)
    said = terminal(changed)
    assert "\x1b[31m" not in said
    assert "\u202e" not in said
    html = MarkdownIt("gfm-like", {"linkify": False}).render(KINDS["markdown"](changed, False))
    assert "<script>" not in html
    assert "<img" not in html
    assert "href" not in html
    assert html.count("<tr>") == 3
    ElementTree.fromstring(KINDS["junit"](changed, False))
    for text in (said, *(render(changed, True) for render in KINDS.values())):
        assert "::error" not in text
        assert "\x07" not in text


def test_what_is_new_and_does_not_fail_is_told_by_id() -> None:
    """As where the older run was asked for little."""
    every = [number for number in requirements() if number != "PW-VER-001"]
    little = stored(dict.fromkeys(every), settings={"select": ["VER-001"]})
    changed = changes(little, stored({"PW-READ-001": "fail"}))
    said = terminal(changed)
    assert f"new ({len(every)})" in said
    assert "PW-READ-001  MUST" in said
    assert f"and {len(every) - 1} that do not fail: PW-VER-002, PW-VER-003, " in said
    assert len(said.splitlines()) < 20
    assert len(KINDS["markdown"](changed, False).splitlines()) < 30


def test_a_summary_stays_below_what_is_taken() -> None:
    many = {f"PW-READ-{n:03}": {"outcome": "fail", "reason": "x" * 1000} for n in range(999)}
    text = KINDS["markdown"](changes(stored(), stored(many)), False)
    assert len(text.encode()) < 1 << 20
    assert "PW-READ-998" in text.replace("\\", "")


def test_the_command_ends_with_what_it_found(tmp_path: Path) -> None:
    def written(name: str, outcome: str, every: bool = False) -> str:
        def change(kept: dict[str, Any]) -> None:
            for verdict in kept["verdicts"]:
                if every or verdict["id"] == "PW-READ-001":
                    verdict["outcome"] = outcome

        (tmp_path / name).write_text(report(change))
        return str(tmp_path / name)

    good, bad = written("good.json", "pass"), written("bad.json", "fail")
    lost, nothing = written("lost.json", "inconclusive"), written("none.json", "not run", True)
    file = tmp_path / "changes.xml"
    for words, status, said in (
        ((good, good), 0, "nothing is newly broken"),
        ((bad, good), 0, "1 newly mended"),
        ((good, bad), 1, "worse than before: 1 newly broken"),
        ((good, lost), 0, "1 no longer decided"),
        ((good, lost, "--strict"), 1, "worse than before: 0 newly broken, 1 no longer decided"),
        ((good, nothing), 3, "nothing can be compared"),
        ((good, "README.md"), 2, "README.md is no JSON report"),
        ((good, "nosuch.json"), 2, "does not exist"),
        ((good, bad, "--report", "html=x"), 2, "there are json, junit, markdown"),
        ((good, bad, "--report", f"junit={file}"), 1, "newly broken"),
        ((good, bad, "--report", "json=/dev/full"), 2, "No space left"),
        ((good,), 2, "Missing argument"),
    ):
        done = CliRunner().invoke(main, ["compare", *words])
        assert (done.exit_code, said in done.output) == (status, True), (words, done.output)
    assert ElementTree.parse(file).getroot().get("failures") == "1"
    told = CliRunner().invoke(main, ["compare", good, bad, "--json"])
    assert outputs.told("compare", told.stdout)["counts"]["newly broken"] == told.exit_code == 1
