"""check_list finds by user and by project what a look at every check finds, also after writes."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from msgspec.structs import replace

from fakepw import generating
from fakepw.patchwork.patchwork import Patchwork
from fakepw.patchwork.rows.rows import Dataset

LOGIN = "Basic " + base64.b64encode(b"maint:maint").decode()


@pytest.fixture(scope="module")
def rows() -> Dataset:
    """Checks of all users in turn: made-up ones are of one bot."""
    rows = generating.generate(200, "ci")
    users = [user.id for user in rows.users]
    checks = [replace(row, user_id=users[row.id % len(users)]) for row in rows.checks]
    return replace(rows, checks=tuple(checks))


def _shown(pw: Patchwork, filt: dict[str, Any]) -> list[int]:
    return [check["id"] for check in pw.call("check_list", [filt])]


def _walked(pw: Patchwork, user: int | None, project: int | None) -> list[int]:
    store = pw.store
    return [
        check.id
        for check in store.checks.values()
        if user in (None, check.user_id)
        and project in (None, store.patches[check.patch_id].project_id)
    ]


def _same(pw: Patchwork) -> None:
    users = [None, *pw.store.users, 4711]
    projects = [None, *pw.store.projects]
    found = 0
    for user in users:
        for project in projects:
            asked = {"user": user, "project_id": project}
            filt = {name: value for name, value in asked.items() if value is not None}
            expected = _walked(pw, user, project)
            assert _shown(pw, filt) == expected
            assert _shown(pw, {**filt, "max_count": 3}) == expected[:3]
            found += len(expected) if filt else 0
    assert found


def test_checks_by_user_and_project_are_those_that_a_walk_finds(rows: Dataset) -> None:
    pw = Patchwork(rows)
    _same(pw)
    before = _shown(pw, {"user": rows.checks[0].user_id})
    maint = next(user.id for user in rows.users if user.username == "maint")
    made = pw.call("check_create", [rows.patches[0].id, "ci", "success"], LOGIN)
    assert made
    assert _shown(pw, {"user": maint})[-1] == next(reversed(pw.store.checks))
    _same(pw)
    pw.reset()
    assert _shown(pw, {"user": rows.checks[0].user_id}) == before
    _same(pw)


def test_a_users_checks_are_not_sought_among_all(rows: Dataset) -> None:
    pw = Patchwork(rows)
    user = rows.checks[0].user_id
    expected = _shown(pw, {"user": user})
    pw.store.checks.clear()  # a walk would find none any more
    assert _shown(pw, {"user": user}) == expected
