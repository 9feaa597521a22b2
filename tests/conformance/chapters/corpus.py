"""The recorded servers as exchanges and worlds, so that the suite's judges can be held to them."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from conformance.target.exchange import ENDPOINT, Answer, Exchange, Request, _decode
from conformance.target.knowing.profile import Profile
from conformance.target.knowing.world import Window, World, rows_of
from conformance.target.wire import Reply
from tests import memory, recordings
from tests.memory import kept

#: Recorded servers whose API was switched on.
INSTANCES = tuple(name for name in recordings.INSTANCES if not name.endswith("disabled"))


#: The headers of two accounts that every dataset holds.
RIGHT = frozenset(
    f"Basic {base64.b64encode(account).decode()}"
    for account in (b"maint:maintpass", b"alice:alice:pass:word")
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded exchange; `pristine` while no write had succeeded since the last seeding."""

    dataset: str
    id: str
    exchange: Exchange
    pristine: bool

    @property
    def name(self) -> str:
        """By which a failure tells it from the others; one and the same string every time."""
        return _name(self.dataset, self.id)


@cache
def _name(dataset: str, id: str) -> str:
    return f"{dataset}:{id}"


@cache
def profile_of(instance: str) -> Profile:
    """What an instance's name says of it."""
    release, runtime, *_, database = instance.removesuffix("-disabled").split("-")
    api = {"1.0": "1.0", "1.1": "1.1"}.get(release, "2.0")
    return Profile(api=api, python=int(runtime[2]), database=database)


def request_of(call: recordings.Call) -> Request:
    """A recorded request in the suite's terms."""
    headers = tuple((k, v) for k, v in call.headers.items() if k != "Authorization")
    return Request(
        body=call.sent,
        method=call.method,
        target=ENDPOINT if call.path == "/xmlrpc/" else call.path,
        headers=headers,
        authorization=call.headers.get("Authorization"),
        version="1.0" if call.http10 else "1.1",
        content_length=not call.raw_length,
    )


#: Servers answer much alike: of every body and every set of headers one copy is enough, which is a
#: twentieth of them all.
_Once = TypeVar("_Once", bytes, tuple[tuple[str, str], ...])
_COPIES: dict[bytes | tuple[tuple[str, str], ...], Any] = {}


def _once(value: _Once) -> _Once:
    """The first value that was equal to this one."""
    same: _Once = _COPIES.setdefault(value, value)
    return same


#: What each body says. Every judge asks, and of a run's own recollection it would soon be gone.
_REPLIES: dict[bytes, Reply] = {}


class Recalled(Answer):
    """An answer whose body is read once for all judges and all servers that sent it."""

    @property
    def reply(self) -> Reply:
        known = _REPLIES.get(self.body)
        if known is None:
            known = _REPLIES[self.body] = super().reply
        return known


def answer_of(answer: recordings.Answer) -> Answer:
    """A recorded answer in the suite's terms."""
    facts = {
        name: value
        for name in ("html", "json", "documented", "api_status")
        if (value := getattr(answer, name, None))
    }
    headers, body = _once(answer.headers), _once(answer.received or b"")
    if facts:
        return Recalled(answer.status, headers, body, page_facts=facts)
    return _plain(answer.status, headers, body)


@kept
def _plain(status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> Answer:
    return Recalled(status, headers, body)


#: Likewise of a request and the answer to it, by which objects these are.
_EXCHANGES: dict[tuple[int, int], Exchange] = {}


@kept
def _requests() -> dict[recordings.Key, Request]:
    """Every recorded request, once for all the servers that were asked."""
    return {call.key: request_of(call) for call in recordings.calls() if not call.op}


@kept
def recorded(instance: str) -> tuple[Recorded, ...]:
    """Every exchange of an instance, in the order sent."""
    answers = recordings.answers(instance)
    found, pristine = [], True
    for call in recordings.calls():
        if call.op:
            pristine = True
            continue
        answer = answers.get(call.key)
        if answer is None:
            continue
        request, said = _requests()[call.key], answer_of(answer)
        exchange = _EXCHANGES.setdefault((id(request), id(said)), Exchange(request, said))
        wrote = exchange.request.writes and exchange.value is not None
        pristine = pristine and not wrote
        found.append(Recorded(call.dataset, call.id, exchange, pristine))
    return tuple(found)


@kept
def called(instance: str) -> dict[str, list[Recorded]]:
    """The ordinary calls of an instance by method."""
    found: dict[str, list[Recorded]] = {}
    for item in recorded(instance):
        if ordinary(item.exchange.request):
            found.setdefault(item.exchange.method, []).append(item)
    return found


@kept
def world_of(instance: str, dataset: str) -> World:
    """What the instance held, as far as its own whole lists show it."""
    world = World(profile=profile_of(instance), right=RIGHT)
    if dataset == "c":
        return world
    lists = {
        r.id: rows_of(r.exchange)
        for r in recorded(instance)
        if r.dataset == dataset
        and r.pristine
        and r.id in ("patch_list", "check_list", "project_list", "state_list", "person_list")
    }
    patches, checks = lists.get("patch_list"), lists.get("check_list")
    return world.with_rows(
        projects=lists.get("project_list") or [],
        states=lists.get("state_list") or [],
        people=lists.get("person_list") or [],
        all_people="person_list" in lists,
        patches=[Window(1, 10**6, tuple(patches))] if patches else [],
        all_patches=bool(patches),
        checks=[Window(1, 10**6, tuple(checks))] if checks else [],
        all_checks=bool(checks),
    )


TAGS = frozenset(
    [
        "methodCall",
        "methodName",
        "params",
        "param",
        "value",
        "array",
        "data",
        "struct",
        "member",
        "name",
        "int",
        "i4",
        "i8",
        "boolean",
        "double",
        "string",
        "nil",
        "base64",
        "dateTime.iso8601",
    ]
)


def ordinary(request: Request) -> bool:
    """Whether a request is a call as any client would send it: what judges of calls are for."""
    return (
        request.method == "POST"
        and request.target == ENDPOINT
        and request.content_length
        and {name.lower() for name, _ in request.headers} <= {"content-type"}
        and request.rpc is not None
        and request.body.startswith(b"<?xml version='1.0'?>")
        and {tag.decode() for tag in re.findall(rb"<([\w:.]+)", request.body)} <= TAGS
        and not re.search(rb"CDATA|<int>[^<]*_", request.body)  # Python 2 reads no 1_0
    )


def matches(pattern: str, name: str) -> bool:
    """Whether a call id matches a pattern in which only `*` is special."""
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.S))


# With every parsed answer it is hundreds of megabytes, which no other tests need.
for _known in (_COPIES, _REPLIES, _EXCHANGES):
    memory.forgotten(_known.clear)
memory.forgotten(_decode.cache_clear)  # what the recorded calls ask for
