"""Rows that a test adds or changes, in the fixture's words: what comes of it is a whole Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..fixtures import FixtureError, read
from ..fixtures.errors import near, quoted, refusal
from ..fixtures.forms import RELATIONS
from ..patchwork.rows.rows import Check, Comment, Dataset, Patch, Person

__tracebackhide__ = refusal

Row = Patch | Comment | Check | Person

#: What can be added, by the word for one of them.
TABLES = {"patch": "patches", "comment": "comments", "check": "checks", "person": "people"}
_KINDS = {"patches": Patch, "comments": Comment, "checks": Check, "people": Person}


def added(dataset: Dataset, kind: str, form: Mapping[str, Any]) -> tuple[Dataset, Row]:
    """The rows with one more, and that one; a submitter that nobody has heard of is added, too.

    Raises FixtureError with everything that is wrong, path first: `state: no state is called …`.
    """
    table = TABLES[kind]
    found = _read(dataset, table, 0, form)
    before = {row.id for row in getattr(dataset, table)}
    new = next(row for row in getattr(found, table) if row.id not in before)
    return found, new


def changed(dataset: Dataset, patch: Patch, form: Mapping[str, Any]) -> tuple[Dataset, Patch]:
    """The rows with one patch changed, and that patch. Raises FixtureError like `added`."""
    if not form:
        return dataset, patch
    members: dict[str, Any] = msgspec.to_builtins(patch)
    for relation in RELATIONS["patches"]:
        if {relation.id_member, relation.key_member} & form.keys():
            members.pop(relation.id_member)
    if form.get("id", patch.id) != patch.id:
        raise FixtureError([f"id: the id of patch {patch.id} stays; add another patch instead"])
    others = tuple(row for row in dataset.patches if row.id != patch.id)
    # comments and checks name it, so they can only be read beside it
    rest = msgspec.structs.replace(dataset, patches=others, comments=(), checks=())
    found = _read(rest, "patches", 0, {**members, **form})
    whole = msgspec.structs.replace(found, comments=dataset.comments, checks=dataset.checks)
    return whole, next(row for row in found.patches if row.id == patch.id)


def _read(dataset: Dataset, table: str, place: int, form: Mapping[str, Any]) -> Dataset:
    try:
        return read(dataset, {table: [dict(form)]}).dataset
    except FixtureError as error:
        head = f"fixture 2: $.{table}[{place}]"
        lines = (line.removeprefix(head).lstrip(".: ") for line in error.errors)
        raise FixtureError(lines) from None


def which_patch(dataset: Dataset, which: int | str) -> Patch:
    """The patch with that id, that message id or, where none is equal, that name.

    Raises LookupError with one sentence if there is none, or more than one.
    """
    patches = dataset.patches
    if isinstance(which, int) and not isinstance(which, bool):
        found = [patch for patch in patches if patch.id == which]
    else:
        found = [patch for patch in patches if patch.msgid == which]
        found = found or [patch for patch in patches if patch.name == which]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(patch.id) for patch in found[:5])
        raise LookupError(
            f"{len(found)} patches are called {quoted(which)}; say which by id: {ids}"
        )
    hint = near(which, [patch.name for patch in patches[:1000]]) if isinstance(which, str) else ""
    raise LookupError(f"there is no patch {quoted(which)}{hint}")


class Shown:
    """A row as the fixture says it: relations by name, and by id under `…_id`. It never changes."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = dict(members)

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        try:
            return self._members[name]
        except KeyError:
            hint = f"{near(name, self._members)}; it has {', '.join(self._members)}"
            raise AttributeError(f"a row has no {name!r}{hint}") from None

    def __dir__(self) -> list[str]:
        return sorted(self._members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shown) and self._members == other._members

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        label = self._members.get("name") or self._members.get("context") or ""
        return f"<{self._members['id']} {label[:60]!r}>"


def shown(dataset: Dataset, row: Row) -> Shown:
    """A row with its relations by name."""
    members: dict[str, Any] = {}
    table = next(table for table, kind in _KINDS.items() if isinstance(row, kind))
    relations = {relation.id_member: relation for relation in RELATIONS.get(table, ())}
    for name in row.__struct_fields__:
        value = getattr(row, name)
        members[name] = value
        if relation := relations.get(name):
            members[relation.key_member] = _named(dataset, relation.table, value)
    return Shown(members)


def _named(dataset: Dataset, table: str, number: int | None) -> str | None:
    row = next((row for row in getattr(dataset, table) if row.id == number), None)
    if row is None:
        return None
    if isinstance(row, Person):
        return f"{row.name} <{row.email}>" if row.name else row.email
    for member in ("username", "linkname", "name"):
        if hasattr(row, member):
            return str(getattr(row, member))
    return None


class Patches:
    """The patches as they are now: by id, message id or name, or one after the other."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def __getitem__(self, which: int | str) -> Shown:
        return shown(self._dataset, which_patch(self._dataset, which))

    def __len__(self) -> int:
        return len(self._dataset.patches)

    def __iter__(self) -> Any:
        return (shown(self._dataset, patch) for patch in self._dataset.patches)

    def __contains__(self, which: object) -> bool:
        try:
            which_patch(self._dataset, which)  # type: ignore[arg-type]
        except LookupError:
            return False
        return True

    def __repr__(self) -> str:
        return f"<{len(self)} patches>"


__all__ = ["TABLES", "Patches", "Row", "Shown", "added", "changed", "shown", "which_patch"]
