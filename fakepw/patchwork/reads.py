"""The methods that only read (servers.md 1.4 to 1.9; what releases differ in: section 2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from .backend import Backend
from .query.collation import COLLATIONS
from .query.fields import Field, truth
from .query.filters import (
    CHECK_FIELDS,
    CHECK_KEYS,
    PATCH_FIELDS,
    PATCH_KEYS,
    Related,
    candidates,
    conditions,
    find_patches,
    parse,
    related_to_patch,
    row_id_of,
    tell_of_near,
)
from .query.limits import limited
from .query.lookups import Condition, build, compile_condition, exact
from .query.running import compile_all, may_stumble
from .rows.rows import Check, Patch
from .rows.store import Store
from .words.faults import Fault
from .words.hash_order import ordered
from .words.remarks import heard, remark
from .words.values import Record


def pw_rpc_version(pw: Backend) -> int | list[int]:
    """The version of the API: an int on 1.0, three numbers later (servers.md 2)."""
    return pw.records.version


# -- projects, people, states --------------------------------------------------------------


def project_list(pw: Backend, search_str: Any = None, max_count: Any = 0) -> list[Record]:
    """Projects whose linkname contains a text, by linkname (servers.md 1.6)."""
    order = COLLATIONS[pw.traits.database].order
    rows = sorted(pw.store.projects.values(), key=lambda row: order(row.linkname))
    found = partial(_search, pw, rows, ("linkname",), search_str)
    return [pw.records.project(row) for row in _counted(pw, found, max_count)]


def person_list(pw: Backend, search_str: Any = None, max_count: Any = 0) -> list[Record]:
    """People whose name or address contains a text (servers.md 1.6)."""
    found = partial(_search, pw, pw.store.people.values(), ("name", "email"), search_str)
    return [pw.records.person(row) for row in _counted(pw, found, max_count, _unordered)]


def state_list(pw: Backend, search_str: Any = None, max_count: Any = 0) -> list[Record]:
    """States whose name contains a text, by `ordering` (servers.md 1.6)."""
    rows = sorted(pw.store.states.values(), key=lambda row: row.ordering)
    found = partial(_search, pw, rows, ("name",), search_str)
    return [pw.records.state(row) for row in _counted(pw, found, max_count)]


def _unordered(one: Any, other: Any) -> bool:
    """Whether real servers may give two rows in either order: where a list has none, any two."""
    return True


def _counted(
    pw: Backend,
    found: Callable[[], Sequence[Any]],
    max_count: Any,
    tied: Callable[[Any, Any], bool] = lambda one, other: False,
) -> Sequence[Any]:
    if pw.traits.slices_search_results:
        rows = found()
        if max_count is not None and isinstance(max_count, int | float) and max_count < 0:
            remark("counts", "max_count={} is ignored by this release", max_count)
        if max_count is None or (isinstance(max_count, int | float) and not max_count > 0):
            return rows  # Python 2: nil, too, is not more than 0
        if not isinstance(max_count, int):
            raise Fault("TypeError", "slice indices must be integers")
        return rows[:max_count]
    return limited(found, max_count, pw.traits, tied=tied)


def _search(pw: Backend, rows: Iterable[Any], names: Sequence[str], search: Any) -> list[Any]:
    """Rows in one of whose columns the text is found; all rows for nothing to search."""
    if pw.traits.default_arguments is not None and not isinstance(search, str | list | dict):
        raise Fault("TypeError", "object has no len()")
    if not truth(search):
        if search is not None and search != "":
            remark("matches", "{} is nothing to search for: all rows come", search)
        return list(rows)
    tests = [
        compile_condition(build(_text_field(name), ["icontains"], search, pw.traits), pw.traits)
        for name in names
    ]
    return [row for row in rows if any(test(row) for test in tests)]


def _text_field(name: str) -> Field:
    return Field(name, "CharField", lambda row: getattr(row, name))


def project_get(pw: Backend, project_id: Any) -> Record:
    """One project, `{}` if missing (servers.md 1.5)."""
    row = _get(pw, pw.store.projects, project_id)
    return Record({}) if row is None else pw.records.project(row)


def person_get(pw: Backend, person_id: Any) -> Record:
    """One person, `{}` if missing (servers.md 1.5)."""
    row = _get(pw, pw.store.people, person_id)
    return Record({}) if row is None else pw.records.person(row)


def state_get(pw: Backend, state_id: Any) -> Record:
    """One state, `{}` if missing (servers.md 1.5)."""
    row = _get(pw, pw.store.states, state_id)
    return Record({}) if row is None else pw.records.state(row)


def _get(pw: Backend, table: dict[int, Any], row_id: Any) -> Any:
    """A row by a parameter; None if missing, where the release does not fault (servers.md 2)."""
    number = row_id_of(row_id, pw.traits)
    row = None if number is None else table.get(number)
    if row is None and pw.traits.missing_row_faults:
        raise Fault("IndexError", "list index out of range")
    return row


# -- patches -------------------------------------------------------------------------------


def patch_list(pw: Backend, filt: Any = None) -> list[Record]:
    """Patches that a filter means, by date (servers.md 1.7)."""
    if filt is None and pw.traits.default_arguments is None:
        return pw.records.patches(pw.store.order)
    related = related_to_patch(pw.store, pw.traits)
    found = parse(filt, PATCH_KEYS, related, PATCH_FIELDS, pw.traits)
    if found is None:
        return []
    wanted = conditions(found, pw.traits)
    query = partial(find_patches, pw.store, wanted, pw.traits)
    tied = partial(_same_date, pw.store)
    return pw.records.patches(limited(query, found.max_count, pw.traits, tied=tied))


def _same_date(store: Store, one: int, other: int) -> bool:
    """Whether two patches may come in either order, which is by date alone (servers.md 1.7)."""
    return store.patches[one].date == store.patches[other].date


def patch_get(pw: Backend, patch_id: Any) -> Record:
    """One patch, `{}` if missing (servers.md 1.5)."""
    row = _get(pw, pw.store.patches, patch_id)
    return Record({}) if row is None else pw.records.patch(row.id)


def patch_get_by_hash(pw: Backend, hash: Any) -> Record:
    """The patch with a hash, `{}` for none, a fault for several (servers.md 1.9, 2)."""
    return _by_hash(pw, [build(PATCH_FIELDS["hash"], [], hash, pw.traits)])


def patch_get_by_project_hash(pw: Backend, project: Any, hash: Any) -> Record:
    """The patch of a project, named by its linkname, with a hash (servers.md 1.9, 2)."""
    projects = pw.store.projects
    linkname = Field("linkname", "CharField", lambda patch: projects[patch.project_id].linkname)
    of_project = build(linkname, [], project, pw.traits)
    return _by_hash(pw, [of_project, build(PATCH_FIELDS["hash"], [], hash, pw.traits)])


def _by_hash(pw: Backend, wanted: list[Condition]) -> Record:
    tests = compile_all(wanted, pw.traits)
    by_hash = {condition.field.name: condition for condition in wanted}["hash"]
    matches = [row for row in _with_hash(pw, by_hash) if all(test(row) for test in tests)]
    if len(matches) > 1 and pw.traits.duplicate_hash_faults:
        limit = pw.traits.counts_matches_to
        count = len(matches) if limit is None or len(matches) <= limit else f"more than {limit}"
        text = f"get() returned more than one Patch -- it returned {count}!"
        raise Fault(pw.traits.model_fault("Patch", "MultipleObjectsReturned"), text)
    if len(matches) > 1:
        text = "{} patches have this hash: the first by date comes, and on later releases a fault"
        remark("releases", text, len(matches))
    if not matches:
        _told_of_linkname(pw, wanted, tests)
        if heard():
            tell_of_near(pw.store, wanted)
        if pw.traits.missing_row_faults:
            raise Fault("IndexError", "list index out of range")
        return Record({})
    return pw.records.patch(matches[0].id)


def _told_of_linkname(
    pw: Backend, wanted: Sequence[Condition], tests: Sequence[Callable[[Any], bool]]
) -> None:
    for condition, test in zip(wanted, tests, strict=True):
        named = heard() and condition.field.name == "linkname"
        if named and not any(map(test, pw.store.patches.values())):
            remark("matches", "no patch is in a project whose linkname is {}", condition.value)


def _with_hash(pw: Backend, by_hash: Condition) -> list[Patch]:
    """Patches that a condition on the hash may match, by (date, id)."""
    patch_ids, _ = candidates(pw.store, [by_hash], pw.traits)
    return [pw.store.patches[patch_id] for patch_id in patch_ids]


def patch_get_mbox(pw: Backend, patch_id: Any) -> str:
    """The patch as a mail, '' if missing (servers.md 1.9)."""
    row = _get(pw, pw.store.patches, patch_id)
    return "" if row is None else pw.records.mail(row)


def patch_get_diff(pw: Backend, patch_id: Any) -> str | None:
    """The patch's diff, '' if the patch is missing; None, which cannot be sent, if it has no diff
    (servers.md 1.4)."""
    row = _get(pw, pw.store.patches, patch_id)
    return "" if row is None else row.diff


# -- checks --------------------------------------------------------------------------------


def check_list(pw: Backend, filt: Any = None) -> list[Record]:
    """Checks that a filter means, in the order of their ids (servers.md 1.8)."""
    if filt is None and pw.traits.default_arguments is None:
        return [pw.records.check(row) for row in pw.store.checks.values()]
    found = parse(filt, CHECK_KEYS, _related_to_check(pw), CHECK_FIELDS, pw.traits)
    if found is None:
        return []
    query = partial(_find_checks, pw, conditions(found, pw.traits))
    negative = pw.traits.check_list_negative_count
    rows = limited(query, found.max_count, pw.traits, negative, _unordered)
    return [pw.records.check(row) for row in rows]


def _find_checks(pw: Backend, wanted: list[Condition]) -> list[Check]:
    tests = compile_all(wanted, pw.traits)
    rows, covered = _checks_among(pw, wanted)
    rest = [test for each, test in zip(wanted, tests, strict=True) if each is not covered]
    return [row for row in rows if all(test(row) for test in rest)] if rest else list(rows)


def _checks_among(
    pw: Backend, wanted: list[Condition]
) -> tuple[Collection[Check], Condition | None]:
    """Checks by id among which all matches are, and the condition that all of them meet.

    A database has an index on patch and id, too, so that what fails at a row is asked of no other;
    a user's and a project's checks are taken only where nothing can fail at a row.
    """
    store = pw.store
    equal = {
        condition.field.name if condition.field is not CHECK_FIELDS["user"] else "user": condition
        for condition in wanted
        if condition.lookup == "exact" and condition.part is None
    }
    for name, condition in equal.items():
        if name == "patch_id":
            return store.checks_of(condition.value), condition
        if name == "id":
            found = store.checks.get(condition.value)
            return () if found is None else (found,), condition
    if any(may_stumble(condition, pw.traits) for condition in wanted):
        return store.checks.values(), None
    if "user" in equal and isinstance(equal["user"].value, int):
        return store.checks_by(equal["user"].value), equal["user"]
    if "project_id" in equal:
        condition = equal["project_id"]
        of_project = exact(PATCH_FIELDS["project_id"], condition.value)
        patches = candidates(store, [of_project], pw.traits)[0]
        if len(patches) < len(store.checks):
            found_checks = [check for each in patches for check in store.checks_of(each)]
            return sorted(found_checks, key=attrgetter("id")), condition
    return store.checks.values(), None


def _related_to_check(pw: Backend) -> Related:
    """How check_list resolves project_id and patch_id; a missing one faults (servers.md 1.8)."""
    store = pw.store
    project = Field("project_id", "AutoField", lambda c: store.patches[c.patch_id].project_id)
    fields: dict[str, tuple[str, dict[int, Any], Field]] = {
        "project_id": ("patch__project", store.projects, project),
        "patch_id": ("patch", store.patches, CHECK_FIELDS["patch_id"]),
    }

    def resolve(name: str, value: Any) -> tuple[str, Callable[[], Condition]]:
        key, table, field = fields[name]
        row_id = row_id_of(value, pw.traits)
        if row_id is None or row_id not in table:
            raise Fault("IndexError", "list index out of range")
        condition = exact(field, row_id)
        return key, lambda: condition

    return resolve


def check_get(pw: Backend, check_id: Any) -> Record:
    """One check, `{}` if missing (servers.md 1.5)."""
    row = _get(pw, pw.store.checks, check_id)
    return Record({}) if row is None else pw.records.check(row)


def patch_check_get(pw: Backend, patch_id: Any) -> Record:
    """The combined state of a patch's newest checks, `{}` if it is missing (servers.md 1.8)."""
    row = _get(pw, pw.store.patches, patch_id)
    if row is None:
        return Record({})
    combined = pw.store.shown.combined.get(row.id)
    if combined is None:
        combined = pw.store.shown.combined[row.id] = _combined(pw, row)
    return combined


