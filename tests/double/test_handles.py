"""One handle, wherever the double runs: the same tests over all of them."""

from __future__ import annotations

import threading
import xmlrpc.client
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

import fakepw
import fakepw.docker
from fakepw.serving.reach.connecting import RemoteDouble
from tests import tools
from tests.containers.image import image


@pytest.fixture(scope="module")
def server() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo") as pw:
        yield pw


EVERYWHERE = ["here", "from afar", "a world", "a world from afar"]
IN_A_CONTAINER = pytest.param("in a container", marks=pytest.mark.needs(tools.ENGINE))


@pytest.fixture(scope="module", params=[*EVERYWHERE, IN_A_CONTAINER])
def double(request: pytest.FixtureRequest, server: fakepw.LiveServer) -> Iterator[fakepw.Double]:
    if request.param == "here":
        yield server
    elif request.param == "from afar":
        yield fakepw.connect(server.url)
    elif request.param == "in a container":
        with fakepw.docker.serve("demo", image=image()) as contained:
            yield contained
    else:
        host = server if request.param == "a world" else fakepw.connect(server.url)
        with host.world() as world:
            yield world


@pytest.fixture
def pw(double: fakepw.Double) -> fakepw.Double:
    double.load("demo", instance="3.2-py3-postgresql", settings={}, at="/xmlrpc/")
    return double


_PROXIES: list[Any] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _PROXIES:
        _PROXIES.pop()("close")()


def client(pw: fakepw.Double, user: str = "kim:earl-grey") -> Any:
    url = pw.url.replace("://", f"://{user}@")
    _PROXIES.append(xmlrpc.client.ServerProxy(url, use_builtin_types=True))
    return _PROXIES[-1]


def test_where_it_is(pw: fakepw.Double, server: fakepw.LiveServer) -> None:
    root = pw.base_url.removesuffix("/")
    if not isinstance(pw, fakepw.docker.ContainerDouble):
        assert root == server.base_url.removesuffix("/") or root.startswith(f"{server.base_url}w/")
    assert (pw.url, pw.control_url) == (f"{root}/xmlrpc/", f"{root}/_fakepw/")
    pw.load("demo", settings={"FORCE_SCRIPT_NAME": "/pw"}, at="/RPC2")
    assert (pw.url, pw.base_url) == (f"{root}/pw/RPC2", f"{root}/pw/")
    assert pw.control_url == f"{root}/_fakepw/"
    for url in (pw.url, pw.base_url, pw.control_url, root):
        assert fakepw.connect(url).url == pw.url
    assert client(pw).patch_get(1)["id"] == 1
    assert pw.instance == "3.2-py3-postgresql"
    assert len(repr(pw)) < 150


def test_a_fixture_and_an_instance_can_be_loaded(pw: fakepw.Double) -> None:
    pw.load({"patches": [{"name": "only"}]}, instance="2.0-py2-sqlite")
    assert pw.instance == "2.0-py2-sqlite"
    assert [row["name"] for row in client(pw).patch_list()] == ["only"]
    assert isinstance(client(pw).patch_get(1)["date"], str)
    pw.load({"patches": []}, settings={"ENABLE_XMLRPC": False})
    with pytest.raises(xmlrpc.client.ProtocolError, match="404"):
        client(pw).patch_list()
    with pytest.raises(fakepw.FixtureError, match=r"\$\.patches\[0\]\.nme: unknown member"):
        pw.load({"patches": [{"nme": "x"}]})


def test_the_rows_of_before_can_be_served_by_another_instance(pw: fakepw.Double) -> None:
    """Settings of a server can be changed after its start, over HTTP, too."""
    pw.load("demo", instance="3.2-py3-postgresql", settings={"TIME_ZONE": "UTC"})
    pw.change_patch(5, archived=True)
    pw.load(instance="2.0-py2-sqlite")
    assert (pw.instance, len(pw.patches), pw.patches[5].archived) == ("2.0-py2-sqlite", 12, False)
    pw.load("tiny")  # which says nothing of settings
    pw.load(settings={"SITE_NAME": "mine"})
    pw.clock.set("2026-01-31T12:00")
    assert str(pw.add_check(1, user="kim", context="ci").date) == "2026-01-31 12:00:00"
    assert (pw.instance, len(pw.patches)) == ("2.0-py2-sqlite", 2)


