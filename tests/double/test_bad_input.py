"""Whatever is handed to a double is taken whole, or refused in one sentence with nothing done.

The same is taken, and refused, by a double in this process and by one that runs elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fakepw
from fakepw.testing import Server

#: Words that mean something somewhere, so that nonsense comes close.
WORDS = [
    *("patch_get", "patch_*", "*", "New", "Accepted", "demo", "tiny", "kim", "kettle", "recorded"),
    *("2026-01-31", "2026-02-30", "2026-01-31T25:00", "soon", "now", "1/s", "20/s burst=10"),
    *("gateway-502", "3.2-py3-sqlite", "3.3", "before", "after", "UTC", "Mars", "/", "/rpc", "rpc"),
    *("patch_set: reset", "patch_get: status=99", "patch_get: stauts=500", "a@b.example", "yes"),
    *("TIME_ZONE", "ENABLE_XMLRPC", "x" * 300, "a\nb", "\0", "\x1b[2J", "%2F", "..", "²", ""),
]
scalars = st.one_of(
    st.none() | st.booleans() | st.integers(-3, 12) | st.binary(max_size=4),
    st.sampled_from([2**31, -(2**63), 2**64, 10**40, 1e300, 1e15, -0.5, 0.5]),
    st.sampled_from([float("nan"), float("inf"), -float("inf")]),
    st.sampled_from(WORDS) | st.text(max_size=8),
)
MEMBERS = [
    *("name", "state", "submitter", "project", "date", "msgid", "diff", "delegate", "id", "patch"),
    *("email", "user", "context", "content", "headers", "archived", "state_id", "stat", "hash"),
]
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=2)
    ),
    max_leaves=4,
)
sources = values.filter(lambda value: not isinstance(value, (str, bytes)))  # no files of ours


def rows(*given: str) -> st.SearchStrategy[dict[str, Any]]:
    """Rows in the fixture's words, or nearly; without what is given otherwise."""
    names = [name for name in MEMBERS if name not in given]
    return st.dictionaries(st.sampled_from(names), values, max_size=3)


