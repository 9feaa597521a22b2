"""Values are written as each Python writes them (servers.md 1.5, 2).

What Python 2 makes of them was asked of CPython 2.7.18: `unicode()` and `repr()` of what its
xmlrpclib reads.  Python 3.6 to 3.13 write as the one does that we run on.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakepw.patchwork.words import brief
from fakepw.patchwork.words.characters import quoted
from fakepw.patchwork.words.faults import Fault
from fakepw.patchwork.words.text import to_repr, to_str


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.3"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (12345678901.5, "12345678901.5"),
        (99999999999.0, "99999999999.0"),
        (99999999999.5, "99999999999.5"),
        (1e11, "1e+11"),
        (-123456789012.5, "-1.23456789012e+11"),
        (999999999999.9, "1e+12"),
        (123450000000.0, "1.2345e+11"),
        (1e22, "1e+22"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_python_2_writes_twelve_digits_of_a_float(value: float, text: str) -> None:
    assert to_str(value, py2=True) == text
    assert to_repr(value, py2=True) == to_str(value, py2=False) == repr(value)


@pytest.mark.parametrize(
    ("value", "py2"),
    [
        ({"b": 1, "a": 2}, "{'a': 2, 'b': 1}"),
        ({"state": 1, "id": 2, "max_count": 3}, "{'state': 1, 'id': 2, 'max_count': 3}"),
        ([{"ü": "ü", "it's": 2**63}], "[{\"it's\": 9223372036854775808L, u'\\xfc': u'\\xfc'}]"),
    ],
)
def test_python_2_walks_a_struct_in_its_order(value: Any, py2: str) -> None:
    assert to_repr(value, py2=True) == to_str(value, py2=True) == py2
    assert to_repr(value, py2=False) == repr(value)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(("py2", "kind"), [(True, "RuntimeError"), (False, "RecursionError")])
def test_what_is_nested_too_deep_is_not_written_whoever_asks(py2: bool, kind: str) -> None:
    def from_depth(frames: int, value: Any) -> str:
        return from_depth(frames - 1, value) if frames else to_repr(value, py2)

    assert from_depth(500, nested(900)) == "[" * 900 + "]" * 900
    with pytest.raises(Fault) as caught:
        to_repr(nested(901), py2)
    assert (caught.value.kind, caught.value.text) == (
        kind,
        "maximum recursion depth exceeded while getting the repr of an object",
    )


#: Of characters that this Python and the newest instance's show alike.
TEXT = st.text(st.characters().filter(lambda char: quoted(char) == repr(char)))


@given(st.recursive(TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)))
def test_python_3_writes_as_we_do(value: Any) -> None:
    assert to_repr(value, py2=False) == repr(value)


@pytest.mark.parametrize(
    ("said", "within"),
    [
        ("Connection refused", "connection refused"),
        ("TLS/SSL connection has been closed", "TLS/SSL connection has been closed"),
        ("A", "a"),
        ("", ""),
    ],
)
def test_a_sentence_within_another_begins_small_unless_with_an_abbreviation(
    said: str, within: str
) -> None:
    assert brief.within(said) == within
