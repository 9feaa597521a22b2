"""PW-LIST: lists and what narrows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ..deciding.decisions import OK, Finding, Mixed, Step, decides
from ..deciding.judging import deviates, empty, expect, faults
from ..deciding.lookups import NO, YES
from ..requirements.filters import safe
from ..target.counting import counted
from ..target.exchange import Exchange, call
from ..target.knowing.world import LISTED, Lacking, Row, World, rows_of
from .asking.edges import part, telling
from .asking.searching import NAMED, TABLES, _found, just_those, searched, table


def _search(method: str) -> Callable[[World], Mixed]:
    def probe(world: World) -> Mixed:
        fields = TABLES[method][1]
        texts = [row[f] for row in table(world, method) for f in fields if safe(row[f])]
        if not texts:
            raise Lacking(f"{method}() lists nothing to look for")
        bound = () if world.whole(method) else (LISTED,)  # it could find a hundred thousand

        @st.composite
        def text(draw: st.DrawFn) -> Step:
            whole = draw(st.sampled_from(texts))
            low = draw(st.integers(0, len(whole) - 1))
            piece = whole[low : draw(st.integers(low + 1, len(whole)))]
            return call(method, draw(st.sampled_from([piece, piece.swapcase()])), *bound)

        rows = table(world, method)
        edges = [text for f in fields for text in _pieces(rows, f)[: 1 if world.thrifty else None]]
        if bound:  # of so many rows who knows how many hold a piece
            edges = [text for text in edges if text != text.strip()]
        return Mixed([call(method, edge, *bound) for edge in dict.fromkeys(edges)], text())

    return probe


def _pieces(rows: list[Row], field: str) -> list[str]:
    """A whole text, parts of unlike ones, and one with a blank too many at either end."""
    texts = telling(rows, field)[:1]
    blank = [spaced for text in texts for spaced in (f" {text}", f"{text} ")]
    return [*texts, *blank, *part(rows, field)[:6]]


@decides("LIST-001", _search("project_list"), on="project_list", data=True)
def test_projects_are_found_by_linkname(world: World, answer: Exchange) -> Finding:
    return searched(world, answer)


@decides("LIST-002", _search("state_list"), on="state_list", data=True)
def test_states_are_found_by_name(world: World, answer: Exchange) -> Finding:
    return searched(world, answer)


@decides("LIST-003", _search("person_list"), on="person_list", data=True)
def test_people_are_found_by_name_or_address(world: World, answer: Exchange) -> Finding:
    return searched(world, answer)


def _patterns(world: World) -> list[Step]:
    found: list[Step] = [
        call(m, text)
        for m, text in (
            ("project_list", "%"),
            ("project_list", "_"),
            ("state_list", "%"),
            ("state_list", "\\"),
            ("state_list", "_"),
        )
    ]
    return [*found, call("person_list", "%")]


@decides("LIST-004", _patterns, on=NAMED, data=True)
def test_patterns_stand_for_themselves(world: World, answer: Exchange) -> Finding:
    text = answer.params[0] if len(answer.params) == 1 else None
    if not isinstance(text, str) or not set("%_\\") & set(text):
        return None
    return searched(world, answer)


def _all_rows(world: World, answer: Exchange) -> Finding:
    rows = table(world, answer.method)
    got = rows_of(answer)
    if got is None:
        return deviates(answer, "every row")
    if not world.whole(answer.method):
        return None
    if answer.method == "person_list":
        return expect({r["id"] for r in got} == {r["id"] for r in rows}, answer, "everybody")
    return expect(got == rows, answer, f"all {counted(len(rows), 'row')}")


def _with(*firsts: Any) -> Callable[[World], list[Step]]:
    return lambda w: [call(m, f) for m in ("project_list", "state_list") for f in firsts]


@decides("LIST-005", _with(""), on="project_list state_list", data=True)
def test_an_empty_search_finds_all(world: World, answer: Exchange) -> Finding:
    given = answer.params[0] if len(answer.params) == 1 else None
    if not isinstance(given, str) or given or not table(world, answer.method):
        return None
    return _all_rows(world, answer)


def _falsy(answer: Exchange) -> bool:
    return len(answer.params) == 1 and (
        answer.params[0] is None or (type(answer.params[0]) in (int, bool) and not answer.params[0])
    )


@decides("LIST-006", _with(None, 0, False), on="project_list state_list", data=True)
def test_a_false_search_finds_all(world: World, answer: Exchange) -> Finding:
    return _all_rows(world, answer) if _falsy(answer) and table(world, answer.method) else None


@decides("LIST-007", _with(None, 0, False), on="project_list state_list")
def test_a_false_search_finds_nothing(world: World, answer: Exchange) -> Finding:
    return empty(answer, []) if _falsy(answer) else None


@decides("LIST-008", _with(5, 123), on=NAMED, data=True)
def test_numbers_are_searched_as_digits(world: World, answer: Exchange) -> Finding:
    number = answer.params[0] if len(answer.params) == 1 else None
    if type(number) is not int or number <= 0:
        return None
    if rows_of(answer) is None:
        return deviates(answer, "an array")
    return just_those(world, answer, str(number))


def _counts(*counts: int, methods: str = "project_list state_list"):  # type: ignore[no-untyped-def]
    return lambda w: [call(m, "", n) for m in methods.split() for n in counts]


def _backwards(*counts: int) -> Callable[[World], list[Step]]:
    """Negative counts; of people, too, where there are few and requests are not."""
    return lambda w: [
        call(m, "", n)
        for m in TABLES
        if m != "person_list" or (w.all_people and not w.thrifty)
        for n in counts
    ]


def _count(answer: Exchange) -> int | None:
    match answer.params:
        case ("", count) if type(count) is int and abs(count) < 1 << 31:
            return count
    return None


@decides("LIST-010", _counts(1, 2, 500), on="project_list state_list", data=True)
def test_max_count_gives_the_first(world: World, answer: Exchange) -> Finding:
    count, rows = _count(answer), table(world, answer.method)
    if not rows or count is None or count <= 0:
        return None
    if count > len(rows) and not world.whole(answer.method):
        return None
    told = f"{rows[:count]!r:.300}, the first that {answer.method} lists"
    return expect(rows_of(answer) == rows[:count], answer, told)


@decides("LIST-011", _counts(1, 3, methods="person_list"), on="person_list", data=True)
def test_max_count_bounds_people(world: World, answer: Exchange) -> Finding:
    count, rows = _count(answer), rows_of(answer)
    if not world.people or count is None or count <= 0:
        return None
    wanted = min(count, len(world.people)) if world.all_people else count
    right = (
        rows is not None
        and len({row["id"] for row in rows}) == len(rows)
        and (len(rows) == wanted or (not world.all_people and len(rows) <= count))
    )
    return expect(right, answer, f"{wanted} people")


@decides("LIST-012", _backwards(-1, -2), on=NAMED, data=True)
def test_a_negative_max_count_gives_the_last(world: World, answer: Exchange) -> Finding:
    count, rows = _count(answer), table(world, answer.method)
    if count is None or not -len(rows) <= count < 0 or not world.whole(answer.method):
        return None
    if answer.method == "person_list":
        return _some_people(answer, rows, -count)
    told = f"{rows[count:]!r:.300}, the last that {answer.method} lists"
    return expect(rows_of(answer) == rows[count:], answer, told)


def _some_people(answer: Exchange, among: list[Row], count: int) -> Finding:
    """So many of these people, each once; they have no order."""
    found = rows_of(answer) or []
    right = len(found) == count and all(found.count(row) == 1 and row in among for row in found)
    return expect(right, answer, f"{count} of the {len(among)} people")


@decides("LIST-013", _counts(-1, -2), on="project_list state_list", data=True)
def test_a_negative_max_count_is_ignored(world: World, answer: Exchange) -> Finding:
    count, rows = _count(answer), table(world, answer.method)
    if count is None or count >= 0 or not rows or not world.whole(answer.method):
        return None
    return expect(rows_of(answer) == rows, answer, f"all {counted(len(rows), 'row')}")


@decides("LIST-014", _backwards(-100_000), on=NAMED, data=True)
def test_too_negative_a_max_count_faults(world: World, answer: Exchange) -> Finding:
    count = _count(answer)
    if count is None or -count <= len(table(world, answer.method)):
        return None
    if not world.whole(answer.method):
        return None
    return faults(answer, "ValueError", "AssertionError", text="Negative indexing")


def _last_and_common(rows: list[Row], field: str) -> list[str]:
    """How the last row begins, and the letter that most rows hold."""
    letters = "".join("".join(set(str(row[field]).lower())) for row in rows)
    return [rows[-1][field][:4] or "e", max("aeinorst", key=letters.count)]


@decides(
    "LIST-015",
    lambda w: [
        call(m, text, n)
        for m in ("project_list", "state_list")
        if table(w, m)
        for text in _last_and_common(table(w, m), TABLES[m][1][0])[: 1 if w.thrifty else None]
        for n in (1, 2, 5)[: 2 if w.thrifty else None]
    ],
    on="project_list state_list",
    data=True,
)
def test_search_and_max_count_work_together(world: World, answer: Exchange) -> Finding:
    match answer.params:
        case (str(text), int(count)) if text and safe(text) and 0 < count < 1 << 31:
            fields = TABLES[answer.method][1]
            rows = table(world, answer.method)
            truths = [(row, _found(world, row, fields, text)) for row in rows]
            if not rows or any(t not in (YES, NO) for _, t in truths):
                return None
            wanted = [row for row, t in truths if t is YES][:count]
            if len(wanted) < count and not world.whole(answer.method):
                return None
            return expect(rows_of(answer) == wanted, answer, f"{wanted!r:.300}")
    return None


@decides("LIST-016", lambda w: [call(m, "", v) for m in TABLES for v in ("2", None)], on=NAMED)
def test_a_max_count_that_is_no_number_faults(world: World, answer: Exchange) -> Finding:
    if (
        len(answer.params) != 2
        or not (answer.params[1] is None or type(answer.params[1]) is str)
        or answer.params[0] != ""
    ):
        return None
    return faults(answer, "TypeError")


#: Names that begin with a letter which stands at its place in every language's order: not as z in
#: Estonian, y in Lithuanian, ch in Czech, lj in Croatian or aa in Danish.
PLAIN = re.compile("(?!aa|c[hs]|d[dz]|gy|l[lj]|n[gjy]|[rt]h|sz)[a-u]|x")


@decides("LIST-017", lambda w: [w.listing("project_list")], on="project_list")
def test_projects_come_in_order(world: World, answer: Exchange) -> Finding:
    rows = rows_of(answer)
    names = [r["linkname"][0] for r in rows or [] if PLAIN.match(str(r.get("linkname")))]
    if len(names) < 2 or answer.params not in ((), ("", LISTED)):
        return None
    return expect(names == sorted(names), answer, "ascending linknames")


def _both_ways(world: World) -> list[Step]:
    """Lists, and searches that find people by name and by address at once."""
    found: dict[str, None] = {}
    for row in world.people:
        name, address = (str(row.get(n)).lower() for n in ("name", "email"))
        words = [address, *re.findall(r"[a-z0-9]{3,}", name)] if safe(name + address) else []
        twice = [w for w in words if w in name and w in address]
        found |= dict.fromkeys(w for w in twice if world.all_people or w == address)
    searches = [call("person_list", text) for text in list(found)[: 1 if world.thrifty else 3]]
    lists = [world.listing(method) for method in ("project_list", "state_list")]
    return [*lists, call("person_list", "", LISTED), *searches]


@decides("LIST-018", _both_ways, on=NAMED)
def test_no_row_comes_twice(world: World, answer: Exchange) -> Finding:
    ids = [row.get("id") for row in rows_of(answer) or []]
    return expect(len(ids) == len(set(ids)), answer, "every row once") if ids else None


def _all_ways(world: World) -> list[Step]:
    methods = [m for m in TABLES if world.whole(m)][: 1 if world.thrifty else None]
    return [(call(m), call(m, ""), call(m, "", 0)) for m in methods]


@decides("LIST-098", _all_ways, data=True)
def test_without_a_search_all_are_listed(world: World, *answers: Exchange) -> Finding:
    """It is all that the sample of those rows rests on."""
    first, *more = ([sorted(map(repr, rows_of(a) or [])), rows_of(a)] for a in answers)
    for answer, rows in zip(answers[1:], more, strict=True):
        if rows[0] != first[0]:
            return deviates(answer, f"what {answers[0].request.describe()} says: {first[1]!r:.300}")
    return OK
