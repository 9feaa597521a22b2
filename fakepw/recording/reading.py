"""The tables of a live Patchwork, one after the other, into rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from ..patchwork.instances.instances import instance
from ..patchwork.mail.diffs import diff_hash
from ..patchwork.rows.rows import State
from .detecting import Detected, detect
from .rows import Held, Tables, said_by
from .shapes import CheckSaid, PatchSaid, PersonSaid, ProjectSaid, StateSaid, convert
from .shelves import Shelves
from .source import Source, Stopped
from .suite import wire
from .windows import WIDTH, Filter, Windows

#: Told what is being read, how far it has come, and how far it has to come, if that is known.
Tell = Callable[[str, int, int | None], None]
#: Ids that a note names.
NAMED = 20
_T = TypeVar("_T")


@dataclass(frozen=True)
class Wanted:
    """Which part of a Patchwork: all of it, unless something is said."""

    project: str | None = None
    since: str | None = None
    limit: int | None = None
    checks: bool = False

    @property
    def all_patches(self) -> bool:
        """Whether no patch is left out on purpose."""
        return self.project is None and self.since is None and self.limit is None


class Some:
    """Ids that a note tells of: how many, and the first of them. They are added ascending."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[int] = []

    def add(self, number: int) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < NAMED:
            self.first.append(number)


@dataclass
class Trouble:
    """What could not be read, or came otherwise than it was."""

    patches: Some = field(default_factory=Some)
    checks: Some = field(default_factory=Some)
    #: People who cannot be read by themselves.
    people: Some = field(default_factory=Some)
    #: Patches of which the server gives no mail, or no diff.
    mails: Some = field(default_factory=Some)
    diffs: Some = field(default_factory=Some)
    #: Patches whose mail comes out otherwise than it was.
    otherwise: Some = field(default_factory=Some)
    #: Patches of which it is not known whether they have no hash, or no commit, or an empty one.
    nulls: Some = field(default_factory=Some)
    hashes: Some = field(default_factory=Some)
    #: Rows that were not the same at the end.
    changed: Some = field(default_factory=Some)
    gone: Some = field(default_factory=Some)
    no_people_list: bool = False
    no_checks: bool = False


@dataclass(frozen=True)
class Read:
    """All that was read."""

    tables: Tables
    detected: Detected
    held: Held
    trouble: Trouble


