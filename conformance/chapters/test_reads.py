"""PW-READ: what is said of one row, and that everything said of it agrees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..deciding.engine import OK, Finding, Step, decides
from ..deciding.judging import (
    bad_value,
    calls,
    deviates,
    empty,
    expect,
    faults,
    fixed,
    miss,
    poisoned,
    same,
)
from ..deciding.lookups import loose
from ..target.exchange import NOWHERE, Exchange, call
from ..target.wire import carried
from ..target.world import Lacking, Row, World, parse_date, rows_of
from ..verdicts.verdicts import Deviation

STRUCT_GETTERS = (
    "project_get",
    "person_get",
    "state_get",
    "patch_get",
    "check_get",
    "patch_check_get",
)
TEXT_GETTERS = ("patch_get_mbox", "patch_get_diff")
GETTERS = STRUCT_GETTERS + TEXT_GETTERS
ALL = " ".join(GETTERS)


def getters(world: World) -> list[str]:
    """The methods that take an id, as far as this generation has them."""
    return [m for m in GETTERS if m in world.profile.methods]


def each(*ids: Any) -> Callable[[World], list[Step]]:
    """Every method that takes an id, with each of these ids."""
    return lambda world: [call(m, number) for m in few(world) for number in ids]


def few(world: World) -> list[str]:
    """The methods that take an id, or every other one where requests are few."""
    return getters(world)[::2] if world.thrifty else getters(world)


def nothing(exchange: Exchange) -> Any:
    """What the method answers where there is nothing."""
    return {} if exchange.method in STRUCT_GETTERS else ""


def one_int(exchange: Exchange) -> int | None:
    """The id that was asked for, if it was an int."""
    given = exchange.params
    return given[0] if len(given) == 1 and type(given[0]) is int else None


@decides("READ-001", lambda w: calls_to(w, STRUCT_GETTERS), on=" ".join(STRUCT_GETTERS))
def test_a_missing_id_is_an_empty_struct(world: World, answer: Exchange) -> Finding:
    return empty(answer, {}) if one_int(answer) in (NOWHERE, 9999) else None


@decides("READ-002", lambda w: calls_to(w, TEXT_GETTERS), on=" ".join(TEXT_GETTERS))
def test_a_missing_id_is_an_empty_text(world: World, answer: Exchange) -> Finding:
    return empty(answer, "") if one_int(answer) in (NOWHERE, 9999) else None


@decides("READ-003", each(NOWHERE), on=ALL)
def test_a_missing_id_is_an_index_error(world: World, answer: Exchange) -> Finding:
    return faults(answer, "IndexError") if one_int(answer) in (NOWHERE, 9999) else None


def calls_to(world: World, methods: tuple[str, ...]) -> list[Step]:
    """A miss by each of these methods."""
    return [call(m, NOWHERE) for m in methods if m in world.profile.methods]


@decides("READ-004", lambda w: [call(m, -7 if i % 2 else 0) for i, m in enumerate(few(w))], on=ALL)
def test_zero_and_less_are_misses(world: World, answer: Exchange) -> Finding:
    number = one_int(answer)
    if number is None or not -(1 << 31) < number <= 0:
        return None
    return miss(world, answer, nothing(answer))


@decides("READ-005", each(2147483647), on=ALL)
def test_a_large_id_is_a_miss(world: World, answer: Exchange) -> Finding:
    number = one_int(answer)
    if number != 2147483647 or number in _known_ids(world, answer.method):
        return None
    plain = answer.value.plain if answer.value else None
    if isinstance(plain, dict) and plain.get("id") == number:
        return None  # a row of just that id
    return miss(world, answer, nothing(answer))


def _known_ids(world: World, method: str) -> set[int]:
    """The sampled ids of what a method looks up."""
    return {row["id"] for row in world.table(method)}


def _spelt(*forms: Callable[[int], Any]) -> Callable[[World], list[Step]]:
    def probe(world: World) -> list[Step]:
        steps: list[Step] = []
        for method in ("state_get", "project_get", "person_get", "patch_get"):
            if found := world.table(method):
                number = found[0]["id"]
                steps.append((call(method, number), *(call(method, f(number)) for f in forms)))
        if not steps:
            raise Lacking("this server lists nothing that could be asked for by id")
        return steps[::2] if world.thrifty else steps

    return probe


def _alike(first: Exchange, *more: Exchange) -> Finding:
    for other in more:
        if not same(first, other):
            return deviates(other, f"the same as {first.request.describe()}")
    return OK


@decides("READ-006", _spelt(str, lambda n: f" {n} ", lambda n: f"0{n}"), data=True)
def test_digits_are_the_number(world: World, *answers: Exchange) -> Finding:
    return _alike(*answers)


@decides("READ-007", _spelt(float, lambda n: n + 0.5), data=True)
def test_doubles_are_cut(world: World, *answers: Exchange) -> Finding:
    return _alike(*answers)


@decides("READ-008", each(None), on=ALL)
def test_nil_is_a_miss(world: World, answer: Exchange) -> Finding:
    return miss(world, answer, nothing(answer)) if answer.params == (None,) else None


#: No numbers, though one begins with one.
WORDS = ("abc", "", "1abc")


@decides(
    "READ-009",
    lambda w: [call(m, WORDS[i % (2 if w.thrifty else len(WORDS))]) for i, m in enumerate(few(w))],
    on=ALL,
)
def test_a_word_is_a_value_error(world: World, answer: Exchange) -> Finding:
    word = answer.params[0] if len(answer.params) == 1 else None
    return faults(answer, "ValueError") if isinstance(word, str) and word in WORDS else None


@decides(
    "READ-010",
    lambda w: [call(m, {"id": 1} if i % 2 else [1]) for i, m in enumerate(few(w))],
    on=ALL,
)
def test_arrays_and_structs_are_type_errors(world: World, answer: Exchange) -> Finding:
    wrong = len(answer.params) == 1 and isinstance(answer.params[0], list | dict)
    return faults(answer, "TypeError") if wrong else None


@decides("READ-011", each("abc", [1]), on=ALL)
def test_unusable_ids_are_swallowed(world: World, answer: Exchange) -> Finding:
    word = answer.params[0] if len(answer.params) == 1 else None
    if not isinstance(word, str | list) or word not in ("abc", "", [1]):
        return None
    return bad_value(world, answer, value=nothing(answer))


def _of_list(exchange: Exchange, rows: list[Row]) -> Finding:
    number = one_int(exchange)
    row = next((r for r in rows if r["id"] == number), None)
    if row is None:
        return None
    got = exchange.value.plain if exchange.value else None
    if isinstance(got, dict) and "checks" not in got:
        wrong = [k for k in {*row, *got} if row.get(k, "") != got.get(k, "")]
        if not wrong:
            return OK
        key = sorted(wrong)[0]
        return deviates(exchange, f"{key} = {row.get(key)!r}, as the list says")
    return deviates(exchange, "the row that the list shows")


def some(rows: list[Row], count: int = 3) -> list[Row]:
    """The first, the last and some rows between."""
    if len(rows) <= count:
        return rows
    if count == 1:
        return rows[:1]
    return [rows[round(i * (len(rows) - 1) / (count - 1))] for i in range(count)]


#: What tells patches apart that a server might treat unlike.
TELLING: tuple[Callable[[Row], Any], ...] = (
    lambda row: row["archived"],
    lambda row: bool(row["delegate_id"]),
    lambda row: bool(row["commit_ref"].strip()),
    lambda row: row["name"].isascii(),
    lambda row: row["project_id"],
    lambda row: row["state_id"],
)


def unlike(world: World, rows: list[Row], count: int) -> list[Row]:
    """Some rows, and with them the first of every kind; no more than `count` where requests are
    few."""
    found = {row["id"]: row for row in some(rows, count)}
    for kind in () if world.thrifty else TELLING:
        first: dict[Any, Row] = {}
        for row in rows:
            first.setdefault(kind(row), row)
        found |= {row["id"]: row for row in list(first.values())[:4]}
    return list(found.values())


def sampled(world: World, few: int) -> list[Row]:
    """Every sampled patch, or a few of them where requests are few."""
    rows = world.need_patches()
    return some(rows, few) if world.thrifty else rows


@decides(
    "READ-012",
    lambda w: calls("patch_get", [(r["id"],) for r in sampled(w, 4)]),
    on="patch_get",
    data=True,
)
def test_patch_get_agrees_with_the_list(world: World, answer: Exchange) -> Finding:
    return _of_list(answer, world.patch_rows)


def _some_of(table: str, method: str) -> Callable[[World], list[Step]]:
    def probe(world: World) -> list[Step]:
        rows: list[Row] = getattr(world, table)
        if not rows:
            raise Lacking(f"this server lists no {table}")
        return [call(method, row["id"]) for row in (some(rows, 4) if world.thrifty else rows)]

    return probe


@decides("READ-013", _some_of("projects", "project_get"), on="project_get", data=True)
def test_project_get_agrees_with_the_list(world: World, answer: Exchange) -> Finding:
    return _of_list(answer, world.projects)


@decides("READ-014", _some_of("states", "state_get"), on="state_get", data=True)
def test_state_get_agrees_with_the_list(world: World, answer: Exchange) -> Finding:
    return _of_list(answer, world.states)


@decides("READ-015", _some_of("people", "person_get"), on="person_get", data=True)
def test_person_get_agrees_with_the_list(world: World, answer: Exchange) -> Finding:
    return _of_list(answer, world.people)


def windows(world: World) -> list[Step]:
    """Every patch of the sample, window by window."""
    world.need_patches()
    return [w.read("patch_list") for w in world.patches]


def patches_in(exchange: Exchange) -> list[Row]:
    """The patches that an answer holds, whole ones only."""
    if exchange.method == "patch_get" and exchange.value is not None:
        rows = [exchange.value.plain]
    else:
        rows = rows_of(exchange) or []
    wanted = {"id", "date", "state_id", "project_id", "submitter_id", "delegate_id", "name"}
    return [row for row in rows if isinstance(row, dict) and wanted <= set(row)]


def _every(exchange: Exchange, wrong: Callable[[Row], str | None]) -> Finding:
    rows = patches_in(exchange)
    for row in rows:
        if expected := wrong(row):
            return Deviation(expected, f"{exchange.request.describe()} answered {row!r:.600}")
    return OK if rows else None


PATCHES = "patch_get patch_list"


@decides("READ-016", windows, on=PATCHES, data=True)
def test_state_and_state_id_agree(world: World, answer: Exchange) -> Finding:
    names = {row["id"]: row["name"] for row in world.states}
    if not names:
        return None
    return _every(
        answer,
        lambda row: (
            None
            if names.get(row["state_id"]) == carried(row["state"])
            else f"patch {row['id']} in the state {names.get(row['state_id'])!r}"
        ),
    )


@decides("READ-017", windows, on=PATCHES, data=True)
def test_project_and_project_id_agree(world: World, answer: Exchange) -> Finding:
    names = {row["id"]: row["name"] for row in world.projects}
    if not names:
        return None
    return _every(
        answer,
        lambda row: (
            None
            if names.get(row["project_id"]) == carried(row["project"])
            else f"patch {row['id']} of the project {names.get(row['project_id'])!r}"
        ),
    )


def _submitters(world: World) -> list[Step]:
    return [
        (call("person_get", row["submitter_id"]), call("patch_get", row["id"]))
        for row in sampled(world, 3)
    ]


@decides("READ-018", _submitters, data=True)
def test_submitter_and_submitter_id_agree(world: World, *answers: Exchange) -> Finding:
    if len(answers) == 2:
        person, patch = (a.value.plain if a.value else {} for a in answers)
    else:  # a recorded patch: the person is in the sample
        patch = answers[0].value.plain if answers[0].value else {}
        wanted = patch.get("submitter_id") if isinstance(patch, dict) else None
        person = next((p for p in world.people if p["id"] == wanted), {})
    if not isinstance(person, dict) or not isinstance(patch, dict) or not patch:
        return deviates(answers[-1], "a patch")
    if not person:
        return None if len(answers) == 1 else deviates(answers[0], "the patch's submitter")
    name, address = person.get("name"), person.get("email")
    known = {f"{name} <{address}>"} | ({address} if name in ("", address) else set())
    return expect(
        carried(str(patch.get("submitter"))) in known,
        answers[-1],
        f"the submitter {' or '.join(sorted(map(str, known)))}",
    )


@decides("READ-019", windows, on=PATCHES, data=True)
def test_no_delegate_is_0_and_none(world: World, answer: Exchange) -> Finding:
    return _every(
        answer,
        lambda row: (
            None
            if (row["delegate_id"] == 0) == (row["delegate"] == "None") and row["delegate_id"] >= 0
            else f"patch {row['id']} with delegate_id 0 and delegate None, or neither"
        ),
    )


@decides("READ-020", windows, on="patch_list", data=True)
def test_a_delegate_id_has_one_name(world: World, answer: Exchange) -> Finding:
    known: dict[int, str] = {}
    return _every(
        answer,
        lambda row: (
            None
            if known.setdefault(row["delegate_id"], row["delegate"]) == row["delegate"]
            else f"the delegate {known[row['delegate_id']]!r} for delegate_id {row['delegate_id']}"
        ),
    )


#: Python leaves out a fraction of zero.
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.(?!000000)\d{6})?\Z")


@decides("READ-021", windows, on=PATCHES)
def test_dates_read_as_python_writes_them(world: World, answer: Exchange) -> Finding:
    return _every(
        answer,
        lambda row: (
            None
            if DATE.match(row["date"]) and parse_date(row["date"])
            else f"the date of patch {row['id']} as YYYY-MM-DD HH:MM:SS[.ffffff]"
        ),
    )


def filename(name: str) -> str:
    """What a patch's name becomes as a file name, without a suffix (SERVER.md 1.3)."""
    return re.sub(r"[^-_A-Za-z0-9.]+", "-", name).strip("-")


