"""PW-READ: what can be looked up is what is listed, and by what it is found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import deviates, expect, faults, miss, poisoned
from ..deciding.lookups import alike
from ..target.exchange import Exchange, Raw, call
from ..target.knowing.world import Lacking, Row, World
from ..verdicts.verdicts import Deviation
from .asking.rows import ALL, getters_to_ask, hashed, linkname, missing_value, one_int, spread
from .asking.selecting import filter_of

#: Ids that are looked up beside those that are listed.
BESIDE = 12


def _unlisted(rows: Iterable[Row], low: int, high: int) -> Iterator[int]:
    """The first ids between two that none of the rows has."""
    known = {row["id"] for row in rows}
    return islice((n for n in range(max(1, low), high + 1) if n not in known), BESIDE)


def _gaps(world: World) -> list[Step]:
    """Ids that no list shows, of the tables of which every row is known."""
    tables = [
        (get, rows)
        for get, rows, whole in (
            ("project_get", world.projects, world.all_projects),
            ("state_get", world.states, world.all_states),
            ("person_get", world.people, world.all_people),
        )
        if whole
    ]
    steps: list[Step] = []
    for method, rows in tables:
        ids = [row["id"] for row in rows]
        if ids:
            steps += [call(method, n) for n in _unlisted(rows, 1, max(ids) + 3)]
    for method, windows, whole in (
        ("patch_get", world.patches, world.all_patches),
        ("check_get", world.checks, world.all_checks),
    ):
        for window in windows:
            ids = [row["id"] for row in window.rows]
            if ids:
                last = max(ids) + 3 if whole else window.high
                steps += [call(method, n) for n in _unlisted(window.rows, min(ids), last)]
    if not steps:
        raise Lacking("this server lists nothing that could be looked up")
    return steps[:: max(1, len(steps) // 2)] if world.thrifty else steps


#: What gives a row by its id, and the row itself.
LOOKED_UP = ("project_get", "state_get", "patch_get", "check_get")


def _listed(world: World, method: str) -> list[Row] | None:
    rest = {"project_get": world.all_projects, "state_get": world.all_states}
    if not rest.get(method, True):
        return None
    if method == "person_get":
        return world.people if world.all_people else None
    return world.table(method) if method in LOOKED_UP else None


@decides("READ-060", _gaps, on="project_get state_get person_get patch_get check_get", data=True)
def test_what_is_not_listed_is_not_there(world: World, answer: Exchange) -> Finding:
    number, rows = one_int(answer), _listed(world, answer.method)
    if number is None or not 0 < number < 1 << 31 or not rows:
        return None
    if any(row["id"] == number for row in rows):
        return None
    windows = {"patch_get": world.patches, "check_get": world.checks}.get(answer.method)
    whole = world.all_patches if answer.method == "patch_get" else world.all_checks
    inside = any(window.low <= number <= window.high for window in windows or ())
    if windows is not None and not whole and not inside:
        return None
    plain = answer.value.plain if answer.value else None
    if windows is not None and whole and isinstance(plain, dict) and plain.get("id") == number:
        return deviates(answer, f"a row that {answer.method.replace('_get', '_list')} shows, too")
    return miss(world, answer, {})


def _windows(world: World) -> list[Step]:
    world.need_patches()
    if not world.all_people:
        raise Lacking("so many people are not listed at once, which would be a burden")
    return [window.read("patch_list") for window in world.patches]


@decides("READ-061", _windows, on="patch_list", data=True)
def test_submitters_are_people_that_are_listed(world: World, answer: Exchange) -> Finding:
    known = {row["id"] for row in world.people}
    rows = [n.plain for n in answer.value or () if n.kind == "struct"]
    if not known or not rows:
        return None
    for row in rows:
        if row.get("submitter_id") not in known:
            return Deviation(
                "a submitter_id that person_list shows",
                f"{answer.request.describe()} answered patch {row.get('id')} with submitter_id"
                f" {row.get('submitter_id')}",
            )
    return OK


def _beyond(world: World) -> list[Step]:
    methods = ("patch_get", "state_get", "project_get", "person_get")
    return [
        call(method, Raw(f"<i8>{(1 << bits) + found[0]['id']}</i8>"))
        for method in methods[: 1 if world.thrifty else None]
        if (found := world.table(method))
        for bits in ((32, 64) if world.thrifty else (31, 32, 63, 64))
    ]


@decides("READ-062", _beyond, on=ALL)
def test_an_id_beyond_every_column_is_no_row(world: World, answer: Exchange) -> Finding:
    number = one_int(answer)
    if number is None or number < 1 << 31:
        return None
    if answer.fault is not None:
        return faults(answer, "OverflowError", "IndexError", "DataError", "ProgrammingError")
    return miss(world, answer, missing_value(answer))


def _spelt(world: World) -> list[Step]:
    methods = ["patch_get"] if world.thrifty else getters_to_ask(world)
    return [call(m, value) for m in methods for value in (True, "\uff11")]


@decides("READ-063", _spelt, on=ALL, data=True)
def test_true_is_1(world: World, answer: Exchange) -> Finding:
    given = answer.params[0] if len(answer.params) == 1 else None
    rows = _listed(world, answer.method)
    if not rows or not (given is True or given == "\uff11"):
        return None
    row = next((r for r in rows if r["id"] == 1), None)
    if row is None or answer.method in ("check_get",):
        return None
    plain = answer.value.plain if answer.value else None
    return expect(isinstance(plain, dict) and plain.get("id") == 1, answer, "the row with id 1")


@decides(
    "READ-064",
    lambda w: [call("person_list", "", 61)],
    on="person_list person_get",
)
def test_a_person_has_a_user_or_none(world: World, answer: Exchange) -> Finding:
    value = answer.value
    rows = (
        [] if value is None else [n.plain for n in ([value] if value.kind == "struct" else value)]
    )
    rows = [row for row in rows if isinstance(row, dict) and "user" in row]
    for row in rows:
        if not str(row["user"]).strip():
            return deviates(answer, f"a user name or None for person {row.get('id')}")
    return OK if rows else None


def _users(world: World) -> list[Step]:
    world.need_patches()
    world.need_checks()
    return [(world.patches[0].read("patch_list"), world.checks[0].read("check_list"))]


@decides("READ-065", _users, data=True)
def test_a_user_has_one_name_everywhere(
    world: World, patches: Exchange, checks: Exchange
) -> Finding:
    names: dict[int, str] = {}
    for row in (n.plain for n in patches.value or () if n.kind == "struct"):
        if row.get("delegate_id"):
            names[row["delegate_id"]] = row["delegate"]
    judged = False
    for row in (n.plain for n in checks.value or () if n.kind == "struct"):
        known = names.get(row.get("user_id", 0))
        judged = judged or known is not None
        if known is not None and row["user"] != known:
            said = f"as {patches.request.describe()} says of a delegate"
            return deviates(checks, f"the user {known!r} for user_id {row['user_id']}, {said}")
    return OK if judged else None


def _parts(world: World) -> list[Step]:
    asked: list[str | None] = []
    for row in spread(hashed(world), 1 if world.thrifty else 2):
        whole = row["hash"]
        more = (whole[:7], whole[:39], f" {whole}", f"0x{whole}", f"{whole}0", "", None)
        asked += [whole[:12], *(() if world.thrifty else more)]
    return [call("patch_get_by_hash", value) for value in dict.fromkeys(asked)]


@decides("READ-066", _parts, on="patch_get_by_hash", data=True)
def test_part_of_a_hash_finds_nothing(world: World, answer: Exchange) -> Finding:
    if answer.params in (("",), (None,)):  # which some patches may have
        plain = answer.value.plain if answer.value else None
        shown = str(plain.get("hash", "")) if isinstance(plain, dict) else ""
        return expect(not shown.strip(), answer, "no patch that shows a hash")
    text = answer.params[0] if len(answer.params) == 1 else None
    if not isinstance(text, str) or not text.strip() or text != text.rstrip():
        return None
    rows = [h for row in world.patch_rows if len((h := row.get("hash", "")).strip()) == 40]
    if text in rows or not any(h.startswith(text) or h in text for h in rows):
        return None
    if any(h.rstrip() == text for h in rows) or _whole(answer, text):
        return None
    return miss(world, answer, {})


def _whole(answer: Exchange, text: str) -> bool:
    """Whether a patch came of just that hash, which may be beyond the sample."""
    plain = answer.value.plain if answer.value else None
    return isinstance(plain, dict) and str(plain.get("hash", "")).rstrip() == text.rstrip()


def _cases(world: World) -> list[Step]:
    if (world.profile.database or "").lower() not in ("sqlite", "postgresql"):
        raise Lacking("whether case matters depends on the database")
    rows = spread(hashed(world), 1 if world.thrifty else 2)
    found: list[Step] = [call("patch_get_by_hash", row["hash"].swapcase()) for row in rows]
    for row in rows:
        name = linkname(world, row["project_id"])
        found.append(call("patch_get_by_project_hash", name.swapcase(), row["hash"]))
        found.append(call("patch_get_by_project_hash", name, row["hash"].swapcase()))
    return found


@decides("READ-067", _cases, on="patch_get_by_hash patch_get_by_project_hash", data=True)
def test_case_matters_to_hashes_and_linknames(world: World, answer: Exchange) -> Finding:
    if (world.profile.database or "").lower() not in ("sqlite", "postgresql"):
        return None
    *name, text = answer.params or ("",)
    names = [p["linkname"] for p in world.projects]
    hashes = [row.get("hash", "").strip() for row in world.patch_rows]
    if not isinstance(text, str) or not all(isinstance(n, str) for n in name):
        return None
    odd = text not in hashes and text.lower() in {h.lower() for h in hashes}
    for word in name:
        odd = odd or (word not in names and word.lower() in {n.lower() for n in names})
    if not odd or not text.strip() or (not name and _whole(answer, text)):
        return None
    return miss(world, answer, {})


def _named_otherwise(world: World) -> list[Step]:
    row = spread(hashed(world), 1)[0]
    project = next((p for p in world.projects if p["id"] == row["project_id"]), None)
    if project is None:
        raise Lacking("the project of the sampled patches is not listed")
    names = [project["id"], str(project["id"]), project["name"]]
    names = names[-1:] if world.thrifty else names
    return [call("patch_get_by_project_hash", name, row["hash"]) for name in names]


@decides("READ-068", _named_otherwise, on="patch_get_by_project_hash", data=True)
def test_a_project_is_named_by_its_linkname_alone(world: World, answer: Exchange) -> Finding:
    match answer.params:
        case (str() | int() as name, str(text)) if text:
            others = {p["id"] for p in world.projects} | {p["name"] for p in world.projects}
            others |= {str(p["id"]) for p in world.projects}
            strange = name not in others or not world.all_projects
            if strange or any(alike(p["linkname"], str(name)) for p in world.projects):
                return None
            return miss(world, answer, {})
    return None


def _any_hash(world: World) -> list[Step]:
    rows = [r for r in world.need_patches() if r.get("hash", "").strip()]
    if not rows:
        raise Lacking("no sampled patch shows a hash")
    odd = [r for r in rows if not re.fullmatch("[0-9a-f]{40}", r["hash"])]
    chosen = [*spread(rows, 2 if world.thrifty else 8), *odd[:2]]
    return [call("patch_get_by_hash", h) for h in dict.fromkeys(row["hash"] for row in chosen)]


@decides("READ-069", _any_hash, on="patch_get_by_hash", data=True)
def test_a_hash_that_shows_is_found(world: World, answer: Exchange) -> Finding:
    text = answer.params[0] if len(answer.params) == 1 else None
    if not isinstance(text, str) or not re.fullmatch(r"[!-~]+ *", text):
        return None
    rows = [row for row in world.patch_rows if row.get("hash") == text]
    if not rows:
        return None
    if answer.fault is not None:
        several = len(rows) > 1 or not world.all_patches
        return (
            None if several else deviates(answer, f"patch {rows[0]['id']}, as patch_list shows it")
        )
    plain = answer.value.plain if answer.value else None
    right = isinstance(plain, dict) and str(plain.get("hash", "")).strip() == text.strip()
    return expect(right, answer, f"patch {rows[0]['id']} or another of that hash")


def _all_poisoned(world: World) -> list[Step]:
    if world.patch_rows or not any("cannot be listed" in note for note in world.notes):
        raise Lacking("patches can be listed")
    return [tuple(call("patch_get", number) for number in range(1, 13))]


@decides("READ-070", _all_poisoned, on="patch_get")
def test_patches_can_be_read_at_all(world: World, *answers: Exchange) -> Finding:
    if any(answer.value is not None and answer.value.value for answer in answers):
        return OK
    spoilt = [answer for answer in answers if poisoned(answer)]
    if len(spoilt) < 5:  # some odd rows, and no others
        return None
    return deviates(spoilt[0], "a patch: none of the first ones can be read")


@decides(
    "READ-071",
    lambda w: [
        call("patch_list", {"state_id": row["id"], "max_count": 20})
        for row in spread(w.states, 1 if w.thrifty else 10)
    ],
    on="patch_list",
)
def test_patches_in_a_state_can_be_read(world: World, answer: Exchange) -> Finding:
    """What spoils a patch is that it has no state, so those that have one are sound."""
    filt = filter_of(answer) or {}
    if type(filt.get("state_id")) is not int or not set(filt) <= {"state_id", "max_count"}:
        return None
    if answer.fault is not None and not poisoned(answer):
        return None
    return expect(not poisoned(answer), answer, "patches without a None: they have a state")


def _shared(world: World) -> list[Step]:
    texts = [row["hash"] for row in hashed(world)]
    shared = [text for text in dict.fromkeys(texts) if texts.count(text) > 1]
    if not shared:
        raise Lacking("no two sampled patches share a hash")
    return [call("patch_get_by_hash", text) for text in shared[: 1 if world.thrifty else 3]]


@decides("READ-072", _shared, on="patch_get_by_hash", data=True)
def test_a_shared_hash_names_no_patch(world: World, answer: Exchange) -> Finding:
    text = answer.params[0] if len(answer.params) == 1 else None
    if not text or sum(row.get("hash") == text for row in world.patch_rows) < 2:
        return None
    return faults(answer, "MultipleObjectsReturned")
