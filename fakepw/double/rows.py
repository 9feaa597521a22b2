"""Rows that a test adds or changes, in the fixture's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import structs

from ..fixtures import FixtureError, read
from ..fixtures.defaults import SUBMITTER
from ..fixtures.forms import MAX_ID, RELATIONS
from ..fixtures.resolve import parse_mailbox
from ..patchwork.rows.rows import Check, Comment, Dataset, Patch, Person
from ..patchwork.rows.store import Store
from ..telling.wording import near, quoted, refusal

__tracebackhide__ = refusal

Row = Patch | Comment | Check | Person

#: What can be added, by the word for one of them.
TABLES = {"patch": "patches", "comment": "comments", "check": "checks", "person": "people"}
_KINDS = {"patches": Patch, "comments": Comment, "checks": Check, "people": Person}


#: What is put in the place of all rows, where a row could not be put in its own place.
Whole = Dataset | None


def added(store: Store, kind: str, form: Mapping[str, Any]) -> tuple[Row, Whole]:
    """Add a row to a store; a submitter that nobody has heard of is added, too.

    It is read beside the few rows that it can have to do with, so that it costs the same however
    many there are. Where that does not do (an id among those that there are, a mistake, of which
    all is to be said), it is read beside all of them; then nothing is changed here, and what comes
    of it is given.

    Raises FixtureError with everything that is wrong, path first: `state: no state is called …`.
    """
    table = TABLES[kind]
    given = dict(form)
    given.setdefault("id", _next_id(store, table))
    found = _beside_few(store, table, given)
    if found is not None:
        return _put(store, table, *found), None
    rows = store.rows()
    before = getattr(store, table)
    full = "id" not in form and given["id"] > MAX_ID  # then the first number that is free
    whole = _read(rows, table, form if full else given)
    return next(row for row in getattr(whole, table) if row.id not in before), whole


def changed(store: Store, which: int | str, form: Mapping[str, Any]) -> tuple[Row, Whole]:
    """Change a patch of a store, in the same way. Raises FixtureError and LookupError."""
    patch = which_patch(store, which)
    if not form:
        return patch, None
    if form.get("id", patch.id) != patch.id:
        raise FixtureError([f"id: the id of patch {patch.id} stays; add another patch instead"])
    members: dict[str, Any] = msgspec.to_builtins(patch)
    for relation in RELATIONS["patches"]:
        if {relation.id_member, relation.key_member} & form.keys():
            members.pop(relation.id_member)
    given = {**members, **form}
    found = _beside_few(store, "patches", given, patch)
    if found is not None and found[0].date == patch.date:
        row = _with_person(store, *found)
        store.replace_patch(row)
        return row, None
    rows = store.rows()
    others = tuple(row for row in rows.patches if row.id != patch.id)
    # comments and checks name it, so they can only be read beside it
    rest = msgspec.structs.replace(rows, patches=others, comments=(), checks=())
    read_all = _read(rest, "patches", given)
    whole = msgspec.structs.replace(read_all, comments=rows.comments, checks=rows.checks)
    return next(row for row in whole.patches if row.id == patch.id), whole


def _next_id(store: Store, table: str) -> int:
    """Ids ascend, as where a database counts: what came last has the highest."""
    if table == "checks":
        return store.next_check_id()
    return int(next(reversed(getattr(store, table)), 0)) + 1


def _beside_few(
    store: Store, table: str, form: Mapping[str, Any], changing: Patch | None = None
) -> tuple[Any, Person | None] | None:
    """A row, and the person who is added with it; None if it has to be read beside all rows."""
    number = form["id"]
    if changing is None and not _is_next(store, table, number):
        return None
    about = _about(store, table, form, changing)
    people = _people(store, form, about)
    few = Dataset(
        states=tuple(store.states.values()),
        projects=tuple(store.projects.values()),
        users=tuple(store.users.values()),
        people=people,
        patches=about,
    )
    try:
        found = _read(few, table, form)
    except FixtureError:
        return None
    row = next(row for row in getattr(found, table) if row.id == number)
    if isinstance(row, Patch) and "msgid" not in form and _by_msgid(store).get(row.msgid):
        return None
    new = [each for each in found.people if each.email not in {one.email for one in people}]
    return row, next((each for each in new if each is not row), None)


def _is_next(store: Store, table: str, number: Any) -> bool:
    last = _next_id(store, table)
    return type(number) is int and (number == last if table == "checks" else last <= number)


def _about(
    store: Store, table: str, form: Mapping[str, Any], changing: Patch | None
) -> tuple[Patch, ...]:
    """Which patches can have to do with a row: what it is about, or what has the same msgid."""
    ids: set[int] = set()
    key = form.get("msgid") if table == "patches" else form.get("patch")
    if isinstance(key, str):
        ids.update(_by_msgid(store).get(key, ()))
        ids.update(() if table == "patches" else _by_name(store).get(key, ()))
    number = form.get("patch_id")
    if isinstance(number, int) and number in store.patches:
        ids.add(number)
    ids -= set() if changing is None else {changing.id}
    return tuple(store.patches[each] for each in sorted(ids))


def _people(store: Store, form: Mapping[str, Any], about: Iterable[Patch]) -> tuple[Person, ...]:
    """Who can have to do with a row: who sent it, or has the same address, or sent the others."""
    names = (form.get("submitter"), form.get("email"), SUBMITTER)
    known = (store.person_of(parse_mailbox(name)[1]) for name in names if isinstance(name, str))
    ids = {person.id for person in known if person is not None}
    ids |= {patch.submitter_id for patch in about}
    number = form.get("submitter_id")
    if isinstance(number, int) and number in store.people:
        ids.add(number)
    return tuple(store.people[each] for each in sorted(ids))


def _put(store: Store, table: str, row: Any, person: Person | None) -> Row:
    row = _with_person(store, row, person)
    adding: dict[str, Callable[[Any], None]] = {
        "patches": store.add_patch,
        "comments": store.add_comment,
        "checks": store.add_check,
        "people": store.add_person,
    }
    adding[table](row)
    kept: Row = row
    return kept


def _with_person(store: Store, row: Any, person: Person | None) -> Any:
    """A row whose submitter is added, if nobody has heard of them yet."""
    if person is None:
        return row
    known = structs.replace(person, id=_next_id(store, "people"))
    store.add_person(known)
    return structs.replace(row, submitter_id=known.id)


def _by_msgid(store: Store) -> dict[Any, list[int]]:
    return store.index("msgid of a test", attrgetter("msgid"))


def _by_name(store: Store) -> dict[Any, list[int]]:
    return store.index("name of a test", attrgetter("name"))


def _read(dataset: Dataset, table: str, form: Mapping[str, Any]) -> Dataset:
    try:
        return read(dataset, {table: [dict(form)]}).dataset
    except FixtureError as error:
        head = f"fixture 2: $.{table}[0]"
        lines = (line.removeprefix(head).lstrip(".: ") for line in error.errors)
        raise FixtureError(lines) from None


def which_patch(store: Store, which: int | str) -> Patch:
    """The patch with that id, that message id or, where none is equal, that name.

    Raises LookupError with one sentence if there is none, or more than one.
    """
    if isinstance(which, str):
        found = _by_msgid(store).get(which) or _by_name(store).get(which) or []
    else:
        found = [which] if type(which) is int and which in store.patches else []
    if len(found) == 1:
        return store.patches[found[0]]
    if found:
        ids = ", ".join(map(str, found[:5]))
        raise LookupError(
            f"{len(found)} patches are called {quoted(which)}; say which by id: {ids}"
        )
    names = [patch.name for patch in islice(store.patches.values(), 1000)]
    hint = near(which, names) if isinstance(which, str) else ""
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


def shown(store: Store, row: Row) -> Shown:
    """A row with its relations by name."""
    members: dict[str, Any] = {}
    table = next(table for table, kind in _KINDS.items() if isinstance(row, kind))
    relations = {relation.id_member: relation for relation in RELATIONS.get(table, ())}
    for name in row.__struct_fields__:
        value = getattr(row, name)
        members[name] = value
        if relation := relations.get(name):
            members[relation.key_member] = _named(store, relation.table, value)
    return Shown(members)


def told_of(row: Shown) -> dict[str, Any]:
    """A row as JSON tells it."""
    found: dict[str, Any] = msgspec.to_builtins(row._members)
    return found


def shown_as(table: str, told: Mapping[str, Any]) -> Shown:
    """The row of that table that JSON tells of."""
    kind = _KINDS[table]
    row = msgspec.convert({name: told[name] for name in kind.__struct_fields__}, kind)
    return Shown({**told, **structs.asdict(row)})


def _named(store: Store, table: str, number: int | None) -> str | None:
    row = getattr(store, table).get(number)
    if row is None:
        return None
    if isinstance(row, Person):
        return f"{row.name} <{row.email}>" if row.name else row.email
    for member in ("username", "linkname", "name"):
        if hasattr(row, member):
            return str(getattr(row, member))
    return None


class Patches:
    """The patches of a double as they are when they are asked for: one by its id, message id or
    name, which costs the same however many there are; or one after the other."""

    def __init__(self, one: Callable[[int | str], Shown], every: Callable[[], Dataset]) -> None:
        self._one, self._every = one, every

    def __getitem__(self, which: int | str) -> Shown:
        return self._one(which)

    def __len__(self) -> int:
        return len(self._every().patches)

    def __iter__(self) -> Iterator[Shown]:
        store = Store(self._every())
        return (shown(store, patch) for patch in store.patches.values())

    def __contains__(self, which: object) -> bool:
        if type(which) not in (int, str):
            return False
        try:
            self._one(which)  # type: ignore[arg-type]
        except LookupError:  # there is none, or more than one
            rows = self._every().patches
            return any(which in (patch.msgid, patch.name) for patch in rows)
        return True

    def __repr__(self) -> str:
        return f"<{len(self)} patches>"


__all__ = [
    "TABLES",
    "Patches",
    "Row",
    "Shown",
    "added",
    "changed",
    "shown",
    "shown_as",
    "told_of",
    "which_patch",
]
