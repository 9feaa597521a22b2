"""The HTML report in a real browser: Debian's Chromium, without a window."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from playwright.sync_api import expect, sync_playwright

from conformance.reports import KINDS
from conformance.requirements.catalogue import requirements
from conformance.verdicts.verdicts import Outcome
from tests import tools
from tests.chromium import CONTRAST
from tools.chromium import launched

from . import builders
from .builders import RUNS

pytestmark = pytest.mark.needs(*tools.BROWSER)

VISIBLE = "details.verdict:visible"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        found = launched(playwright)
        yield found
        found.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("html")
    for name, build in RUNS.items():
        (folder / f"{name}.html").write_text(KINDS["html"](build()), "utf-8")
    return folder


@pytest.fixture
def opened(browser, files):
    """Opens a report in a page that may neither fetch nor complain."""
    contexts, asked, said = [], [], []

    def open_(name="everything", anchor="", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto((files / f"{name}.html").as_uri() + anchor)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:,"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == len(contexts)
    assert said == []


def shown(page):
    return set(page.locator(VISIBLE).evaluate_all("found => found.map((e) => e.id)"))


def test_headline_target_and_every_requirement_are_there(opened):
    page, run = opened(), builders.everything()
    assert page.get_by_role("heading", level=1).inner_text() == "Not conformant"
    assert page.get_by_role("main").count() == page.get_by_role("banner").count() == 1
    assert "PostgreSQL" in page.get_by_role("region", name="The target").inner_text()
    assert shown(page) == {verdict.id for verdict in run.verdicts}
    counts = page.locator(".counts").inner_text()
    for outcome, number in run.counts.items():
        assert re.search(rf"\b{number} (passed|failed|{outcome.value})", counts)


def test_filtering_by_chapter_shows_that_chapter_alone(opened):
    page = opened()
    page.get_by_role("combobox", name="Chapter").select_option("AUTH")
    wanted = {number for number, about in requirements().items() if about.chapter == "AUTH"}
    assert shown(page) == wanted
    assert page.locator("section.chapter:visible").count() == 1
    assert page.locator("#shown").inner_text() == f"{len(wanted)} of {len(requirements())} shown"
    page.get_by_role("button", name="Clear filters").click()
    every = len(requirements())
    expect(page.locator("#shown")).to_have_text(f"{every} of {every} shown")
    assert shown(page) == set(requirements())


def test_filtering_by_verdict_shows_those_verdicts_alone(opened):
    page, run = opened(), builders.everything()

    def of(*outcomes):
        return {verdict.id for verdict in run.verdicts if verdict.outcome in outcomes}

    page.get_by_role("checkbox", name="failed").check()
    assert shown(page) == of(Outcome.FAIL)
    page.get_by_role("checkbox", name="warnings").check()
    assert shown(page) == of(Outcome.FAIL, Outcome.WARNING)
    page.get_by_role("checkbox", name="failed").uncheck()
    assert shown(page) == of(Outcome.WARNING)


def test_searching_looks_into_ids_texts_and_raw_exchanges(opened):
    page = opened()
    for words, wanted in [
        ("pw-ver-001", {"PW-VER-001"}),
        ("DOCUMENTATION'S sample", {"PW-VER-001"}),
        ("x-frame-options 500", {builders.failures()[1].id}),
        ("nothing says this", set()),
    ]:
        page.get_by_role("searchbox").fill(words)
        assert shown(page) >= wanted
        assert len(shown(page)) == len(wanted), words
    assert page.get_by_text("No requirement fits these filters.").is_visible()


def test_filters_narrow_each_other_down(opened):
    page = opened()
    page.get_by_role("combobox", name="Chapter").select_option("READ")
    page.get_by_role("checkbox", name="failed").check()
    page.get_by_role("searchbox").fill("next upgrade")
    assert len(shown(page)) == 1


def test_a_failure_opens_to_its_raw_exchange(opened):
    page = opened()
    failed = page.locator("#PW-VER-001")
    assert failed.get_by_text("[1, 3, 0]", exact=True).is_visible()
    assert failed.get_by_text("Is this a proxy?").is_visible()
    assert failed.get_by_text(requirements()["PW-VER-001"].why).is_visible()
    request = failed.get_by_role("region", name="Request", exact=True)
    assert not request.is_visible()
    failed.get_by_text("Raw request and response").click()
    assert request.inner_text().startswith("POST /xmlrpc/ HTTP/1.1\\r\nHost: patchwork.example.com")
    response = failed.get_by_role("region", name="Response", exact=True).inner_text()
    assert "<value><string>1.1</string></value>" in response


def test_curl_and_python_lines_can_be_copied(opened, browser):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    failed = page.locator("#PW-VER-001")
    failed.get_by_text("Send it again").click()
    [evidence] = builders.failures()[0].evidence
    for name, line in (("curl", evidence.curl), ("Python", evidence.python)):
        failed.get_by_role("button", name=f"Copy the {name} line").click()
        expect(page.get_by_text("Copied").first).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == line


def test_it_works_by_keyboard_alone(opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    summary = "document.activeElement.parentElement"
    assert page.evaluate(f"{summary}.id") == "PW-VER-001"
    for is_open in (False, True):
        page.keyboard.press("Enter")
        assert page.evaluate(f"{summary}.open") is is_open
    page.get_by_role("checkbox", name="failed").focus()
    page.keyboard.press("Space")
    assert len(shown(page)) == 4


def test_a_link_opens_its_requirement_though_a_filter_hides_it(opened):
    page = opened(anchor="#PW-SIG-001")
    assert page.locator("#PW-SIG-001").get_attribute("open") is not None
    page.get_by_role("checkbox", name="warnings").check()
    page.evaluate("location.hash = '#PW-READ-001'")
    page.locator("#PW-READ-001").wait_for(state="visible")
    assert page.evaluate("document.activeElement.parentElement.id") == "PW-READ-001"


def test_without_javascript_all_is_there_but_the_filters(opened):
    page = opened(java_script_enabled=False)
    assert shown(page) == set(requirements())
    assert not page.locator("#filters").is_visible()
    assert page.locator("button:visible").count() == 0
    assert page.locator("#PW-VER-001").get_by_text("[1, 3, 0]", exact=True).is_visible()
    page.locator("#PW-SIG-001 > summary").click()
    assert page.locator("#PW-SIG-001 .about").is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_on_paper_what_went_wrong_is_open_and_nothing_is_a_control(opened, script):
    page = opened(java_script_enabled=script)
    raw = page.locator("#PW-VER-001").get_by_role("region", name="Response", exact=True)
    assert not raw.is_visible()
    page.emulate_media(media="print")
    raw = page.locator("#PW-VER-001 pre").nth(1)
    assert raw.bounding_box()["height"] > 50
    passed = page.locator("#PW-SIG-001")
    assert passed.locator("summary").bounding_box()["height"] > 10
    assert not passed.locator(".about").is_visible()
    assert not page.locator("#filters").is_visible()


def test_it_prints_on_few_pages_and_is_as_it_was(opened, files):
    page = opened()
    before = page.locator("details[open]").count()
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert len(requirements()) // 50 < pages < len(requirements()) // 10
    assert page.locator("details[open]").count() == before


def test_what_the_reader_opened_is_on_paper_too(opened):
    page = opened()
    page.locator("#PW-SIG-001 > summary").click()
    page.emulate_media(media="print")
    assert page.locator("#PW-SIG-001 .about").is_visible()


def test_a_failure_says_a_thing_once_and_code_is_set_apart(opened):
    page = opened()
    failed = page.locator("#PW-VER-001 > .body > :not(.exchange)")
    assert sum("answered '1.1'" in text for text in failed.all_inner_texts()) == 1
    assert page.locator("#PW-VER-005 .says code").inner_text() == "hash"
    assert page.locator("header time").inner_text() == "2026-11-23 10:46 UTC"


def test_a_narrow_screen_needs_no_sideways_scrolling(opened):
    for name in ("everything", "hostile", "empty"):
        page = opened(name, viewport={"width": 360, "height": 740})
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name


WIDE = """(width) => {
  const wide = [];
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || e.closest("svg, .away, .skip")) continue;
    const box = e.getBoundingClientRect();
    if (box.right > width + 0.5 || box.left < -0.5) wide.push(`${e.tagName}.${e.className}`);
    const style = getComputedStyle(e);
    if (style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1) {
      wide.push(`cut: ${e.tagName}.${e.className}`);
    }
  }
  return wide;
}"""


@pytest.mark.parametrize("width", [320, 360, 400])
@pytest.mark.parametrize("name", ["everything", "symptomatic", "hostile", "empty"])
def test_nothing_is_cut_on_a_phone(opened, name, width):
    page = opened(name, viewport={"width": width, "height": 740})
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert page.evaluate(WIDE, width) == []


def test_what_came_is_never_cut_in_mid_line(opened):
    """Long texts are folded by what they say, not by how high they are."""
    page = opened("hostile", viewport={"width": 360, "height": 740})
    cut = """() => [...document.querySelectorAll(".expected dd, .got dd, .call, .answer")]
      .filter((e) => e.scrollHeight > e.clientHeight + 1).length"""
    assert page.evaluate(cut) == 0
    whole = page.get_by_text("The whole of it, 300,000 characters").first
    whole.click()
    assert len(page.get_by_role("region", name="Expected in full").first.inner_text()) == 300_000


def top(page, selector):
    return page.locator(selector).first.bounding_box()["y"]


def test_what_failed_comes_first_unfolded_and_before_the_target(opened):
    page = opened("symptomatic")
    failed = page.locator("#failures")
    assert failed.get_by_role("heading").inner_text().startswith("6 requirements failed")
    assert "perhaps 3 causes" in failed.get_by_role("heading").inner_text()
    assert top(page, "#failures") < top(page, "#counts") < top(page, "#target")
    firsts = page.locator("#failures .cause > details.verdict")
    assert firsts.count() == 3
    assert firsts.evaluate_all("found => found.every((e) => e.open)")
    assert page.locator(".got dd").first.is_visible()


def test_what_may_follow_is_folded_behind_the_earliest_and_opens(opened):
    page = opened("symptomatic")
    order = [
        list(requirements()).index(n) for n in shown(page) if page.locator(f"#{n}.fail").count()
    ]
    assert len(order) == 3
    more = page.get_by_text("and 2 more that may follow from it")
    assert "faults of code 500 in place of 1" in more.inner_text()
    more.click()
    assert page.locator(".more >> nth=0").locator("details.verdict:visible").count() == 2
    inside = page.locator(".more details.verdict").first
    inside.locator("summary").first.click()
    assert "May follow from" in inside.inner_text()


def test_a_search_and_a_link_open_what_is_folded(opened):
    page = opened("symptomatic")
    folded = page.locator(".more details.verdict").first.get_attribute("id")
    assert not page.locator(f"#{folded}").is_visible()
    page.get_by_role("searchbox").fill(folded)
    assert shown(page) == {folded}
    page = opened("symptomatic", anchor=f"#{folded}")
    assert page.locator(f"#{folded} .got").is_visible()


def test_in_its_chapter_a_line_leads_to_what_failed(opened):
    page = opened("symptomatic")
    line = page.locator("section.chapter .elsewhere a").first
    number = line.inner_text()
    line.click()
    expect(page.locator(f"#failures #{number}")).to_have_attribute("open", "")
    assert page.locator(f"section.chapter #{number}").count() == 0
    page.get_by_role("checkbox", name="passed").check()
    assert page.locator(".elsewhere:visible").count() == 0
    assert not page.locator("#failures").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["everything", "hostile", "empty"])
def test_every_text_stands_out_from_what_is_behind_it(opened, scheme, name):
    page = opened(name, color_scheme=scheme)
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert page.evaluate(CONTRAST) == {}
    bright = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(re.findall(r"\d+", bright)[0]) > 127) == (scheme == "light")


def test_nothing_that_a_server_says_can_act(opened):
    page = opened("hostile")
    assert page.evaluate("window.stolen") is None
    assert page.locator("script").count() == page.locator("style").count() == 1
    assert page.locator("img, iframe, object, [onerror], [style]").count() == 0
    assert page.locator("a:not([href^='#'])").count() == 0
    page.locator("details.raw > summary").first.click()
    text = page.get_by_role("region", name="Response", exact=True).first.inner_text()
    assert "<script>window.stolen = 1</script>" in text
    for spelt in ("\\0", "\\x07", "\\e[31m", "\\x7f", "\\u202egnp.exe", "\\xff", "日本語", "{{ 7"):
        assert spelt in text


def test_even_markup_that_slipped_through_could_not_act(browser, files):
    """The policy in the file, not the escaping alone, stops what is not the report's own."""
    text = (files / "everything.html").read_text("utf-8")
    slipped = "<img src=x onerror='stolen = 1'><script>window.stolen = 1</script><main"
    (files / "broken.html").write_text(text.replace("<main", slipped, 1), "utf-8")
    page = browser.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto((files / "broken.html").as_uri())
    assert page.evaluate("window.stolen") is None
    assert any("Content Security Policy" in text for text in refused)
    assert page.locator("#filters").is_visible(), "the report's own script runs all the same"
    page.close()


class Balance(HTMLParser):
    """Whether every element that is opened is closed, in order, and every id is there once."""

    VOID = frozenset({"meta", "link", "input", "br", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.stack.pop() == tag


@pytest.mark.parametrize("name", RUNS)
def test_the_markup_is_balanced_and_its_ids_are_unique(name, files):
    parser = Balance()
    parser.feed((files / f"{name}.html").read_text("utf-8"))
    assert parser.stack == []
    assert len(set(parser.ids)) == len(parser.ids)


def test_an_unreachable_server_is_told_in_one_sentence(opened):
    page = opened("empty")
    assert page.get_by_role("heading", level=1).inner_text() == "Inconclusive"
    assert "does not resolve" in page.get_by_role("main").inner_text()
    assert page.locator("#filters").count() == 0


def test_a_long_answer_is_cut_and_says_so(opened):
    page = opened("hostile")
    assert page.get_by_text("bytes more are in the JSON report").count() == 1
