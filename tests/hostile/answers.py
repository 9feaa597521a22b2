"""Answers of every shape, as Hypothesis strategies: what no server should say, and might."""

from __future__ import annotations

from xml.sax.saxutils import escape

from hypothesis import strategies as st

from conformance.target.exchange import Answer

from . import servers

#: Words that mean something to whoever reads answers, and numbers at the edges of something.
WORDS = st.sampled_from(
    [
        "id", "name", "date", "state", "state_id", "archived", "hash", "msgid", "commit_ref",
        "linkname", "project_id", "submitter_id", "delegate", "checks", "check_state", "user",
        "faultCode", "faultString", "2026-01-01 00:00:00", "99999-01-01 00:00:00", "New", "success",
        "<class 'TypeError'>:x() takes 99999999999999999999 arguments (-1 given)",
        "<type 'exceptions.Exception'>:Invalid username/password", "<a@b>", "²", "٣", "\u202e", "",
        "'" * 50, "9" * 5000, "From a@b\nDate: \nX-Patchwork-Id: ²\n\n", "\ud7ff",
        "&#" + "9" * 5000,
    ]
)  # fmt: skip
TEXTS = WORDS | st.text(max_size=20)
NUMBERS = st.sampled_from(
    ["0", "1", "-1", "2147483647", "2147483648", "-99999999999999999999", "9" * 40, "9" * 41, "²",
     "٣", "", " 1", "1.5", "+7", "00001"]
) | st.integers(-5, 300).map(str)  # fmt: skip


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>"


SCALARS = st.one_of(
    st.builds(_element, st.sampled_from(["int", "i4", "i8", "boolean"]), NUMBERS),
    st.builds(
        _element, st.just("double"), NUMBERS | st.sampled_from(["1e400", "-1e999", ".", "nan"])
    ),
    st.builds(_element, st.sampled_from(["string", "base64", "dateTime.iso8601", "odd"]), TEXTS),
    st.sampled_from(["<nil/>", "<string/>", "<base64>////</base64>", "", "plain"]),
)


def _array(items: list[str]) -> str:
    return f"<array><data>{''.join(f'<value>{item}</value>' for item in items)}</data></array>"


def _struct(members: list[tuple[str, str]]) -> str:
    inside = "".join(
        f"<member><name>{escape(name)}</name><value>{value}</value></member>"
        for name, value in members
    )
    return f"<struct>{inside}</struct>"


VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(_array),
        st.lists(st.tuples(TEXTS, inner), max_size=8).map(_struct),
    ),
    max_leaves=25,
)
#: What is no XML-RPC, or none of the kind that is expected.
OTHER_BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"", b"<", b"<html>", b"<!DOCTYPE html>" + b"<" * 999, b"\xff\xfe<\x00a\x00",
            servers.value("<array><data><value>" * 900 + "</value></data></array>" * 900),
            servers.value("<array><data><value>" * 900), b"<methodResponse/>",
            b"<a" * 900, b"<" + b"a" * 5000 + b"/>", b"\x00" * 99, b"<dt>" * 99,
            b"<dt><a name=\"-x\"><strong>x</strong></a>(&#" + b"9" * 5000 + b";)</dt>",
            b"<methodResponse><fault><value><int>1</int></value></fault></methodResponse>",
            b"url = \nX-Patchwork-Id: 1",
        ]
    ),
)  # fmt: skip
BODIES = st.one_of(
    VALUES.map(servers.value), TEXTS.map(lambda text: servers.fault(escape(text))), OTHER_BODIES
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Retry-After", "Date", "Location", "Content-Type", "Server", "Allow"]),
        TEXTS | st.sampled_from([*servers.MOMENTS, *servers.LOCATIONS, "text/plain"]),
    ),
    max_size=3,
).map(tuple)
STATUSES = st.sampled_from([200] * 8 + [100, 204, 301, 302, 403, 404, 429, 500, 502, 503, 599, 999])
ANSWERS = st.builds(Answer, STATUSES, HEADERS, BODIES)
