"""Rows as the structs that clients get: members, their order and types (servers.md 1.3, 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .instances.traits import Traits
from .rows.rows import Check, Patch, Person, Project, State
from .rows.store import Store
from .words.hash_order import reordered
from .words.text import filename, person
from .words.values import Array, Record, Text


class Records:
    """Makes the structs of one store as one instance shows them, and keeps those of patches and
    checks until their row changes."""

    def __init__(self, store: Store, traits: Traits) -> None:
        self._store = store
        self._traits = traits
        self._projects: dict[int, Record] = {}
        self._states: dict[int, Record] = {}
        version = traits.version
        #: The version of the API: an int on 1.0, three numbers later (servers.md 2).
        self.version = version if isinstance(version, int) else Array(version)

    def project(self, row: Project) -> Record:
        """A project: id, linkname, name."""
        record = self._projects.get(row.id)
        if record is None:
            members = {"id": row.id, "linkname": row.linkname, "name": row.name}
            record = self._projects[row.id] = self.struct(members)
        return record

    def state(self, row: State) -> Record:
        """A state: id, name."""
        record = self._states.get(row.id)
        if record is None:
            record = self._states[row.id] = self.struct({"id": row.id, "name": row.name})
        return record

    def person(self, row: Person) -> Record:
        """A person: id, email, name (the address for want of one), user."""
        record = self._store.shown.people.get(row.id)
        if record is None:
            members = {
                "id": row.id,
                "email": row.email,
                "name": row.email if row.name is None else row.name,
                "user": self._shown(self._username(row.user_id)),
            }
            record = self._store.shown.people[row.id] = self.struct(members)
        return record

    def patch(self, patch_id: int) -> Record:
        """A patch, with the names of what it relates to beside their ids."""
        record = self._store.shown.patches.get(patch_id)
        if record is None:
            row = self._store.patches[patch_id]
            record = self._store.shown.patches[patch_id] = self.struct(self._patch(row))
        return record

    def patches(self, patch_ids: Sequence[int]) -> list[Record]:
        """The same for many patches, most of which were shown before."""
        try:
            return list(map(self._store.shown.patches.__getitem__, patch_ids))
        except KeyError:
            return [self.patch(patch_id) for patch_id in patch_ids]

    def mail(self, patch: Patch) -> Text:
        """A patch as a mail. Raises Fault where the server cannot read or write it."""
        found = self._store.shown.mails.get(patch.id)
        if found is None:
            from .mail.mbox import mbox  # only now: the email package is slow to import

            found = Text(mbox(self._store, patch, self._traits))
            self._store.shown.mails.keep(patch.id, found)
        return found

    def check(self, row: Check) -> Record:
        """A check, with the names of its patch and user."""
        record = self._store.shown.checks.get(row.id)
        if record is None:
            patch = self._store.patches[row.patch_id]
            members = {
                "id": row.id,
                "date": self._shown(str(row.date)),
                "patch": self._shown(patch.name),
                "patch_id": patch.id,
                "user": self._shown(self._store.users[row.user_id].username),
                "user_id": row.user_id,
                "state": row.state,
                "target_url": row.target_url,
                "description": row.description,
                "context": row.context,
            }
            record = self._store.shown.checks[row.id] = self.struct(members)
        return record

    def struct(self, members: dict[str, Any]) -> Record:
        """Members in the order in which the instance's Python walks its dicts."""
        return Record(reordered(members, presized=True) if self._traits.py2 else members)

    def _patch(self, row: Patch) -> dict[str, Any]:
        store, traits = self._store, self._traits
        submitter = store.people[row.submitter_id]
        state = None if row.state_id is None else store.states[row.state_id]
        members = {
            "id": row.id,
            "date": self._shown(str(row.date)),
            "filename": filename(row.name, traits.filename_suffix),
            "msgid": row.msgid,
            "name": row.name,
            "project": self._shown(store.projects[row.project_id].name),
            "project_id": row.project_id,
            "state": self._shown("None" if state is None else state.name),
            "state_id": row.state_id,
            "archived": row.archived,
            "submitter": self._shown(person(submitter.name, submitter.email)),
            "submitter_id": row.submitter_id,
            "delegate": self._shown(self._username(row.delegate_id)),
            "delegate_id": row.delegate_id or 0,
            "commit_ref": row.commit_ref or "",
        }
        if traits.has_hash_member:
            members["hash"] = stored_hash(row.hash, traits) or ""
        return members

    def _username(self, user_id: int | None) -> str:
        return "None" if user_id is None else self._store.users[user_id].username

    def _shown(self, text: str) -> str | bytes:
        """Text that Python 3 servers encode by hand, and so send as base64 (servers.md 1.3)."""
        return text if self._traits.py2 else text.encode()


def stored_hash(text: str | None, traits: Traits) -> str | None:
    """A hash as the database gives its char(40) back: PostgreSQL pads it, MariaDB cuts blanks off
    (servers.md 3)."""
    if text is None or traits.hash_storage == "as is":
        return text
    return text.ljust(40) if traits.hash_storage == "padded" else text.rstrip(" ")
