"""The catalogue: what a server is held to, as data. `requirements` holds one table per chapter."""

from __future__ import annotations

import enum
import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ..target.knowing.profile import API, Profile


class Level(enum.StrEnum):
    """How much a requirement weighs.

    MUST: every recorded server of the releases it applies to does it, and clients rely on it.
    SHOULD: missing it deserves a warning. INFO: what varies by database or Python; observed only.
    """

    MUST = "MUST"
    SHOULD = "SHOULD"
    INFO = "INFO"


MUST, SHOULD, INFO = Level.MUST, Level.SHOULD, Level.INFO

#: Chapter -> title, in the order in which reports show them.
CHAPTERS = {
    "VER": "Version",
    "SIG": "Signatures",
    "AUTH": "Authentication",
    "READ": "Reads",
    "LIST": "Lists and filters",
    "CHK": "Checks",
    "WRITE": "Writes",
    "HTTP": "HTTP",
    "XML": "XML",
}

#: How a table names the API generations that a requirement applies to.
RELEASES = {
    "all": frozenset(API),
    "1.0": frozenset({"1.0"}),
    "1.1": frozenset({"1.1"}),
    "1.1+": frozenset({"1.1", "2.0"}),
    "2.0+": frozenset({"2.0"}),
    "not 1.1": frozenset({"1.0", "2.0"}),
    "1.x": frozenset({"1.0", "1.1"}),
}
#: The same for people.
SCOPES = {
    "all": "every release",
    "1.0": "release 1.0",
    "1.1": "release 1.1",
    "1.1+": "releases from 1.1 on",
    "2.0+": "releases from 2.0 on",
    "not 1.1": "releases other than 1.1",
    "1.x": "releases 1.0 and 1.1",
}


@dataclass(frozen=True)
class Requirement:
    """One statement about a server.

    `releases` is a key of RELEASES; `python` restricts it to servers on that Python; `why` names
    the client code that breaks; `facts` the section of the facts; `recorded` the ids of recorded
    calls (globs) that show it. Where a decision takes several exchanges, each entry of `recorded`
    names them all, joined by ` + `.
    """

    id: str
    level: Level
    releases: str
    text: str
    why: str
    facts: str
    recorded: tuple[str, ...]
    python: int | None = None

    @property
    def chapter(self) -> str:
        """The middle of the id, a key of CHAPTERS."""
        return self.id.split("-")[1]

    def applies(self, profile: Profile) -> bool:
        """Whether a server of that kind is held to it."""
        return profile.api in RELEASES[self.releases] and self.python in (None, profile.python)

    @property
    def scope(self) -> str:
        """For people: which servers it is about."""
        return SCOPES[self.releases] + (f", on Python {self.python}" if self.python else "")

    @property
    def only(self) -> str:
        """Why it is not about a server that it is not about, for people."""
        python = f"on Python {self.python}" if self.python else ""
        releases = "" if python and self.releases == "all" else f"for {SCOPES[self.releases]}"
        return f"only {' and '.join(filter(None, (releases, python)))}"


def row(
    number: str,
    level: Level,
    releases: str,
    *,
    text: str,
    why: str,
    facts: str,
    recorded: Iterable[str] = (),
    python: int | None = None,
) -> Requirement:
    """One line of a table; `number` is the id without its `PW-`."""
    return Requirement(f"PW-{number}", level, releases, text, why, facts, tuple(recorded), python)


@cache
def requirements() -> dict[str, Requirement]:
    """Every requirement by id, chapter by chapter."""
    found: dict[str, Requirement] = {}
    for chapter in CHAPTERS:
        table = importlib.import_module(f"{__package__}.{chapter.lower()}")
        for requirement in table.REQUIREMENTS:
            if requirement.id in found or requirement.chapter != chapter:
                raise ValueError(f"{requirement.id} is twice in the catalogue or in a wrong table")
            found[requirement.id] = requirement
    return found


#: Clients that requirements name as those who break (clients.md 1, 2).
CLIENTS = ("pwclient", "pwcli", "sktm", "skt", "fromupstream", "sup", "pwbatch", "git-pw")


def relying(profile: Profile) -> list[str]:
    """The clients that requirements on a server of that kind name."""
    whys = [each.why for each in requirements().values() if each.applies(profile)]
    return [name for name in CLIENTS if any(_named(name).search(why) for why in whys)]


@cache
def _named(client: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(client)}(?![\w-])")


def chosen(select: Iterable[str] = (), skip: Iterable[str] = ()) -> list[Requirement]:
    """The requirements that ids or chapters select, in catalogue order; all if none is selected.

    Raises ValueError, with the nearest names, if one of the words names nothing.
    """
    import difflib

    every = requirements()

    def ids(word: str) -> set[str]:
        upper = word.strip().upper()
        short = upper.removeprefix("PW-")
        found = {i for i, r in every.items() if short == r.chapter or f"PW-{short}" == i}
        if not found:
            near = difflib.get_close_matches(upper, [*every, *CHAPTERS], n=3, cutoff=0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ValueError(f"no requirement or chapter is called {word!r}{hint}")
        return found

    wanted = set().union(*(ids(word) for word in select)) if select else set(every)
    unwanted: set[str] = set().union(*(ids(word) for word in skip))
    return [r for i, r in every.items() if i in wanted - unwanted]
