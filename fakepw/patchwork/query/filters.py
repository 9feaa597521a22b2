"""What patch_list and check_list make of the struct that they are given (servers.md 1.7, 1.8)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from ..instances.traits import Traits
from ..rows.rows import Patch
from ..rows.store import Store, in_order
from ..words.faults import Fault
from ..words.hash_order import keys_as_met
from ..words.remarks import Words, heard, remark
from ..words.text import attribute_error, person
from .collation import COLLATIONS
from .fields import Field, to_int
from .lookups import Condition, Predicate, build, exact, iterate
from .parameters import too_big
from .running import compile_all, may_stumble


def _field(name: str, kind: str, attribute: str | None = None) -> Field:
    return Field(name, kind, attrgetter(attribute or name))


PATCH_FIELDS = {
    field.name: field
    for field in (
        _field("id", "AutoField"),
        _field("name", "CharField"),
        _field("date", "DateTimeField"),
        _field("archived", "BooleanField"),
        _field("commit_ref", "CharField"),
        _field("hash", "HashField"),
        _field("msgid", "CharField"),
        _field("project_id", "AutoField"),
        _field("submitter_id", "AutoField"),
        _field("state_id", "AutoField"),
    )
}
CHECK_FIELDS = {
    "id": _field("id", "AutoField"),
    # named "id" in texts: a relation compares the other row's id
    "user": _field("id", "ForeignKey", "user_id"),
    "patch_id": _field("patch_id", "AutoField"),
}
PATCH_KEYS = frozenset({*PATCH_FIELDS, "delegate_id", "max_count"})
CHECK_KEYS = frozenset({*CHECK_FIELDS, "project_id", "max_count"})
#: What may stand behind a `__`: not `exact`, not `lte` (servers.md 1.7).
LOOKUP_NAMES = frozenset(
    {
        *("iexact", "contains", "icontains", "gt", "gte", "lt", "in", "range", "isnull"),
        *("startswith", "istartswith", "endswith", "iendswith", "year", "month", "day"),
    }
)
#: Keys of which a lookup is not looked at: they name another row, or none (servers.md 1.7).
_WITHOUT_LOOKUP = frozenset(
    {"max_count", "project_id", "submitter_id", "state_id", "delegate_id", "patch_id"}
)
#: What an id is given as, and taken for just that.
_IDS = (int, str)
_NO_FIELD = "{} is no key to filter by: the list is empty, whatever else is asked; keys are {}"
_NO_LOOKUP = "{} in {} is no lookup: the list is empty, whatever else is asked; lookups are {}"

#: Resolves a filter's key that names another row, and its value: to the key that Django is asked
#: by, and what builds the condition; to None where the row's absence means an empty list.
Related = Callable[[str, Any], tuple[str, Callable[[], Condition]] | None]


@dataclass(slots=True)
class Filter:
    """A filter struct, taken apart: what Django is asked for, and how many rows.

    `wanted` holds (key as Django gets it, what builds the condition).
    """

    wanted: dict[str, Callable[[], Condition]]
    max_count: Any = 0


def keys_of(filt: Any, traits: Traits) -> list[Any]:
    """What iterating over a filter gives: names, usually."""
    if isinstance(filt, dict):
        return list(keys_as_met(filt, traits.py2))
    keys = iterate(filt, traits.py2)
    if keys:
        text = "a filter is a struct; what {} holds is taken for its keys, {} first"
        remark("keys", text, filt, keys[0])
    else:
        remark("keys", "a filter is a struct; {} is none, and lets all rows come", filt)
    return keys


def split_key(key: Any, traits: Traits) -> list[str]:
    """`key.split("__")`."""
    if isinstance(key, str):
        return key.split("__")
    raise Fault("AttributeError", attribute_error(key, "split", traits.py2))


def value_of(filt: Any, key: str, traits: Traits) -> Any:
    """`filt[key]`: a list that names its own items is no struct."""
    if isinstance(filt, dict):
        return filt[key]
    kind = "string" if isinstance(filt, str) else "list"
    raise Fault("TypeError", traits.bad_index_text.format(kind=kind))


def parse(
    filt: Any,
    keys: Collection[str],
    related: Related,
    fields: dict[str, Field],
    traits: Traits,
) -> Filter | None:
    """Take a filter apart, key by key in the order sent: the first offender decides.

    Keys that name other rows are resolved at once. None for a filter that means an empty list.
    """
    found = Filter({})
    met: dict[str, str] = {}  # by which keys, of those without a lookup
    for key in keys_of(filt, traits):
        parts = split_key(key, traits)
        name = parts[0]
        if name not in keys:
            remark("keys", _NO_FIELD, name, Words(sorted(keys)))
            return None
        if len(parts) > 1 and parts[1] not in LOOKUP_NAMES:
            remark("keys", _NO_LOOKUP, parts[1], key, Words(sorted(LOOKUP_NAMES)))
            return None
        value = value_of(filt, key, traits)
        if name not in _WITHOUT_LOOKUP:
            found.wanted[key] = _builder(fields[name], parts[1:], value, traits)
            continue
        if len(parts) > 1:
            remark("keys", "the lookup of {} is ignored, as for {} any is", key, name)
        if name in met:
            remark("keys", "{} takes the place of {}", key, met[name])
        met[name] = key
        if name == "max_count":
            found.max_count = value
            continue
        resolved = related(name, value)
        if resolved is None:
            return None
        found.wanted[resolved[0]] = resolved[1]
    return found


def _builder(
    field: Field, parts: Sequence[str], value: Any, traits: Traits
) -> Callable[[], Condition]:
    return lambda: build(field, parts, value, traits)


#: Times that a filter is walked on its way into a query: Django hands it on as keyword arguments,
#: each time in a new dict, whose order under Python 2 may be another.
_HANDED_ON = 5


@lru_cache(maxsize=4096)
def _handed_on(names: tuple[str, ...]) -> list[str]:
    walked = list(names)
    for _ in range(_HANDED_ON):
        walked = keys_as_met(walked, py2=True)
    return walked


def conditions(found: Filter, traits: Traits) -> list[Condition]:
    """Build all conditions in Django's order; the first that cannot be built faults."""
    names = list(found.wanted)
    if traits.sorts_filters:
        names.sort()
    elif traits.py2:
        names = _handed_on(tuple(names))
    return [found.wanted[name]() for name in names]


