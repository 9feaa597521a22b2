"""Whole numbers of thousands of digits: each Python's own answer, whichever we run on."""

from __future__ import annotations

import pytest

from fakepw import Fault, Patchwork, load

LONG = "9" * 5000
TOO_LARGE = "Python int too large to convert to SQLite INTEGER"


@pytest.mark.parametrize(
    ("like", "kind", "text"),
    [
        ("2.2-py2-sqlite", "OverflowError", TOO_LARGE),
        ("2.1-py3-sqlite", "OverflowError", TOO_LARGE),  # Python 3.6 has no limit
        (
            "2.2-py3-sqlite",
            "ValueError",
            "Exceeds the limit (4300) for integer string conversion: value has 5000 digits; "
            "use sys.set_int_max_str_digits() to increase the limit",
        ),
        ("3.2-py3-sqlite", "ValueError", f"Field 'id' expected a number but got '{LONG}'."),
    ],
)
def test_a_text_of_many_digits_as_an_id(like: str, kind: str, text: str) -> None:
    patchwork = Patchwork(load("tiny"), like)
    for method, params in ("patch_get", [LONG]), ("patch_list", [{"project_id": f" {LONG} "}]):
        with pytest.raises(Fault) as fault:
            patchwork.call(method, params)
        assert (fault.value.kind, fault.value.text.replace(f" {LONG} ", LONG)) == (kind, text)