def _combined(pw: Backend, patch: Patch) -> Record:
    newest = newest_checks(pw, patch)
    states = {check.state for check in newest}
    state = next((s for s in ("fail", "warning", "pending", "success") if s in states), "pending")
    checks = [pw.records.check(check) for check in newest]
    return pw.records.struct({"state": state, "total": len(checks), "checks": checks})


def newest_checks(pw: Backend, patch: Patch) -> list[Check]:
    """The newest check of each user and context; of two with one date the later row."""
    if pw.traits.checks_by_context_only:
        return _newest_by_context(pw, patch)
    newest: dict[tuple[int, str | None], Check] = {}
    for check in pw.store.checks_of(patch.id):
        _keep_newer(newest, (check.user_id, check.context), check)
    return list(newest.values())


def _newest_by_context(pw: Backend, patch: Patch) -> list[Check]:
    """As 1.1 does it, in the order of a dict (servers.md 2)."""
    newest: dict[str | None, Check] = {}
    for check in pw.store.checks_of(patch.id):
        _keep_newer(newest, check.context, check)
    if not pw.traits.py2:
        return list(newest.values())
    named = ordered(tuple(context for context in newest if context is not None))
    return [newest[key] for key in (*named, None) if key in newest]


def _keep_newer(newest: dict[Any, Check], key: Any, check: Check) -> None:
    known = newest.get(key)
    if known is None or known.date <= check.date:
        newest[key] = check
