"""PW-READ: which patch a hash finds."""

from __future__ import annotations

from collections.abc import Callable

from ..deciding.decisions import Finding, Step, decides
from ..deciding.judging import (
    calls,
    deviates,
    empty,
    expect,
    fixed,
    miss,
    poisoned,
)
from ..deciding.lookups import alike
from ..target.exchange import Exchange, call
from ..target.knowing.world import Lacking, Row, World
from .asking.rows import (
    hashed,
    linkname,
    one_of_each_kind,
    spread,
)


@decides(
    "READ-030",
    lambda w: calls("patch_get_by_hash", [(r["hash"],) for r in one_of_each_kind(w, hashed(w), 4)]),
    on="patch_get_by_hash",
    data=True,
)
def test_a_hash_finds_its_patch(world: World, answer: Exchange) -> Finding:
    return _found_by(world, answer, lambda row: True)


@decides(
    "READ-031",
    lambda w: calls(
        "patch_get_by_project_hash",
        [(linkname(w, r["project_id"]), r["hash"]) for r in one_of_each_kind(w, hashed(w), 4)],
    ),
    on="patch_get_by_project_hash",
    data=True,
)
def test_a_project_and_hash_find_their_patch(world: World, answer: Exchange) -> Finding:
    asked = str(answer.params[0]) if answer.params else ""
    if all(p["linkname"] != asked for p in world.projects):
        return None  # whether that is a project's name in another case, databases decide
    return _found_by(world, answer, lambda row: alike(linkname(world, row["project_id"]), asked))


def _found_by(world: World, answer: Exchange, fits: Callable[[Row], bool]) -> Finding:
    text = answer.params[-1] if answer.params else None
    if not isinstance(text, str) or len(text) != 40:
        return None
    rows = [r for r in world.patch_rows if r.get("hash") == text and fits(r)]
    if not rows:
        return None
    if poisoned(answer) and not world.all_patches:
        return None  # by another patch of that hash
    if answer.fault and answer.fault.kind == "MultipleObjectsReturned":
        return (
            None
            if world.profile.api == "2.0" and (len(rows) > 1 or not world.all_patches)
            else deviates(answer, "the one patch of that hash")
        )
    plain = answer.value.plain if answer.value else None
    found = plain if isinstance(plain, dict) else {}
    listed = next((row for row in rows if row["id"] == found.get("id")), None)
    if listed is None and len(rows) == 1 and world.all_patches:
        listed = rows[0]
    if listed is not None:
        return expect(found == listed, answer, f"patch {listed['id']}, as patch_list shows it")
    return expect(found.get("hash") == text, answer, f"a patch of hash {text}")


@decides("READ-032", fixed(call("patch_get_by_hash", "f" * 40)), on="patch_get_by_hash")
def test_an_unknown_hash_is_a_miss(world: World, answer: Exchange) -> Finding:
    unknown = answer.params == ("f" * 40,)
    if not unknown or any(r.get("hash") == "f" * 40 for r in world.patch_rows):
        return None
    return miss(world, answer, {})


def _no_projects(name: str) -> list[str]:
    """What is no project's linkname, though it is nearly one."""
    return ["pw-conformance-none", "", f" {name}", f"{name}-pw-conformance", name[:-1]]


@decides(
    "READ-033",
    lambda w: calls(
        "patch_get_by_project_hash",
        [
            (name, r["hash"])
            for r in spread(hashed(w), 1)
            for name in _no_projects(linkname(w, r["project_id"]))[: 1 if w.thrifty else None]
        ],
    ),
    on="patch_get_by_project_hash",
)
def test_a_hash_needs_its_project(world: World, answer: Exchange) -> Finding:
    names = {p["linkname"].lower() for p in world.projects}
    match answer.params:
        case (str(name), str(text)) if names and name.lower() not in names and len(text) == 40:
            return miss(world, answer, {})
    return None


def _elsewhere(world: World) -> list[Step]:
    steps = [
        call("patch_get_by_project_hash", project["linkname"], row["hash"])
        for row in spread(hashed(world), 2)
        for project in world.projects
        if project["id"] != row["project_id"]
    ]
    if not steps:
        raise Lacking("this server holds but one project")
    return list(steps[:4])


@decides("READ-034", _elsewhere, on="patch_get_by_project_hash", data=True)
def test_a_hash_is_a_miss_elsewhere(world: World, answer: Exchange) -> Finding:
    linkname, text = answer.params if len(answer.params) == 2 else ("", "")
    projects = {p["id"] for p in world.projects if alike(p["linkname"], str(linkname))}
    rows = [r for r in world.patch_rows if r.get("hash") == text]
    if not projects or not rows or any(r["project_id"] in projects for r in rows):
        return None
    plain = answer.value.plain if answer.value else None
    there = isinstance(plain, dict) and plain.get("project_id") in projects
    several = answer.fault is not None and answer.fault.kind == "MultipleObjectsReturned"
    if (there or several or poisoned(answer)) and not world.all_patches:
        return None  # by patches beyond the sample
    return empty(answer, {})
