"""Whatever is sent to the control API is done, or refused in one sentence: never a 500."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fakepw
from fakepw.double.control.api import ROUTES
from fakepw.double.control.openapi import openapi
from fakepw.double.pipeline import Pipeline
from fakepw.double.steering import Steering
from fakepw.protocol.messages import Request, Response
from fakepw.rules.spec import Spec
from fakepw.serving.control.control import Control
from fakepw.serving.guarding.guard import Guard

DOCUMENT = openapi("1")
MEMBERS = sorted(
    {*Spec.__struct_fields__, "rule", "fixture", "instance", "settings", "name", "set", "advance"}
    | {"run", "steps", "calls", "of", "seconds", "add", "change", "row", "patch", "patch_id", "id"}
    | {"submitter", "project", "date", "email", "content", "context", "days", "minutes", "weeks"}
)
WORDS = [
    "patch_get",
    "*",
    "patch_set: reset",
    "demo",
    "tiny",
    "New",
    "2026-01-31",
    "check",
    "person",
]
WORDS += ["1/s", "gateway-502", "3.2-py3-sqlite", "Ann <a@b.example>", "before", "kim", "kettle"]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=12)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4)
    ),
    max_leaves=8,
)
bodies = st.one_of(
    values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(MEMBERS), values, max_size=4).map(
        lambda value: json.dumps(value).encode()
    ),
    st.binary(max_size=20),
    st.sampled_from(["[", '{"a":']).map(lambda start: start.encode() * 100_000),
)
keys = st.sampled_from(["1", "5", "999", "-1", "x", "snapshot-1", "%2F", "", "9" * 30, "²"])


def control() -> Control:
    patchwork = fakepw.Patchwork(fakepw.load("demo"))
    return Control(Steering(Pipeline(patchwork)), Guard("127.0.0.1"))


SHARED = control()


def everything() -> tuple[Any, ...]:
    """All that can be done to the double, as it is now: what is refused changes none of it."""
    steering = SHARED.steering
    pipeline = steering.pipeline
    scenarios = [(str(each), len(each.actions)) for each in pipeline.scenarios.all]
    clock = pipeline.clock.running, None if pipeline.clock.running else pipeline.clock.now
    more = pipeline.patchwork.instance, pipeline.patchwork.settings
    return steering.state(), steering.rules(), scenarios, [*steering.snapshots], clock, more


def ask(method: str, path: str, body: bytes) -> tuple[Response, Any]:
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    headers.append((b"content-length", b"%d" % len(body)))
    request = Request(method.encode(), f"/_fakepw/{path}".encode(), headers, body)
    response = SHARED.answer(request)
    assert isinstance(response, Response)
    return response, json.loads(b"".join(response.body))


@pytest.mark.parametrize("step", ["weeks", "self"])
def test_a_step_of_the_clock_that_there_is_not_is_refused(step: str) -> None:
    response, answer = ask("POST", "clock", json.dumps({"advance": {step: 1}}).encode())
    assert (response.status, answer) == (400, {"error": f"advance: unknown member '{step}'"})


def schema_of(route: Any) -> dict[str, Any]:
    path = "/_fakepw/" + route.path.replace("{}", "{key}")
    operation = DOCUMENT["paths"][path][route.method.lower()]
    found: dict[str, Any] = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return {**found, "components": DOCUMENT["components"]}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(ROUTES), keys, bodies, st.sampled_from(["", "?since=2", "?since=x", "?x"]))
def test_every_answer_is_one_that_is_described(
    route: Any, key: str, body: bytes, query: str
) -> None:
    before = everything()
    response, answer = ask(route.method, f"{route.path.replace('{}', key)}{query}", body)
    if response.status == 200:
        jsonschema.validate(answer, schema_of(route))
    else:
        assert 400 <= response.status < 500
        assert isinstance(answer["error"], str)
        assert "\n" not in answer["error"]
        assert 0 < len(answer["error"]) < 5000
        assert everything() == before
