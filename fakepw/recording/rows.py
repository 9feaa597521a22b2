"""What was said -> the rows of a fixture."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import Any, TypeVar

from msgspec.structs import replace

from ..fixtures.forms import MAX_ID
from ..patchwork.instances.traits import Traits
from ..patchwork.rows.rows import Check, Comment, Patch, Person, Project, State, User
from . import mails
from .shapes import CheckSaid, PatchSaid, PersonSaid, ProjectSaid, date_of
from .shelves import Rows, Shelves
from .source import Contradiction

#: What stands for an account where there is none (servers.md 1.3).
NOBODY = "None"
#: Where lists are whose address nobody tells: a name that nobody has.
UNKNOWN_HOST = "recorded.invalid"
#: Addresses of one list that are counted, at most: mails show whatever was sent.
_LISTS = 1000
#: Rows by table, each ascending by id, to be gone through as often as need be.
Tables = dict[str, Rows[Any]]
_RowT = TypeVar("_RowT")
_MAILBOX = re.compile(r"(.*) <([^<>]*)>", re.DOTALL)


def said_by(sent: PatchSaid) -> PersonSaid:
    """Who sent a patch, as far as the patch itself says."""
    found = _MAILBOX.fullmatch(sent.submitter)
    name, email = (found[1], found[2]) if found else (sent.submitter, sent.submitter)
    return PersonSaid(sent.submitter_id, email, name, NOBODY)


class Held:
    """The rows so far. They contradict one another in nothing; else Contradiction is raised."""

    def __init__(self, traits: Traits, shelves: Shelves) -> None:
        self.traits = traits
        self.states: dict[int, State] = {}
        self.projects: dict[int, Project] = {}
        self.people: dict[int, Person] = {}
        self.patches = shelves.shelf("patches", Patch)
        self.checks = shelves.shelf("checks", Check)
        #: Made up, for what only comments bring into a mail.
        self.comments = shelves.shelf("comments", Comment)
        self.made_up = 0
        #: Accounts by name; those whose ids are made up; and those whose address is known.
        self.users: dict[str, int] = {}
        self.without_id: set[str] = set()
        self.emails: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._accounts: dict[int, str] = {}
        self._listemails: dict[int, Counter[str]] = defaultdict(Counter)

    def add_projects(self, said: list[ProjectSaid]) -> None:
        """Projects, whose lists nobody tells."""
        for row in said:
            address = f"{row.id}@{UNKNOWN_HOST}"
            self.projects[row.id] = Project(row.id, row.linkname, row.name, "", address)

    def add_people(self, said: list[PersonSaid]) -> None:
        """People, and the names of their accounts. A name that is the address may be none."""
        for row in said:
            name = None if row.name == row.email else row.name
            self.people[row.id] = Person(row.id, name, row.email, None)
            if row.user != NOBODY:
                self._accounts[row.id] = row.user

    def _account(self, name: str, number: int) -> None:
        if (
            self.users.setdefault(name, number) != number
            or self._names.setdefault(number, name) != name
        ):
            raise Contradiction(
                f"what is said of accounts contradicts itself: {name!r} is {number}, and"
                f" {self._names.get(number, name)!r} is {self.users[name]}"
            )

    def add_check(self, said: CheckSaid) -> None:
        """A check, and whose it is."""
        self._account(said.user, said.user_id)
        self.checks.put(
            Check(
                id=said.id,
                patch_id=said.patch_id,
                user_id=said.user_id,
                date=date_of(said.date),
                state=said.state,
                target_url=said.target_url,
                description=said.description,
                context=said.context,
            )
        )

    def add_accounts(self, patches: Iterable[PatchSaid]) -> None:
        """Those that look after patches, and then those of people, whose ids nobody tells."""
        for row in patches:
            if row.delegate_id:
                self._account(row.delegate, row.delegate_id)
        highest = max(self._names, default=0)
        numbers = (
            n
            for n in chain(range(highest + 1, MAX_ID + 1), range(1, highest))
            if n not in self._names
        )
        for name in dict.fromkeys(self._accounts.values()):
            if name not in self.users:
                self._account(name, next(numbers))
                self.without_id.add(name)
        for person_id, name in self._accounts.items():
            person = self.people[person_id]
            self.people[person_id] = replace(person, user_id=self.users[name])

    def add_patch(
        self, said: PatchSaid, mail: str, diff: str | None, hash_: str | None, ref: str | None
    ) -> bool:
        """A patch, whose mail is taken apart; whether it comes out just so again."""
        if said.state_id not in self.states or said.project_id not in self.projects:
            raise Contradiction(f"patch {said.id} is in a state or a project that is not listed")
        if hash_ is not None and self.traits.hash_storage == "padded":
            hash_ = hash_.rstrip(" ")
        patch = Patch(
            id=said.id,
            project_id=said.project_id,
            msgid=said.msgid,
            name=said.name,
            date=date_of(said.date),
            submitter_id=said.submitter_id,
            delegate_id=said.delegate_id or None,
            state_id=said.state_id,
            archived=said.archived,
            commit_ref=ref,
            hash=hash_,
            headers="",
            content="",
            diff=diff,
        )
        if not mail:
            self.patches.put(patch)
            return True
        user = None if patch.delegate_id is None else self._user(patch.delegate_id)
        project, submitter = self.projects[patch.project_id], self.people[patch.submitter_id]
        found = mails.apart(mail, mails.Rows(patch, project, submitter, user), self.traits)
        self._learn(found, project, user)
        if found.message.comment:
            self.made_up += 1
            self.comments.put(mails.comment_of(patch, found.message.comment, self.made_up))
        self.patches.put(replace(patch, headers=found.headers, content=found.message.content))
        return found.alike

    def _learn(self, found: mails.Apart, project: Project, user: User | None) -> None:
        """Addresses that only mails show."""
        if found.delegate_email is not None and user is not None:
            self.emails[user.id] = found.delegate_email
        shown = self._listemails[project.id]
        if found.listemail is not None and (found.listemail in shown or len(shown) < _LISTS):
            shown[found.listemail] += 1

    # -- together ------------------------------------------------------------------------------

    def tables(self) -> Tables:
        """All rows, each table ascending by id."""
        for number, shown in self._listemails.items():
            for email, _ in shown.most_common(1):
                self.projects[number] = replace(self.projects[number], listemail=email)
        return {
            "states": _ascending(self.states),
            "projects": _ascending(self.projects),
            "users": tuple(self._user(number) for number in sorted(self._names)),
            "people": _ascending(self.people),
            "patches": self.patches,
            "comments": self.comments,
            "checks": self.checks,
        }

    def _user(self, number: int) -> User:
        name = self._names[number]
        email = self.emails.get(number, f"{name}@{UNKNOWN_HOST}")
        return User(number, name, name, False, True, email, ())


def _ascending(rows: dict[int, _RowT]) -> tuple[_RowT, ...]:
    return tuple(rows[number] for number in sorted(rows))
