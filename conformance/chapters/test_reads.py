"""PW-READ: what is said of one row, and that everything said of it agrees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import (
    bad_value,
    calls,
    deviates,
    empty,
    expect,
    faults,
    miss,
    same,
)
from ..target.exchange import NOWHERE, Exchange, call
from ..target.knowing.world import Lacking, Row, World, parse_date
from ..target.wire import carried
from .asking.rows import (
    ALL,
    DATE,
    PATCHES,
    STRUCT_GETTERS,
    TEXT_GETTERS,
    as_listed,
    every_row,
    getters,
    getters_to_ask,
    missing_value,
    one_int,
    patch_windows,
    sampled_patches,
    spread,
)


def each_getter_with(*ids: Any) -> Callable[[World], list[Step]]:
    """Every method that takes an id, with each of these ids."""
    return lambda world: [call(m, number) for m in getters_to_ask(world) for number in ids]


@decides("READ-001", lambda w: calls_to(w, STRUCT_GETTERS), on=" ".join(STRUCT_GETTERS))
def test_a_missing_id_is_an_empty_struct(world: World, answer: Exchange) -> Finding:
    return empty(answer, {}) if one_int(answer) in (NOWHERE, 9999) else None


@decides("READ-002", lambda w: calls_to(w, TEXT_GETTERS), on=" ".join(TEXT_GETTERS))
def test_a_missing_id_is_an_empty_text(world: World, answer: Exchange) -> Finding:
    return empty(answer, "") if one_int(answer) in (NOWHERE, 9999) else None


@decides("READ-003", each_getter_with(NOWHERE), on=ALL)
def test_a_missing_id_is_an_index_error(world: World, answer: Exchange) -> Finding:
    return faults(answer, "IndexError") if one_int(answer) in (NOWHERE, 9999) else None


def calls_to(world: World, methods: tuple[str, ...]) -> list[Step]:
    """A miss by each of these methods."""
    return [call(m, NOWHERE) for m in methods if m in world.profile.methods]


@decides(
    "READ-004",
    lambda w: [
        call(m, number)
        for i, m in enumerate(getters_to_ask(w))
        for number in ((-7 if i % 2 else 0,) if w.thrifty else (0, -7))
    ],
    on=ALL,
)
def test_zero_and_less_are_misses(world: World, answer: Exchange) -> Finding:
    number = one_int(answer)
    if number is None or not -(1 << 31) < number <= 0:
        return None
    return miss(world, answer, missing_value(answer))


@decides("READ-005", each_getter_with(2147483647), on=ALL)
def test_a_large_id_is_a_miss(world: World, answer: Exchange) -> Finding:
    number = one_int(answer)
    if number != 2147483647 or number in _known_ids(world, answer.method):
        return None
    plain = answer.value.plain if answer.value else None
    if isinstance(plain, dict) and plain.get("id") == number:
        return None  # a row of just that id
    return miss(world, answer, missing_value(answer))


def _known_ids(world: World, method: str) -> set[int]:
    """The sampled ids of what a method looks up."""
    return {row["id"] for row in world.table(method)}


def _spelt(*forms: Callable[[int], Any]) -> Callable[[World], list[Step]]:
    def probe(world: World) -> list[Step]:
        steps: list[Step] = []
        few = ("state_get", "project_get", "person_get", "patch_get")
        more = (m for m in getters(world) if m not in few)
        for method in few if world.thrifty else (*few, *more):
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


@decides("READ-008", each_getter_with(None), on=ALL)
def test_nil_is_a_miss(world: World, answer: Exchange) -> Finding:
    return miss(world, answer, missing_value(answer)) if answer.params == (None,) else None


#: No numbers, though some begin with one.
WORDS = ("abc", "", "1abc", "1.0", "0x1")


@decides(
    "READ-009",
    lambda w: [
        call(m, word)
        for i, m in enumerate(getters_to_ask(w))
        for word in (WORDS[i % 2 :][:1] if w.thrifty else WORDS)
    ],
    on=ALL,
)
def test_a_word_is_a_value_error(world: World, answer: Exchange) -> Finding:
    word = answer.params[0] if len(answer.params) == 1 else None
    return faults(answer, "ValueError") if isinstance(word, str) and word in WORDS else None


@decides(
    "READ-010",
    lambda w: [call(m, {"id": 1} if i % 2 else [1]) for i, m in enumerate(getters_to_ask(w))],
    on=ALL,
)
def test_arrays_and_structs_are_type_errors(world: World, answer: Exchange) -> Finding:
    wrong = len(answer.params) == 1 and isinstance(answer.params[0], list | dict)
    return faults(answer, "TypeError") if wrong else None


@decides("READ-011", each_getter_with("abc", [1]), on=ALL)
def test_unusable_ids_are_swallowed(world: World, answer: Exchange) -> Finding:
    word = answer.params[0] if len(answer.params) == 1 else None
    if not isinstance(word, str | list) or word not in ("abc", "", [1]):
        return None
    return bad_value(world, answer, value=missing_value(answer))


@decides(
    "READ-012",
    lambda w: calls("patch_get", [(r["id"],) for r in sampled_patches(w, 4)]),
    on="patch_get",
    data=True,
)
def test_patch_get_agrees_with_the_list(world: World, answer: Exchange) -> Finding:
    return as_listed(answer, world.patch_rows)


def _some_of(table: str, method: str) -> Callable[[World], list[Step]]:
    def probe(world: World) -> list[Step]:
        rows: list[Row] = getattr(world, table)
        if not rows:
            raise Lacking(f"this server lists no {table}")
        return [call(method, row["id"]) for row in (spread(rows, 4) if world.thrifty else rows)]

    return probe


@decides("READ-013", _some_of("projects", "project_get"), on="project_get", data=True)
def test_project_get_agrees_with_the_list(world: World, answer: Exchange) -> Finding:
    return as_listed(answer, world.projects)


@decides("READ-014", _some_of("states", "state_get"), on="state_get", data=True)
def test_state_get_agrees_with_the_list(world: World, answer: Exchange) -> Finding:
    return as_listed(answer, world.states)


@decides("READ-015", _some_of("people", "person_get"), on="person_get", data=True)
def test_person_get_agrees_with_the_list(world: World, answer: Exchange) -> Finding:
    return as_listed(answer, world.people)


@decides("READ-016", patch_windows, on=PATCHES, data=True)
def test_state_and_state_id_agree(world: World, answer: Exchange) -> Finding:
    names = {row["id"]: row["name"] for row in world.states}
    if not names:
        return None
    return every_row(answer, lambda row: _named(row, "state", names, world.all_states))


def _named(row: Row, what: str, names: dict[int, str], all_names: bool) -> str | None:
    """What a patch should say of its state or project; None if it does, or nobody knows."""
    number = row[f"{what}_id"]
    if number not in names and not all_names:
        return None
    if number not in names:
        return f"a {what}_id of patch {row['id']} that {what}_list shows, not {number}"
    if names[number] == carried(row[what]):
        return None
    said = f"as {what}_list says of its {what}_id {number}"
    return f"{names[number]!r} for the {what} of patch {row['id']}, {said}"


@decides("READ-017", patch_windows, on=PATCHES, data=True)
def test_project_and_project_id_agree(world: World, answer: Exchange) -> Finding:
    names = {row["id"]: row["name"] for row in world.projects}
    if not names:
        return None
    return every_row(answer, lambda row: _named(row, "project", names, world.all_projects))


def _submitters(world: World) -> list[Step]:
    return [
        (call("person_get", row["submitter_id"]), call("patch_get", row["id"]))
        for row in sampled_patches(world, 3)
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
    said = answers[0].request.describe() if len(answers) == 2 else "person_list"
    return expect(
        carried(str(patch.get("submitter"))) in known,
        answers[-1],
        f"the submitter {' or '.join(sorted(map(str, known)))}, as {said} says",
    )


@decides("READ-019", patch_windows, on=PATCHES, data=True)
def test_no_delegate_is_0_and_none(world: World, answer: Exchange) -> Finding:
    return every_row(
        answer,
        lambda row: (
            None
            if (row["delegate_id"] == 0) == (row["delegate"] == "None") and row["delegate_id"] >= 0
            else f"patch {row['id']} with delegate_id 0 and delegate None, or neither"
        ),
    )


@decides("READ-020", patch_windows, on="patch_list", data=True)
def test_a_delegate_id_has_one_name(world: World, answer: Exchange) -> Finding:
    known: dict[int, str] = {}
    return every_row(
        answer,
        lambda row: (
            None
            if known.setdefault(row["delegate_id"], row["delegate"]) == row["delegate"]
            else f"the delegate {known[row['delegate_id']]!r} for delegate_id {row['delegate_id']},"
            " as other patches say"
        ),
    )


@decides("READ-021", patch_windows, on=PATCHES)
def test_dates_read_as_python_writes_them(world: World, answer: Exchange) -> Finding:
    return every_row(
        answer,
        lambda row: (
            None
            if DATE.match(row["date"]) and parse_date(row["date"])
            else f"the date of patch {row['id']} as YYYY-MM-DD HH:MM:SS[.ffffff]"
        ),
    )


def filename(name: str) -> str:
    """What a patch's name becomes as a file name, without a suffix (servers.md 1.3)."""
    return re.sub(r"[^-_A-Za-z0-9.]+", "-", name).strip("-")


@decides("READ-022", patch_windows, on=PATCHES)
def test_the_filename_comes_from_the_name(world: World, answer: Exchange) -> Finding:
    return every_row(
        answer,
        lambda row: (
            None
            if row["filename"] == filename(row["name"]) or "\ufffd" in row["name"]
            else f"the filename {filename(row['name'])!r}"
        ),
    )


@decides("READ-023", patch_windows, on=PATCHES)
def test_the_filename_ends_in_patch(world: World, answer: Exchange) -> Finding:
    return every_row(
        answer,
        lambda row: (
            None
            if row["filename"] == filename(row["name"]) + ".patch" or "\ufffd" in row["name"]
            else f"{filename(row['name'])}.patch"
        ),
    )
