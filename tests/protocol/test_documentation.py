"""GET /xmlrpc/ has the structure that pydoc gives it, and the signatures of the instance."""

from __future__ import annotations

import pytest

from fakepw.patchwork.instances.instances import RECORDED
from fakepw.patchwork.patchwork import METHODS, Patchwork
from fakepw.patchwork.rows.rows import Dataset
from fakepw.protocol import Request, documentation, respond
from tests import recordings

from .interpreters import SIGNATURES, documented


@pytest.mark.parametrize("markup", ["2.7", "3.6", "3.8", "3.12"])
def test_the_page_is_what_pydoc_makes_of_our_words(markup: str) -> None:
    assert documentation.page(SIGNATURES, markup).decode() == documented(markup)


@pytest.mark.parametrize("name", [name for name in RECORDED if not name.startswith("1.0-")])
def test_tools_find_every_method_and_its_signature(name: str) -> None:
    patchwork = Patchwork(Dataset(), name)
    page = respond(Request(b"GET", b"/xmlrpc/", [(b"host", b"h")]), patchwork).body
    assert recordings.documented(b"".join(page).decode()) == patchwork.signatures


def test_every_method_is_described() -> None:
    assert set(documentation.WORDS) == set(METHODS)
