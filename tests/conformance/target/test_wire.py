"""The strict reader of answers."""

from __future__ import annotations

import re
import xmlrpc.client

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.target.wire import Fault, Node, NotXmlRpc, parse

VALUES = st.recursive(
    st.one_of(
        st.integers(-(2**31), 2**31 - 1),
        st.booleans(),
        st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    ),
    max_leaves=12,
)


def answer(inside: str) -> bytes:
    return (
        f"<?xml version='1.0'?>\n<methodResponse><params><param><value>{inside}</value></param>"
        "</params></methodResponse>"
    ).encode()


@given(VALUES)
def test_it_reads_what_xmlrpc_writes(value: object) -> None:
    body = xmlrpc.client.dumps((value,), methodresponse=True).encode()  # type: ignore[arg-type]
    reply = parse(body).reply
    assert isinstance(reply, Node)
    assert reply.plain == value


def test_it_keeps_wire_types_and_order() -> None:
    reply = parse(
        answer(
            "<struct><member><name>b</name><value><base64>YQ==</base64></value></member>"
            "<member><name>a</name><value><int>1</int></value></member></struct>"
        )
    ).reply
    assert isinstance(reply, Node)
    assert [(name, node.kind) for name, node in reply.value] == [("b", "base64"), ("a", "int")]
    assert reply.plain == {"b": "a", "a": 1}


def test_it_reads_faults() -> None:
    fault = xmlrpc.client.Fault(1, "<class 'patchwork.models.Patch.DoesNotExist'>:gone")
    reply = parse(xmlrpc.client.dumps(fault).encode()).reply
    assert isinstance(reply, Fault)
    assert (reply.code, reply.kind, reply.message) == (1, "DoesNotExist", "gone")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"hello", "no XML"),
        (b"<!DOCTYPE html><html></html>", "HTML page"),
        (b"<foo/>", "<foo>"),
        (answer("<int>1.5</int>"), "<int> holds"),
        (answer("<boolean>true</boolean>"), "<boolean> holds"),
        (answer("<base64>!</base64>"), "<base64> holds"),
        (answer("<int>1</int><int>2</int>"), "more than one"),
        (answer("<array><int>1</int></array>"), "<array> holds int"),
        (b"<!DOCTYPE methodResponse><methodResponse/>", "DOCTYPE"),
        (b"<methodResponse><params></params></methodResponse>", "<params> holds nothing"),
        (answer("<string>a & b</string>"), "not well-formed"),
    ],
)
def test_it_refuses_what_is_no_answer(body: bytes, reason: str) -> None:
    reply = parse(body).reply
    assert isinstance(reply, NotXmlRpc)
    assert reason in reply.reason


def test_it_names_the_row_that_xml_cannot_carry() -> None:
    row = (
        "<value><struct><member><name>id</name><value><int>{}</int></value></member><member>"
        "<name>name</name><value><string>{}</string></value></member></struct></value>"
    )
    parsed = parse(
        answer("<array><data>" + row.format(7, "x") + row.format(8, "\x0c") + "</data></array>")
    )
    assert parsed.flaw is not None
    assert parsed.flaw.where == "row 1 (id 8), member name"
    assert parsed.flaw.character == "\x0c"
    assert isinstance(parsed.reply, Node)
    assert [r["id"] for r in parsed.reply.plain] == [7, 8]


ANSWER = (
    "<?xml version='1.0'?>\n<methodResponse><params><param><value><array><data><value><struct>"
    "<member><name>id</name><value><int>1</int></value></member>"
    "<member><name>name</name><value><base64>YQ==</base64></value></member>"
    "</struct></value></data></array></value></param></params></methodResponse>\n"
)
TAGS = sorted(set(re.findall(r"</?[\w.]+>", ANSWER)) | {"<fault>", "<nil/>", "\x0c", "&x;", ""})


@given(
    st.lists(st.tuples(st.integers(0, ANSWER.count("<") - 1), st.sampled_from(TAGS)), max_size=4)
)
@example([(6, "<struct>")])
@example([(7, "</struct>")])
def test_no_mangled_answer_is_more_than_the_reader_can_bear(
    changes: list[tuple[int, str]],
) -> None:
    parts = re.split(r"(<[^>]*>)", ANSWER)
    for place, tag in changes:
        parts[2 * place + 1] = tag
    found = parse("".join(parts).encode())
    assert found.reply is not None
