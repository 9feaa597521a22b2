"""Which requests are answered 500, on all instances: those that a real server answers so.

Nothing is ever raised.  A 500 is a page whose row's number SQLite's driver does not take, before
Django knew what a column holds (servers.md 2, "ids ≥ 2^63"); a page whose number no `int()` of that
Python takes; a mail or a fault that Python 2 cannot write (servers.md 2).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fakepw
from fakepw.protocol.messages import Called
from fakepw.protocol.site import site_of
from fakepw.strategies import method_calls

ROWS = fakepw.load("hostile")
PATCHWORKS = {name: fakepw.Patchwork(ROWS, name) for name in fakepw.RECORDED}
NUMBERS = st.sampled_from(
    [*"017", "2147483648", "9223372036854775807", "9223372036854775808", "1" * 30, "9" * 5000]
)
PAGES = st.sampled_from(
    [
        *("/patch/{n}/", "/patch/{n}/mbox/", "/patch/{n}/raw/", "/comment/{n}/"),
        *("/api/patches/{n}/", "/api/{n}/", "/project/{p}/", "/project/{p}/list/"),
        *("/project/{p}/pwclientrc/", "/project/{p}/patch/{m}/mbox/", "/project/{p}/patch/{m}/"),
        *("/", "/about/", "/help/", "/xmlrpc", "/pwclient/", "/user/login/", "/admin/", "/{m}"),
    ]
)
PROJECTS = st.sampled_from([*(row.linkname for row in ROWS.projects), "nope", "ü", ""])
MSGIDS = st.sampled_from([*(row.msgid.strip("<>") for row in ROWS.patches), "\n", "", "ü"])
ENDS = st.sampled_from(["", "%00", "%FF", "%0A", "/", "//", "?x=\xff"])


def outcome(request: fakepw.Request, patchwork: fakepw.Patchwork) -> tuple[int, list[Called]]:
    calls: list[Called] = []
    answer = site_of(patchwork).respond(request, patchwork, calls.append)
    return answer.status, calls


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(fakepw.RECORDED), PAGES, NUMBERS, PROJECTS, MSGIDS, ENDS)
def test_a_page_fails_only_over_a_number_or_a_mail(
    like: str, page: str, number: str, project: str, msgid: str, end: str
) -> None:
    patchwork = PATCHWORKS[like]
    path = page.format(n=number, p=quote(project), m=quote(msgid, safe="")) + end
    request = fakepw.Request(b"GET", path.encode("latin-1", "replace"), [(b"host", b"h")])
    status, calls = outcome(request, patchwork)
    assert calls == []
    if status == 500:
        traits = patchwork.traits
        too_large = int(number[:40]) >= 2**63 and traits.big_integer_text is not None
        too_long = len(number) > 4300
        assert ("{n}" in page and (too_large or too_long)) or (traits.py2 and "mbox" in page)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(fakepw.RECORDED), method_calls(ROWS))
def test_a_call_fails_only_over_a_fault_that_python_2_cannot_write(like: str, call: Any) -> None:
    patchwork = PATCHWORKS[like]
    body = call.body()
    request = fakepw.Request(
        b"POST", b"/xmlrpc/", [(b"content-length", b"%d" % len(body)), (b"host", b"h")], body
    )
    status, calls = outcome(request, patchwork)
    assert status in (200, 500)
    if status == 500:
        (called,) = calls
        assert patchwork.traits.py2
        assert isinstance(called.answer, fakepw.Fault)
        assert not called.answer.text.isascii()


@pytest.mark.parametrize("like", fakepw.RECORDED)
def test_a_page_of_a_number_that_fits_nowhere(like: str) -> None:
    patchwork = PATCHWORKS[like]
    expected = 404 if patchwork.traits.knows_integer_ranges else 500
    if patchwork.traits.database != "sqlite":
        expected = 404
    request = fakepw.Request(b"GET", b"/patch/9223372036854775808/", [(b"host", b"h")])
    assert outcome(request, patchwork) == (expected, [])
