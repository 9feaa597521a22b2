"""What a client's values cost: a text's characters are looked at once, and nothing collides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fakepw import Fault, Patchwork, load
from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.patchwork.query.filters import PATCH_FIELDS
from fakepw.patchwork.query.lookups import build, compile_condition

ROWS = load(
    {
        "patches": [
            {"name": name, "date": f"2016-01-0{number}", "hash": f"{number}" * 3, "id": number}
            for number, name in enumerate(["a", "b", "1", "ü", " ", "2"], 1)
        ]
    }
)
PATCHWORKS = {name: Patchwork(ROWS, name) for name in RECORDED}
FIELDS = ("id", "name", "hash", "msgid", "date", "archived", "date__year", "date__month")


def outcome(patchwork: Patchwork, filt: dict[str, Any]) -> Any:
    try:
        return [row["id"] for row in patchwork.call("patch_list", [filt])]
    except Fault as fault:
        return fault.kind, fault.text


@given(
    st.sampled_from(RECORDED),
    st.sampled_from(FIELDS),
    st.sampled_from(["in", "range"]),
    st.text("ab12ü \0\n", max_size=6),
)
def test_a_text_is_as_good_as_the_list_of_its_characters(
    like: str, field: str, lookup: str, text: str
) -> None:
    # To the older Djangos these two are a truth value, which has no characters: recorded as
    # `patch_list/archived__in='1'`.
    assume(field != "archived" or text not in ("0", "1"))
    patchwork = PATCHWORKS[like]
    found = outcome(patchwork, {f"{field}__{lookup}": text})
    assert found == outcome(patchwork, {f"{field}__{lookup}": list(text)})


@pytest.mark.parametrize("field", ["id", "date__year"])
@pytest.mark.parametrize("like", ["2.2-py3-sqlite", "3.2-py3-postgresql", "3.2-py3-mariadb"])
def test_numbers_that_collide_are_kept_out_of_sets(like: str, field: str) -> None:
    """Python hashes all multiples of 2**61 - 1 alike: a set of thousands takes seconds."""
    traits = instance(like).traits
    colliding = [(2**61 - 1) * number for number in range(1, 4)]
    parts = field.split("__")
    condition = build(PATCH_FIELDS[parts[0]], [*parts[1:], "in"], [1, *colliding, 3], traits)
    matches = compile_condition(condition, traits)
    assert matches.__closure__ is not None
    cells = [cell.cell_contents for cell in matches.__closure__]
    assert [each for each in cells if isinstance(each, set)] == [{1, 3}]


def test_a_number_no_date_can_hold_is_the_databases_fault() -> None:
    rows = load({"patches": [{"name": "20200101000-1-1"}]})
    patchwork = Patchwork(rows, "1.1-py2-sqlite")
    kind, text = outcome(patchwork, {"name__month": 1})
    assert (kind, text) == (
        "django.db.utils.OperationalError",
        "user-defined function raised exception",
    )
