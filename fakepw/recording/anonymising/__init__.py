"""Rows of real people -> the same rows of nobody: people, addresses, hosts and message ids made up.

The same original becomes the same everywhere, so that threads, tags and lists still fit together.
`made_up` says what becomes of what, `rewriting` finds it in texts, also where it is encoded, and
`leaks` looks through the result once more, by other means: a text in which an address is left
goes as a whole.
"""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec.structs import fields, replace

from ...patchwork.mail.diffs import diff_hash
from ...patchwork.rows.rows import Dataset, Patch, User
from .leaks import Search
from .made_up import MadeUp
from .rewriting import Overdone, Rewriter, addresses_in, hosts_in, ids_in, names_in

#: Stands for a text that cannot be shown.
REMOVED = "[removed: an address in it could not be replaced]"
#: Columns that are neither anybody's nor text: hashes and commits are public, and tell nobody.
_KEPT = {"hash", "commit_ref", "state", "linkname"}

_RowT = TypeVar("_RowT")


def anonymised(dataset: Dataset) -> tuple[Dataset, str]:
    """The rows of nobody, and a sentence for the fixture's notes."""
    made_up = _known(dataset)
    anonymiser = _Anonymiser(made_up)
    tables: dict[str, Any] = {
        name: tuple(anonymiser.row(row) for row in getattr(dataset, name))
        for name in dataset.__struct_fields__
    }
    note = (
        "People, addresses, hosts and message ids are made up, each the same one everywhere, and"
        " passwords are the usernames; a given name alone in a sentence is left as it was."
    )
    if anonymiser.removed:
        note += (
            f" Texts that went, for an address in them could not be replaced: {anonymiser.removed}."
        )
    return Dataset(**tables), note


def _known(dataset: Dataset) -> MadeUp:
    """Everybody and everything that is named anywhere, in the order in which it is met."""
    made_up = MadeUp()
    for person in dataset.people:
        made_up.owned(person.email, person.name)
    for project in dataset.projects:
        made_up.address(project.listemail)
        if project.listid:
            made_up.host(project.listid)
    for user in dataset.users:
        made_up.address(user.email)
        made_up.username(user.username)
    mails: list[Any] = [*dataset.patches, *dataset.comments]
    for row in mails:
        made_up.msgid(row.msgid)
    for row in mails:
        for msgid in ids_in(row.headers):
            made_up.msgid(msgid)
        for host in hosts_in(row.headers):
            made_up.host(host)
        for text in _texts(row):
            for name, address in names_in(text):
                made_up.address(address, name)
    for table in ("projects", "people", "patches", "comments", "checks"):
        for row in getattr(dataset, table):
            for text in _texts(row):
                for address in addresses_in(text):
                    made_up.address(address)
    return made_up


def _texts(row: Any) -> list[str]:
    """The columns of a row that are text."""
    values = (getattr(row, field.name) for field in fields(row))
    return [value for value in values if isinstance(value, str)]


class _Anonymiser:
    def __init__(self, made_up: MadeUp) -> None:
        self.made_up = made_up
        self.rewriter = Rewriter(made_up)
        self.search = Search(made_up.addresses)
        self.removed = 0

    def row(self, row: _RowT) -> _RowT:
        """A row of nobody."""
        changed: dict[str, Any] = {}
        for field in fields(row):  # type: ignore[arg-type]
            value = getattr(row, field.name)
            if isinstance(value, str) and field.name not in _KEPT:
                changed[field.name] = self._column(field.name, value, type(row).__name__)
        if isinstance(row, User):
            changed["password"] = changed["username"]
        if isinstance(row, Patch) and row.diff is not None and row.hash == diff_hash(row.diff):
            changed["hash"] = diff_hash(changed["diff"])
        return replace(row, **changed)  # type: ignore[type-var]

    def _column(self, name: str, value: str, table: str) -> str:
        made_up = self.made_up
        if name in ("email", "listemail"):
            return made_up.owned(value) if table == "Person" else made_up.address(value)
        if name == "listid":
            return made_up.host(value) if value else value
        if name == "msgid":
            return made_up.msgid(value)
        if name == "username":
            return made_up.username(value)
        if name == "name" and table == "Person":
            return made_up.name(value)
        try:
            text = self.rewriter.text(value)
        except Overdone:
            text = ""
        if (value and not text) or self.search.leaks(text):
            self.removed += 1
            return REMOVED
        return text
