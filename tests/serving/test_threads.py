"""Fifty threads at one double: all answers fit one order of what happened, and nothing is lost."""

from __future__ import annotations

import dataclasses
import http.client
import itertools
import random
import threading
import xmlrpc.client
from collections.abc import Callable
from time import perf_counter
from typing import Any

import msgspec
import pytest

import fakepw
from fakepw.double.journal.calls import decoded_call
from fakepw.double.journal.journal import user_of
from fakepw.double.outcome import Answer, Later
from fakepw.protocol.messages import Request
from fakepw.rules.spec import Spec

from .serial import GONE, Asked, Happened, Step, contradictions

THREADS = 50
PATCHES = range(1, 7)
START = dict.fromkeys(PATCHES, "")
ROWS: dict[str, Any] = {
    "projects": [{"linkname": "p"}],
    "users": [{"username": f"t{n}", "maintainer_of": ["p"]} for n in range(THREADS)],
    "patches": [{"name": f"[PATCH] {n}"} for n in PATCHES],
}
#: What threads do, and how often.
OFTEN = {
    "patch_get": 30, "patch_set": 20, "patch_list": 8, "check_create": 8,
    "change": 6, "state": 3, "snapshot": 4, "restore": 4, "reset": 1,
    "fault": 8, "rule": 5, "remove": 3, "unmet": 2, "calls": 1,
}  # fmt: skip


class Witness:
    """Writes down, in the thread of a server, what happens there and when."""

    def __init__(self, server: fakepw.LiveServer) -> None:
        self.steps: list[Step] = []
        steering = server._steering
        self._ask: Callable[[Request], Answer] = steering.pipeline.answer
        steering.pipeline.answer = self._answer  # type: ignore[method-assign]
        self._inner = False
        for name, args_of in STEERED.items():
            setattr(steering, name, self._watched(name, getattr(steering, name), args_of))

    def _answer(self, request: Request) -> Answer:
        method, params = decoded_call(request.body)
        now = perf_counter()
        event = Happened(now, "call", (method, params), user_of(request), now)
        self.steps.append((event, False))
        found = self._ask(request)
        if not isinstance(found, Later):
            return found

        def outcome() -> Answer:
            event.done = perf_counter()
            self.steps.append((event, True))
            return found.outcome()

        return Later(found.seconds, outcome, found.given_up)

    def _watched(self, name: str, function: Any, args_of: Any) -> Any:
        def watched(*args: Any, **named: Any) -> Any:
            if self._inner:
                return function(*args, **named)
            now = perf_counter()
            self.steps.append((Happened(now, name, args_of(*args, **named), None, now), False))
            self._inner = True
            try:
                return function(*args, **named)
            finally:
                self._inner = False

        return watched


#: What a test does to a double, and how the model is told of it.
STEERED: dict[str, Callable[..., tuple[Any, ...]]] = {
    **dict.fromkeys(["reset", "state", "unmet", "calls"], lambda: ()),
    **dict.fromkeys(["snapshot", "restore", "rule", "remove"], lambda what: (what,)),
    "change": lambda which, form: (which, form["commit_ref"]),
    "fault": lambda spec: (spec.method, *spec.params, spec.first, spec.status, _after(spec)),
}


def _after(spec: Spec) -> bool:
    return spec.when == "after"


class Actor:
    """One thread's user: it does this and that until the time is over."""

    newest_rule = 1  # about, as all together know it

    def __init__(self, number: int, server: fakepw.LiveServer) -> None:
        self.number, self.name = number, f"t{number}"
        self.random = random.Random(number)
        self.asked: list[Asked] = []
        self.count = 0
        self.double = server if number % 3 else fakepw.connect(server.url)
        url = server.url.replace("://", f"://{self.name}:{self.name}@")
        transport = server.transport(use_builtin_types=True) if number % 2 else None
        self.proxy: Any = xmlrpc.client.ServerProxy(url, transport, use_builtin_types=True)

    def act(self, until: float) -> None:
        """Do this and that."""
        names, weights = list(OFTEN), list(OFTEN.values())
        with self.proxy:
            first = names[self.number % len(names)]  # so that together they do everything
            self.do(first, self._args(first))
            while perf_counter() < until:
                (name,) = self.random.choices(names, weights)
                self.do(name, self._args(name))

    def do(self, name: str, args: tuple[Any, ...]) -> None:
        """Ask something, and note what was told."""
        self.count += 1
        start = perf_counter()
        told = self._steer(name, args) if name in STEERED else self._call(name, args)
        end = perf_counter()
        what, given = (name, args) if name in STEERED else ("call", (name, args))
        self.asked.append(Asked(self.name, what, given, start, end, told))

    def _args(self, name: str) -> tuple[Any, ...]:
        patch, new = self.random.choice(PATCHES), f"{self.name}-{self.count}"
        some = self.random.sample(PATCHES, 3)
        given: dict[str, tuple[Any, ...]] = {
            "patch_get": (patch,),
            "patch_set": (patch, {"commit_ref": new}),
            "patch_list": ({"id__in": some},),
            "check_create": (patch, new, "success"),
            "change": (patch, new),
            "snapshot": (f"s{self.count % 5}",),
            "restore": (f"s{self.count % 5}",),
            "fault": (
                self.random.choice(["patch_get", "patch_set", "check_create"]),
                *(patch, self.random.choice([1, 2, 3])),
                *self.random.choice([(503, False), (504, True), (None, False)]),
            ),
            "rule": (self._recent_rule(),),
            "remove": (self._recent_rule(),),
        }
        return given.get(name, ())

    def _recent_rule(self) -> int:
        return max(1, Actor.newest_rule - self.random.randrange(-1, 15))

    def _call(self, method: str, params: tuple[Any, ...]) -> Any:
        try:
            value = getattr(self.proxy, method)(*params)
        except xmlrpc.client.ProtocolError as error:
            return "status", error.errcode
        except http.client.RemoteDisconnected:
            return GONE
        if method == "patch_get":
            value = value["commit_ref"]
        if method == "patch_list":
            value = {row["id"]: row["commit_ref"] for row in value}
            value = {patch: value[patch] for patch in params[0]["id__in"]}
        return "value", value

    def _steer(self, name: str, args: tuple[Any, ...]) -> Any:
        double = self.double
        try:
            if name == "fault":
                method, patch, first, status, after = args
                when = "after" if after else "before"
                latency = 0 if status else 0.003
                rule = double.fault(
                    method, patch, first=first, status=status, when=when, latency=latency
                )
                Actor.newest_rule = rule.id
                return "rule", rule.id
            if name == "change":
                double.change_patch(args[0], commit_ref=args[1])
                return ("done",)
            found = double._do(name, *args)
        except LookupError:
            return ("LookupError",)
        return SEEN[name](found)


