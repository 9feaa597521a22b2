"""The tables of a live Patchwork, one after the other, into rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from ..patchwork.instances.instances import instance
from ..patchwork.mail.diffs import diff_hash
from ..patchwork.rows.rows import Dataset, State
from .detecting import Detected, detect
from .rows import Held, said_by
from .shapes import CheckSaid, PatchSaid, PersonSaid, ProjectSaid, StateSaid, convert
from .source import Source, Stopped
from .suite import wire
from .windows import WIDTH, Filter, Windows

#: Told what is being read, how far it has come, and how far it has to come, if that is known.
Tell = Callable[[str, int, int | None], None]
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


@dataclass
class Trouble:
    """What could not be read, or came otherwise than it was."""

    patches: dict[int, str] = field(default_factory=dict)
    checks: dict[int, str] = field(default_factory=dict)
    #: People who cannot be read by themselves.
    people: dict[int, str] = field(default_factory=dict)
    #: Patches of which the server gives no mail, or no diff, and what it says instead.
    mails: dict[int, str] = field(default_factory=dict)
    diffs: dict[int, str] = field(default_factory=dict)
    #: Patches of which it is not known whether they have no hash, or no commit, or an empty one.
    nulls: set[int] = field(default_factory=set)
    hashes: set[int] = field(default_factory=set)
    #: Rows that were not the same at the end.
    changed: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    no_people_list: bool = False
    no_checks: bool = False


@dataclass(frozen=True)
class Read:
    """All that was read."""

    dataset: Dataset
    detected: Detected
    held: Held
    trouble: Trouble
    #: Questions whose answers hold characters that could not be read.
    damaged: frozenset[str] = frozenset()


class Reader:
    """Reads one source. Raises Stopped where that cannot go on."""

    def __init__(self, source: Source, wanted: Wanted, tell: Tell) -> None:
        self.source, self.wanted, self.tell = source, wanted, tell
        self.trouble = Trouble()

    def read(self) -> Read:
        """Everything that is wanted."""
        projects = self._list("project_list", ProjectSaid)
        filt = self._filter(projects)
        patch_windows = Windows(self.source, "patch_list", filt, PatchSaid, self.wanted.limit or 0)
        patches = patch_windows.rows(partial(self._more, "patches", 0))
        self.trouble.patches |= patch_windows.unreadable
        detected = self._detected(projects, patches)
        checks = self._checks(filt, patches)
        self._diffs(patches)
        self._mails(patches)
        patches = self._again(patches, patch_windows)
        held = Held(instance(detected.likeliest).traits)
        self._add_lists(held, patches)
        held.add_people(self._people(patches))
        for check in checks:
            held.add_check(check)
        held.add_accounts(patches)
        nulls = self._nulls(patches, patch_windows)
        self._add_patches(held, patches, nulls)
        damaged = frozenset(self.source.damaged)
        return Read(held.dataset(), detected, held, self.trouble, damaged)

    def _add_lists(self, held: Held, patches: list[PatchSaid]) -> None:
        """States and projects; read again if one came, and a patch with it, since they were."""
        projects = self._list("project_list", ProjectSaid)
        states = self._list("state_list", StateSaid)
        if {row.state_id for row in patches} - {row.id for row in states}:
            states = self._list("state_list", StateSaid, again=True)
        if {row.project_id for row in patches} - {row.id for row in projects}:
            projects = self._list("project_list", ProjectSaid, again=True)
        for number, state in enumerate(states):  # by ordering (servers.md 1.6)
            held.states[state.id] = State(state.id, state.name, number, False)
        held.add_projects(projects)

    def _add_patches(
        self, held: Held, patches: list[PatchSaid], nulls: dict[str, set[int]]
    ) -> None:
        """Patches with their diffs and mails, all of which were answered before, but for those
        that changed."""
        diffs, mails = self._diffs(patches), self._mails(patches)
        computed = self._computed(patches, nulls["hash"], diffs)
        for said in patches:
            hash_ = computed[said.id] if said.hash is UNSET else said.hash
            no_hash = said.id in nulls["hash"] and _empty(said.hash)
            no_ref = said.id in nulls["commit_ref"] and _empty(said.commit_ref)
            held.add_patch(
                said,
                mails[said.id],
                diffs[said.id],
                hash_=None if no_hash else hash_,
                ref=None if no_ref else said.commit_ref,
            )

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

    def _detected(self, projects: list[ProjectSaid], patches: list[PatchSaid]) -> Detected:
        sample = {
            "projects": [{"id": row.id, "linkname": row.linkname} for row in projects],
            "patches": [
                {"id": row.id, "msgid": row.msgid, "project_id": row.project_id}
                for row in patches[-3:]
            ],
        }
        return detect(self.source, sample)

    def _people(self, patches: list[PatchSaid]) -> list[PersonSaid]:
        """Everybody, where all patches are wanted; else those who sent one that is."""
        senders = {row.submitter_id: row for row in patches}
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

    def _person(self, person_id: int, sent: PatchSaid) -> PersonSaid:
        def read(value: Any) -> PersonSaid:
            row = convert(value, PersonSaid) if value else said_by(sent)
            if row.id != person_id:
                raise ValueError(f"person {row.id}, who was not asked for")
            return row

        row = self.source.ask("person_get", person_id, read=read)
        if isinstance(row, wire.Fault):
            self.trouble.people[person_id] = row.text
            return said_by(sent)
        return row

    def _checks(self, filt: Filter, patches: list[PatchSaid]) -> list[CheckSaid]:
        if not self.wanted.checks:
            return []
        supported = self.source.ask("check_list", {"id": -1}, read=repr)
        if isinstance(supported, wire.Fault):
            if '"check_list" is not supported' not in supported.text:
                raise Stopped(f"check_list is refused: {supported.text[:200]}")
            self.trouble.no_checks = True
            return []
        known = {row.id for row in patches}
        if self.wanted.since is None and self.wanted.limit is None:
            of = {name: value for name, value in filt.items() if name == "project_id"}
            windows = [Windows(self.source, "check_list", of, CheckSaid)]
        else:
            windows = [
                Windows(self.source, "check_list", {"patch_id": number}, CheckSaid)
                for number in sorted(known)
            ]
        found: list[CheckSaid] = []
        for window in windows:
            before = len(found)
            found += window.rows(partial(self._more, "checks", before))
            self.trouble.checks |= window.unreadable
        return [row for row in found if row.patch_id in known]

    def _more(self, what: str, before: int, count: int) -> None:
        self.tell(what, before + count, None)

    # -- what changes meanwhile ----------------------------------------------------------------

    def _again(self, patches: list[PatchSaid], windows: Windows[PatchSaid]) -> list[PatchSaid]:
        """The patches as they are at the end; what was read of those that changed is forgotten."""
        rows = {row.id: row for row in patches}
        for _, before, now in windows.again():
            current = {row.id: row for row in now}
            for row in before:
                if row.id not in rows:
                    continue  # beyond the limit
                if row.id not in current:
                    self.trouble.gone.add(row.id)
                elif current[row.id] != row:
                    self.trouble.changed.add(row.id)
                    rows[row.id] = current[row.id]
                    for method in ("patch_get_mbox", "patch_get_diff"):
                        self.source.forget(method, row.id)
        return list(rows.values())

    # -- patches -------------------------------------------------------------------------------

    def _nulls(self, patches: list[PatchSaid], windows: Windows[PatchSaid]) -> dict[str, set[int]]:
        """Ids of the patches whose hash, or commit, is NULL: an empty text looks like it, but
        `isnull` tells (servers.md 1.7)."""
        found: dict[str, set[int]] = {"hash": set(), "commit_ref": set()}
        for _, rows in windows.asked:
            for column, ids in found.items():
                empty = {row.id for row in rows if _empty(getattr(row, column))}
                if not empty:
                    continue
                asked = {"id__in": sorted(empty), f"{column}__isnull": True}
                answer = self.source.ask(
                    "patch_list", asked, read=lambda value: {r.id for r in _rows(value, PatchSaid)}
                )
                if isinstance(answer, wire.Fault):
                    self.trouble.nulls |= empty
                else:
                    ids |= answer & empty
        return found

    def _mails(self, patches: list[PatchSaid]) -> dict[int, str]:
        """Mails by patch; '' for one that is refused. (On 1.0 it is '' itself: servers.md 2.)"""
        mails: dict[int, str] = {}
        for number, row in enumerate(patches, 1):
            self.tell("mails", number, len(patches))
            mail = self.source.ask("patch_get_mbox", row.id, read=_mail)
            mails[row.id] = "" if isinstance(mail, wire.Fault) else mail
            if not mails[row.id]:
                said = mail.text if isinstance(mail, wire.Fault) else "nothing"
                self.trouble.mails[row.id] = said
        return mails

    def _diffs(self, patches: list[PatchSaid]) -> dict[int, str | None]:
        """Diffs by patch; None for a fault that says so (servers.md 1.4)."""
        diffs: dict[int, str | None] = {}
        for number, row in enumerate(patches, 1):
            self.tell("diffs", number, len(patches))
            diff = self.source.ask("patch_get_diff", row.id, read=lambda v: convert(v, str))
            diffs[row.id] = None if isinstance(diff, wire.Fault) else diff
            if isinstance(diff, wire.Fault) and "cannot marshal None" not in diff.text:
                self.trouble.diffs[row.id] = diff.text
        return diffs

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
        ids = list(hashes)
        for some in (ids[at : at + WIDTH] for at in range(0, len(ids), WIDTH)):
            asked = {"id__in": some, "hash__in": [hashes[number] for number in some]}
            found = self.source.ask(
                "patch_list", asked, read=lambda value: {r.id for r in _rows(value, PatchSaid)}
            )
            self.trouble.hashes |= set(some) - (set() if isinstance(found, wire.Fault) else found)
        return {row.id: hashes.get(row.id, "") for row in patches}


def _empty(text: str | UnsetType) -> bool:
    """Whether a column that looks so may be NULL. (PostgreSQL pads hashes: servers.md 3.)"""
    return text is UNSET or not text.strip()


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