def test_a_sequence_that_ends_too_early_is_told(pw: fakepw.Double) -> None:
    client(pw).patch_get(5)
    with pytest.raises(AssertionError, match=r"was not made after #1; nothing more was called$"):
        pw.assert_calls(["patch_get", "patch_set"])


def test_what_was_meant_by_a_rule_for_no_method_is_told(pw: fakepw.Double) -> None:
    pw.fault("patch_gt", status=500)
    pw.fault("foo", status=500)
    assert repr(pw.later(calls=3, of="patch_lst").add_patch("x")) == (
        "<later(calls=3, of='patch_lst')>"
    )
    rule, other, scenario = pw.unmet()
    assert rule.endswith(
        "nothing matched it; there is no method patch_gt; did you mean 'patch_get'?"
    )
    assert other.endswith("nothing matched it")
    assert scenario.endswith(
        "were needed; there is no method patch_lst; did you mean 'patch_list'?"
    )
    for wrong in (
        lambda: pw.assert_called("patch_get", times=-1),
        lambda: pw.expect("patch_get", times=-1).__enter__(),
        lambda: pw.expect("patch_get", within=-1.0).__enter__(),
    ):
        with pytest.raises(ValueError, match=r"^(times|within): must be at least 0$"):
            wrong()
    assert repr(pw.calls) == "<0 calls>"


def test_rows_are_added_in_the_fixtures_words(pw: fakepw.Double) -> None:
    added = pw.add_patch("[PATCH] late", submitter="Zoe <zoe@example.org>", state="Accepted")
    assert (added.name, added.state, added.submitter) == (
        "[PATCH] late",
        "Accepted",
        "Zoe <zoe@example.org>",
    )
    pw.add_comment("[PATCH] late", "Acked-by: Kim <kim@example.org>")
    pw.add_check(added.id, state="fail", context="ci", user="kim")
    pw.add_person("new@example.org", name="New")
    proxy = client(pw)
    assert proxy.patch_get(added.id)["submitter"] == b"Zoe <zoe@example.org>"
    assert "Acked-by: Kim" in proxy.patch_get_mbox(added.id)
    assert proxy.patch_check_get(added.id)["state"] == "fail"
    assert [row["name"] for row in proxy.person_list("new@")] == ["New"]
    assert pw.patches["[PATCH] late"].state == "Accepted"
    assert "[PATCH] late" in pw.patches
    pw.reset()
    assert "[PATCH] late" not in pw.patches


