"""Every method against the same stdlib server, and patch_list by every kind of filter."""

from __future__ import annotations

import base64
import xmlrpc.client
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from fakepw import fixtures
from fakepw.patchwork.patchwork import METHODS, Patchwork
from fakepw.patchwork.rows.rows import Dataset

from . import data, servers
from .figures import Effort, Figure, each
from .load import Caller, call, calls_per_processor_second
from .servers import Served

ROWS = 2000
LOGIN = base64.b64encode(f"{data.USERNAME}:{data.PASSWORD}".encode())


def calls_of(rows: Dataset) -> dict[str, tuple[Any, ...]]:
    """A call of each method, as loops make it."""
    check = rows.checks[len(rows.checks) // 2]
    patch = next(row for row in rows.patches if row.id == check.patch_id)
    project = next(row for row in rows.projects if row.id == patch.project_id)
    some = {"project_id": patch.project_id, "state_id": patch.state_id, "max_count": 10}
    return {
        "pw_rpc_version": (),
        "project_list": (),
        "project_get": (project.id,),
        "person_list": (rows.people[0].email,),
        "person_get": (patch.submitter_id,),
        "state_list": (),
        "state_get": (3,),
        "patch_list": (some,),
        "patch_get": (patch.id,),
        "patch_get_by_hash": (patch.hash,),
        "patch_get_by_project_hash": (project.linkname, patch.hash),
        "patch_get_mbox": (patch.id,),
        "patch_get_diff": (patch.id,),
        "patch_set": (patch.id, {"state": 3}),
        "check_list": ({"patch_id": patch.id},),
        "check_get": (check.id,),
        "patch_check_get": (patch.id,),
        "check_create": (patch.id, "ci", "success"),
    }


def filters_of(rows: Dataset) -> list[dict[str, Any]]:
    """A filter of each kind for patch_list, by a patch in the middle."""
    patch = rows.patches[len(rows.patches) // 2]
    return [
        {},
        {"id": patch.id},
        {"id__in": [patch.id, patch.id + 1, patch.id + 2]},
        {"id__gt": patch.id},
        {"msgid": patch.msgid},
        {"hash": patch.hash},
        {"name": patch.name},
        {"name__icontains": patch.name[-12:].upper()},
        {"project_id": patch.project_id},
        {"project_id": patch.project_id, "state_id": 4},
        {"project_id": patch.project_id, "name__contains": "stale"},
        {"submitter_id": patch.submitter_id},
        {"state_id": 4},
        {"archived": True},
        {"commit_ref": "0123"},
        {"date__gt": str(patch.date)},
        {"date__year": patch.date.year},
    ]


def figures(effort: Effort, folder: Path) -> Iterator[Figure]:
    """All figures of methods and filters; `folder` is for the file that servers read."""
    rows = data.checked(min(ROWS, effort.long))
    fixture = folder / "checked.json"
    fixture.write_bytes(fixtures.dumps(rows))
    calls = calls_of(rows)
    if calls.keys() != METHODS.keys():
        raise RuntimeError(f"not measured: {calls.keys() ^ METHODS.keys()}")
    with ExitStack() as stack:
        ours = stack.enter_context(servers.fakepw(fixture))
        theirs = stack.enter_context(servers.stdlib(fixture))
        for method, params in calls.items():
            yield _method(method, params, ours, theirs, effort)
    rows = data.dataset(effort.many)
    patchwork = Patchwork(rows)
    for filt in filters_of(rows):
        yield _filter(filt, patchwork, effort)


def _method(
    method: str, params: tuple[Any, ...], ours: Served, theirs: Served, effort: Effort
) -> Figure:
    body, login = call(method, *params), LOGIN if METHODS[method].auth else None
    values = []
    for served in (ours, theirs):
        caller = Caller(served.port)
        values.append(xmlrpc.client.loads(caller.answer(body, login).partition(b"\r\n\r\n")[2]))
        caller.close()
    if values[0] != values[1]:
        raise RuntimeError(f"the baseline answers {method} otherwise than fakepw: no comparison")
    rates: list[list[float]] = [[], []]
    for _ in range(min(3, effort.runs)):
        for served, found in zip((ours, theirs), rates, strict=True):
            found.append(calls_per_processor_second(served, [body], effort.short, login))
    fast, slow = map(median, rates)
    note = f"{1e6 / fast:.0f} us of the processor a call"
    return Figure(f"{method} against stdlib", fast / slow, "x", None, note)


def _filter(filt: dict[str, Any], patchwork: Patchwork, effort: Effort) -> Figure:
    whole = partial(patchwork.call, "patch_list", [{**filt, "max_count": 100}])
    found = len(whole())
    what = " and ".join(filt) or "no filter"
    title = f"patch_list by {what}, the first 100 of {effort.many} patches"
    return Figure(title, 1e6 * each(whole, effort), "us", None, f"{found} rows")
