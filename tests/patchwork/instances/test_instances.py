"""Instances: recorded ones, composed ones, and one of a release that does not exist yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakepw import Patchwork, load
from fakepw.patchwork.instances import instances, tables
from fakepw.patchwork.instances.databases import DATABASES, DRIVERS
from fakepw.patchwork.instances.instances import DEFAULT, RECORDED, exists, instance, names
from fakepw.patchwork.instances.stacks import DJANGO_STACKS, STACKS, SURROUNDINGS
from fakepw.patchwork.instances.surprises import surprises
from fakepw.patchwork.instances.tables import DJANGOS, PYTHONS, RELEASES
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
        ("3.0-py3-django2.2-sqlit", "3.0-py3-django2.2-sqlite"),
        ("3.0-py3-dj2.2-sqlite", "3.0-py3-django2.2-sqlite"),
        ("3.2.1-py3-sqlite", "3.2-py3-sqlite"),
        ("2.2-PY3-sqlite", "2.2-py3-sqlite"),
    ],
)
def test_an_unknown_name_is_refused_with_what_is_near(wrong: str, near: str) -> None:
    with pytest.raises(ValueError, match=f"no instance is called '{wrong}'.*{near}"):
        instance(wrong)


@pytest.mark.parametrize(
    ("wrong", "why", "near"),
    [
        ("3.0-py2-sqlite", "Patchwork 3.0 never ran on Python 2", "3.0-py3-sqlite"),
        ("main-py2-mariadb", "Patchwork main never ran on Python 2", "main-py3-mariadb"),
        ("1.0-py3-sqlite", "Patchwork 1.0 never ran on Python 3", "1.0-py2-sqlite"),
        ("1.0-py3-django1.8-sqlite", "Patchwork 1.0 never ran on Python 3", "1.0-py2-django1.9"),
        ("2.2-py2-django2.2-sqlite", "Django 2.2 does not run on Python 2", "2.2-py3-django"),
        ("3.2-py3-django1.7-sqlite", "of Django, fakepw knows 1.8, 1.9", "3.2-py3-django1.8"),
        ("3.2-py3-django-sqlite", "of Django, fakepw knows 1.8, 1.9", "3.2-py3-django"),
        ("3.2-py3-django5.1.15-sqlite", "of Django, fakepw knows 1.8, 1.9", "3.2-py3-django5.2"),
    ],
)
def test_what_never_was_a_deployment_is_refused_with_the_reason(
    wrong: str, why: str, near: str
) -> None:
    with pytest.raises(ValueError, match="no instance is called") as refused:
        instance(wrong)
    text = str(refused.value)
    assert text.startswith(f"no instance is called {wrong!r}: {why}")
    assert near in text
    assert text.count("\n") == 0
    assert not exists(wrong)


def test_a_django_may_be_named_and_changes_what_is_djangos_alone() -> None:
    usual, other = instance("3.0-py3-sqlite"), instance("3.0-py3-django2.2-sqlite")
    assert (usual.python, usual.django) == ("3.9.18", "3.1.14")
    assert (other.python, other.django) == ("3.8.18", "2.2.28")
    assert other.name == "3.0-py3-django2.2-sqlite"
    assert other.recorded
    of_release = {trait for entry in RELEASES.values() for trait in entry}
    assert all(getattr(usual.traits, t) == getattr(other.traits, t) for t in of_release)
    assert usual.traits.names_field_of_bad_number
    assert not other.traits.names_field_of_bad_number


@pytest.mark.parametrize("name", names())
def test_a_releases_own_django_needs_no_name(name: str) -> None:
    made = instance(name)
    django = ".".join(made.django.split(".")[:2])
    spelt = f"{made.release}-{made.runtime}-django{django}-{made.database}"
    assert instance(spelt).name == name
    assert exists(spelt)


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_composes_on_every_django_that_its_python_takes(release: str) -> None:
    for runtime in STACKS[release]:
        for django, (version, pythons) in DJANGO_STACKS.items():
            name = f"{release}-{runtime}-django{django}-mariadb"
            if runtime not in pythons:
                assert not exists(name)
                continue
            made = instance(name)
            assert (made.django, made.python) == (version, pythons[runtime])
            assert instance(made.name) is made or instance(made.name) == made


def test_the_tables_speak_of_the_same_stacks() -> None:
    assert list(STACKS) == list(RELEASES)
    assert list(DJANGO_STACKS) == list(DJANGOS)
    pythons = {python for _, by in DJANGO_STACKS.values() for python in by.values()}
    assert {".".join(python.split(".")[:2]) for python in pythons} == set(PYTHONS)
    assert all(release in RELEASES and name in DATABASES for release, name in DRIVERS)
    assert all(instance(name).name == name for name in SURROUNDINGS)


def test_what_surprises_of_an_instance_follows_from_its_traits() -> None:
    assert surprises(instance("1.1-py3-mariadb").traits)[0] == "refuses every login"
    assert "refuses every login" not in surprises(instance("1.1-py2-sqlite").traits)
    assert surprises(instance("3.2-py3-sqlite").traits) == []
    assert surprises(instance("main-py3-postgresql").traits) == ["hashes are padded"]


def test_the_tables_name_traits_that_exist_and_each_trait_has_one_table() -> None:
    owners: dict[str, str] = {}
    tables = {"RELEASES": RELEASES, "PYTHONS": PYTHONS, "DJANGOS": DJANGOS, "DATABASES": DATABASES}
    variants = {"DATABASES": [*DRIVERS.values(), *SURROUNDINGS.values()]}
    for table, entries in tables.items():
        for trait in {t for entry in variants.get(table, ()) for t in entry}:
            assert owners.setdefault(trait, table) == table, f"{trait} is in two tables"
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
    monkeypatch.setitem(STACKS, "3.3", {"py3": "5.1"})
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
