"""What servers say of a row, and nothing else: an answer of another shape is not believed.

Members and types are those of servers.md 1.3; that text is <base64> from some and <string> from
others is settled before (`wire`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ..fixtures.forms import MAX_ID
from ..patchwork.rows.rows import CheckState
from ..telling.wording import plain

Id = Annotated[int, Meta(ge=1, le=MAX_ID)]


def date_of(text: str) -> datetime:
    """A date as Python's `str(datetime)` writes it (servers.md 1.3). Raises ValueError."""
    for form in ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError(f"{text[:100]!r} is no date")


class ProjectSaid(Struct, frozen=True):
    """A project."""

    id: Id
    linkname: str
    name: str


class StateSaid(Struct, frozen=True):
    """A state."""

    id: Id
    name: str


class PersonSaid(Struct, frozen=True):
    """A person; `user` is an account's name, or the text None."""

    id: Id
    email: str
    name: str
    user: str


class PatchSaid(Struct, frozen=True):
    """A patch; 1.0 and 1.1 say no hash (servers.md 2)."""

    id: Id
    date: str
    msgid: str
    name: str
    project_id: Id
    state_id: Id
    archived: bool
    submitter: str
    submitter_id: Id
    delegate: str
    delegate_id: Annotated[int, Meta(ge=0, le=MAX_ID)]
    commit_ref: str
    hash: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        date_of(self.date)


class CheckSaid(Struct, frozen=True):
    """A check."""

    id: Id
    date: str
    patch_id: Id
    user: str
    user_id: Id
    state: CheckState
    target_url: str
    description: str
    context: str

    def __post_init__(self) -> None:
        date_of(self.date)


_T = TypeVar("_T")


def convert(value: Any, shape: type[_T]) -> _T:
    """A value as one of these. Raises ValueError, in words, if it is none."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        what, at, where = str(error).rpartition(" - at ")
        raise ValueError(f"{plain(what)} at {where}" if at else plain(str(error))) from None