#: What the model says of what a double gives.
SEEN: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(["reset", "snapshot", "restore", "remove"], lambda _: ("done",)),
    "state": lambda rows: (
        "state",
        {p.id: p.commit_ref or "" for p in rows.patches},
        len(rows.checks),
    ),
    "rule": lambda rule: ("counts", rule.matched, rule.hits),
    "unmet": lambda lines: ("unmet", len(lines)),
    "calls": lambda calls: (
        "calls",
        [(c.number, c.user, c.method, c.params, c.status, c.carried_out) for c in calls],
    ),
}


def history(seconds: float, server: fakepw.LiveServer) -> tuple[list[Step], list[Asked]]:
    """What happened at a server, and what fifty threads were told."""
    Actor.newest_rule = 1
    witness = Witness(server)
    actors = [Actor(number, server) for number in range(THREADS)]
    until = perf_counter() + seconds
    threads = [threading.Thread(target=actor.act, args=(until,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return witness.steps, [one for actor in actors for one in actor.asked]


def test_every_answer_fits_one_order(request: pytest.FixtureRequest) -> None:
    seconds = request.config.getoption("--seconds")
    with fakepw.serve(ROWS) as server:
        steps, asked = history(seconds, server)
    assert contradictions(START, steps, asked)[:3] == []
    names = {one.args[0] if one.name == "call" else one.name for one in asked}
    assert names == set(OFTEN)
    waited = sum(ends for _, ends in steps)
    print(f"{len(asked)} things in {seconds} seconds, {waited} of them calls that had to wait")


# What is broken is noticed.


def every(count: int, function: Any, instead: Any) -> Any:
    """A function that does something else every so many times."""
    turns = itertools.count(1)
    return lambda *args: (function if next(turns) % count else instead)(*args)


def loses_writes(server: fakepw.LiveServer) -> None:
    pipeline = server._steering.pipeline
    ask = pipeline.answer

    def lost(request: Request) -> Answer:
        rows = pipeline.patchwork.store.rows()
        answer = ask(request)
        pipeline.patchwork.replace(rows)
        return answer

    pipeline.answer = every(20, ask, lost)  # type: ignore[method-assign]


def forgets_calls(server: fakepw.LiveServer) -> None:
    journal = server._steering.pipeline.journal
    journal.note = every(50, journal.note, lambda entry: None)  # type: ignore[method-assign]


def notes_calls_twice(server: fakepw.LiveServer) -> None:
    journal = server._steering.pipeline.journal
    note = journal.note
    twice = lambda entry: (note(entry), note(entry))  # noqa: E731
    journal.note = every(50, note, twice)  # type: ignore[method-assign]


def miscounts_hits(server: fakepw.LiveServer) -> None:
    steering = server._steering
    rule = steering.rule
    more = lambda n: msgspec.structs.replace(rule(n), hits=rule(n).hits + 1)  # noqa: E731
    steering.rule = every(5, rule, more)  # type: ignore[method-assign]


def restores_nothing(server: fakepw.LiveServer) -> None:
    steering = server._steering
    name_is_known = steering.snapshots.__getitem__
    steering.restore = every(3, steering.restore, name_is_known)  # type: ignore[method-assign]


def keeps_rules_at_a_reset(server: fakepw.LiveServer) -> None:
    server._steering.pipeline.rules.clear = lambda: None  # type: ignore[method-assign]


BROKEN = [loses_writes, forgets_calls, notes_calls_twice, miscounts_hits, restores_nothing]


@pytest.mark.parametrize("broken", [*BROKEN, keeps_rules_at_a_reset])
def test_what_is_broken_is_noticed(broken: Callable[[fakepw.LiveServer], None]) -> None:
    for seconds in (0.3, 1, 4):  # the machine may be busy
        with fakepw.serve(ROWS) as server:
            broken(server)
            steps, asked = history(seconds, server)
        if contradictions(START, steps, asked):
            return
    pytest.fail("nobody noticed")


def test_an_answer_that_is_out_of_date_is_noticed() -> None:
    """One that was true once, but of a time before the call began."""
    with fakepw.serve(ROWS) as server:
        witness, actor = Witness(server), Actor(1, server)
        with actor.proxy:
            actor.do("patch_set", (1, {"commit_ref": "new"}))
            actor.do("patch_get", (1,))
        steps, asked = witness.steps, actor.asked
    assert contradictions(START, steps, asked) == []
    stale = dataclasses.replace(asked[1], told=("value", ""))
    assert contradictions(START, steps, [asked[0], stale])
    late = dataclasses.replace(asked[1], start=asked[1].end)
    assert contradictions(START, steps, [asked[0], late])
    assert contradictions(START, steps, asked[1:])  # a write that nobody asked for
