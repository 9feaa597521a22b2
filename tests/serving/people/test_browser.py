"""The page in a real browser: Debian's Chromium, without a window."""

from __future__ import annotations

import struct
import xmlrpc.client
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

import fakepw
from tests import tools
from tests.chromium import CONTRAST
from tools import pictures
from tools.chromium import launched

pytestmark = pytest.mark.needs(*tools.BROWSER)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        found = launched(playwright)
        yield found
        found.close()


@pytest.fixture(scope="module")
def server():
    with fakepw.serve("demo") as server:
        yield server


@pytest.fixture
def pw(server):
    server.load("demo")
    return server


#: What Chromium remarks where a test has put the cursor somewhere before the page could.
CURSOR = "Autofocus processing was blocked because a document already has a focused element."


@pytest.fixture
def opened(browser):
    """Opens the page of a double; whatever it fetches is the double's, and nothing complains."""
    contexts, asked, said, roots = [], [], [], []

    def open_(pw, path="", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        roots.append(pw.control_url)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(pw.control_url + path)
        return page

    open_.tolerates = ()  # what a test provokes
    yield open_
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith((*roots, "data:,"))] == []
    tolerated = (CURSOR, *open_.tolerates)
    assert [text for text in said if not any(each in text for each in tolerated)] == []


def client(pw: fakepw.Double) -> Any:
    return xmlrpc.client.ServerProxy(pw.url.replace("://", "://kim:earl-grey@"))


def test_calls_rules_and_rows_come_by_themselves(opened, pw):
    rule = pw.fault("patch_get", status=504, first=1)
    page = opened(pw)
    expect(page.locator("#status")).to_have_text("Live")
    lines = page.locator("#lines tr")
    expect(lines).to_have_count(0)
    with client(pw) as proxy:
        with pytest.raises(xmlrpc.client.ProtocolError):
            proxy.patch_get(5)
        proxy.patch_set(5, {"state": 3, "commit_ref": "<b>&"})
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("patch_set(5, {'state': 3, 'commit_ref': '<b>&'})True")
    expect(lines.nth(1)).to_contain_text("HTTP 504, 91 bytes by patch_get: first=1 status=504")
    expect(page.locator("#steered tbody tr")).to_have_text(f"{rule.id}{rule.text}11")
    expect(page.locator("#rows tr", has_text="url: add a parser").first).to_contain_text("Accepted")
    assert page.locator("#lines b").count() == 0
    page.reload()
    expect(lines).to_have_count(2)
    assert len(pw.calls) == 2  # who looks leaves nothing in the journal


def test_reset_is_a_button_that_the_keyboard_reaches(opened, pw):
    with client(pw) as proxy:
        proxy.patch_set(5, {"archived": True})
    page = opened(pw)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "reset"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Reset")
    expect(page.locator("#lines tr")).to_have_count(0)
    assert asked == ["Reset rows, journal, rules, clock and snapshots to the start?"]
    assert not pw.patches[5].archived


def test_a_connection_that_is_lost_is_said_and_found_again(opened, browser):
    opened.tolerates = ("ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_REFUSED")
    with fakepw.serve("tiny") as pw:
        page = opened(pw)
        expect(page.locator("#status")).to_have_text("Live")
        port = pw.port
    expect(page.locator("#status")).to_have_text("Not connected")
    with fakepw.serve("tiny", port=port) as pw:
        with client(pw) as proxy:
            proxy.patch_list()
        expect(page.locator("#status")).to_have_text("Live", timeout=10_000)
        expect(page.locator("#lines tr")).to_have_count(1)
        page.close()


def test_all_of_it_is_there_without_javascript(opened, pw):
    with client(pw) as proxy:
        proxy.patch_list({"max_count": 1})
    page = opened(pw, java_script_enabled=False)
    expect(page.locator("#lines tr")).to_have_count(1)
    expect(page.locator("#rows tbody tr")).to_have_count(12)
    expect(page.get_by_role("button")).to_have_count(0)
    command = page.locator("noscript code").inner_text()
    assert command == (f"curl -X POST -H 'Content-Type: application/json' {pw.control_url}reset")


def test_with_a_token_the_page_asks_for_it(opened):
    with fakepw.serve("tiny", control="correct-horse") as pw:
        opened.tolerates = ("401 (Unauthorized)",)
        for options in ({}, {"java_script_enabled": False}):
            page = opened(pw, **options)
            page.get_by_label("The token").fill("wrong")
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_have_text("That is not the token of this server.")
            page.get_by_label("The token").fill("correct-horse")
            page.get_by_role("button", name="Enter").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(pw.instance)
            assert "correct-horse" not in page.url
            if not options:
                expect(page.locator("#status")).to_have_text("Live")
            page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_on_a_phone_in_either_scheme(opened, pw, scheme):
    pw.load("hostile")
    pw.fault("patch_list", status=504, first=1)
    with client(pw) as proxy:
        with pytest.raises(xmlrpc.client.ProtocolError):
            proxy.patch_list({"name__icontains": "x" * 300})
        proxy.pw_rpc_version()
    page = opened(pw, viewport={"width": 360, "height": 700}, color_scheme=scheme, is_mobile=True)
    expect(page.locator("#lines tr")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(CONTRAST) == {}
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 27)"
    assert dark == (scheme == "dark")
    small = [
        box
        for box in page.get_by_role("button").evaluate_all(
            "found => found.map((e) => e.getBoundingClientRect().height)"
        )
        if box < 24
    ]
    assert small == []


@pytest.mark.parametrize(
    ("take", "shows"),
    [
        (pictures.double, ["check_create(5, 'build', 'success'", "http 502", "latency=0.05"]),
        (pictures.report, ["not conformant", "pw-read-"]),
    ],
)
def test_the_pictures_of_the_readme_show_what_they_are_said_to(browser, tmp_path, take, shows):
    page = browser.new_page(viewport=pictures.SIZE)
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    file = tmp_path / "picture.png"
    take(page, file)
    body = page.inner_text("body").lower()
    assert [each for each in shows if each not in body] == []
    head = file.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", head[16:]) == tuple(pictures.SIZE.values())
    assert said == []
    page.close()