@decides("READ-022", windows, on=PATCHES)
def test_the_filename_comes_from_the_name(world: World, answer: Exchange) -> Finding:
    return _every(
        answer,
        lambda row: (
            None
            if row["filename"] == filename(row["name"]) or "\ufffd" in row["name"]
            else f"the filename {filename(row['name'])!r}"
        ),
    )


@decides("READ-023", windows, on=PATCHES)
def test_the_filename_ends_in_patch(world: World, answer: Exchange) -> Finding:
    return _every(
        answer,
        lambda row: (
            None
            if row["filename"] == filename(row["name"]) + ".patch" or "\ufffd" in row["name"]
            else f"{filename(row['name'])}.patch"
        ),
    )


def hashed(world: World) -> list[Row]:
    """The sampled patches that show a whole hash; raises Lacking if there is none."""
    rows = [r for r in world.need_patches() if len(r.get("hash", "").strip()) == 40]
    if not rows:
        raise Lacking("no sampled patch shows a hash")
    return rows


def linkname(world: World, project: int) -> str:
    """The linkname of a project; '' if it is not listed."""
    return next((p["linkname"] for p in world.projects if p["id"] == project), "")


@decides(
    "READ-030",
    lambda w: calls("patch_get_by_hash", [(r["hash"],) for r in unlike(w, hashed(w), 4)]),
    on="patch_get_by_hash",
    data=True,
)
def test_a_hash_finds_its_patch(world: World, answer: Exchange) -> Finding:
    return _found_by(world, answer, lambda row: True)


