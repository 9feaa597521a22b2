"""A test file as a user of fakepw writes one, with types: it uses every public name there is.

tests/test_packaging.py puts it beside the installed wheel, runs it and has its types checked.
"""

from __future__ import annotations

import unittest
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import ANY
from xmlrpc.client import ProtocolError, ServerProxy, Transport

import pytest
from hypothesis import given, settings

import fakepw as pw
from fakepw import docker, strategies, testing

ROWS: pw.Dataset = pw.load("tiny", {"patches": [{"name": "one more"}]})


def client(double: pw.Double, user: str = "kim:secret") -> ServerProxy:
    """What is tested."""
    return ServerProxy(double.url.replace("://", f"://{user}@"), allow_none=True)


# The plugin's fixtures.


@pytest.fixture
def kim(fakepw: pw.Double) -> ServerProxy:
    return client(fakepw)


@pytest.mark.fakepw("tiny", instance=["3.2-py3-sqlite", "2.0-py2-sqlite"], clock="2026-01-31")
def test_every_fixture_has_its_type(
    fakepw: pw.Double,
    fakepw_server: testing.Server,
    fakepw_url: str,
    fakepw_transport: Transport,
    fakepw_environment: dict[str, str],
) -> None:
    assert fakepw_url == fakepw.url == f"{fakepw.base_url}xmlrpc/"
    assert fakepw.control_url.endswith("/_fakepw/")
    assert Path(fakepw_environment["PWCLIENTRC"]).is_file()
    with ServerProxy(fakepw_url, fakepw_transport) as proxy:
        assert proxy.pw_rpc_version() == [1, 3, 0]
    name: str = fakepw.instance
    assert name in pw.RECORDED
    assert fakepw_server.prepared(["tiny"]) is fakepw


@pytest.mark.fakepw("tiny")
def test_rows(fakepw: pw.Double, tmp_path: Path) -> None:
    added = fakepw.add_patch("[PATCH] x", submitter="Ann <ann@example.org>", state="Accepted")
    fakepw.add_comment(added.id, "Acked-by: Kim <kim@example.org>")
    fakepw.add_check("[PATCH] x", state="success", user="kim")
    fakepw.add_person("new@example.org", name="New")
    with fakepw.snapshot() as snapshot:
        fakepw.change_patch(added.id, archived=True)
        snapshot.restore()
    remembered: str = fakepw.snapshot("before").name
    fakepw.restore(remembered)
    assert fakepw.patches["[PATCH] x"].state == "Accepted"
    assert [patch.id for patch in fakepw.patches] == [1, 2, 3]
    assert len(fakepw.state().checks) == 1
    fakepw.load({"patches": [{"name": "only"}]}, instance="3.2-py3-sqlite", settings={})
    fakepw.reset()
    assert fakepw.pwclientrc(tmp_path, None)["PWCLIENTRC"]
    with pytest.raises(pw.FixtureError) as refused:
        fakepw.add_patch("[PATCH] y", stat="New")
    assert refused.value.errors == ["stat: unknown member; did you mean 'state'?"]


@pytest.mark.fakepw("tiny")
def test_calls(fakepw: pw.Double, kim: ServerProxy) -> None:
    with fakepw.expect("patch_set", 1, ANY, user="kim", within=1.0):
        kim.patch_set(1, {"archived": True})
    kim.patch_get(1)
    call: pw.Call = fakepw.assert_called("patch_set", 1, pw.including(archived=True), times=1)
    assert (call.number, call.method, call.user, call.status) == (1, "patch_set", "kim", 200)
    assert (call.params, call.result, call.fault) == ((1, {"archived": True}), True, None)
    assert call.writes
    assert call.written
    assert call.called
    assert call.carried_out
    assert (call.verb, call.target, call.rule) == ("POST", "/xmlrpc/", None)
    assert f"{call.asked} -> {call.answered}" == "patch_set(1, {'archived': True}) -> True"
    assert b"secret" not in call.request + call.answer
    when: datetime = call.when
    assert when <= fakepw.clock.now
    assert call.seconds < 60
    calls: pw.Calls = fakepw.calls("patch_*", user="kim")
    assert (len(calls), calls.dropped, calls[-1].method) == (2, 0, "patch_get")
    assert pw.Calls.these([call]) == calls[:1]
    fakepw.assert_calls([("patch_set", 1), "patch_get"], only=True)
    fakepw.assert_written_once("patch_set", 1)
    fakepw.assert_not_called("check_create")
    fakepw.reset()
    fakepw.assert_no_writes()


