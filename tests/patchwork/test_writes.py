"""Writes that no recording holds: as seen of our own models on the real databases."""

from __future__ import annotations

import base64

import pytest

from fakepw import Patchwork, load
from fakepw.patchwork.faults import Fault

KIM = "Basic " + base64.b64encode(b"kim:kim").decode()
LAST_ID = 2**31 - 1


@pytest.mark.parametrize(
    ("database", "complaint"),
    [
        ("postgresql", "nextval: reached maximum value of sequence"),
        ("mariadb", "Out of range value for column 'id'"),
    ],
)
def test_after_the_last_id_there_are_no_more_checks(database: str, complaint: str) -> None:
    rows = load(
        {
            "projects": [{"linkname": "p"}],
            "users": [{"username": "kim", "maintainer_of": ["p"]}],
            "patches": [{"name": "x"}],
            "checks": [{"id": LAST_ID - 1, "patch": "x"}],
        }
    )
    pw = Patchwork(rows, f"3.2-py3-{database}")
    check = [1, "ci", "success"]
    assert pw.call("check_create", check, KIM) is True
    with pytest.raises(Fault) as refused:
        pw.call("check_create", check, KIM)
    assert complaint in refused.value.text
    assert [check["id"] for check in pw.call("check_list", [])] == [LAST_ID - 1, LAST_ID]
