"""Two instances may answer differently only where a declared trait says so.

For calls that Hypothesis makes up, both instances answer; which traits either of them asked for on
the way is noted.  Answers that differ must be explained by those of these traits that differ, and
by nothing else: not by a name, a release or a branch hidden somewhere.
"""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakepw import Patchwork, Request, load, respond
from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.patchwork.instances.traits import Traits
from fakepw.patchwork.patchwork import METHODS
from fakepw.strategies import MethodCall, method_calls
from tests import recordings

DATASET = load(recordings.FOLDER / "datasets" / "a.json")
NAMES = set(Traits.__struct_fields__)
MAINT = b"Basic bWFpbnQ6bWFpbnRwYXNz"


class Probe:
    """Traits that remember which of them were asked for."""

    def __init__(self, traits: Any) -> None:
        self.traits = traits
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if name in NAMES:
            self.asked.add(name)
            return getattr(self.traits, name)
        # a method or property of Traits: run it with this probe for its self, to see inside
        found = getattr(Traits, name)
        if isinstance(found, property):
            assert found.fget is not None
            return found.fget(self)
        return found.__get__(self)

    def __hash__(self) -> int:
        return hash(self.traits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Probe) and self.traits == other.traits


def answer(traits: Any, call: MethodCall) -> tuple[bytes, set[str]]:
    """The whole response, and the traits that it took."""
    probe = Probe(traits)
    made_up = dataclasses.replace(instance(), traits=cast(Traits, probe))
    pw = Patchwork(DATASET, made_up, clock=lambda: DATASET.patches[0].date)
    body = call.body()
    headers = [
        (b"host", b"pw.example.org"),
        (b"content-length", b"%d" % len(body)),
        (b"authorization", MAINT),
    ]
    response = respond(Request(b"POST", b"/xmlrpc/", headers, body), pw)
    head = f"{response.status} {response.headers}".encode()
    return head + b"".join(response.body), probe.asked


@pytest.mark.parametrize("name", [name for name in RECORDED if name != "3.2-py3-postgresql"])
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_a_difference_is_declared(name: str, data: st.DataObject) -> None:
    call = data.draw(method_calls(DATASET, list(METHODS)))
    ours, theirs = instance().traits, instance(name).traits
    here, asked = answer(ours, call)
    there, asked_there = answer(theirs, call)
    if here == there:
        return
    # Give one the other's values of just the differing traits that were asked for: if they are the
    # whole reason, the answers are equal now. New ones may be asked for on the new way.
    told: set[str] = set()
    while different := {
        trait
        for trait in (asked | asked_there) - told
        if getattr(ours, trait) != getattr(theirs, trait)
    }:
        told |= different
        changed = msgspec.structs.replace(ours, **{t: getattr(theirs, t) for t in told})
        here, asked = answer(changed, call)
    assert told, f"{call} is answered differently and no trait says so"
    assert here == there, f"{call} differs beyond what {sorted(told)} declare"


@settings(max_examples=60, deadline=None)
@given(method_calls(DATASET, list(METHODS)), st.sampled_from(RECORDED))
def test_an_instances_name_changes_no_answer(call: MethodCall, name: str) -> None:
    """The same traits under another name, release and Python answer the same."""
    named = instance(name)
    masked = dataclasses.replace(
        named, release="9.9", runtime="py9", database="nosql", python="9.9.9", django="9.9.9"
    )
    body = call.body()
    headers = [(b"host", b"x"), (b"content-length", b"%d" % len(body)), (b"authorization", MAINT)]
    answers = []
    for like in (named, masked):
        pw = Patchwork(DATASET, like, clock=lambda: DATASET.patches[0].date)
        response = respond(Request(b"POST", b"/xmlrpc/", headers, body), pw)
        answers.append((response.status, response.headers, b"".join(response.body)))
    assert answers[0] == answers[1]
