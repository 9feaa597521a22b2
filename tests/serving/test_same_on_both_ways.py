"""A rule does the same to a client over a socket and over the transport, and is noted the same."""

from __future__ import annotations

import socket
import xmlrpc.client
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fakepw
from fakepw.rules.grammar import parse
from fakepw.rules.spec import Spec
from fakepw.strategies import method_calls

from .wire import until

ROWS = fakepw.load("demo")
INSTANCES = ["3.2-py3-postgresql", "1.0-py2-sqlite", "2.0-py2-sqlite"]
EFFECTS = [
    "status=200 body='<html>no XML</html>'",
    "status=200 body='<methodResponse'",
    "status=301 header='Location: /elsewhere'",
    "status=404",
    "status=503 header='Retry-After: 7' body='wait'",
    "status=204",
    "fault=\"<class 'ValueError'>:no ünicode\"",
    "cut=0",
    "cut=1",
    "cut=0.5",
    "cut=20",
    "cut=100000000",
    "reset",
    "drop",
    "latency=0.01",
    "latency=1.5",
    "preset=js-challenge",
    "preset=https-redirect",
    "preset=gateway-502",
    "preset=disabled",
    "preset=eats-authorization",
    "preset=ua-403",
    "rate=1/h burst=1",
]
#: What a client sees of calls that arrive at the server, sooner or later.
ARRIVED = {"value", "Fault", "ProtocolError", "ResponseNotReady", "TimeoutError"}
WHEN = ["", "when=after"]
COUNTS = ["", "first=1", "nth=2", "every=2"]


@st.composite
def rules(draw: st.DrawFn) -> str:
    effect = draw(st.sampled_from(EFFECTS))
    when = "" if effect.startswith(("latency", "rate")) else draw(st.sampled_from(WHEN))
    method = draw(st.sampled_from(["*", "patch_*", "patch_list"]))
    return f"{method}: {effect} {when} {draw(st.sampled_from(COUNTS))}"


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, fakepw.LiveServer]]:
    running = {name: fakepw.serve(ROWS, instance=name) for name in INSTANCES}
    yield running
    for server in running.values():
        server.stop()


def seen(proxy: Any, call: Any) -> tuple[Any, ...]:
    """What a client sees of a call: its value, or the exception with all that it says."""
    try:
        value = getattr(proxy, call.method)(*call.params)
    except xmlrpc.client.Fault as fault:
        return "Fault", fault.faultCode, fault.faultString
    except xmlrpc.client.ProtocolError as error:
        headers = {k: v for k, v in error.headers.items() if k not in ("Date", "Set-Cookie")}
        return "ProtocolError", error.errcode, error.errmsg, headers
    except Exception as error:
        return (type(error).__name__, *([] if isinstance(error, OSError) else [str(error)]))
    return "value", xmlrpc.client.dumps((value,), allow_none=True)


def noted(calls: fakepw.double.journal.calls.Calls) -> list[Any]:
    return [
        (c.number, c.method, c.params, c.user, c.status, c.fault, c.rule, c.carried_out)
        for c in calls
    ]


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(rules(), st.data(), st.sampled_from(INSTANCES))
def test_a_socket_and_the_transport_are_the_same(
    servers: dict[str, fakepw.LiveServer], rule: str, data: st.DataObject, instance: str
) -> None:
    calls = data.draw(st.lists(method_calls(ROWS), min_size=1, max_size=3))
    server, spec = servers[instance], parse(rule)
    for patience in (0.4, 4):  # a busy machine may take longer than a client waits
        ways = [one_way(server, spec, calls, way, patience) for way in (None, server.transport())]
        if ways[0] == ways[1]:
            break
    assert ways[0] == ways[1]


def one_way(
    server: fakepw.LiveServer, spec: Spec, calls: list[Any], transport: Any, patience: float
) -> tuple[Any, ...]:
    """What a client sees that waits so many seconds, what is noted of it, and the rules' hits."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(patience)
    try:
        server.reset()
        server._rule(spec)
        url = server.url.replace("://", "://kim:earl-grey@")
        with xmlrpc.client.ServerProxy(url, transport, allow_none=True) as proxy:
            results = [seen(proxy, call) for call in calls]
        # a client whose last answer is not read whole sends, and does not wait for what comes of it
        sent = sum(result[0] in ARRIVED for result in results)
        assert until(lambda: len(server.calls) >= sent)
        return results, noted(server.calls), [rule.hits for rule in server.rules]
    finally:
        socket.setdefaulttimeout(before)
