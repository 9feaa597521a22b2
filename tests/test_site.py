"""The documentation site builds without a warning, is whole, and needs no network to be read."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from conformance.requirements.catalogue import requirements
from fakepw.cli import COMMANDS
from tools.site.__main__ import build, source
from tools.site.gather import outside_fences, pages
from tools.site.outside import odd, outside


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site; that Sphinx ends with 0 says that there was no warning, as of a link to nowhere."""
    folder = tmp_path_factory.mktemp("site")
    source(folder / "source")
    assert build(folder / "source", folder / "html", folder / "doctrees") == 0
    return folder / "html"


class Links(HTMLParser):
    """What a page links to, what it loads, and what can be linked to in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors.add(found.get("id") or "")
        if tag == "a" and found.get("href"):
            self.targets.append(str(found["href"]))
        elif tag in ("link", "script", "img", "iframe"):
            self.loaded.append(str(found.get("href") or found.get("src") or ""))


def test_every_page_is_there_and_every_link_leads_somewhere(site: Path) -> None:
    every = {path: Links(path) for path in site.rglob("*.html")}
    assert {site / f"{name}.html" for name in pages()} <= set(every)
    wrong = []
    for path, page in every.items():
        for target in page.targets:
            file, _, anchor = target.partition("#")
            if "://" in file or file.startswith("mailto:"):
                continue
            there = (path.parent / file).resolve() if file else path
            if there not in every or (anchor and anchor not in every[there].anchors):
                wrong.append(f"{path.relative_to(site)}: {target}")
        outside = [each for each in page.loaded if "://" in each or each.startswith("//")]
        assert not outside, (path, outside)
    assert not wrong


def test_links_to_other_sites_are_of_a_form_that_can_lead_there(site: Path) -> None:
    """Whether they do, `make docs-links` asks, which takes network."""
    links = outside(site.parent / "source")
    assert "https://semver.org/" in links
    assert odd(links) == []
    assert odd(
        ["http://a.example/", "https://host/x", "https://b.example/X/", "https://b.example/x"]
    ) == [
        "http://a.example/: is not https",
        "https://host/x: 'host' is no site that all can reach",
        "https://b.example/x: is written https://b.example/X/ elsewhere",
    ]


def test_what_is_made_of_the_code_is_whole(site: Path) -> None:
    catalogue = "".join(path.read_text() for path in site.glob("reference/catalogue/*.html"))
    anchors = set(re.findall(r'id="(pw-[a-z]+-\d+)"', catalogue))
    assert anchors == {number.lower() for number in requirements()}
    commands = (site / "reference" / "commands.html").read_text()
    assert all(f'id="fakepw-{name}"' in commands for name in COMMANDS)
    assert 'id="pw-conformance-replay-recording"' in commands
    assert "post-fakepw-reset" in (site / "reference" / "control.html").read_text()
    assert "Output of pw-conformance matrix" in (site / "reference" / "json.html").read_text()
    assert "PatchForm" in (site / "reference" / "fixtures.html").read_text()
    python = (site / "reference" / "python.html").read_text()
    assert 'id="fakepw.serve"' in python
    assert 'id="fakepw.strategies.method_calls"' in python


def test_a_warning_is_an_error(tmp_path: Path, site: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "index.md").write_text("# Here\n\n[nowhere](nowhere.md)\n")
    assert build(tmp_path / "source", tmp_path / "html", tmp_path / "doctrees", quiet=True) != 0


class Words(HTMLParser):
    """What a page says outside code."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.code, self.text = 0, ""
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.code += tag in _CODE

    def handle_endtag(self, tag: str) -> None:
        self.code -= tag in _CODE

    def handle_data(self, data: str) -> None:
        self.text += "" if self.code else data


_CODE = ("pre", "code", "script", "style", "title")
#: Markup that was none where it stands.
_STRAY = re.compile(r".*(?:`|\[\w[^\]\n]*\]\(|::$|^```|:\w+:`).*", re.M)


def test_no_page_shows_markup(site: Path) -> None:
    pages = [path for path in site.rglob("*.html") if path.name != "releases.html"]
    stray = {path.name: found for path in pages if (found := _STRAY.findall(Words(path).text))}
    assert stray == {}


def test_code_stays_as_it_is() -> None:
    text = "[a](b.md)\n```python x.py\n[a](b.md)\n```\n~~~\n[a](b.md)\n~~~\n[a](b.md)\n"
    changed = outside_fences(text, str.upper)
    assert changed.startswith(
        "[A](B.MD)\n```{code-block} python\n:caption: x.py\n\n[a](b.md)\n```\n"
    )
    assert changed.endswith("~~~\n[a](b.md)\n~~~\n[A](B.MD)\n")
