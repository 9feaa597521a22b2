"""Instances: recorded ones, composed ones, and one of a release that does not exist yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakepw import Patchwork, load
from fakepw.patchwork.instances import instances, tables
from fakepw.patchwork.instances.instances import DEFAULT, RECORDED, instance, names
from fakepw.patchwork.instances.tables import DATABASES, DJANGOS, PYTHONS, RELEASES, STACKS
from fakepw.patchwork.instances.traits import Traits
from tests import recordings

TRAITS = set(Traits.__struct_fields__)


def test_every_recorded_server_can_be_emulated() -> None:
    recorded = {name.removesuffix("-disabled") for name in recordings.INSTANCES}
    assert recorded == set(RECORDED)
    assert all(instance(name).recorded for name in RECORDED)


@pytest.mark.parametrize("name", names())
def test_every_name_composes(name: str) -> None:
    made = instance(name)
    assert made.name == name
    assert made.recorded == (name in RECORDED)


def test_the_default_is_the_strictest() -> None:
    assert instance().name == DEFAULT == "3.2-py3-postgresql"


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("3.2-py3-postgres", "3.2-py3-postgresql"),
        ("3.2-py3-sqlte", "3.2-py3-sqlite"),
        ("main-py4-sqlite", "main-py3-sqlite"),
    ],
)
def test_an_unknown_name_is_refused_with_what_is_near(wrong: str, near: str) -> None:
    with pytest.raises(ValueError, match=f"no instance is called '{wrong}'.*{near}"):
        instance(wrong)


def test_the_tables_name_traits_that_exist_and_each_trait_has_one_table() -> None:
    owners: dict[str, str] = {}
    tables = {"RELEASES": RELEASES, "PYTHONS": PYTHONS, "DJANGOS": DJANGOS, "DATABASES": DATABASES}
    for table, entries in tables.items():
        for trait in {trait for entry in entries.values() for trait in entry}:
            assert trait in TRAITS, f"{table} names {trait}, which no code knows"
            assert owners.setdefault(trait, table) == table, f"{trait} is in two tables"
    assert set(owners) == TRAITS


def test_no_entry_repeats_what_the_one_before_already_says() -> None:
    for table in (RELEASES, PYTHONS, DJANGOS):
        known: dict[str, Any] = {}
        for key, entry in table.items():
            same = [trait for trait in entry if trait in known and known[trait] == entry[trait]]
            assert not same, f"{key} says again what holds already: {same}"
            known |= entry


@pytest.fixture
def release_3_3(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A made-up release: the recipe of ARCHITECTURE.md, word for word."""
    entry = {"3.3": {"version": (1, 4, 0), "filename_suffix": ".patch"}}
    before = {key: value for key, value in RELEASES.items() if key != "main"}
    releases = {**before, **entry, "main": RELEASES["main"]}
    for module in (tables, instances):
        monkeypatch.setattr(module, "RELEASES", releases)
    monkeypatch.setitem(STACKS, ("3.3", "py3"), ("3.12.1", "5.1.15"))
    instance.cache_clear()
    yield
    instance.cache_clear()


@pytest.mark.usefixtures("release_3_3")
def test_a_new_release_is_one_entry_of_what_changed() -> None:
    dataset = load({"patches": [{"name": "[PATCH] one"}]})
    old, new = (Patchwork(dataset, f"{release}-py3-postgresql") for release in ("3.2", "3.3"))
    assert new.call("pw_rpc_version", []) == [1, 4, 0]
    assert new.call("patch_get", [1])["filename"] == "PATCH-one.patch"
    changed = {name for name in TRAITS if getattr(old.traits, name) != getattr(new.traits, name)}
    assert changed == {"version", "filename_suffix"}
    assert not new.instance.recorded
    assert "3.3-py3-mariadb" in names()
