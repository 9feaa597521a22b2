"""Chromium without a window: how tests start it, and what takes pictures."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

#: No sandbox, as root has none; and nothing that it would do by itself.
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launched(playwright: Playwright) -> Browser:
    """The machine's own Chromium: Playwright brings none."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
