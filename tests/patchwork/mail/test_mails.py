"""Headers come out as each emulated Python writes them, whichever Python runs this.

`cpython_headers.json` holds what real ones made of a value: `python2` is CPython 2.7.18, `python3`
each of 3.6.15, 3.8.18, 3.9.18, 3.10.13, 3.12.1 and 3.13.0, which agree.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakepw.patchwork.mail.mails import PYTHON2, PYTHON3, Email
from fakepw.patchwork.words.faults import Fault

HEADERS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cpython_headers.json").read_text()
)
BOTH = pytest.mark.parametrize("email", [PYTHON2, PYTHON3], ids=["python2", "python3"])


def written(email: Email, name: str, value: str) -> str | dict[str, str]:
    """The value of a header as it is in a mail, or the fault for trying."""
    try:
        mail = email.write("From x", [(name, value)], "", as_text=False)
    except Fault as fault:
        return {"fault": f"{fault.kind.rpartition('.')[2]}: {fault.text}"}
    return mail.split("\n", 4)[4].removeprefix(f"{name}: ").removesuffix("\n\n")


@pytest.mark.parametrize("row", HEADERS, ids=lambda row: f"{row['name']:.12}-{row['value']:.20}")
@pytest.mark.parametrize("python", ["python2", "python3"])
def test_a_header_is_folded_and_encoded_as_that_cpython_does(
    python: str, row: dict[str, Any]
) -> None:
    email = PYTHON2 if python == "python2" else PYTHON3
    assert written(email, row["name"], row["value"]) == row[python]


def test_the_pythons_differ_enough_for_that_to_tell() -> None:
    assert sum(row["python2"] != row["python3"] for row in HEADERS) >= 30


def test_written_as_text_python_3_folds_nothing_and_sends_8_bit_as_base64() -> None:
    mail = PYTHON3.write("From x", [("Subject", "ü" * 60)], "ü\r\n", as_text=True)
    head, body = mail.split("\n\n")
    assert "Content-Transfer-Encoding: base64\n" in head
    assert head.splitlines()[-1] == f"Subject: =?utf-8?b?{'w7zDvMO8' * 20}?="
    assert body == "w7wNCg==\n"


@pytest.mark.parametrize(
    ("email", "name", "address"),
    [
        (PYTHON3, "Foo (bar)", '"Foo (bar)" <a@b>'),
        (PYTHON2, "Foo (bar)", '"Foo \\(bar\\)" <a@b>'),
        (PYTHON3, 'a "b" \\c', '"a \\"b\\" \\\\c" <a@b>'),
        (PYTHON2, 'a "b" \\c', '"a \\"b\\" \\\\c" <a@b>'),
        (PYTHON3, "  ", "   <a@b>"),
        (PYTHON2, "  ", "a@b"),
        (PYTHON3, "Usér", "=?utf-8?b?VXPDqXI=?= <a@b>"),
        (PYTHON2, "Usér", "=?utf-8?b?VXPDqXI=?= <a@b>"),
        (PYTHON3, "(Usér) of a long name", "=?utf-8?q?=28Us=C3=A9r=29_of_a_long_name?= <a@b>"),
        (PYTHON2, "(Usér) of a long name", "=?utf-8?q?=28Us=C3=A9r=29_of_a_long_name?= <a@b>"),
        (PYTHON3, None, "a@b"),
        (PYTHON2, "", "a@b"),
    ],
)
def test_a_person_is_quoted_or_encoded_as_that_python_does(
    email: Email, name: str | None, address: str
) -> None:
    assert email.address(name, "a@b") == address


def test_python_3_refuses_an_address_that_is_not_ascii() -> None:
    with pytest.raises(Fault) as refused:
        PYTHON3.address("Jürgen", "jü@example.de")
    assert refused.value.kind == "UnicodeEncodeError"
    assert refused.value.text == (
        "'ascii' codec can't encode character '\\xfc' in position 1: ordinal not in range(128)"
    )


@pytest.mark.parametrize(
    ("headers", "complaint"),
    [
        ("From: Jürgen", "character u'\\xfc' in position 7"),
        ("From: 佐\n", "character u'\\u4f50' in position 6"),
        ("X: 𝄞", "character u'\\U0001d11e' in position 3"),
        ("X: 佐藤 ü", "characters in position 3-4"),
    ],
)
def test_python_2_cannot_read_headers_that_are_not_ascii(headers: str, complaint: str) -> None:
    with pytest.raises(Fault) as refused:
        PYTHON2.fields(headers)
    assert refused.value.kind == "UnicodeEncodeError"
    assert refused.value.text == (
        f"'ascii' codec can't encode {complaint}: ordinal not in range(128)"
    )


@BOTH
@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ("", []),
        ("A: b\n", [("A", "b")]),
        ("A: b", [("A", "b")]),
        ("A:b\r\nC:\td\re: f\n", [("A", "b"), ("C", "d"), ("e", "f")]),
        ("A: b\n c\n\td\nE:\n", [("A", "b\n c\n\td"), ("E", "")]),
        ("A: b\nA: c\na: d\n", [("A", "b"), ("A", "c"), ("a", "d")]),
        ("A: b\nno header\nC: d\n", [("A", "b")]),
        ("A: b\n\nC: d\n", [("A", "b")]),
        ("Bad Name: b\nC: d\n", []),
        (" folded at once\nA: b\n", [("A", "b")]),
        ("From x Mon\nA: b\nFrom y\n lost\nC: d\n", [("A", "b"), ("C", "d")]),
        ("A: b: c:\n", [("A", "b: c:")]),
    ],
)
def test_headers_are_read_up_to_the_first_line_that_is_none(
    email: Email, headers: str, fields: list[tuple[str, str]]
) -> None:
    assert email.fields(headers) == fields


def test_only_python_3_reads_on_after_a_header_without_a_name() -> None:
    headers = "A: b\n: nameless\n of it\nC: d\n"
    assert PYTHON3.fields(headers) == [("A", "b"), ("C", "d")]
    assert PYTHON2.fields(headers) == [("A", "b")]


def test_python_2_forgets_the_line_end_before_a_value_that_begins_folded() -> None:
    headers = "A:\n b\n"
    assert PYTHON3.fields(headers) == [("A", "\n b")]
    assert PYTHON2.fields(headers) == [("A", " b")]


def test_line_ends_of_a_body_become_lf_in_python_3_and_stay_in_python_2() -> None:
    assert PYTHON3.write("F", [], "a\rb\r\nc\fd\n", as_text=False).endswith("\n\na\nb\nc\fd\n")
    assert PYTHON2.write("F", [], "a\rb\r\nc\fd\n", as_text=False).endswith("\n\na\rb\r\nc\fd\n")


def test_python_2_escapes_from_lines_in_a_body() -> None:
    body = "From a\nFrom: b\n>From c\n From d\n"
    assert PYTHON3.write("F", [], body, as_text=False).endswith("\n\n" + body)
    assert PYTHON2.write("F", [], body, as_text=False).endswith("\n\n>" + body)


def test_white_space_is_what_that_python_takes_for_it() -> None:
    assert PYTHON3.stripped("\u2003\x1f a \u180e") == "a \u180e"
    assert PYTHON2.stripped("\u2003\x1f a \u180e") == "a"
