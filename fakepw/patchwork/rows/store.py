"""The rows of a running Patchwork: indexed, changeable, and quick to put back.

Rows are immutable; a write replaces one.  Every write notes how to undo it, so that a reset costs
what was written and not what is held.  Lists of patches come by (date, id): the server orders by
date alone (servers.md 1.7), and a fake had better always break ties alike.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from ..words.brief import described
from .rows import Check, Comment, Dataset, Patch, Person, Project, State, User
from .shown import Shown

#: Gives the key under which an index holds a patch; None if it holds no such patch.
IndexKey = Callable[[Patch], Any]
#: Patches that an index leaves where they were until somebody looks, who should not wait for long.
_MOST_STRAYS = 100


@dataclass(slots=True)
class _Index:
    """The ids of patches under the key that `key` gives each.

    A patch that becomes another is moved when somebody next looks: to find its place in a long list
    takes longer than the write, and many a test writes, never looks, and has it all undone.
    `strays` holds the key under which each still stands that belongs elsewhere.
    """

    key: IndexKey
    groups: dict[Any, list[int]]
    strays: dict[int, Any] = field(default_factory=dict)

    def change(self, old: Patch, new: Patch) -> None:
        """Take note that one patch became the other."""
        before, after = self.key(old), self.key(new)
        if before != after:
            stands = self.strays.setdefault(new.id, before)
            if stands == after:  # it is back
                del self.strays[new.id]

    def settle(self, store: Store) -> None:
        """Move what belongs elsewhere."""
        for patch_id, stands in self.strays.items():
            _leave(self.groups[stands], patch_id, store.sort_key)
            belongs = self.groups.setdefault(self.key(store.patches[patch_id]), [])
            insort(belongs, patch_id, key=store.sort_key)
        self.strays.clear()

    def group_of(self, patch: Patch) -> list[int]:
        """The list in which a patch stands; or is to stand, if it is new."""
        strayed = patch.id in self.strays
        stands = self.strays.pop(patch.id) if strayed else self.key(patch)
        return self.groups.setdefault(stands, [])


def _leave(ids: list[int], patch_id: int, sort_key: Callable[[int], Any]) -> None:
    """Take a patch out of a sorted list."""
    del ids[bisect_left(ids, sort_key(patch_id), key=sort_key)]


class Store:
    """All rows of one Patchwork, by id and by what clients look for.

    `states`, `projects`, `users`, `people`, `patches`, `comments` and `checks` map an id to its
    row, ascending. They are for reading; `replace_patch` and the `add_…` are the writes.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.states: dict[int, State] = {row.id: row for row in dataset.states}
        self.projects: dict[int, Project] = {row.id: row for row in dataset.projects}
        self.users: dict[int, User] = {row.id: row for row in dataset.users}
        self.people: dict[int, Person] = {row.id: row for row in dataset.people}
        self.patches: dict[int, Patch] = {row.id: row for row in dataset.patches}
        self.comments: dict[int, Comment] = {row.id: row for row in dataset.comments}
        self.checks: dict[int, Check] = {row.id: row for row in dataset.checks}
        #: what was made of rows to show them
        self.shown = Shown()
        self._skipped_ids = 0
        self._undo: list[Callable[[], object]] = []
        self._order: list[int] | None = None
        self._ids: list[int] | None = None
        self._emails: dict[str, int] | None = None
        self._indexes: dict[str, _Index] = {}
        self._comments: dict[int, list[Comment]] = defaultdict(list)
        for comment in dataset.comments:
            self._comments[comment.patch_id].append(comment)
        self._checks: dict[int, list[Check]] = defaultdict(list)
        for check in dataset.checks:
            self._checks[check.patch_id].append(check)
        self._checks_by: dict[int, list[Check]] | None = None

    def __repr__(self) -> str:
        writes = f"{len(self._undo)} writes since the reset" if self._undo else ""
        return described(self, f"patches {len(self.patches)}, checks {len(self.checks)}", writes)

    # -- reading ---------------------------------------------------------------------------

    def sort_key(self, patch_id: int) -> tuple[datetime, int]:
        """Where a patch stands in a list."""
        return self.patches[patch_id].date, patch_id

    @property
    def order(self) -> list[int]:
        """The ids of all patches by (date, id)."""
        if self._order is None:
            rows = self.patches.values()
            self._order = [row.id for row in sorted(rows, key=lambda row: (row.date, row.id))]
        return self._order

    @property
    def ids(self) -> list[int]:
        """The ids of all patches, ascending."""
        if self._ids is None:
            self._ids = sorted(self.patches)
        return self._ids

    def between(self, least: datetime | None, most: datetime | None) -> list[int]:
        """The ids of patches dated from `least` to `most`, both included, by (date, id)."""
        order = self.order
        start = 0 if least is None else bisect_left(order, (least, 0), key=self.sort_key)
        if most is None:
            return order[start:]
        return order[start : bisect_left(order, (most, 1 << 80), key=self.sort_key)]

    def index(self, name: str, key: IndexKey) -> dict[Any, list[int]]:
        """The ids of patches, by (date, id), under the key that `key` gives each.

        Built when first asked for and kept up to date from then on; `name` identifies it.
        """
        found = self._indexes.get(name)
        if found is None:
            groups: dict[Any, list[int]] = {}
            patches = self.patches
            for patch_id in self.order:
                groups.setdefault(key(patches[patch_id]), []).append(patch_id)
            found = self._indexes[name] = _Index(key, groups)
        elif found.strays:
            found.settle(self)
        return found.groups

    def person_of(self, email: str) -> Person | None:
        """Whose an address is."""
        if self._emails is None:
            self._emails = {person.email: person.id for person in self.people.values()}
        number = self._emails.get(email)
        return None if number is None else self.people[number]

    def comments_of(self, patch_id: int) -> tuple[Comment, ...]:
        """A patch's comments in the order of their ids."""
        return tuple(self._comments.get(patch_id, ()))

    def checks_of(self, patch_id: int) -> tuple[Check, ...]:
        """A patch's checks in the order of their ids."""
        return tuple(self._checks.get(patch_id, ()))

    def checks_by(self, user_id: int) -> tuple[Check, ...]:
        """The checks that a user made, in the order of their ids."""
        if self._checks_by is None:
            self._checks_by = defaultdict(list)
            for check in self.checks.values():
                self._checks_by[check.user_id].append(check)
        return tuple(self._checks_by.get(user_id, ()))

    def rows(self) -> Dataset:
        """All rows as they are now, in fixture form."""
        return Dataset(
            states=self.dataset.states,
            projects=self.dataset.projects,
            users=self.dataset.users,
            people=tuple(self.people.values()),
            patches=tuple(self.patches.values()),
            comments=tuple(self.comments.values()),
            checks=tuple(self.checks.values()),
        )

    def followed_by(self, dataset: Dataset) -> Store:
        """A store of other rows that goes on counting where this one is."""
        store = Store(dataset)
        store._skipped_ids = self._skipped_ids
        return store

    # -- writing ---------------------------------------------------------------------------

    def replace_patch(self, patch: Patch) -> None:
        """Put `patch` in the place of the row with its id. Its date may not differ."""
        old = self._exchange(patch)
        self._undo.append(partial(self._exchange, old))

    def add_check(self, check: Check) -> None:
        """Add a row whose id is `next_check_id()`."""
        skipped, self._skipped_ids = self._skipped_ids, 0
        self.checks[check.id] = check
        self._checks[check.patch_id].append(check)
        if self._checks_by is not None:
            self._checks_by[check.user_id].append(check)
        self.shown.combined.pop(check.patch_id, None)
        self._undo.append(lambda: self._drop_check(check, skipped))

    def add_patch(self, patch: Patch) -> None:
        """Add a row whose id is above all others."""
        self.patches[patch.id] = patch
        if self._ids is not None:
            self._ids.append(patch.id)
        for ids in self._lists_of(patch):
            insort(ids, patch.id, key=self.sort_key)
        self._undo.append(lambda: self._drop_patch(patch))

    def add_comment(self, comment: Comment) -> None:
        """Add a row whose id is above all others."""
        self.comments[comment.id] = comment
        self._comments[comment.patch_id].append(comment)
        self.shown.mails.forget(comment.patch_id)
        self._undo.append(lambda: self._drop_comment(comment))

    def add_person(self, person: Person) -> None:
        """Add a row whose id is above all others, and whose address is nobody's."""
        self.people[person.id] = person
        if self._emails is not None:
            self._emails[person.email] = person.id
        self._undo.append(lambda: self._drop_person(person))

    def next_check_id(self) -> int:
        """The id of the next check: ids ascend (servers.md 1.10)."""
        return next(reversed(self.checks), 0) + 1 + self._skipped_ids

    def skip_check_id(self) -> None:
        """Use up the id of the next check."""
        self._skipped_ids += 1
        self._undo.append(self._unskip_check_id)

    def reset(self) -> None:
        """Back to the rows of the dataset, in time proportional to what was written."""
        self.undo()

    @property
    def writes(self) -> int:
        """How many writes there were since the reset."""
        return len(self._undo)

    def undo(self, writes: int = 0) -> None:
        """Back to what it was after so many writes."""
        while len(self._undo) > writes:
            self._undo.pop()()

    def _exchange(self, patch: Patch) -> Patch:
        """Put `patch` in the place of the row with its id, which is given back."""
        old = self.patches[patch.id]
        self.patches[patch.id] = patch
        self._forget(old, patch)
        for index in self._indexes.values():
            index.change(old, patch)
            if len(index.strays) > _MOST_STRAYS:
                index.settle(self)
        return old

    def _forget(self, old: Patch, new: Patch) -> None:
        """What was shown of a patch that became another; its checks show its name."""
        self.shown.forget_patch(old.id)
        if old.name != new.name:
            self.shown.combined.pop(old.id, None)
            for check in self._checks.get(old.id, ()):
                self.shown.checks.pop(check.id, None)

    def _lists_of(self, patch: Patch) -> Iterator[list[int]]:
        """All lists, sorted by (date, id), in which a patch belongs."""
        if self._order is not None:
            yield self._order
        for index in self._indexes.values():
            yield index.group_of(patch)

    def _drop_patch(self, patch: Patch) -> None:
        for ids in self._lists_of(patch):
            _leave(ids, patch.id, self.sort_key)
        if self._ids is not None:
            self._ids.pop()
        del self.patches[patch.id]
        self.shown.forget_patch(patch.id)
        self.shown.combined.pop(patch.id, None)

    def _drop_comment(self, comment: Comment) -> None:
        del self.comments[comment.id]
        self._comments[comment.patch_id].pop()
        self.shown.mails.forget(comment.patch_id)

    def _drop_person(self, person: Person) -> None:
        del self.people[person.id]
        self.shown.people.pop(person.id, None)
        if self._emails is not None:
            del self._emails[person.email]

    def _unskip_check_id(self) -> None:
        self._skipped_ids -= 1

    def _drop_check(self, check: Check, skipped: int) -> None:
        self._skipped_ids = skipped
        del self.checks[check.id]
        self.shown.checks.pop(check.id, None)
        self.shown.combined.pop(check.patch_id, None)
        self._checks[check.patch_id].pop()
        if self._checks_by is not None:
            self._checks_by[check.user_id].pop()


def in_order(store: Store, patch_ids: Iterable[int]) -> list[int]:
    """Patch ids by (date, id)."""
    return sorted(patch_ids, key=store.sort_key)
