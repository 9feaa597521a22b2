"""Instances by requirements, in every format; the page of what real releases do."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from conformance.commands.cli import main
from conformance.reports.shown.matrix import KINDS, letters, show
from conformance.requirements import recorded
from conformance.requirements.catalogue import requirements
from conformance.verdicts.matrix import Matrix, of_recordings, of_runs
from conformance.verdicts.verdicts import Outcome
from tests import tools
from tests.chromium import CONTRAST
from tests.conformance.kept.kept import report, stored
from tests.conformance.reports import outputs
from tests.conformance.reports.builders import HOSTILE
from tools.chromium import launched

PAGE = Path(__file__).parents[4] / "docs" / "releases.html"
FAILS = {"outcome": "fail", "reason": "patch_get(7) answered HTTP 500"}


def three(text: str = "") -> Matrix:
    """Three instances; in the third a requirement that nobody else knows."""
    other = {"requirement": {"level": "MUST", "text": f"Another one. {text}"}}
    seen = {"outcome": "observed", "reason": f"case-sensitive {text}"}
    runs = [
        stored({"PW-LIST-090": seen}, name="a.json", url=f"https://a.example/{text}/xmlrpc/"),
        stored(
            {
                "PW-LIST-090": {"outcome": "observed", "reason": "case-insensitive"},
                "PW-READ-001": FAILS,
                "PW-READ-002": "inconclusive",
            },
            name="b.json",
            url="https://b.example/xmlrpc/",
            trouble=text or "interrupted",
            generator="pw-conformance 9",
        ),
        stored(
            {
                "PW-LIST-090": seen,
                "PW-READ-001": FAILS | {"excused": f"ticket 7 {text}"},
                "PW-OLD-001": {"outcome": "pass", **other},
                "PW-VER-001": None,
            },
            name="c.json",
            url="https://b.example/xmlrpc/",
            started="2027-03-01T00:00:00+00:00",
        ),
    ]
    return of_runs(runs)


def terminal(found: Matrix, *, every: bool = False) -> str:
    text = io.StringIO()
    show(Console(file=text, width=200, markup=False, emoji=False), found, every=every)
    return text.getvalue()


def test_only_what_differs_is_shown_by_default() -> None:
    found = three()
    assert [row.id for row in found.differing] == [
        "PW-VER-001", "PW-READ-001", "PW-READ-002", "PW-LIST-090", "PW-OLD-001",
    ]  # fmt: skip
    said = terminal(found)
    assert "fail  b.example (b.json): patch_get(7) answered HTTP 500" in said
    assert "fail  b.example (c.json): known: ticket 7 ; patch_get(7) answered HTTP 500" in said
    assert "not tried  b.example (c.json): not in this run" in said
    assert said.splitlines()[-1] == (
        f"5 of {len(requirements()) + 1} requirements differ between 3 instances; --all shows all"
    )
    assert "PW-SIG-001" not in said
    assert "PW-SIG-001" in terminal(found, every=True)
    for note in ("made by different versions", "interrupted", "2026-11-23 to 2027-03-01"):
        assert note in said


def test_what_has_the_same_sign_is_told_apart_by_letters() -> None:
    [row] = [row for row in three().rows if row.id == "PW-LIST-090"]
    assert [letters(row)[cell] for cell in row.cells] == ["a", "b", "a"]
    [row] = [row for row in three().rows if row.id == "PW-READ-002"]
    assert letters(row) == {}


def test_every_instance_has_a_name_of_its_own_and_none_is_endless() -> None:
    runs = [stored(url=f"https://a.example/{'x' * 10_000}/xmlrpc/") for _ in range(2)]
    names = [column.name for column in of_runs([*runs, stored()]).columns]
    assert names[2] == "patchwork.example.com"
    assert names[1] == f"{names[0]} #2"
    assert len(names[0]) < 250


def test_programs_read_what_differs_or_all() -> None:
    told = json.loads(KINDS["json"](three(), False))
    assert told["format"] == 1
    assert [each["name"] for each in told["instances"]] == [
        "a.example/", "b.example (b.json)", "b.example (c.json)",
    ]  # fmt: skip
    assert told["requirements"][0]["id"] == "PW-VER-001"
    assert told["requirements"][0]["cells"][2] == {"outcome": None, "said": "not in this run"}
    assert len(json.loads(KINDS["json"](three(), True))["requirements"]) == len(requirements()) + 1


def test_cells_of_a_markdown_table_lead_to_what_is_behind_them() -> None:
    text = KINDS["markdown"](three(), False)
    html = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    links = set(re.findall(r'href="#([^"]*)"', html))
    heads = {head.lower() for head in re.findall(r"<h3>([^<]*)</h3>", html)}
    assert links == heads == {row.id.lower() for row in three().differing}
    assert html.count("<table>") == 4
    assert "✕a" in html


def test_whatever_a_report_says_is_text_in_all_formats() -> None:
    evil = HOSTILE.replace("\ud800", "") + " ::error:: | cell"
    found = three(evil)
    html = MarkdownIt("gfm-like", {"linkify": False}).render(KINDS["markdown"](found, True))
    assert "<script>" not in html
    assert "<img" not in html
    assert "::error" not in KINDS["json"](found, True)
    assert "\x1b[31m" not in terminal(found, every=True)
    page = KINDS["html"](found, True)
    assert "<script" not in page
    assert "<img" not in page
    assert "{{ 7 * 7 }}" in page


def test_the_command_takes_reports_and_bundles_or_the_recordings(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(report())
    files = [str(tmp_path / name) for name in ("a.json", "b.json")]
    done = CliRunner().invoke(main, ["matrix", *files, "--json"])
    assert (done.exit_code, outputs.told("matrix", done.stdout)["requirements"]) == (0, [])
    done = CliRunner().invoke(main, ["matrix", "--recorded", "--json"])
    assert outputs.told("matrix", done.stdout)["requirements"]
    page = tmp_path / "m.html"
    done = CliRunner().invoke(main, ["matrix", files[0], "--report", f"html={page}"])
    assert done.exit_code == 0
    assert f"0 of {len(requirements())} requirements differ between 1 instance" in done.stdout
    assert page.read_text().startswith("<!DOCTYPE html>")
    for words, said in (
        ([], "give the reports of runs, or --recorded"),
        ([files[0], "--recorded"], "give the reports of runs, or --recorded"),
        (["README.md"], "README.md is no JSON report"),
        ([files[0], "--report", "junit=x"], "there are html, json, markdown"),
        ([files[0], "--report", "json=/dev/full"], "No space left"),
    ):
        done = CliRunner().invoke(main, ["matrix", *words])
        assert (done.exit_code, said in done.output) == (2, True)


def test_the_page_of_the_releases_is_current() -> None:
    """If not: python -m tests.conformance.requirements.evidence"""
    assert PAGE.read_text("utf-8") == KINDS["html"](of_recordings(), False)


def test_the_recordings_have_a_row_for_each_requirement_and_a_column_for_each_server() -> None:
    found = of_recordings()
    assert [row.id for row in found.rows] == list(requirements())
    assert [column.name for column in found.columns] == recorded.extract()["instances"]
    cells = {row.id: dict(zip((c.name for c in found.columns), row.cells, strict=True))
             for row in found.rows}  # fmt: skip
    assert cells["PW-READ-003"]["1.1-py2-sqlite"].outcome is Outcome.PASS
    assert cells["PW-READ-003"]["3.2-py3-sqlite"].outcome is Outcome.NOT_APPLICABLE
    seen = cells["PW-LIST-090"]
    assert seen["3.2-py3-postgresql"].said != seen["3.2-py3-sqlite"].said
    musts = [row for row in found.rows if row.about.level == "MUST"]
    assert not any(cell.outcome is Outcome.FAIL for row in musts for cell in row.cells)


# In a real browser.


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = launched(playwright)
        yield found
        found.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Opens a page that may neither fetch nor complain."""
    contexts, wrong, asked = [], list[str](), list[str]()

    def open_(html: str, **options: Any) -> Page:
        file = tmp_path / "page.html"
        file.write_text(html, "utf-8")
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == [url for url in asked if not url.startswith(("file:", "data:"))] == []


