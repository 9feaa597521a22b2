"""The README's pictures, taken anew by the tests' Chromium: `python -m tools.pictures`.

One is the page of a double that was worked on, one the report on a server that does not do what
clients rely on.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from xmlrpc.client import ProtocolError, ServerProxy

from playwright.sync_api import Page, sync_playwright

import fakepw

from .chromium import launched

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SIZE = {"width": 1200, "height": 760}


def double(page: Page, file: Path) -> None:
    """The page of a double: rows, calls, rules and their hits."""
    with fakepw.serve("demo") as pw:
        pw.fault("check_create", status=502, first=1)
        pw.fault("patch_get", latency=0.05, every=3)
        with ServerProxy(pw.url.replace("://", "://kim:earl-grey@"), allow_none=True) as client:
            client.pw_rpc_version()
            client.patch_list({"state_id": 1, "max_count": 3})
            for number in (3, 5, 6):
                client.patch_get(number)
            client.patch_set(5, {"state": 3})
            for _ in range(2):
                with suppress(ProtocolError):
                    client.check_create(5, "build", "success", "https://ci.example.org/5", "fine")
        page.goto(pw.control_url)
        page.wait_for_load_state("load")
        page.screenshot(path=file)


def report(page: Page, file: Path) -> None:
    """A report on a server whose front answers every third look at a patch with a page."""
    with fakepw.serve("demo") as pw, tempfile.TemporaryDirectory() as folder:
        html = Path(folder) / "report.html"
        pw.fault("patch_get", status=200, body="<html><body>Verifying</body></html>", every=3)
        words = ["-m", "conformance", "run", pw.url, "--select", "READ", "--report", f"html={html}"]
        subprocess.run([sys.executable, *words], capture_output=True, check=False)
        page.goto(html.as_uri())
        page.screenshot(path=file)


def main() -> None:
    """Take both."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for take in (double, report):
            page = browser.new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
            take(page, FOLDER / f"{take.__name__}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