def arguments(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these arguments, and anything for their values."""
    return st.dictionaries(st.sampled_from(names), values, max_size=3)


def scenario(pw: fakepw.Double, kind: str, what: Any, row: Any, **when: Any) -> None:
    getattr(pw.later(**when), kind)(what, **row)


def mark(pw: fakepw.Double, *given: Any, **named: Any) -> None:
    server = Server(pw.url)
    server._double = pw  # rather than one of its own
    server.prepared(given, **named)


KINDS = ["add_patch", "add_comment", "add_check", "add_person", "change_patch"]
NONE, ONE = st.just(()), st.tuples(values)
STARTED = ("instance", "settings", "faults", "in_front", "limit", "clock", "strict", "at")
RULE = (
    *("user", "first", "nth", "every", "chance", "seed", "when", "latency", "status", "headers"),
    *("body", "cut", "reset", "drop", "fault", "preset", "optional"),
)

#: What is done to a double, and what it is handed: by position, and by name.
DOORS: dict[str, tuple[Callable[..., object], Any, Any]] = {
    "rule": (fakepw.Double.fault, st.lists(values, max_size=2), arguments(*RULE)),
    "limit": (
        fakepw.Double.limit,
        ONE,
        arguments("burst", "status", "retry_after", "method", "optional"),
    ),
    "clock": (lambda pw, moment: pw.clock.set(moment), ONE, st.just({})),
    "advance": (
        lambda pw, **steps: pw.clock.advance(**steps),
        NONE,
        arguments("days", "hours", "minutes", "seconds"),
    ),
    "snapshot": (fakepw.Double.snapshot, ONE, st.just({})),
    "restore": (fakepw.Double.restore, ONE, st.just({})),
    "scenario": (
        scenario,
        st.tuples(st.sampled_from(KINDS), values, rows("name", "patch", "content", "email")),
        arguments("calls", "of", "seconds", "optional"),
    ),
    "patch": (fakepw.Double.add_patch, ONE, rows("name")),
    "comment": (fakepw.Double.add_comment, ONE, rows("patch", "content")),
    "check": (fakepw.Double.add_check, ONE, rows("patch")),
    "person": (fakepw.Double.add_person, ONE, rows("email")),
    "change": (fakepw.Double.change_patch, ONE, rows()),
    "fixture": (
        fakepw.Double.load,
        st.lists(sources, min_size=1, max_size=2),
        arguments("instance", "settings", "at"),
    ),
    "world": (
        fakepw.Double.world,
        st.lists(sources, max_size=1),
        arguments(*STARTED, "idle"),
    ),
    "marker": (mark, st.lists(sources, max_size=1), arguments(*STARTED, "instnace")),
}


@pytest.fixture(scope="module")
def server() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("tiny") as server:
        yield server


def everything(server: fakepw.LiveServer) -> tuple[Any, ...]:
    """All that can be done to a double, as it is now."""
    steering = server._steering
    pipeline = steering.pipeline
    told = [str(each) for each in pipeline.scenarios.all]
    rules = [rule.rule for rule in server.rules]
    more = (server.instance, pipeline.patchwork.settings, len(pipeline.journal))
    worlds = [world.id for world in steering.worlds()]
    return server.state(), rules, told, [*steering.snapshots], pipeline.clock.running, worlds, more


def as_at_first(server: fakepw.LiveServer) -> None:
    server.load("tiny", instance="3.2-py3-postgresql", settings={}, at="/xmlrpc/")
    for world in server._steering.worlds():
        server._steering.end_world(world.id)


@pytest.mark.parametrize("door", DOORS)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_it_is_taken_whole_or_refused_in_a_sentence(
    server: fakepw.LiveServer, door: str, data: st.DataObject
) -> None:
    do, by_position, by_name = DOORS[door]
    by_place, named = data.draw(by_position), data.draw(by_name)
    as_at_first(server)
    before, taken = everything(server), []
    for pw in (server, fakepw.connect(server.url)):
        refusal: Exception | None = None
        try:
            do(pw, *by_place, **named)
        except (ValueError, LookupError) as error:
            refusal = error
        taken.append(refusal is None)
        if refusal is None:
            as_at_first(server)
            continue
        assert not isinstance(refusal, (KeyError, IndexError, UnicodeError))
        for sentence in str(refusal).split("\n"):  # one for each thing that is wrong
            assert sentence.isprintable()
            assert 0 < len(sentence) < 700
        assert everything(server) == before
    assert taken[0] == taken[1]


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (lambda pw: pw.later(calls="3"), "calls: expected an integer or null, got a string"),
        (lambda pw: pw.later(calls=-1), "later(calls=…) is from 0 up, below 1000000000, not -1"),
        (lambda pw: pw.clock.advance(days=[]), "days: expected a number, got an array"),
        (lambda pw: pw.clock.set(7), "a clock is set to a datetime or to text, not to 7"),
        (lambda pw: pw.restore(None), "snapshot: expected a string, got null"),
        (lambda pw: pw.change_patch(None), "which: expected an integer or a string, got null"),
        (lambda pw: pw.add_check(1.5), "patch: expected an integer or a string, got a number"),
        (lambda pw: pw.fault(headers=3), "headers: expected an object, got an integer"),
        (lambda pw: pw.world(faults="reset"), "faults is a list of rules, not 'reset'"),
        (lambda pw: pw.world(in_front=3), "in_front is a list of rules, not 3"),
        (lambda pw: pw.world(limit=[]), "a rule is text, or its members, not []"),
        (
            lambda pw: pw.load({}, settings=["UTC"]),
            "settings are names and values, such as {'TIME_ZONE': 'UTC'}, not ['UTC']",
        ),
    ],
)
def test_what_is_not_of_its_kind_is_said_the_same_everywhere(
    server: fakepw.LiveServer, do: Callable[[Any], object], says: str
) -> None:
    for pw in (server, fakepw.connect(server.url)):
        with pytest.raises(ValueError) as raised:  # noqa: PT011 - all of it is compared
            do(pw)
        assert str(raised.value) == says


def test_what_json_cannot_say_does_not_become_something_else(server: fakepw.LiveServer) -> None:
    """Not base64, and not null; in this process it is refused, too."""
    for value in (b"bytes", float("nan"), "\ud800"):
        for pw in (server, fakepw.connect(server.url)):
            with pytest.raises(ValueError, match=r"expected|JSON|text"):
                pw.add_patch("[PATCH] x", content=value)