def test_the_row_that_was_made_is_given_from_afar_as_here_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever else there is: of a Patchwork of thousands of rows, others must not be asked for."""
    asked: list[str] = []
    request = RemoteDouble._request

    def noted(double: RemoteDouble, method: str, path: str, body: Any = None) -> Any:
        asked.append(f"{method} {path}")
        return request(double, method, path, body)

    with fakepw.serve("demo", clock="2026-01-31T12:00:00.5") as here, here.world("demo") as other:
        other.clock.set("2026-01-31T12:00:00.5")
        afar = fakepw.connect(other.url)
        monkeypatch.setattr(RemoteDouble, "_request", noted)
        for do in (
            lambda pw: pw.add_patch("new", submitter="Zoe <zoe@example.org>", delegate="kim"),
            lambda pw: pw.add_patch("other", date="2020-02-02", state="Accepted", diff=None),
            lambda pw: pw.add_comment("new", "Acked-by: me"),
            lambda pw: pw.add_check(5, state="fail", context="ci", user="kim"),
            lambda pw: pw.add_person("who@example.org"),
            lambda pw: pw.change_patch("new", state="Rejected", delegate=None),
        ):
            one, same = do(here), do(afar)
            assert one == same
            assert [(name, getattr(one, name)) for name in dir(one)] == [
                (name, getattr(same, name)) for name in dir(same)
            ]
        assert afar.patches["new"] == here.patches["new"]
        with pytest.raises(LookupError, match=r"there is no patch 'a/b .'"):
            afar.patches["a/b ?"]
        monkeypatch.undo()
        for pw in (here, afar):
            for _ in range(2):
                pw.add_patch("a/b ?", state="Accepted")
            assert "a/b ?" in pw.patches
            with pytest.raises(LookupError, match=r"2 patches are called 'a/b .'; say which by id"):
                pw.patches["a/b ?"]
            assert (None in pw.patches, 99 in pw.patches, "99" in pw.patches) == (False,) * 3
            assert [each.name for each in pw.patches][-2:] == ["a/b ?"] * 2
    assert asked == [
        "POST patches",
        "POST patches",
        "POST comments",
        "POST checks",
        "POST people",
        "PATCH patches/new",
        "GET patches/new",
        "GET patches/a%2Fb%20%3F",
    ]


def test_a_patch_is_changed_as_if_somebody_else_did(pw: fakepw.Double) -> None:
    changed = pw.change_patch(5, state="Rejected", archived=True, delegate=None)
    assert (changed.state, changed.archived, changed.delegate) == ("Rejected", True, None)
    assert client(pw).patch_get(5)["state"] == b"Rejected"
    assert len(pw.calls) == 1  # what a test does is not in the journal
    with pytest.raises(fakepw.FixtureError, match=r"^state: no state is called 'Acepted'"):
        pw.change_patch(5, state="Acepted")
    with pytest.raises(LookupError, match="there is no patch 99"):
        pw.change_patch(99, state="New")


def test_what_is_wrong_with_a_row_is_said_by_its_member(pw: fakepw.Double) -> None:
    before = pw.state()
    with pytest.raises(fakepw.FixtureError) as raised:
        pw.add_patch("x", stat="New", project="nowhere")
    assert any(line.startswith("stat: unknown member") for line in raised.value.errors)
    assert pw.state() == before


def test_snapshots_come_back(pw: fakepw.Double) -> None:
    with pw.snapshot():
        pw.change_patch(5, archived=True)
        assert pw.patches[5].archived
    assert not pw.patches[5].archived
    pw.snapshot("before")
    client(pw).patch_set(5, {"archived": True})
    pw.restore("before")
    assert not pw.patches[5].archived
    with pytest.raises(LookupError, match="there is no snapshot 'befor'; did you mean 'before'"):
        pw.restore("befor")


def test_the_first_two_504_then_it_works_and_is_written_once(pw: fakepw.Double) -> None:
    rule = pw.fault("check_create", status=504, first=2)

    def post() -> bool:
        for _ in range(3):
            try:
                return bool(client(pw).check_create(5, "ci", "success"))
            except xmlrpc.client.ProtocolError:
                continue
        return False

    assert post()
    assert rule.hits == 2
    pw.assert_written_once("check_create", 5, "ci", ANY)
    pw.assert_called("check_create", user="kim", times=3)
    pw.assert_calls(["check_create", ("check_create", 5), "check_create"], only=True)


def test_rules_are_removed(pw: fakepw.Double) -> None:
    with pw.fault("patch_get", fault="no"), pytest.raises(xmlrpc.client.Fault, match="no"):
        client(pw).patch_get(1)
    assert client(pw).patch_get(1)["id"] == 1
    limit = pw.limit("1/h", burst=1)
    client(pw).pw_rpc_version()
    client(pw).pw_rpc_version()
    with pytest.raises(xmlrpc.client.ProtocolError, match="503"):
        client(pw).pw_rpc_version()
    limit.remove()
    client(pw).pw_rpc_version()
    assert pw.rules == []
    with pytest.raises(ValueError, match="a rule needs an effect"):
        pw.fault("patch_get")


def test_the_clock_is_the_doubles_own(pw: fakepw.Double) -> None:
    pw.clock.set("2026-01-31T12:00")
    assert pw.clock.now == datetime(2026, 1, 31, 12)
    pw.clock.advance(minutes=5)
    assert pw.clock.now == datetime(2026, 1, 31, 12, 5)
    client(pw).check_create(5, "ci", "success")
    assert max(check.date for check in pw.state().checks) == datetime(2026, 1, 31, 23, 5)
    pw.clock.run()
    assert pw.clock.now >= datetime(2026, 1, 31, 12, 5)
    with pytest.raises(ValueError, match="'soon' is no date"):
        pw.clock.set("soon")
    with pytest.raises(ValueError, match="not negative"):
        pw.clock.advance(seconds=-1)


def test_a_patch_appears_while_a_bot_polls(pw: fakepw.Double) -> None:
    pw.later(calls=3, of="patch_list").add_patch("[PATCH] late", msgid="<l@x>").add_comment(
        "[PATCH] late", "Tested-by: Bot <b@x.example>"
    )
    proxy = client(pw)
    polls = [len(proxy.patch_list({"msgid": "<l@x>"})) for _ in range(4)]
    assert polls == [0, 0, 0, 1]
    assert pw.unmet() == []
    with pytest.raises(fakepw.FixtureError, match=r"^project: no project is called 'nowhere'"):
        pw.later(calls=1).add_patch("x", project="nowhere")


def test_the_journal_is_the_same_from_everywhere(pw: fakepw.Double) -> None:
    proxy = client(pw)
    proxy.patch_list({"name__icontains": "url", "max_count": 2})
    proxy.patch_set(5, {"commit_ref": "é<&>"})
    first, second = pw.calls
    assert first.params == ({"name__icontains": "url", "max_count": 2},)
    assert [row["id"] for row in first.result]
    assert (second.user, second.result, second.written) == ("kim", True, True)
    assert b"earl-grey" not in second.request
    assert b"a2ltOmVhcmwtZ3JleQ" not in second.request


def test_what_was_not_called_is_told_with_the_nearest(pw: fakepw.Double) -> None:
    client(pw).patch_set(5, {"state": 3, "archived": True})
    with pytest.raises(AssertionError) as raised:
        pw.assert_called("patch_set", 5, {"state": 2, "archived": True})
    text = str(raised.value)
    assert "patch_set(5, {'state': 2, 'archived': True}) was not called" in text
    assert "#1 kim patch_set(5, {'state': 3, 'archived': True}) -> True" in text
    assert "- [5, {'archived': True, 'state': 2}]" in text
    assert "+ [5, {'archived': True, 'state': 3}]" in text
    with pytest.raises(AssertionError, match="something was written"):
        pw.assert_no_writes()
    with pytest.raises(AssertionError, match="was called once"):
        pw.assert_not_called("patch_set")
    for claim in (pw.assert_not_called, partial(pw.assert_called, times=0)):
        claim("patch_get")
        claim("person_?et")  # a pattern
        claim("bug_list")  # which a client may make up, and this one did not
        with pytest.raises(ValueError, match=r"a method 'patch_sett'.*did you mean 'patch_set'"):
            claim("patch_sett")


def test_a_call_is_waited_for(pw: fakepw.Double) -> None:
    with pw.expect("patch_get", 3):
        threading.Timer(0.05, lambda: client(pw).patch_get(3)).start()
    with (
        pytest.raises(AssertionError, match=r"patch_get\(4\) was called never, not once"),
        pw.expect("patch_get", 4, within=0.02),
    ):
        client(pw).patch_get(3)


def test_what_never_came_to_pass_is_told(pw: fakepw.Double) -> None:
    pw.fault("patch_set", reset=True)
    pw.later(seconds=1000).change_patch(5, archived=True)
    assert len(pw.unmet()) == 2


def test_pwclients_configuration_is_written(pw: fakepw.Double, tmp_path: Path) -> None:
    environment = pw.pwclientrc(tmp_path, "kim")
    text = Path(environment["PWCLIENTRC"]).read_text()
    assert f"url={pw.url}" in text
    assert "password=earl-grey" in text
    with pytest.raises(LookupError, match="there is no user 'nobody'"):
        pw.pwclientrc(tmp_path, "nobody")


def test_a_transport_reaches_the_same_double(pw: fakepw.Double) -> None:
    with xmlrpc.client.ServerProxy(pw.url, transport=pw.transport()) as proxy:
        assert proxy.patch_get(1)["id"] == 1  # type: ignore[index,call-overload]
    pw.assert_called("patch_get", 1)


def test_who_is_not_there_is_said_in_one_sentence() -> None:
    with pytest.raises(fakepw.DoubleUnreachable, match="does not answer: Connection refused"):
        fakepw.connect("http://127.0.0.1:1/xmlrpc/")
    with pytest.raises(ValueError, match="'nowhere' is no URL of a double"):
        fakepw.connect("nowhere")


def test_rules_from_the_start_come_back_at_each_reset() -> None:
    with fakepw.serve("tiny", faults=["patch_get: status=504 first=1"], limit="1/h burst=9") as pw:
        for _ in range(2):
            with pytest.raises(xmlrpc.client.ProtocolError, match="504"):
                client(pw).patch_get(1)
            assert client(pw).patch_get(1)["id"] == 1
            assert len(pw.rules) == 2
            pw.reset()
    with (
        fakepw.serve("tiny", in_front=["gateway-502"]) as pw,
        pytest.raises(xmlrpc.client.ProtocolError, match="502"),
    ):
        client(pw).patch_get(1)
    with pytest.raises(ValueError, match="there is no preset 'wall'"):
        fakepw.serve("tiny", in_front="wall")
