"""Where a patch's own path leads, whatever its message id is (servers.md 1.9)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakepw import load
from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.patchwork.patchwork import Patchwork
from fakepw.protocol import Request, Response, respond


def header(answer: Response, name: str) -> str | None:
    return dict(answer.headers).get(name)


def by_msgid(name: str, msgid: str) -> Patchwork:
    """A Patchwork with one patch of that message id in project `p`."""
    rows = {"projects": [{"linkname": "p"}], "patches": [{"name": "x", "msgid": msgid}]}
    return Patchwork(load(rows), name)


def got(pw: Patchwork, target: str) -> Response:
    return respond(Request(b"GET", target.encode(), [(b"host", b"h")]), pw)


ENCODING = [name for name in RECORDED if instance(name).traits.encodes_slashes]
PLAIN = [
    name
    for name in RECORDED
    if instance(name).traits.patches_by_msgid and not instance(name).traits.encodes_slashes
]


@pytest.mark.parametrize("rest", ["", "mbox/", "raw/"])
@pytest.mark.parametrize("name", ENCODING)
def test_a_slash_in_a_message_id_is_encoded_before_the_whole_is(name: str, rest: str) -> None:
    pw = by_msgid(name, "<a/b@x>")
    where = f"/project/p/patch/a%252Fb@x/{rest}"
    assert header(got(pw, f"/patch/1/{rest}"), "Location") == where
    assert got(pw, where).status == 200
    for other in ("a/b@x", "a%2Fb@x", "a%252fb@x"):
        assert got(pw, f"/project/p/patch/{other}/{rest}").status == 404


@pytest.mark.parametrize("name", PLAIN)
def test_before_3_1_a_slash_stays(name: str) -> None:
    pw = by_msgid(name, "<a/b@x>")
    assert header(got(pw, "/patch/1/mbox/"), "Location") == "/project/p/patch/a/b@x/mbox/"
    assert got(pw, "/project/p/patch/a/b@x/mbox/").status == 200


@pytest.mark.parametrize("name", [*PLAIN, *ENCODING])
@pytest.mark.parametrize("msgid", ["", "<>", ">", "<"])
def test_an_empty_message_id_leads_nowhere(name: str, msgid: str) -> None:
    for rest in ("", "mbox/", "raw/"):
        answer = got(by_msgid(name, msgid), f"/patch/1/{rest}")
        assert answer.status == 500
        assert header(answer, "Location") is None


@pytest.mark.parametrize("name", [*PLAIN, *ENCODING])
def test_a_line_feed_in_a_message_id_is_found_from_3_1_on(name: str) -> None:
    answer = got(by_msgid(name, "<a\nb@x>"), "/patch/1/mbox/")
    if name in PLAIN:
        assert answer.status == 500
        return
    where = header(answer, "Location")
    assert where == "/project/p/patch/a%0Ab@x/mbox/"
    assert got(by_msgid(name, "<a\nb@x>"), where).status == 200


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*PLAIN, *ENCODING]),
    st.text(max_size=12).map(lambda text: text.strip("<>")),
    st.sampled_from(["mbox/", "raw/"]),
)
def test_a_redirect_to_a_patch_leads_to_it(name: str, inner: str, rest: str) -> None:
    """Whatever its message id is: there, or the server says that it cannot."""
    if not inner.isascii():
        rest = "raw/"  # Python 2 cannot read a mail with such a header
    reachable = (
        not any(f"/{word}" in f"/{inner}/" for word in ("mbox", "raw")) and "%2F" not in inner
    )
    pw = by_msgid(name, f"<{inner}>")
    answer = got(pw, f"/patch/1/{rest}")
    if not inner or (name in PLAIN and "\n" in inner):
        assert answer.status == 500
        return
    assert answer.status == 302
    where = header(answer, "Location")
    assert where is not None
    assert where.isascii()
    if reachable and not inner.startswith("/"):
        assert got(pw, where).status == 200
