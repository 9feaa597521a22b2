"""Who sends patches: people by their place, accounts by theirs; nobody needs a list of them."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import NamedTuple

from ..patchwork.rows.rows import Person, User
from . import words
from .chance import PERSON, Chance
from .shapes import Shape

#: The account that maintains every project, and those that CI jobs use.
MAINTAINER, CI = "maint", "ci"
#: People who send many patches and are remembered while a table is written.
_REMEMBERED = 4096


class Somebody(NamedTuple):
    """Somebody as mails have them: `sender` is the From header's value."""

    name: str | None
    email: str
    sender: str
    #: What stands in a tag such as Reviewed-by.
    mailbox: str


class People:
    """The people and accounts of one fixture. The first people are those who have an account."""

    def __init__(self, shape: Shape, seed: int) -> None:
        self.shape, self.seed = shape, seed
        #: So many accounts: who maintains everything, maintainers by project, and CI.
        self.accounts = 1 + len(shape.projects) * shape.maintainers + 1
        self.somebody = lru_cache(_REMEMBERED)(self._somebody)

    def _somebody(self, place: int) -> Somebody:
        chance = Chance(self.seed, PERSON, place)
        given, family, host = (
            chance.one(words.GIVEN),
            chance.one(words.FAMILY),
            words.HOSTS[chance.early(len(words.HOSTS))],
        )
        email = f"{given[1]}.{family[1]}{place + 1}@{host}"
        if chance.so(0.02):  # their mails say nothing but the address
            return Somebody(None, email, email, email)
        name = f"{given[0]} {family[0]}"
        return Somebody(name, email, f"{_encoded(name)} <{email}>", f"{name} <{email}>")

    def row(self, place: int) -> Person:
        """Somebody's row; the ids count from 1."""
        somebody = self.somebody(place)
        account = place + 1 if place + 1 < self.accounts else None
        return Person(place + 1, somebody.name, somebody.email, account)

    def user(self, place: int) -> User:
        """An account's row. The password is the username, as where a fixture gives none."""
        projects = len(self.shape.projects)
        if place in (0, self.accounts - 1):
            every = tuple(range(1, projects + 1))
            name = CI if place else MAINTAINER
            return User(place + 1, name, name, False, True, f"{name}@example.org", every)
        name = f"{MAINTAINER}{place}"
        project = (place - 1) // self.shape.maintainers + 1
        return User(place + 1, name, name, False, True, self.somebody(place).email, (project,))

    def maintainer(self, project: int, which: int) -> int:
        """The id of one of the accounts that maintain a project, both counted from 0."""
        return 2 + project * self.shape.maintainers + which


def _encoded(name: str) -> str:
    """A name in a header: as an RFC 2047 word, if it is not ASCII. Ours fit into one."""
    if name.isascii():
        return name
    return f"=?utf-8?b?{base64.b64encode(name.encode()).decode()}?="
