"""Filters held against Django itself: the Django that the 3.2 instances stand on, over SQLite.

The model below is ours: columns of the kinds that servers.md 1.7 names, filled from a recorded
dataset.  Whatever filter Hypothesis makes up, Django finds the same rows or fails in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xmlrpc.client import Binary, DateTime

import django
import pytest
from django.conf import settings as django_settings
from django.db import connection, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakepw import Patchwork, load
from fakepw.patchwork.query.filters import LOOKUP_NAMES
from fakepw.patchwork.words import values
from fakepw.patchwork.words.faults import Fault
from fakepw.strategies import dates, ids, odd_values, texts
from tests import recordings

DATASET = load(recordings.FOLDER / "datasets" / "a.json")
COLUMNS = ("id", "name", "date", "archived", "commit_ref", "hash", "msgid")

django_settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    TIME_ZONE="Australia/Canberra",
    USE_TZ=False,
)
django.setup()


class HashField(models.CharField):  # type: ignore[misc]
    """A column of its own class, whose name shows in faults (servers.md 1.7)."""


class Patch(models.Model):  # type: ignore[misc]
    """The columns that patch_list filters by, but for relations."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255)
    date = models.DateTimeField()
    archived = models.BooleanField()
    commit_ref = models.CharField(max_length=255, null=True)
    hash = HashField(max_length=40, null=True)
    msgid = models.CharField(max_length=255)

    class Meta:
        app_label = "held_against"


@pytest.fixture(scope="module", autouse=True)
def rows() -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(Patch)
    Patch.objects.bulk_create(
        Patch(**{name: getattr(patch, name) for name in COLUMNS}) for patch in DATASET.patches
    )
    yield
    connection.close()


def by_django(filt: dict[str, Any]) -> list[int] | tuple[str, str]:
    try:
        with transaction.atomic():
            return sorted(Patch.objects.filter(**filt).values_list("id", flat=True))
    except Exception as error:
        kind = type(error)
        name = kind.__qualname__
        return (name if kind.__module__ == "builtins" else f"{kind.__module__}.{name}", str(error))


def by_fakepw(pw: Patchwork, filt: dict[str, Any]) -> list[int] | tuple[str, str]:
    try:
        return sorted(row["id"] for row in pw.call("patch_list", [_ours(filt)]))
    except Fault as fault:
        return fault.kind, fault.text


def _ours(value: Any) -> Any:
    match value:
        case Binary():
            return values.Binary(value.data)
        case DateTime():
            return values.DateTime(value.value)
        case list():
            return [_ours(item) for item in value]
        case dict():
            return {key: _ours(item) for key, item in value.items()}
    return value


def comparable(answer: list[int] | tuple[str, str]) -> Any:
    """Without memory addresses, a driver's words (fixtures/recorded/README.md), and `contained_by`,
    which the recorded 3.2 suggests because of an app that is not installed here."""
    if isinstance(answer, list):
        return answer
    kind, text = answer
    if kind.startswith("django.db.utils."):
        return kind
    return kind, re.sub(r"0x[0-9a-f]+", "0x", text).replace(" or contained_by", "")


def column_values(name: str) -> st.SearchStrategy[Any]:
    match name:
        case "id":
            return ids(DATASET.patches)
        case "date":
            return dates(DATASET)
        case "archived":
            return st.one_of(st.booleans(), st.sampled_from(["0", "1", "t", "True"]), odd_values())
    return texts([getattr(row, name) for row in DATASET.patches if getattr(row, name)])


@st.composite
def entries(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(st.sampled_from(COLUMNS))
    lookup = draw(st.sampled_from(["", "", *sorted(LOOKUP_NAMES)]))
    value = column_values(name)
    if lookup in ("in", "range"):
        value = st.one_of(st.lists(value, max_size=3), value)
    elif lookup in ("year", "month", "day", "isnull"):
        value = st.one_of(st.sampled_from([True, False, 1, 2, 29, 2016, "2016", 0]), odd_values())
    more = draw(st.sampled_from(["", "", "", "", "__gt", "__lte", "__exact", "__in", "__foo"]))
    key = f"{name}__{lookup}{more}" if lookup else name
    return key, draw(value)


@settings(
    max_examples=800,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(entries(), min_size=1, max_size=3).map(dict))
def test_a_filter_finds_what_django_finds(filt: dict[str, Any]) -> None:
    assert comparable(by_fakepw(PW, filt)) == comparable(by_django(filt))


PW = Patchwork(DATASET, "3.2-py3-sqlite")
