"""Answers are written byte for byte as the standard library writes them."""

from __future__ import annotations

import re
import xmlrpc.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.patchwork.words.faults import Fault
from fakepw.patchwork.words.hash_order import ordered
from fakepw.patchwork.words.values import Array, Binary, DateTime, Record
from fakepw.protocol.encode import (
    Unprintable,
    echo_response,
    fault_response,
    fault_string,
    response,
)

PY2 = instance("2.2-py2-sqlite").traits
PY3 = instance("3.2-py3-sqlite").traits

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SENT = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31 - 1) | TEXT | st.binary(max_size=200),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.lists(inner).map(Array)
        | st.dictionaries(TEXT, inner)
        | st.dictionaries(TEXT, inner).map(Record)
    ),
    max_leaves=20,
)


def theirs(value: Any) -> Any:
    """The value as the standard library takes it."""
    match value:
        case dict():
            return {name: theirs(member) for name, member in value.items()}
        case list() | tuple():
            return [theirs(item) for item in value]
        case Binary():
            return xmlrpc.client.Binary(value.data)
        case DateTime():
            return xmlrpc.client.DateTime(value.value)
    return value


def dumps(value: Any) -> bytes:
    return xmlrpc.client.dumps((theirs(value),), methodresponse=True).encode()


@given(SENT)
def test_every_value_that_a_server_can_send_is_written_as_dumps_writes_it(value: Any) -> None:
    assert b"".join(response(value)) == dumps(value)


ECHOED = SENT | st.floats() | st.binary().map(Binary) | TEXT.map(DateTime)


@given(ECHOED, ECHOED)
def test_an_echoed_fault_is_written_as_dumps_writes_it(code: Any, string: Any) -> None:
    fault = xmlrpc.client.Fault(theirs(code), theirs(string))
    expected = xmlrpc.client.dumps(fault, methodresponse=True).encode()
    assert b"".join(echo_response(code, string, PY3)) == expected


@given(st.lists(st.dictionaries(TEXT, TEXT).map(Record)))
def test_a_record_is_written_once_and_always_the_same(records: list[Record]) -> None:
    first = b"".join(response(records))
    assert all(record.encoded is not None for record in records)
    assert b"".join(response(records)) == first == dumps(records)


def test_long_lists_are_not_copied() -> None:
    records = [Record({"id": number}) for number in range(100)]
    response(records)
    sent = response(records)
    assert sum(chunk is record.encoded for record in records for chunk in sent) == 100


@pytest.mark.parametrize("value", [None, [None], {"a": None}, [{"a": [1, None]}], (None,)])
def test_none_cannot_be_sent(value: Any) -> None:
    with pytest.raises(Fault) as caught:
        response(value)
    assert caught.value.kind == "TypeError"
    assert caught.value.text == "cannot marshal None unless allow_none is enabled"


def test_a_record_with_none_in_it_fails_every_time_it_is_sent() -> None:
    record = Record({"id": 1, "target_url": None})
    for _ in range(2):
        with pytest.raises(Fault, match="cannot marshal None"):
            response([record])


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**70])
def test_an_integer_beyond_32_bits_cannot_be_sent(number: int) -> None:
    with pytest.raises(OverflowError) as real:
        xmlrpc.client.dumps((number,))
    with pytest.raises(Fault) as caught:
        response([number])
    assert (caught.value.kind, caught.value.text) == ("OverflowError", str(real.value))


@pytest.mark.parametrize("value", [object(), {1: 2}, 1j, {"a"}])
def test_what_else_cannot_be_sent_fails_as_dumps_fails(value: Any) -> None:
    with pytest.raises(Fault) as caught:
        response(value)
    if type(value) in (dict, complex, set):
        with pytest.raises(TypeError) as real:
            xmlrpc.client.dumps((value,))
        assert caught.value.text == str(real.value)
    assert caught.value.kind == "TypeError"


# Faults.


@pytest.mark.parametrize(
    ("kind", "py3", "py2"),
    [
        ("TypeError", "<class 'TypeError'>:x", "<type 'exceptions.TypeError'>:x"),
        (
            "xmlrpc.client.ResponseError",
            "<class 'xmlrpc.client.ResponseError'>:x",
            "<class 'xmlrpclib.ResponseError'>:x",
        ),
        (
            "django.core.exceptions.FieldError",
            "<class 'django.core.exceptions.FieldError'>:x",
            "<class 'django.core.exceptions.FieldError'>:x",
        ),
    ],
)
def test_a_fault_names_its_class_as_its_python_does(kind: str, py3: str, py2: str) -> None:
    assert fault_string(Fault(kind, "x"), PY3) == py3
    assert fault_string(Fault(kind, "x"), PY2) == py2


@pytest.mark.parametrize("name", RECORDED)
def test_a_fault_is_a_methodresponse_with_code_1(name: str) -> None:
    chunks = fault_response(Fault("Exception", "a < b & c"), instance(name).traits)
    with pytest.raises(xmlrpc.client.Fault, match="a < b & c") as caught:
        xmlrpc.client.loads(b"".join(chunks))
    assert caught.value.faultCode == 1


@pytest.mark.parametrize("kind", ["Exception", "django.core.exceptions.FieldError"])
def test_python_2_fails_to_write_what_is_unicode_beyond_ascii(kind: str) -> None:
    fault_response(Fault(kind, "ascii"), PY2)
    fault_response(Fault(kind, "ünk"), PY3)
    with pytest.raises(Unprintable):
        fault_response(Fault(kind, "ünk"), PY2)


def test_python_2_writes_what_is_a_byte_string() -> None:
    text = 'Cannot query "Jürgen Müller <juergen@example.de>": Must be "User" instance.'
    assert "Jürgen Müller".encode() in b"".join(fault_response(Fault("ValueError", text), PY2))
    stray = fault_response(Fault("ValueError", "float: \udcfc"), PY2)
    assert b"float: \xfc<" in b"".join(stray)


@pytest.mark.parametrize("code", [None, 2**31, [None], {1: 2}])
def test_an_echo_that_cannot_be_written_is_no_fault_any_more(code: Any) -> None:
    with pytest.raises(Unprintable):
        echo_response(code, "text", PY3)


def test_python_2_echoes_structs_in_hash_order() -> None:
    sent = [{"id": 1, "name": 2, "project_id": 3}]
    echoed = b"".join(echo_response(1, sent, PY2))
    names = re.findall(rb"<name>(\w+)</name>", echoed)
    assert names[2:] == [name.encode() for name in ordered(("id", "name", "project_id"))]
    assert names[2:] != [b"id", b"name", b"project_id"]


@pytest.mark.parametrize("name", ["2.2-py2-sqlite", "main-py3-sqlite"])
def test_how_deep_an_echo_may_be_depends_on_nobodys_stack(name: str) -> None:
    traits = instance(name).traits

    def nested(depth: int) -> Any:
        value: Any = "x"
        for number in range(depth - 1):
            value = [value] if number % 2 else {"a": value}
        return value

    def from_depth(frames: int, value: Any) -> list[bytes]:
        return from_depth(frames - 1, value) if frames else echo_response(1, value, traits)

    for frames in (0, 100):
        assert b"".join(from_depth(frames, nested(400))).count(b"<value>") == 402
        with pytest.raises(Unprintable):
            from_depth(frames, nested(401))
