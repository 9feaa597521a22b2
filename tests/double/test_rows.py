"""Rows that a test adds or changes: read beside few others, and the same as beside all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fakepw
from fakepw.double import rows
from fakepw.double.rows import added, changed, which_patch
from fakepw.fixtures import members
from fakepw.patchwork.query.filters import PATCH_FIELDS
from fakepw.patchwork.rows.store import Store

DEMO = fakepw.load("demo")
DATE = "2026-02-03T04:05:06"
SUBMITTERS = ["Zoe <zoe@example.org>", "zoe@example.org", "kim@example.org", "A <nobody@x.example>"]
PATCH = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["[PATCH] one", "two"]),
        "date": st.sampled_from([DATE, "2020-01-01"]),
    },
    optional={
        "submitter": st.sampled_from([*SUBMITTERS, DEMO.people[0].email]),
        "state": st.sampled_from(["New", "Accepted", "Acepted"]),
        "project": st.sampled_from(["kettle", "nowhere"]),
        "msgid": st.sampled_from(["<a@x>", "<b@x>", DEMO.patches[2].msgid]),
        "delegate": st.sampled_from(["kim", None, "nobody"]),
        "id": st.sampled_from([3, 13, 20, 500, -1, "x"]),
        "hash": st.none(),
    },
)
ABOUT = st.sampled_from([{"patch_id": 5}, {"patch": "two"}, {"patch": DEMO.patches[1].msgid}, {}])
STEPS = st.one_of(
    st.tuples(st.just("patch"), st.none(), PATCH),
    st.tuples(
        st.just("comment"),
        st.none(),
        st.builds(
            lambda about, who: {**about, "date": DATE, "submitter": who, "content": "x"},
            ABOUT,
            st.sampled_from(SUBMITTERS),
        ),
    ),
    st.tuples(st.just("check"), st.none(), st.builds(lambda a: {**a, "date": DATE}, ABOUT)),
    st.tuples(
        st.just("person"),
        st.none(),
        st.builds(lambda who: {"email": who}, st.sampled_from(["new@x", DEMO.people[0].email])),
    ),
    st.tuples(
        st.just("change"),
        st.sampled_from([1, 5, 99, "two", DEMO.patches[3].msgid]),
        st.fixed_dictionaries(
            {},
            optional={
                "state": st.sampled_from(["Rejected", "Nw"]),
                "submitter": st.sampled_from(SUBMITTERS),
                "date": st.just("2021-01-01"),
                "msgid": st.just(DEMO.patches[0].msgid),
                "archived": st.booleans(),
            },
        ),
    ),
)


def taken(store: Store, step: tuple[str, Any, Any]) -> tuple[Store, str]:
    """The store after a step, and what was said against it."""
    kind, which, form = step
    try:
        row, whole = changed(store, which, form) if kind == "change" else added(store, kind, form)
    except (fakepw.FixtureError, LookupError) as error:
        return store, str(error)
    found = store if whole is None else store.followed_by(whole)
    table = {"change": "patches", **rows.TABLES}[kind]
    assert getattr(found, table)[row.id] == row
    return found, ""


def lists(store: Store) -> Any:
    """Everything that a store finds rows by."""
    names = [store.index(name, field.get) for name, field in PATCH_FIELDS.items()]
    filled = [{key: ids for key, ids in groups.items() if ids} for groups in names]
    of = [(store.checks_of(n), store.comments_of(n)) for n in store.patches]
    who = [store.person_of(person.email) for person in store.people.values()]
    return store.order, store.ids, filled, of, who


@settings(max_examples=80)
@given(st.lists(STEPS, max_size=4), st.booleans())
def test_beside_few_a_row_is_what_it_is_beside_all(steps: list[Any], listed: bool) -> None:
    few, every = Store(DEMO), Store(DEMO)
    if listed:
        lists(few)
    first = few
    for step in steps:
        few, said = taken(few, step)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(rows, "_beside_few", lambda *_: None)
            every, expected = taken(every, step)
        assert said == expected
        assert few.rows() == every.rows()
        fresh = Store(few.rows())
        assert lists(few) == lists(fresh)
        assert fakepw.load(few.rows()) == few.rows()
    first.reset()
    assert first.rows() == DEMO
    assert lists(first) == lists(Store(DEMO))


def test_a_row_costs_the_same_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    entry = members.Entry

    def counted(*args: Any, **named: Any) -> Any:
        read.append(args)
        return entry(*args, **named)

    monkeypatch.setattr(members, "Entry", counted)
    monkeypatch.setattr(Store, "rows", lambda _: pytest.fail("all rows were looked at"))
    costs = []
    for count in (5, 3000):
        sender = [f"Ann <ann{n}@example.org>" for n in range(count)]
        patches = [{"name": f"p{n}", "submitter": who} for n, who in enumerate(sender)]
        with fakepw.serve({"projects": [{"linkname": "x"}], "patches": patches}) as pw:
            pw.add_patch("before", submitter="Zoe <zoe@x.example>")
            read.clear()
            pw.add_patch("new", submitter="Zoe <zoe@x.example>", msgid="<m@x>")
            pw.add_comment("<m@x>", "Acked-by: Zoe <zoe@x.example>")
            pw.add_person("new@x.example")
            pw.change_patch("p3", state="Accepted", submitter="Zoe <zoe@x.example>")
            pw.later(calls=99, optional=True).add_patch("late").change_patch("late", archived=True)
            costs.append(len(read))
    assert costs[0] == costs[1] < 200


def test_what_comes_last_has_the_highest_id() -> None:
    with fakepw.serve({"patches": [{"id": 7, "name": "seven"}]}) as pw:
        assert pw.add_patch("eight").id == 8
        assert pw.add_patch("five", id=5).id == 5
        assert pw.add_patch("nine").id == 9
        assert [patch.id for patch in pw.patches] == [5, 7, 8, 9]
        pw.reset()
        assert pw.add_patch("eight again").id == 8
    with fakepw.serve({"patches": [{"id": 2**31 - 1, "name": "last"}]}) as pw:
        assert pw.add_patch("where there is room").id == 1
        with pytest.raises(LookupError, match="there is no patch True"):
            which_patch(Store(pw.state()), True)
