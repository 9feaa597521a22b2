"""Rows of real people -> the same rows of nobody: people, addresses, hosts and message ids made up.

The same original becomes the same everywhere, so that threads, tags and lists still fit together.
`made_up` says what becomes of what, and `words` of the words of names; `rewriting` finds them in
texts, also where they are encoded, and `leaks` looks through the result once more, by other means:
a text in which somebody is left goes as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ...patchwork.mail.diffs import diff_hash
from ...patchwork.rows.rows import Patch, User
from ..shelves import Numbers, Shelves
from .leaks import Search
from .made_up import MadeUp, Met
from .rewriting import (
    ADDRESS,
    Overdone,
    Rewriter,
    addresses_in,
    hosts_in,
    ids_in,
    names_in,
    spoken_to_in,
)

#: Stands for a text that cannot be shown.
REMOVED = "[removed: somebody in it could not be replaced]"
#: Columns that are words of Patchwork's own, or by which something is found.
_KEPT = {"Check": {"state"}, "State": {"name"}, "Project": {"linkname"}}
#: An id of a commit, or its first digits.
_DIGITS = re.compile(r"[0-9a-fA-F]{7,64}")

_RowT = TypeVar("_RowT", bound=Struct)


def _met(tables: Mapping[str, Iterable[Any]], ids: Numbers) -> Met:
    """Everybody and everything that is named anywhere, in the order in which it is met.

    Of patches and comments there may be many: only who and what they name is held.
    """
    met = Met(ids)
    for person in tables["people"]:
        met.person(person.email, person.name)
    for project in tables["projects"]:
        met.person(project.listemail, None)
        met.host(project.listid)
    for user in tables["users"]:
        met.person(user.email, None)
        met.usernames.setdefault(user.username)
    for row in chain(tables["patches"], tables["comments"]):
        met.msgid(row.msgid)
        for msgid in ids_in(row.headers):
            met.msgid(msgid)
        for host in hosts_in(row.headers):
            met.host(host)
        for text in _texts(row):
            for name, address in names_in(text):
                met.person(address, name)
        for text in (row.headers, row.content or ""):
            for word in spoken_to_in(text):
                met.hinted.setdefault(word)
    for table in ("projects", "people", "patches", "comments", "checks"):
        for row in tables[table]:
            for text in _texts(row):
                for address in addresses_in(text):
                    if met.ids.of(address) is None:
                        met.person(address, None)
    return met


def _texts(row: Any) -> list[str]:
    """The columns of a row that are text."""
    values = (getattr(row, name) for name in row.__struct_fields__)
    return [value for value in values if isinstance(value, str)]


class Anonymiser:
    """Makes other people of everybody who is in some rows, which are gone through twice before."""

    def __init__(self, tables: Mapping[str, Iterable[Any]], shelves: Shelves) -> None:
        met = _met(tables, shelves.numbers("ids"))
        self.made_up = MadeUp(met)
        odd = [each for each in met.addresses if "@" in each and not ADDRESS.fullmatch(each)]
        self.rewriter = Rewriter(self.made_up, met.names, odd)
        self.search = Search(met.addresses, self.made_up.words.gone)
        self.removed = 0

    def note(self) -> str:
        """What was done to the rows, for the fixture's notes."""
        said = (
            "People, addresses, hosts, and the ids of messages and commits are made up, each the"
            " same one everywhere, and passwords are the usernames. Left are names within longer"
            " words, names that are words, in small letters, people whom no address and no"
            " salutation shows to be some; and subjects, dates and what diffs do, by which"
            " whoever knows the list knows them."
        )
        if self.removed:
            said += f" Texts that went, for somebody in them could not be replaced: {self.removed}."
        return said

    def row(self, row: _RowT) -> _RowT:
        """A row of nobody."""
        changed: dict[str, Any] = {}
        for name in row.__struct_fields__:
            if isinstance(value := getattr(row, name), str):
                changed[name] = self._column(name, value, type(row).__name__)
        if isinstance(row, User):
            changed["password"] = changed["username"]
        if isinstance(row, Patch) and row.diff is not None and row.hash == diff_hash(row.diff):
            changed["hash"] = diff_hash(changed["diff"])
        return replace(row, **changed)

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
        if name in ("hash", "commit_ref") and _DIGITS.fullmatch(value):
            return made_up.commit(value)
        if name in _KEPT.get(table, ()):
            return value
        try:
            text = self.rewriter.text(value, code=name == "diff")
        except Overdone:
            text = ""
        if (value and not text) or self.search.leaks(text):
            self.removed += 1
            return REMOVED
        return text
