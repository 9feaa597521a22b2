"""Writes that no recording holds: as seen of our own models on the real databases."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from fakepw import Patchwork, load
from fakepw.patchwork.words.faults import Fault
from fakepw.patchwork.words.values import Binary

KIM = "Basic " + base64.b64encode(b"kim:kim").decode()
LAST_ID = 2**31 - 1
ROWS: dict[str, Any] = {
    "projects": [{"linkname": "p"}],
    "users": [{"username": "kim", "maintainer_of": ["p"]}],
    "patches": [{"name": "x"}],
}


@pytest.mark.parametrize(
    ("database", "complaint"),
    [
        ("postgresql", "nextval: reached maximum value of sequence"),
        ("mariadb", "Out of range value for column 'id'"),
    ],
)
def test_after_the_last_id_there_are_no_more_checks(database: str, complaint: str) -> None:
    rows = load({**ROWS, "checks": [{"id": LAST_ID - 1, "patch": "x"}]})
    pw = Patchwork(rows, f"3.2-py3-{database}")
    check = [1, "ci", "success"]
    assert pw.call("check_create", check, KIM) is True
    with pytest.raises(Fault) as refused:
        pw.call("check_create", check, KIM)
    assert complaint in refused.value.text
    assert [check["id"] for check in pw.call("check_list", [])] == [LAST_ID - 1, LAST_ID]


@pytest.mark.parametrize(
    ("method", "params", "complaint"),
    [
        ("check_create", [1, None, "success", "u" * 201], "too long"),
        ("check_create", [1, Binary(b"\0"), "success", "u" * 201], "NUL"),
        ("patch_set", [1, {"archived": None, "commit_ref": "c" * 256}], "too long"),
        ("patch_set", [1, {"archived": 2, "commit_ref": Binary(b"\0")}], "True or False"),
    ],
)
def test_of_several_faults_the_first_on_the_way_to_the_row_is_told(
    method: str, params: list[Any], complaint: str
) -> None:
    rows = load(ROWS)
    pw = Patchwork(rows, "3.2-py3-postgresql")
    with pytest.raises(Fault) as refused:
        pw.call(method, params, KIM)
    assert complaint in refused.value.text
    assert pw.store.rows() == rows
    assert pw.call("check_create", [1, "ci", "success"], KIM) is True
    assert [check["id"] for check in pw.call("check_list", [])] == [1]


def test_a_patch_without_state_can_be_given_one() -> None:
    pw = Patchwork(load({**ROWS, "patches": [{"name": "x", "state": None, "hash": None}]}))
    assert pw.call("patch_set", [1, {"state": 3}], KIM) is True
    patch = pw.store.patches[1]
    assert patch.state_id == 3
    assert patch.hash is not None