@pytest.mark.fakepw("tiny")
def test_rules_and_time(fakepw: pw.Double, kim: ServerProxy) -> None:
    rule: pw.Rule = fakepw.fault("patch_get", 1, status=504, first=1)
    with pytest.raises(ProtocolError):
        kim.patch_get(1)
    assert (rule.id, rule.matched, rule.hits) == (1, 1, 1)
    assert [each.rule for each in fakepw.rules] == [rule.text]
    rule.remove()
    with fakepw.limit("1/s", burst=1, optional=True):
        kim.patch_get(1)
    fakepw.clock.set("2026-01-31T12:00")
    later = fakepw.later(calls=1, of="patch_get").add_patch("[PATCH] late")
    later.add_comment("[PATCH] late", "hello").add_check("[PATCH] late").add_person("a@b.example")
    fakepw.later(seconds=60).change_patch(1, archived=True)
    kim.patch_get(1)
    assert fakepw.unmet() == [
        "later(seconds=60) never came to pass: the clock has not reached 2026-01-31 12:01:00"
    ]
    fakepw.clock.advance(minutes=1)
    fakepw.clock.run()
    assert fakepw.patches[1].archived


@pytest.mark.fakepw("tiny")
def test_a_world(fakepw: pw.Double) -> None:
    world: pw.Double = fakepw.world({"patches": []}, instance="2.0-py2-sqlite", idle=60)
    assert len(world.patches) == 0
    world.close()


@pytest.mark.fakepw("tiny", strict=True)
def test_strict(fakepw: pw.Double, kim: ServerProxy) -> None:
    mode: bool | str = fakepw.strict
    assert mode is True
    kim.patch_list({"state": "New"})
    with pytest.warns(pw.FakepwWarning, match="'state' is no key to filter by"):
        fakepw.warn()  # which is done at the test's end otherwise
    assert fakepw.remarks[-1].startswith("patch_list({'state': 'New'}): 'state' is no key")
    assert fakepw.calls[0].remarks
    fakepw.settle()
    fakepw.strict = False


# Without the plugin.


class Test(testing.TestCase):
    fakepw_options: ClassVar[Mapping[str, Any]] = {"sources": ["tiny"]}

    def test_it(self) -> None:
        with ServerProxy(self.fakepw.url, self.fakepw.transport()) as proxy:
            proxy.patch_get(1)
        self.fakepw.assert_called("patch_get", 1)


class TestMixed(testing.Mixin, unittest.TestCase):
    fakepw_options: ClassVar[Mapping[str, Any]] = {"sources": ["tiny"]}

    def test_it(self) -> None:
        assert len(self.fakepw.patches) == 2


def test_one_server_for_all() -> None:
    server = testing.Server()
    assert server.prepared(["tiny"]).calls == []
    server.stop()


def test_a_server_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    path.write_bytes(pw.dumps(ROWS, instance="3.2-py3-sqlite"))
    server: pw.LiveServer
    with pw.serve(path, limits=pw.Limits(idle_timeout=5)) as server:
        assert server.run(len, server.patchwork.store.patches) == 3
        assert (server.host, server.ca_file) == ("127.0.0.1", None)
        assert server.port
        elsewhere: pw.Double = pw.connect(server.url)
        assert elsewhere.state() == ROWS
    server.stop()
    with pytest.raises(pw.DoubleUnreachable):
        pw.connect(server.url)


def in_a_container() -> None:
    """Not called: it takes an engine."""
    try:
        double: docker.ContainerDouble
        with docker.serve("tiny") as double:
            print(docker.IMAGE, double.url, double.log())
        double.stop()
    except docker.ContainerError as error:
        print(error)


def test_without_a_server() -> None:
    kind: pw.Instance = pw.instance(pw.RECORDED[0])
    patchwork = pw.Patchwork(ROWS, kind)
    with pytest.raises(pw.Fault) as refused:
        patchwork.call("patch_set", [1, {}])
    assert refused.value.text == "No authentication credentials given"
    response: pw.Response = pw.respond(pw.Request(b"GET", b"/"), patchwork)
    assert response.status == 200
    with ServerProxy("http://fakepw/xmlrpc/", pw.Transport(patchwork)) as proxy:
        assert proxy.pw_rpc_version() == 1
    assert pw.__version__


@settings(max_examples=2)
@given(
    strategies.method_calls(ROWS, ["patch_list"]),
    strategies.patch_filters(ROWS) | strategies.check_filters(ROWS),
    strategies.ids(ROWS.patches) | strategies.texts(["x"]) | strategies.counts(),
    strategies.dates(ROWS) | strategies.odd_values(),
)
def test_strategies(
    call: strategies.MethodCall, filters: object, one: object, other: object
) -> None:
    assert call.body().startswith(b"<?xml")
