"""Discovery: what there is at a URL, read without changing a thing and without credentials."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ..exchange import BASE, ENDPOINT, NOWHERE, SILENCE, Exchange, Request, call, page
from ..login import MEANING, NO_CREDENTIALS
from ..sending.transport import Endpoint, NoAnswer, Transport, Trouble, Withheld, moved
from ..wire import NotXmlRpc
from . import profile as profiles
from .releases import told
from .walls import instead, refusal
from .world import LISTED, MANY, Row, Window, World, rows_of

#: Rows that a sample holds, about: patches by age at both ends, people, checks.
SAMPLE = 30
#: People and checks are all read if there are no more than this.
FEW = LISTED - 1
#: More rows than this are too many for one window.
DENSE = 4 * SAMPLE
#: How often the highest id is come closer to by half.
CLOSER = 4

VERSION = call("pw_rpc_version")

#: Which releases share an API, in words.
SHARED = {
    "1.0": "in release 1.0 alone",
    "1.1": "in release 1.1 alone",
    "2.0": "in every release from 2.0 on",
}


class Unusable(Exception):
    """There is no XML-RPC API to be tested at this URL; the text says why and what to do."""


class Unanswered(Unusable):
    """Not even HTTP is spoken there as it was asked in; TLS may be."""


@dataclass(frozen=True)
class Found:
    """Where the API was found, and what is worth saying about the way there."""

    endpoint: Endpoint
    version: Exchange
    notes: tuple[str, ...] = ()


def find(
    candidates: list[Endpoint],
    connect: Callable[[Endpoint], Transport],
    *,
    anywhere: bool = False,
) -> Found:
    """The API behind a URL; behind redirects, if they stay on that server or may go `anywhere`.

    Raises Unusable with a diagnosis in one plain sentence.
    """
    trouble: Exception | None = None
    for candidate in candidates:
        try:
            return _follow(candidate, connect, anywhere)
        except Trouble as error:
            trouble = trouble or error
    raise Unanswered(str(trouble))


def _follow(endpoint: Endpoint, connect: Callable[[Endpoint], Transport], anywhere: bool) -> Found:
    notes: list[str] = []
    first = endpoint
    for _ in range(4):
        transport = connect(endpoint)
        exchange = Exchange(VERSION, transport.send(VERSION))
        answer = exchange.answer
        if answer.status not in (301, 302, 303, 307, 308):
            break
        location = answer.header("location") or ""
        target = moved(endpoint, location)
        if target is None or target == endpoint:
            raise Unusable(
                f"POST {endpoint.url} is redirected to {location or 'nowhere'}, which is no"
                " XML-RPC endpoint; XML-RPC clients do not follow redirects"
            )
        if target.origin != first.origin and not anywhere:
            what = "host" if target.host != first.host else "address of that host"
            raise Unusable(
                f"POST {endpoint.url} is redirected to another {what}, {target.url}; if that is"
                " the instance to be tested, run against it, or give --follow-redirects"
            )
        notes.append(
            f"{endpoint.url} redirects to {target.url}; XML-RPC clients must be given the latter"
        )
        endpoint = target
    else:
        raise Unusable(f"{first.url} redirects in circles")
    reason = _unusable(endpoint, exchange, transport)
    if reason:  # nginx, for one, says 400 to plain http where it speaks TLS
        raise (Unanswered if exchange.answer.status == 400 else Unusable)(reason)
    return Found(endpoint, exchange, tuple(notes))


def _unusable(endpoint: Endpoint, exchange: Exchange, transport: Transport) -> str:
    answer = exchange.answer
    if not isinstance(answer.reply, NotXmlRpc):
        return ""  # whatever its status, which is for the chapters to say
    if answer.status == 404:
        return instead(endpoint, transport.send)
    if answer.status in (401, 407):
        return (
            f"{endpoint.url} asks for a password before Patchwork is reached (HTTP"
            f" {answer.status}): give what lets you in with --header NAME=VALUE; if it must be"
            " Authorization, which Patchwork wants for its own logins, --username cannot work"
        )
    if answer.status == 429:
        return f"{endpoint.url} limits how often it is asked (HTTP 429); try again with --rate 1"
    if known := refusal(endpoint, answer):
        return known
    other = transport.send(call("state_list", "", 1))
    if other.status == 200 and not isinstance(other.reply, NotXmlRpc):
        return ""  # pw_rpc_version alone is broken: that is for the version chapter to say
    packed = answer.header("content-encoding")
    why = f"the body is packed ({packed}), unasked" if packed else answer.reply.reason
    return f"{endpoint.url} answers HTTP {answer.status} to an XML-RPC call, and no XML-RPC: {why}"


class Surveyor:
    """Reads the sample, and reads it again."""

    def __init__(self, ask: Callable[[Request], Exchange]) -> None:
        self.ask = ask
        #: Whether a second look is taken, which must be as whole as the first.
        self.rereading = False

    def read(self, request: Request) -> Exchange:
        """The exchange; with silence where twice no whole answer came, though the server answers
        other calls: which requirement that misses is for the chapters to say."""
        if self.rereading:
            return self.ask(request)
        for _ in range(2):
            try:
                return self.ask(request)
            except NoAnswer:
                self.ask(VERSION)  # raises if there is no server any more
        return Exchange(request, SILENCE)

    def survey(self, found: Found) -> World:
        """The profile and the sample."""
        world = World(notes=list(found.notes))
        world.keep("version", found.version)
        self._read_evidence(world)
        evidence = world.evidence
        scheme = evidence.get("scheme")
        if scheme and scheme.fault and scheme.fault.message == NO_CREDENTIALS:
            world.notes.append(MEANING[NO_CREDENTIALS])
        api = profiles.generation(evidence)
        world.profile = profiles.Profile(api=api, python=profiles.python(evidence))
        self._read_lists(world)
        self._read_patches(world)
        if world.patch_rows:
            world.keep("row", self.read(call("patch_get", world.patch_rows[0]["id"])))
            world.profile = replace(world.profile, api=profiles.generation(evidence))
        if world.profile.api != "1.0":
            self._read_checks(world)
        world.profile = self._fingerprint(world)
        return world

    def _read_evidence(self, world: World) -> None:
        asked = {
            "documentation": page(ENDPOINT),
            "about": page(f"{BASE}/about/"),
            "unknown": call("nosuch"),
            "check_list": call("check_list", {"id": NOWHERE}),
            "miss patch": call("patch_get", NOWHERE),
            "miss project": call("project_get", NOWHERE),
            "miss state": call("state_get", NOWHERE),
            "date with zone": call("patch_list", {"id": NOWHERE, "date": "2017-06-15T08:00:00Z"}),
            "id a word": call("patch_list", {"id": "abc"}),
            "isnull a word": call("patch_list", {"id": NOWHERE, "name__isnull": "x"}),
            "scheme": call("patch_set", NOWHERE, {}, auth="Bearer pw-conformance"),
            "year chain": call("patch_list", {"id": NOWHERE, "name__year__gt": 1}),
        }
        for name, request in asked.items():
            with suppress(NoAnswer, Withheld):
                world.keep(name, self.ask(request))

    def _fingerprint(self, world: World) -> profiles.Profile:
        return replace(
            world.profile,
            database=None if world.profile.swallows else profiles.database(world.evidence),
            django=profiles.django(world.evidence),
            releases=told(world, self.ask),
        )

    def look_again(self, world: World) -> World:
        """The same sample, read anew."""
        if not self.rereading:
            strict = Surveyor(self.ask)
            strict.rereading = True
            return strict.look_again(world)
        fresh = replace(world, notes=[])
        self._read_lists(fresh)
        fresh.patches = [self._again("patch_list", w, world.all_patches) for w in world.patches]
        fresh.checks = [self._again("check_list", w, world.all_checks) for w in world.checks]
        if world.all_patches and not world.patches:  # the first may have come meanwhile
            self._read_patches(fresh)
        if world.all_checks and not world.checks and world.profile.api != "1.0":
            self._read_checks(fresh)
        return fresh

    def _again(self, method: str, window: Window, whole: bool) -> Window:
        """A window read anew; one of all rows there are grows with the rows that were added."""
        high = window.high
        if whole:
            added = rows_of(self.read(call(method, {"id__gt": high, "max_count": FEW})))
            high = max([high, *(row["id"] for row in _numbered(added))])
        return self._window(method, window.low, high) or window

    def _rows(self, world: World, name: str, *params: Any) -> list[Row]:
        exchange = self.read(call(name, *params))
        rows = rows_of(exchange)
        if rows is None:
            world.notes.append(
                f"{exchange.request.describe()} cannot be used: {exchange.answer.describe()[:160]}"
            )
        return _numbered(rows)

    def _read_lists(self, world: World) -> None:
        world.projects = self._rows(world, "project_list", "", LISTED)
        world.states = self._rows(world, "state_list", "", LISTED)
        world.people = self._rows(world, "person_list", "", LISTED)
        world.all_projects = len(world.projects) < LISTED
        world.all_states = len(world.states) < LISTED
        world.all_people = len(world.people) < LISTED

    def _window(self, method: str, low: int, high: int) -> Window | None:
        rows = rows_of(self.read(call(method, {"id__range": [low, high]})))
        if rows is None:
            return None
        return Window(low, high, tuple(r for r in _numbered(rows) if low <= r["id"] <= high))

    def _read_patches(self, world: World) -> None:
        oldest, listed = self._ends(world, "patch_list", FEW + 1)
        ids = sorted(row["id"] for row in oldest)
        if listed and not oldest:
            world.all_patches = True
            return
        if listed and len(oldest) <= FEW:
            window = self._window("patch_list", max(0, ids[0] - 1), ids[-1] + 1)
            if window:
                world.patches, world.all_patches = [window], True
                return
        self._count(world, "patch_list", ids)
        newest = [self._newest("patch_list", max(ids))] if ids else []
        self._read_windows(world, "patch_list", ids, newest)

    def _newest(self, method: str, known: int) -> int:
        """An id among the highest, found by a row at a time: a negative max_count would have the
        server look at every row, and 1.0 would answer them all (servers.md 2)."""
        most = below = beyond = max(known, 1)
        while beyond < 1 << 31 and (above := self._above(method, beyond)):
            most, below, beyond = max(most, above), beyond, 8 * beyond
        for _ in range(CLOSER):
            middle = (below + beyond) // 2
            if not below < middle < beyond:
                break
            if above := self._above(method, middle):
                most, below = max(most, above), middle
            else:
                beyond = middle
        return most

    def _count(self, world: World, method: str, ids: list[int]) -> None:
        """Learn whether a method has so few rows that all may be listed: ids begin at 1."""
        if max(ids, default=0) <= MANY:
            beyond = rows_of(self.read(call(method, {"id__gt": MANY, "max_count": 1})))
            world.moderate |= {method} if beyond == [] else set()

    def _above(self, method: str, number: int) -> int:
        """The id of a row beyond that one; 0 if there is none."""
        found = rows_of(self.read(call(method, {"id__gt": number, "max_count": 1})))
        return max((row["id"] for row in _numbered(found)), default=0)

    def _ends(self, world: World, method: str, count: int) -> tuple[list[Row], bool]:
        """The first rows, and whether they could be listed at once; fewer at a time if not."""
        exchange = self.read(call(method, {"max_count": count}))
        world.keep("patches" if method == "patch_list" else "checks", exchange)
        rows = rows_of(exchange)
        if rows is not None:
            return _numbered(rows), True
        world.notes.append(
            f"{exchange.request.describe()} cannot be listed: {exchange.answer.describe()[:160]}"
        )
        found: list[Row] = []
        for low in (1, 6, 11, 21):  # small ids first: a row that spoils one may miss another
            window = self._window(method, low, low + (4 if low < 11 else 9))
            if window:
                found += window.rows
        return found, False

    def _read_windows(self, world: World, method: str, *ends: list[int]) -> None:
        windows: list[Window] = []
        for number, ids in enumerate(ends):
            if not ids:
                continue
            anchor = ids[-1] if number else ids[0]
            width = SAMPLE
            window: Window | None = None
            for _ in range(4):
                low = max(0, anchor - width + 1) if number else anchor
                before, window = window, self._window(method, low, low + width - 1)
                if window and before and len(window.rows) > DENSE:
                    window = before  # enough, and whoever asks for it asks for little
                    break
                if window is None:
                    width = max(3, width // 3)
                elif len(window.rows) < SAMPLE // 3 and width < SAMPLE * 64:
                    width *= 4
                    if len(window.rows) >= len(ids):
                        break
                else:
                    break
            if window and window.rows and all(window.low != w.low for w in windows):
                windows.append(window)
        if method == "patch_list":
            world.patches = windows
        else:
            world.checks = windows

    def _read_checks(self, world: World) -> None:
        rows, listed = self._ends(world, "check_list", FEW + 1)
        ids = sorted(row["id"] for row in rows)
        if not ids:
            world.all_checks = listed
            return
        if listed and len(ids) <= FEW:
            window = self._window("check_list", max(0, ids[0] - 1), ids[-1] + 1)
            if window:
                world.checks, world.all_checks = [window], True
                return
        self._count(world, "check_list", ids)
        self._read_windows(world, "check_list", ids, ids)
        known = {row["id"] for row in world.patch_rows}
        pointed = [row.get("patch_id") for row in world.check_rows]
        wanted = [n for n in pointed if isinstance(n, int) and n not in known][:1]
        for number in wanted:  # so that checks can be held against their patch
            window = self._window("patch_list", number, number)
            if window and window.rows:
                world.patches = [*world.patches, window]


def _numbered(rows: list[Row] | None) -> list[Row]:
    """The rows that have an id."""
    return [row for row in rows or () if isinstance(row.get("id"), int)]


def _few(rows: list[Row], whole: bool) -> str:
    return str(len(rows)) if whole else f"more than {FEW}"


def _size(rows: list[Row], whole: bool) -> str:
    """How many rows there are, as far as is known."""
    if whole:
        return str(len(rows))
    if not rows:
        return "none that could be listed"
    return f"{len(rows)} sampled; ids up to {max(row['id'] for row in rows)}"


def _unlisted(world: World, method: str) -> bool:
    """Whether discovery could not use what a method listed."""
    return any(note.startswith(f"{method}(") for note in world.notes)


def card(found: Found, world: World, have: frozenset[str]) -> dict[str, Any]:
    """The target card: what it is, how big, what will and will not be checked and why."""
    documented = world.evidence.get("documentation")
    about = world.evidence.get("about")
    version = found.version.answer.describe()
    sizes = {
        "projects": _few(world.projects, world.all_projects),
        "states": _few(world.states, world.all_states),
        "people": _few(world.people, world.all_people),
        "patches": _size(world.patch_rows, world.all_patches),
        "checks": _size(world.check_rows, world.all_checks),
    }
    if world.profile.api == "1.0":
        del sizes["checks"]  # which came with 1.1
    unread = [
        name
        for name, rows, whole in (
            ("projects", world.projects, not _unlisted(world, "project_list")),
            ("states", world.states, not _unlisted(world, "state_list")),
            ("people", world.people, not _unlisted(world, "person_list")),
            ("patches", world.patch_rows, world.all_patches),
            ("checks", world.check_rows, world.all_checks or world.profile.api == "1.0"),
        )
        if not rows and not whole
    ]
    but = f", but for {' and '.join(unread)}, which could not be listed" if unread else ""
    will = [f"everything that reads{but}"]
    wont = []
    for need, words in (
        ("credentials", "what needs a login (no --username)"),
        ("writes", "writing (no --writes)"),
        ("checks", "creating checks (no --create-checks)"),
    ):
        if need in have:
            will.append(words.split(" (")[0])
        else:
            wont.append(words)
    return {
        "url": found.endpoint.url,
        "version": version,
        "likely": world.profile.describe(),
        "api": f"{world.profile.api}, as {SHARED[world.profile.api]}",
        "documented": len(documented.answer.documented) if documented else 0,
        "about": about.answer.api_status if about else {},
        "sizes": sizes,
        "checked": will,
        "not checked": wont,
        "notes": world.notes,
    }
