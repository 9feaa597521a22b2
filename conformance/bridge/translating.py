"""A double's ids and names, as those of rows that a real server holds.

What tests ask for is there on the double and not on another server. So a call is sent about rows of
the server's sample instead: all its ids and names about one patch, its project, state, submitter
and checks, so that a filter of several keys still finds that patch. What the double did not find
is asked for by an id that nothing has. Which of its rows the double held is in no journal, so there
are several ways to ask, and a server that answers one of them like the double is like it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..deciding.bounds import excessive
from ..target.exchange import NOWHERE, Request, call
from ..target.knowing.world import Row, World
from ..target.wire import Node
from .journal import Noted

#: Method -> what each of its params names.
PARAMS: dict[str, tuple[str, ...]] = {
    "project_get": ("project.id",),
    "person_get": ("person.id",),
    "state_get": ("state.id",),
    "check_get": ("check.id",),
    "patch_get": ("patch.id",),
    "patch_get_mbox": ("patch.id",),
    "patch_get_diff": ("patch.id",),
    "patch_check_get": ("patch.id",),
    "patch_get_by_hash": ("patch.hash",),
    "patch_get_by_project_hash": ("project.linkname", "patch.hash"),
    "project_list": ("project.linkname",),
    "state_list": ("state.name",),
    "person_list": ("person.email",),
}
#: Method -> what the keys of its filter name, lookups aside (servers.md 1.7, 1.8): a person's id,
#: also where a user's is meant.
KEYS: dict[str, dict[str, str]] = {
    "patch_list": {
        "id": "patch.id",
        "project_id": "project.id",
        "state_id": "state.id",
        "submitter_id": "person.id",
        "delegate_id": "person.id",
        "name": "patch.name",
        "hash": "patch.hash",
        "msgid": "patch.msgid",
        "commit_ref": "patch.commit_ref",
    },
    "check_list": {
        "id": "check.id",
        "user": "check.user_id",
        "project_id": "project.id",
        "patch_id": "patch.id",
    },
}
#: How many rows a list is asked for where the test asked for all and there are too many; and how
#: far from the patch, or the check, that everything is about a filter then may look.
BOUND, REACH = 20, 20
#: The widest range of ids, and the longest list of them, that are asked for.
WIDEST = 100


@dataclass(frozen=True)
class Sent:
    """A call as it is sent; why not, if it is not; the texts that the double knew and this server
    does not."""

    request: Request
    withheld: str = ""
    absent: tuple[str, ...] = ()
    #: Whether the double found nothing, and this asks for what cannot be there.
    miss: bool = False


class Translator:
    """Translates calls to one server."""

    def __init__(self, world: World) -> None:
        self.world = world

    @cached_property
    def _patches(self) -> list[Row]:
        """The sampled patches, the one that everything is about first: one with a check, a hash
        that no other has, that is not archived; the newest of these."""
        checked = {row.get("patch_id") for row in self.world.check_rows}
        rows = self.world.patch_rows
        hashes = [row.get("hash") for row in rows]

        def merits(row: Row) -> tuple[bool, bool, bool, int]:
            own = bool(row.get("hash")) and hashes.count(row.get("hash")) == 1
            return row["id"] in checked, own, not row.get("archived"), row["id"]

        return sorted(rows, key=merits, reverse=True)

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        """The sampled rows of each table, those of that patch first."""
        about: Row = self._patches[0] if self._patches else {}
        first = {
            "project": ("id", about.get("project_id")),
            "state": ("id", about.get("state_id")),
            "person": ("id", about.get("submitter_id")),
            "check": ("patch_id", about.get("id")),
        }
        tables = {
            "project": self.world.projects,
            "state": self.world.states,
            "person": self.world.people,
            "check": self.world.check_rows,
        }
        found = {"patch": self._patches}
        for table, rows in tables.items():
            name, value = first[table]
            found[table] = sorted(rows, key=lambda row: row.get(name) != value)
        return found

    def ways(self, noted: Noted) -> list[Sent]:
        """A call of the journal as this server may be asked it, the likeliest way first: about
        rows that it holds, about none, and word for word."""
        found = _found(noted) or noted.method in KEYS
        ways = [self._sent(noted, hit) for hit in ((True, False) if found else (False, True))]
        ways.append(self._sent(noted, None))
        return list({way.request: way for way in reversed(ways)}.values())[::-1]

    def _sent(self, noted: Noted, hit: bool | None) -> Sent:
        absent: list[str] = []
        params: list[Any] = list(noted.params)
        if hit is not None:
            params = [
                self._param(noted.method, place, value, hit, absent)
                for place, value in enumerate(noted.params)
            ]
        request = call(noted.method, *params)
        if noted.method.endswith("_list") and not self.world.whole(noted.method):
            request = call(noted.method, *self._bounded(noted.method, params))
        found = _found(noted)
        why = excessive(self.world, request) or self._loose(request)
        miss = hit is False and found == {}
        return Sent(request, why, tuple(absent) if found else (), miss)

    def _bounded(self, method: str, params: list[Any]) -> list[Any]:
        """The params of a list of few rows of a large table, if others than these must be."""
        if method not in KEYS:
            return params if len(params) > 1 and params[1] else [*(params or [""])[:1], BOUND]
        filt = params[0] if params else {}
        filt = {} if filt in (None, "", []) else filt
        rows = self._rows[method.partition("_")[0]]
        if not isinstance(filt, dict) or not rows or not {"id", "id__in"}.isdisjoint(filt):
            return params
        return [{**filt, "id__range": window(rows[0]["id"])}, *params[1:]]

    @staticmethod
    def _loose(request: Request) -> str:
        """Why a list is too long all the same; '' if it is not."""
        method, params = request.rpc or ("", ())
        filt = params[0] if method in KEYS and params else None
        if not isinstance(filt, dict):
            return ""
        ids, span = filt.get("id__in"), filt.get("id__range")
        wide = isinstance(span, list) and not (
            len(span) != 2
            or any(type(end) is not int for end in span)
            or span[1] - span[0] < WIDEST
        )
        if wide or (isinstance(ids, list | dict | str) and len(ids) > WIDEST):
            return "it asks for too many rows"
        return ""

    def _param(self, method: str, place: int, value: Any, hit: bool, absent: list[str]) -> Any:
        if method in KEYS and place == 0 and isinstance(value, dict):
            return {
                key: self._value(self._role(method, key, item), item, hit, absent)
                if key != "id__range"
                else self._range(method, item, hit)
                for key, item in value.items()
            }
        roles = PARAMS.get(method, ())
        return self._value(roles[place] if place < len(roles) else "", value, hit, absent)

    def _range(self, method: str, value: Any, hit: bool) -> Any:
        """A range of ids, about the row that everything is about; what is none stays."""
        rows = self._rows[method.partition("_")[0]]
        plain = isinstance(value, list) and [type(end) for end in value] == [int, int]
        return window(rows[0]["id"] if hit else NOWHERE - REACH) if plain and rows else value

    @staticmethod
    def _role(method: str, key: str, value: Any) -> str:
        """What a key of a filter names; '' where its lookup asks for something else."""
        name, *lookups = key.split("__")
        parts = isinstance(value, str) and not {"in", "range"}.isdisjoint(lookups)
        if parts or not {"isnull", "year", "month", "day"}.isdisjoint(lookups):
            return ""
        return KEYS[method].get(name, "")

    def _value(self, role: str, value: Any, hit: bool, absent: list[str], place: int = 0) -> Any:
        """What stands for a value of the double's; itself, where nothing better is known."""
        if isinstance(value, list):
            return [self._value(role, item, hit, absent, n) for n, item in enumerate(value)]
        number = isinstance(value, int) and not isinstance(value, bool)
        if not role or not (number or (isinstance(value, str) and value)):
            return value
        table, _, member = role.partition(".")
        if (member in NUMBERS) != (number or value.strip().isdigit()):
            return value
        if not hit:
            nowhere = NOWHERE if number else str(NOWHERE)
            return nowhere if member in NUMBERS else value
        rows = [row for row in self._rows[table] if row.get(member) not in (None, "")]
        if not rows or (member not in NUMBERS and _there(rows, member, value)):
            return value
        if role == "state.name":
            absent.append(f"state {value!r}")
        instead = rows[place % len(rows)][member]
        return instead if number else str(instead)


def window(middle: int) -> list[int]:
    """The ids near one."""
    return [middle - REACH, middle + REACH]


#: The members that are ids.
NUMBERS = frozenset({"id", "user_id"})


def _there(rows: Sequence[Row], member: str, text: str) -> bool:
    """Whether a text finds something of the sample itself."""
    return any(text.casefold() in str(row[member]).casefold() for row in rows)


def _found(noted: Noted) -> Any:
    """Whether the double found what was asked for: not if it answered nothing at all."""
    reply = noted.answer.reply
    return reply.plain if isinstance(reply, Node) else True
