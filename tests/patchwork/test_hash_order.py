"""Python 2's dict order, held against what a Python 2.7.18 printed."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakepw.patchwork.words.hash_order import ordered, reordered

#: [keys as inserted, keys as CPython 2.7.18 on 64 bits walked them], from one to sixty of them
PRINTED = json.loads((Path(__file__).parent / "python2_dicts.json").read_text())


@pytest.mark.parametrize(("inserted", "walked"), PRINTED)
def test_keys_come_as_python_2_walks_them(inserted: list[str], walked: list[str]) -> None:
    assert list(ordered(tuple(inserted))) == walked


def test_a_dict_display_has_its_size_from_the_start() -> None:
    # The order of a recorded check (servers.md 2): with ten keys the two ways differ.
    members = (
        *("id", "date", "patch", "patch_id", "user", "user_id", "state"),
        *("target_url", "description", "context"),
    )
    recorded = (
        *("patch_id", "target_url", "user_id", "user", "context", "state"),
        *("date", "description", "id", "patch"),
    )
    assert ordered(members, presized=True) == recorded
    assert ordered(members) != recorded


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=40))
def test_nothing_is_lost_or_added(members: dict[str, int]) -> None:
    assert reordered(members) == members


def test_clients_cannot_fill_the_memory_with_their_keys() -> None:
    tracemalloc.start()
    try:
        for number in range(300):
            keys = tuple(f"{number}-{n}" for n in range(40))
            assert set(ordered(keys)) == set(keys)
            assert ordered((f"{number}" * 1000,))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2**18
