"""The store: whatever is written, its indexes say what a scan would, and a reset undoes it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakepw import Dataset, load
from fakepw.patchwork.rows.rows import Check, Patch
from fakepw.patchwork.rows.store import Store
from tests import recordings


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load(recordings.FOLDER / "datasets" / "a.json")


def by_scan(store: Store, state_id: int) -> list[int]:
    rows = [row for row in store.patches.values() if row.state_id == state_id]
    return [row.id for row in sorted(rows, key=lambda row: (row.date, row.id))]


def state_of(patch: Patch) -> int | None:
    return patch.state_id


writes = st.lists(
    st.one_of(
        st.tuples(st.just("state"), st.integers(1, 60), st.integers(1, 10)),
        st.tuples(st.just("check"), st.integers(1, 60), st.integers(1, 3)),
        st.tuples(st.just("skip"), st.just(0), st.just(0)),
        st.tuples(st.just("patch"), st.integers(1, 60), st.integers(1, 10)),
        st.tuples(st.just("index"), st.just(0), st.just(0)),
    ),
    max_size=12,
)


def apply(store: Store, kind: str, patch_id: int, value: int) -> None:
    match kind:
        case "state":
            row = store.patches[patch_id]
            store.replace_patch(msgspec.structs.replace(row, state_id=value))
        case "check":
            check_id, date = store.next_check_id(), store.patches[patch_id].date
            store.add_check(Check(check_id, patch_id, value, date, "fail", "", "", "ci"))
        case "patch":
            new = next(reversed(store.patches)) + 1
            row = msgspec.structs.replace(store.patches[patch_id], id=new, state_id=value)
            store.add_patch(row)
            store.replace_patch(msgspec.structs.replace(row, state_id=value % 10 + 1))
        case "skip":
            store.skip_check_id()
        case "index":
            store.index("state_id", state_of)


@given(st.lists(writes, min_size=1, max_size=3))
def test_an_index_says_what_a_scan_says_before_and_after_a_reset(
    dataset: Dataset, rounds: list[list[tuple[str, int, int]]]
) -> None:
    store = Store(dataset)
    for done in rounds:
        for write in done:
            apply(store, *write)
            if write[0] == "index":
                index = store.index("state_id", state_of)
                assert all(index.get(i, []) == by_scan(store, i) for i in range(1, 11))
        store.reset()
        assert store.rows() == dataset
        assert store.next_check_id() == 26
    index = store.index("state_id", state_of)
    assert all(index.get(i, []) == by_scan(store, i) for i in range(1, 11))


def test_an_index_keeps_up_with_more_writes_than_it_may_put_off(dataset: Dataset) -> None:
    store = Store(msgspec.structs.replace(dataset, patches=many(dataset.patches[0], 300)))
    store.index("state_id", state_of)
    for patch_id in range(1, 251):
        apply(store, "state", patch_id, patch_id % 10 + 1)
    assert store.index("state_id", state_of)[7] == by_scan(store, 7)
    store.reset()
    index = store.index("state_id", state_of)
    assert {key: ids for key, ids in index.items() if ids} == {
        dataset.patches[0].state_id: by_scan(store, dataset.patches[0].state_id or 0)
    }


def many(patch: Patch, count: int) -> tuple[Patch, ...]:
    return tuple(msgspec.structs.replace(patch, id=number) for number in range(1, count + 1))


def test_an_index_outlives_a_reset_whenever_it_was_built(dataset: Dataset) -> None:
    store, keyed = Store(dataset), []

    def counted(patch: Patch) -> int | None:
        keyed.append(patch.id)
        return patch.state_id

    for _ in range(3):
        apply(store, "state", 3, 7)
        store.index("state_id", counted)
        store.reset()
    assert len(keyed) < len(dataset.patches) + 20  # built once, then kept up to date


def test_rows_as_they_are_now_are_a_dataset(dataset: Dataset) -> None:
    store = Store(dataset)
    apply(store, "state", 3, 7)
    apply(store, "check", 3, 2)
    again = Store(store.rows())
    assert again.patches[3].state_id == 7
    assert [check.id for check in again.checks_of(3)][-1] == 26


def test_ids_that_were_used_up_are_not_given_again(dataset: Dataset) -> None:
    store = Store(dataset)
    store.skip_check_id()
    assert store.next_check_id() == 27
    apply(store, "check", 3, 2)
    assert list(store.checks)[-1] == 27
    assert store.next_check_id() == 28


def test_patches_of_equal_date_come_by_id(dataset: Dataset) -> None:
    store = Store(dataset)
    keys = [store.sort_key(patch_id) for patch_id in store.order]
    assert keys == sorted(keys)
    assert store.order.index(9) + 1 == store.order.index(10)