ROWS = "tr.req:visible"
needs_browser = pytest.mark.needs(*tools.BROWSER)


@needs_browser
def test_a_cell_leads_to_what_was_answered(opened: Any) -> None:
    page = opened(PAGE.read_text("utf-8"), viewport={"width": 1280, "height": 900})
    assert page.locator(ROWS).count() == len(of_recordings().differing)
    place = recorded.extract()["instances"].index("1.1-py2-sqlite")
    page.locator("tr.req", has=page.locator("th", has_text="PW-READ-001")).locator("td").nth(
        place
    ).locator("a").click()
    behind = page.locator(":target")
    assert "1.1" in behind.inner_text()
    assert "only for releases other than 1.1" in behind.inner_text()
    assert "list index out of range" in behind.inner_text()  # which it answers all the same
    page.get_by_label("Show what is the same everywhere, too").check()
    assert page.locator(ROWS).count() == len(requirements())
    assert page.locator("section.behind:visible").count() == len(requirements())
    links = "found => found.filter((a) => !document.getElementById(a.hash.slice(1))).length"
    assert page.locator("a[href^='#']").evaluate_all(links) == 0


@needs_browser
def test_a_phone_scrolls_the_tables_and_nothing_else(opened: Any) -> None:
    width = 320
    evil = HOSTILE.replace("\ud800", "")
    for html in (KINDS["html"](three(), True), KINDS["html"](three(evil), True)):
        page = opened(html, viewport={"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        wide = """(width) => [...document.querySelectorAll("body *")].filter((e) => {
          if (!e.checkVisibility() || e.closest("table, .away, .skip")) return false;
          const box = e.getBoundingClientRect();
          return box.right > width + 0.5 || box.left < -0.5;
        }).map((e) => `${e.tagName}.${e.className}`)"""
        assert page.evaluate(wide, width) == []
        row = page.locator(ROWS).first
        assert row.locator("td").first.bounding_box()["x"] < width


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(opened: Any, scheme: str) -> None:
    page = opened(KINDS["html"](three(), True), color_scheme=scheme)
    assert page.evaluate(CONTRAST) == {}
