"""The rows that a Patchwork holds: immutable, in the canonical fixture form.

A relation is the id of the other row; `None` is SQL's NULL.  Dates are naive UTC, as Patchwork
stores those of patches (servers.md 1.3).
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, get_args

import msgspec

from ..words.brief import brief, described

#: What a check can say (servers.md 1.10).
CheckState = Literal["pending", "success", "warning", "fail"]
CHECK_STATES: tuple[str, ...] = get_args(CheckState)


class Row(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What all rows have; in brief they are shown by their id and one more column."""

    id: int

    _known_by: ClassVar[str]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}: {brief(getattr(self, self._known_by))}>"


class State(Row, frozen=True, gc=False, forbid_unknown_fields=True):
    """A state that a patch can be in; lists are sorted by `ordering` (servers.md 1.6)."""

    _known_by = "name"

    name: str
    ordering: int
    action_required: bool


class Project(Row, frozen=True, gc=False, forbid_unknown_fields=True):
    """A mailing list whose patches are tracked."""

    _known_by = "linkname"

    linkname: str
    name: str
    listid: str
    listemail: str


class User(Row, frozen=True, gc=False, forbid_unknown_fields=True):
    """An account; `maintainer_of` holds project ids, `password` is the clear text."""

    _known_by = "username"

    username: str
    password: str
    is_superuser: bool
    is_active: bool
    email: str
    maintainer_of: tuple[int, ...]


class Person(Row, frozen=True, gc=False, forbid_unknown_fields=True):
    """A submitter, linked to an account or to none."""

    _known_by = "email"

    name: str | None
    email: str
    user_id: int | None


class Patch(Row, frozen=True, gc=False, forbid_unknown_fields=True):
    """A patch mail. `headers` and `content` are the mail's text, `diff` what it changes.

    `state_id` and `content` are NULL only where somebody wrote to the database by hand
    (servers.md 1.3); servers still have to answer for such rows.
    """

    _known_by = "name"

    project_id: int
    msgid: str
    name: str
    date: datetime
    submitter_id: int
    delegate_id: int | None
    state_id: int | None
    archived: bool
    commit_ref: str | None
    hash: str | None
    headers: str
    content: str | None
    diff: str | None


class Comment(Row, frozen=True, gc=False, forbid_unknown_fields=True):
    """A reply to a patch; tags in it (`Acked-by: …`) go into the patch's mbox (servers.md 1.9)."""

    _known_by = "msgid"

    patch_id: int
    msgid: str
    date: datetime
    submitter_id: int
    headers: str
    content: str


class Check(Row, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a CI job said of a patch (servers.md 1.8)."""

    _known_by = "context"

    patch_id: int
    user_id: int
    date: datetime
    state: str
    target_url: str | None
    description: str | None
    context: str | None


class Dataset(msgspec.Struct, frozen=True):
    """All rows of one Patchwork, each table ascending by id, every relation known to exist.

    Rows are of the classes in `fakepw.patchwork.rows.rows`. `fakepw.load` checks, and sorts, a
    Dataset that was put together by hand; `Patchwork` takes it as it is.
    """

    states: tuple[State, ...] = ()
    projects: tuple[Project, ...] = ()
    users: tuple[User, ...] = ()
    people: tuple[Person, ...] = ()
    patches: tuple[Patch, ...] = ()
    comments: tuple[Comment, ...] = ()
    checks: tuple[Check, ...] = ()

    def __repr__(self) -> str:
        counts = ((table, len(getattr(self, table))) for table in self.__struct_fields__)
        return described(self, *(f"{table} {count}" for table, count in counts if count))