class Reader:
    """Reads one source. Raises Stopped where that cannot go on."""

    def __init__(self, source: Source, shelves: Shelves, wanted: Wanted, tell: Tell) -> None:
        self.source, self.wanted, self.tell = source, wanted, tell
        self.shelves = shelves
        self.trouble = Trouble()
        #: What was said of patches and checks.
        self.patches = shelves.shelf("patches_said", PatchSaid)
        self.checks = shelves.shelf("checks_said", CheckSaid)

    def read(self) -> Read:
        """Everything that is wanted."""
        projects = self._list("project_list", ProjectSaid)
        filt = self._filter(projects)
        windows = Windows(self.source, "patch_list", filt, PatchSaid, self.wanted.limit or 0)
        for row in self._counted("patches", windows.rows()):
            self.patches.put(row)
        _note(windows.unreadable, self.trouble.patches)
        detected = self._detected(projects)
        self._read_checks(filt)
        self._fetch()
        self._again(windows)
        held = Held(instance(detected.likeliest).traits, self.shelves)
        self._add_lists(held)
        held.add_people(self._people())
        for check in self.checks:
            held.add_check(check)
        held.add_accounts(self.patches)
        self._add_patches(held)
        return Read(held.tables(), detected, held, self.trouble)

    def _add_lists(self, held: Held) -> None:
        """States and projects; read again if one came, and a patch with it, since they were."""
        projects = self._list("project_list", ProjectSaid)
        states = self._list("state_list", StateSaid)
        if {row.state_id for row in self.patches} - {row.id for row in states}:
            states = self._list("state_list", StateSaid, again=True)
        if {row.project_id for row in self.patches} - {row.id for row in projects}:
            projects = self._list("project_list", ProjectSaid, again=True)
        for number, state in enumerate(states):  # by ordering (servers.md 1.6)
            held.states[state.id] = State(state.id, state.name, number, False)
        held.add_projects(projects)

    def _add_patches(self, held: Held) -> None:
        """Patches with their diffs and mails, all of which were answered before, but for those
        that changed; a few at a time."""
        done, total, rows = 0, len(self.patches), iter(self.patches)
        while some := list(islice(rows, WIDTH)):
            diffs = {row.id: self._diff(row.id) for row in some}
            nulls = self._nulls(some)
            computed = self._computed(some, nulls["hash"], diffs)
            for said in some:
                hash_ = computed[said.id] if said.hash is UNSET else said.hash
                no_hash = said.id in nulls["hash"] and _empty(said.hash)
                no_ref = said.id in nulls["commit_ref"] and _empty(said.commit_ref)
                alike = held.add_patch(
                    said,
                    self._mail(said.id),
                    diffs[said.id],
                    hash_=None if no_hash else hash_,
                    ref=None if no_ref else said.commit_ref,
                )
                if not alike:
                    self.trouble.otherwise.add(said.id)
            done += len(some)
            self.tell("putting together", done, total)

    # -- tables --------------------------------------------------------------------------------

    def _list(self, method: str, shape: type[_T], *, again: bool = False) -> list[_T]:
        rows = self._all(method, shape, again=again)
        if isinstance(rows, wire.Fault):
            raise Stopped(f"{self.source.endpoint.url} refuses {method}(): {rows.text[:200]}")
        return rows

    def _all(self, method: str, shape: type[_T], *, again: bool = False) -> list[_T] | wire.Fault:
        return self.source.ask(method, "", 0, read=lambda value: _rows(value, shape), again=again)

    def _filter(self, projects: list[ProjectSaid]) -> Filter:
        filt: Filter = {}
        if self.wanted.project is not None:
            ids = [row.id for row in projects if row.linkname == self.wanted.project]
            if not ids:
                known = ", ".join(row.linkname for row in projects[:20])
                raise Stopped(f"there is no project {self.wanted.project!r} there, but {known}")
            filt["project_id"] = ids[0]
        if self.wanted.since is not None:
            filt["date__gte"] = self.wanted.since
        return filt

    def _detected(self, projects: list[ProjectSaid]) -> Detected:
        sample = {
            "projects": [{"id": row.id, "linkname": row.linkname} for row in projects],
            "patches": [
                {"id": row.id, "msgid": row.msgid, "project_id": row.project_id}
                for row in self.patches.newest(3)
            ],
        }
        return detect(self.source, sample)

    def _people(self) -> list[PersonSaid]:
        """Everybody, where all patches are wanted; else those who sent one that is."""
        senders = {row.submitter_id: said_by(row) for row in self.patches}
        everybody: list[PersonSaid] = []
        if self.wanted.all_patches:
            listed = self._all("person_list", PersonSaid)
            self.trouble.no_people_list = isinstance(listed, wire.Fault)
            everybody = [] if isinstance(listed, wire.Fault) else listed
        missing = sorted(senders.keys() - {row.id for row in everybody})
        for number, person_id in enumerate(missing, 1):
            self.tell("people", number, len(missing))
            everybody.append(self._person(person_id, senders[person_id]))
        return everybody

    def _person(self, person_id: int, sender: PersonSaid) -> PersonSaid:
        """Somebody, who is at least who sent their patches."""

        def read(value: Any) -> PersonSaid:
            row = convert(value, PersonSaid) if value else sender
            if row.id != person_id:
                raise ValueError(f"person {row.id}, who was not asked for")
            return row

        row = self.source.ask("person_get", person_id, read=read)
        if isinstance(row, wire.Fault):
            self.trouble.people.add(person_id)
            return sender
        return row

    def _read_checks(self, filt: Filter) -> None:
        if not self.wanted.checks:
            return
        supported = self.source.ask("check_list", {"id": -1}, read=repr)
        if isinstance(supported, wire.Fault):
            if '"check_list" is not supported' not in supported.text:
                raise Stopped(f"check_list is refused: {supported.text[:200]}")
            self.trouble.no_checks = True
            return
        for row in self._counted("checks", self._checks(filt)):
            if row.patch_id in self.patches:
                self.checks.put(row)

    def _checks(self, filt: Filter) -> Iterator[CheckSaid]:
        """All checks of the project, or those of one patch after the other."""
        of: Iterable[Filter]
        if self.wanted.since is None and self.wanted.limit is None:
            of = [{name: value for name, value in filt.items() if name == "project_id"}]
        else:
            of = ({"patch_id": row.id} for row in self.patches)
        unreadable: set[int] = set()
        for each in of:
            windows = Windows(self.source, "check_list", each, CheckSaid)
            yield from windows.rows()
            unreadable |= windows.unreadable.keys()
        _note(unreadable, self.trouble.checks)

    def _counted(self, what: str, rows: Iterator[_T]) -> Iterator[_T]:
        for number, row in enumerate(rows, 1):
            self.tell(what, number, None)
            yield row

    # -- what changes meanwhile ----------------------------------------------------------------

    def _again(self, windows: Windows[PatchSaid]) -> None:
        """The patches as they are at the end; what was read of those that changed is forgotten."""
        changed: set[int] = set()
        gone: set[int] = set()
        for low, high, now in windows.reread():
            current = {row.id: row for row in now}
            for row in self.patches.between(low, high):
                if row.id not in current:
                    gone.add(row.id)
                elif current[row.id] != row:
                    changed.add(row.id)
                    self.patches.put(current[row.id])
                    for method in ("patch_get_mbox", "patch_get_diff"):
                        self.source.forget(method, row.id)
        _note(changed, self.trouble.changed)
        _note(gone, self.trouble.gone)

    # -- patches -------------------------------------------------------------------------------

    def _fetch(self) -> None:
        """Have the diff and the mail of every patch."""
        for what, ask in (("diffs", self._asked_diff), ("mails", self._asked_mail)):
            total = len(self.patches)
            for number, row in enumerate(self.patches, 1):
                self.tell(what, number, total)
                ask(row.id)

    def _nulls(self, patches: list[PatchSaid]) -> dict[str, set[int]]:
        """Ids of the patches whose hash, or commit, is NULL: an empty text looks like it, but
        `isnull` tells (servers.md 1.7)."""
        found: dict[str, set[int]] = {"hash": set(), "commit_ref": set()}
        unknown: set[int] = set()
        for column in found:
            empty = {row.id for row in patches if _empty(getattr(row, column))}
            if not empty:
                continue
            asked = {"id__in": sorted(empty), f"{column}__isnull": True}
            answer = self.source.ask("patch_list", asked, read=_ids)
            if isinstance(answer, wire.Fault):
                unknown |= empty
            else:
                found[column] = answer & empty
        _note(unknown, self.trouble.nulls)
        return found

    def _asked_mail(self, number: int) -> str | wire.Fault:
        return self.source.ask("patch_get_mbox", number, read=_mail)

    def _asked_diff(self, number: int) -> str | wire.Fault:
        return self.source.ask("patch_get_diff", number, read=lambda v: convert(v, str))

    def _mail(self, number: int) -> str:
        """A patch's mail; '' for one that is refused. (On 1.0 it is '' itself: servers.md 2.)"""
        mail = self._asked_mail(number)
        if not mail or isinstance(mail, wire.Fault):
            self.trouble.mails.add(number)
            return ""
        return mail

    def _diff(self, number: int) -> str | None:
        """A patch's diff; None for a fault that says so (servers.md 1.4)."""
        diff = self._asked_diff(number)
        if not isinstance(diff, wire.Fault):
            return diff
        if "cannot marshal None" not in diff.text:
            self.trouble.diffs.add(number)
        return None

    def _computed(
        self, patches: list[PatchSaid], null: set[int], diffs: dict[int, str | None]
    ) -> dict[int, str]:
        """The hashes of patches where structs say none: those of their diffs, which is right if
        they can be found by them."""
        hashes = {
            row.id: diff_hash(diffs[row.id] or "")
            for row in patches
            if row.hash is UNSET and row.id not in null
        }
        if hashes:
            asked = {"id__in": [*hashes], "hash__in": [*hashes.values()]}
            found = self.source.ask("patch_list", asked, read=_ids)
            known = set() if isinstance(found, wire.Fault) else found
            _note(hashes.keys() - known, self.trouble.hashes)
        return {row.id: hashes.get(row.id, "") for row in patches}


def _empty(text: str | UnsetType) -> bool:
    """Whether a column that looks so may be NULL. (PostgreSQL pads hashes: servers.md 3.)"""
    return text is UNSET or not text.strip()


def _note(ids: Iterable[int], some: Some) -> None:
    for number in sorted(ids):
        some.add(number)


def _ids(value: Any) -> set[int]:
    return {row.id for row in _rows(value, PatchSaid)}


def _mail(value: Any) -> str:
    """A mail, or nothing."""
    text = convert(value, str)
    if text and not text.startswith("From patchwork "):  # servers.md 1.9
        raise ValueError(f"{text[:40]!r} is no mail of a patch")
    return text


def _rows(value: Any, shape: type[_T]) -> list[_T]:
    rows = convert(value, list[shape])  # type: ignore[valid-type]
    if len({row.id for row in rows}) < len(rows):  # type: ignore[attr-defined]
        raise ValueError("a row comes twice")
    return rows