@decides(
    "READ-031",
    lambda w: calls(
        "patch_get_by_project_hash",
        [(linkname(w, r["project_id"]), r["hash"]) for r in unlike(w, hashed(w), 4)],
    ),
    on="patch_get_by_project_hash",
    data=True,
)
def test_a_project_and_hash_find_their_patch(world: World, answer: Exchange) -> Finding:
    asked = str(answer.params[0]) if answer.params else ""
    if all(p["linkname"] != asked for p in world.projects):
        return None  # whether that is a project's name in another case, databases decide
    return _found_by(world, answer, lambda row: alike(linkname(world, row["project_id"]), asked))


def alike(one: str, other: str) -> bool:
    """Whether some recorded database takes two linknames for one (SERVER.md 3)."""
    return loose(one) == loose(other)


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
    if len(rows) == 1 and world.all_patches:
        return expect(plain == rows[0], answer, f"patch {rows[0]['id']}")
    right = isinstance(plain, dict) and plain.get("hash") == text
    return expect(right, answer, f"a patch of hash {text}")


@decides("READ-032", fixed(call("patch_get_by_hash", "f" * 40)), on="patch_get_by_hash")
def test_an_unknown_hash_is_a_miss(world: World, answer: Exchange) -> Finding:
    unknown = answer.params == ("f" * 40,)
    if not unknown or any(r.get("hash") == "f" * 40 for r in world.patch_rows):
        return None
    return miss(world, answer, {})


@decides(
    "READ-033",
    lambda w: calls(
        "patch_get_by_project_hash",
        [("pw-conformance-none", r["hash"]) for r in some(hashed(w), 1)],
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
        for row in some(hashed(world), 2)
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
