"""What the suite knows of the rows that a server holds: a bounded sample, read the way clients do.

A server may hold millions of patches, so filters are always asked within a *window*, a range of
ids that was read whole before. `id__range` bounds it; ids are unique, so a window is never larger
than its width.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from ..exchange import Exchange, Request, call
from ..wire import Node
from .profile import Profile

Row = dict[str, Any]


#: Rows that a list may be asked for at once, about; a table of no more is read whole.
LISTED = 61
#: The largest answer of discovery that is kept, in bytes.
LARGEST = 1 << 20
#: So many rows of one kind may be listed at once where that itself is what is judged.
MANY = 2_000


class Lacking(Exception):
    """The server holds nothing that a requirement could be tried on; the text says what."""


#: Characters of a date whose meaning is remembered: what else a server sends would be held for it.
_DATE = len("2026-11-28 12:00:00.000000")


def parse_date(text: str) -> datetime | None:
    """A date as Python's `str(datetime)` writes it, or the date alone; None if it is neither."""
    return _meaning(text) if len(text) <= _DATE else _meaning.__wrapped__(text)


@lru_cache(maxsize=4096)
def _meaning(text: str) -> datetime | None:
    for form in ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


@dataclass(frozen=True)
class Window:
    """All rows whose ids lie in `low` to `high`, both included, in the order answered."""

    low: int
    high: int
    rows: tuple[Row, ...]

    @property
    def bounds(self) -> dict[str, Any]:
        """The filter that asks for the window alone."""
        return {"id__range": [self.low, self.high]}

    def read(self, method: str) -> Request:
        """The call that reads the whole window."""
        return call(method, self.bounds)


@dataclass
class World:
    """The sample that requests are made from and answers are held against."""

    profile: Profile = field(default_factory=Profile)
    projects: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)
    #: Whether these are all there are.
    all_projects: bool = True
    all_states: bool = True
    all_people: bool = False
    patches: list[Window] = field(default_factory=list)
    all_patches: bool = False
    checks: list[Window] = field(default_factory=list)
    all_checks: bool = False
    #: The list methods that have no more rows than MANY, of which the sample holds some or all.
    moderate: frozenset[str] = frozenset()
    #: What discovery asked, by name: `version`, `documentation`, `about`, …
    evidence: dict[str, Exchange] = field(default_factory=dict)
    #: Patches that may be written to, and whether checks may be created on them.
    writable: tuple[int, ...] = ()
    create_checks: bool = False
    #: The operator's user name; '' without credentials.
    username: str = ""
    #: Whether that name and its password are ASCII, which is all that Patchwork reads.
    plain_login: bool = True
    #: `Authorization` headers known to be right; recorded worlds alone know any.
    right: frozenset[str] = frozenset()
    #: Whether requests are few: then probes try fewer methods alike.
    thrifty: bool = False
    notes: list[str] = field(default_factory=list)

    def keep(self, name: str, exchange: Exchange) -> None:
        """Keep what discovery asked for all of the run, unless it is as large as no Patchwork
        answers there."""
        if len(exchange.answer.body) <= LARGEST:
            self.evidence[name] = exchange

    @property
    def patch_rows(self) -> list[Row]:
        """Every patch of every window, each once."""
        return list({row["id"]: row for window in self.patches for row in window.rows}.values())

    @property
    def check_rows(self) -> list[Row]:
        """Every check of every window, each once."""
        return list({row["id"]: row for window in self.checks for row in window.rows}.values())

    def table(self, method: str) -> list[Row]:
        """The sampled rows that a method looks up by id: patches, unless it says otherwise."""
        match method:
            case "project_get":
                return self.projects
            case "state_get":
                return self.states
            case "person_get":
                return self.people
            case "check_get":
                return self.check_rows
        return self.patch_rows

    def whole(self, method: str) -> bool:
        """Whether the sample holds every row that a list method could answer."""
        return {
            "project_list": self.all_projects,
            "state_list": self.all_states,
            "person_list": self.all_people,
            "patch_list": self.all_patches,
            "check_list": self.all_checks,
        }[method]

    def need_moderate(self, method: str) -> None:
        """Raises Lacking where listing all rows of a method would be a burden, or there is none."""
        what = "patches" if method == "patch_list" else "checks"
        _ = self.need_patches() if method == "patch_list" else self.need_checks()
        if not self.whole(method) and method not in self.moderate:
            raise Lacking(not_all(what, self.evidence.get(what)))

    def listing(self, method: str) -> Request:
        """The call that lists projects, states or people: all of them, or the first ones."""
        return call(method) if self.whole(method) else call(method, "", LISTED)

    def patch(self, number: int) -> Row | None:
        """The patch of that id, if it is in the sample."""
        return next((row for row in self.patch_rows if row["id"] == number), None)

    def universe(self, method: str, filt: Mapping[str, Any]) -> Sequence[Row] | None:
        """All rows that a filter could select, or None if the sample does not tell."""
        windows = self.patches if method == "patch_list" else self.checks
        bounds = filt.get("id__range")
        if isinstance(bounds, list) and len(bounds) == 2 and all(type(b) is int for b in bounds):
            for window in windows:
                if window.low <= bounds[0] and bounds[1] <= window.high:
                    return window.rows
        if method == "patch_list":
            return self.patch_rows if self.all_patches else None
        return self.check_rows if self.all_checks else None

    def need_patches(self) -> list[Row]:
        """The sampled patches; raises Lacking if there is none."""
        if not self.patch_rows:
            raise Lacking(none_of("patch", self.all_patches))
        return self.patch_rows

    def need_checks(self) -> list[Row]:
        """The sampled checks; raises Lacking if there is none."""
        if not self.check_rows:
            raise Lacking(none_of("check", self.all_checks))
        return self.check_rows

    def same_rows(self, other: World) -> bool:
        """Whether another look found the same rows."""
        return (
            self.projects == other.projects
            and self.states == other.states
            and sorted(map(repr, self.people)) == sorted(map(repr, other.people))
            and [sorted(map(repr, w.rows)) for w in self.patches]
            == [sorted(map(repr, w.rows)) for w in other.patches]
            and [sorted(map(repr, w.rows)) for w in self.checks]
            == [sorted(map(repr, w.rows)) for w in other.checks]
        )

    def with_rows(self, **rows: Any) -> World:
        """A copy with other rows."""
        return replace(self, **rows)


def none_of(what: str, whole: bool) -> str:
    """Why no row of that kind is known; `whole` says that the whole list was read."""
    return f"this server holds no {what}" if whole else f"no {what} of this server could be listed"


def not_all(what: str, listed: Exchange | None) -> str:
    """Why not every row of that kind is known, going by the first list of them."""
    rows = rows_of(listed) if listed is not None else None
    asked = listed.params[0].get("max_count", 0) if listed is not None else 0
    if rows is None or len(rows) < asked:
        return f"the {what} of this server cannot be listed together"
    return f"so many {what} are not listed at once, which would be a burden"


def rows_of(exchange: Exchange) -> list[Row] | None:
    """The structs of a list answer as plain rows; None if the answer is no array of structs."""
    value = exchange.value
    if value is None or value.kind != "array" or any(n.kind != "struct" for n in value):
        return None
    return [node.plain for node in value]


def structs_of(value: Node) -> Iterator[Node]:
    """The structs in a value, one level down in an array."""
    if value.kind == "struct" and value.value:
        yield value
    for node in value:
        if node.kind == "struct" and node.value:
            yield node