def related_to_patch(store: Store, traits: Traits) -> Related:
    """How patch_list resolves project_id, submitter_id, state_id and delegate_id.

    A row that does not exist means an empty list, or a fault (servers.md 1.7, 2).
    """
    tables: dict[str, dict[int, Any]] = {
        "project_id": store.projects,
        "submitter_id": store.people,
        "state_id": store.states,
        "delegate_id": store.people,  # a bug of the real server: servers.md 1.7
    }

    def resolve(name: str, value: Any) -> tuple[str, Callable[[], Condition]] | None:
        row_id = row_id_of(value, traits)
        row = None if row_id is None else tables[name].get(row_id)
        if name == "delegate_id":
            remark(
                "matches",
                "delegate_id is looked up among people and not among users: it finds no patch",
            )
        if row is None:
            remark(
                "matches",
                "there is no row with the {} {}, and so the list is empty",
                Words([name]),
                value,
            )
            if traits.missing_relation_faults:
                raise Fault("IndexError", "list index out of range")
            return None
        if name == "delegate_id":
            who = person(row.name, row.email)
            return "delegate", _cannot_query(who)
        condition = exact(PATCH_FIELDS[name], row.id)
        return name.removesuffix("_id"), lambda: condition

    return resolve


def _cannot_query(who: str) -> Callable[[], Condition]:
    def refuse() -> Condition:
        raise Fault("ValueError", f'Cannot query "{who}": Must be "User" instance.')

    return refuse


def row_id_of(value: Any, traits: Traits) -> int | None:
    """A parameter as the id of a row; None for nil. Raises what Django raises (servers.md 1.5)."""
    if value is None:
        remark("matches", "nil is the id of no row")
        return None
    number = to_int(value, "id", traits)
    if number < 1 or type(value) not in _IDS:
        _doubtful(value, number)
    refused = traits.big_integer_text
    if refused and not traits.knows_integer_ranges and too_big(number, 64):
        raise Fault("OverflowError", refused)
    return number


def _doubtful(value: Any, number: int) -> None:
    if number < 1:
        remark("matches", "ids are counted from 1: {} is the id of no row", value)
    elif isinstance(value, bool) or number != value:
        remark("values", "{} is taken for the id {}", value, number)


# -- finding patches -----------------------------------------------------------------------


def find_patches(store: Store, wanted: list[Condition], traits: Traits) -> list[int]:
    """The ids of the patches that meet all conditions, by (date, id).

    Raises the Fault of a query that cannot be run, or NothingMatches.
    """
    if not wanted:
        return store.order
    tests = compile_all(wanted, traits)
    among, covered = candidates(store, wanted, traits)
    rest = [test for condition, test in zip(wanted, tests, strict=True) if condition not in covered]
    found = _filtered(store, among, rest)
    if not found and heard():
        tell_of_near(store, wanted)
    return found


#: What is meant by a text that a column does not hold, if it holds that.
_MEANT: dict[str, Callable[[str], str]] = {
    "msgid": lambda text: f"<{text.strip().removeprefix('<').removesuffix('>')}>",
    "hash": lambda text: text.strip().lower(),
}


def tell_of_near(store: Store, wanted: Iterable[Condition]) -> None:
    """Remark on conditions that no patch meets, and that one would with what was meant by them."""
    for condition in wanted:
        field, text = condition.field, condition.value
        if condition.lookup != "exact" or field.name not in _MEANT or not isinstance(text, str):
            continue
        meant = _MEANT[field.name](text)
        held = set(map(field.get, store.patches.values()))
        if text not in held and meant in held:
            remark(
                "matches", "no patch has the {} {}; one has {}", Words([field.name]), text, meant
            )


def _filtered(store: Store, among: Iterable[int], tests: list[Predicate]) -> list[int]:
    patches = store.patches
    match tests:
        case []:
            return list(among)
        case [test]:
            return [patch_id for patch_id in among if test(patches[patch_id])]
    return [i for i in among if all(test(patches[i]) for test in tests)]


#: What fakepw has an index on, and of that what a database has one on, too.
_INDEXED = ("project_id", "state_id", "submitter_id", "hash", "msgid")
_KEYS = ("project_id", "state_id", "submitter_id", "msgid")


def candidates(
    store: Store, wanted: list[Condition], traits: Traits
) -> tuple[Collection[int], list[Condition]]:
    """Patches by (date, id) among which all matches are; the conditions that all of them meet."""
    equal = {c.field.name: c for c in wanted if c.lookup == "exact" and c.part is None}
    if "id" in equal:
        row_id = equal["id"].value
        return ([row_id] if row_id in store.patches else []), [equal["id"]]
    # What may fail at a row is asked of all that no index of the database rules out.
    stumbling = any(may_stumble(condition, traits) for condition in wanted)
    by_index = [name for name in (_KEYS if stumbling else _INDEXED) if name in equal]
    if by_index:
        key, values = _index_key(by_index, [equal[name].value for name in by_index], traits)
        groups = store.index("+".join(by_index) + traits.database, key)
        return groups.get(values, ()), [equal[name] for name in by_index]
    for condition in wanted:
        if stumbling and condition.field.name != "id":
            continue
        narrowed = _narrowed(store, condition)
        if narrowed is not None:
            return narrowed, [condition]
    return store.order, []


def _index_key(
    names: list[str], values: list[Any], traits: Traits
) -> tuple[Callable[[Patch], Any], Any]:
    """What an index on these fields holds a patch under, and where to look for these values."""
    rule = COLLATIONS[traits.database].exact

    def key_of(name: str) -> Callable[[Any], Any]:
        if name not in ("hash", "msgid"):
            return lambda value: value
        if name == "hash" and traits.hash_storage == "padded":
            return lambda value: None if value is None else rule(value.rstrip(" "))
        return lambda value: None if value is None else rule(value)

    parts = [(attrgetter(name), key_of(name)) for name in names]
    if len(parts) == 1:
        get, fold = parts[0]
        return lambda patch: fold(get(patch)), fold(values[0])
    sought = tuple(fold(value) for (_, fold), value in zip(parts, values, strict=True))
    return lambda patch: tuple(fold(get(patch)) for get, fold in parts), sought


def _narrowed(store: Store, condition: Condition) -> list[int] | None:
    """The matches of one condition, where a sorted list gives them without a scan."""
    value, lookup = condition.value, condition.lookup
    if condition.part is not None:
        return None
    if condition.field.name == "id" and not isinstance(value, bool | float):
        ids = store.ids
        match lookup:
            case "gt":
                return in_order(store, ids[bisect_right(ids, value) :])
            case "gte":
                return in_order(store, ids[bisect_left(ids, value) :])
            case "lt":
                return in_order(store, ids[: bisect_left(ids, value)])
            case "in":
                return in_order(store, {i for i in value if i in store.patches})
    if condition.field.name == "date" and isinstance(value, datetime) and value.tzinfo is None:
        match lookup:
            case "gte":
                return store.between(value, None)
            case "gt":
                return [i for i in store.between(value, None) if store.patches[i].date > value]
            case "lt":
                return [i for i in store.between(None, value) if store.patches[i].date < value]
            case "exact":
                return store.between(value, value)
    return None
