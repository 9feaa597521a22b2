"""Worlds: Patchworks beside one another on one server."""

from __future__ import annotations

import gc
import json
import tracemalloc
import urllib.error
import urllib.request
import weakref
import xmlrpc.client
from collections.abc import Iterator
from typing import Any

import pytest

import fakepw
import fakepw.testing
from fakepw.double import worlds as worlds_module
from fakepw.double.outcome import Later
from fakepw.double.pipeline import Pipeline
from fakepw.double.steering import Wanted
from fakepw.double.worlds import Host
from fakepw.protocol import site
from fakepw.protocol.messages import Request, Response
from fakepw.rules.spec import spec_of
from fakepw.serving.reach.here import LiveWorld
from fakepw.serving.reach.waiting import wait

from .asking import call, value

PATHS = [
    *("/", "/about", "/about/", "/xmlrpc", "/xmlrpc/", "/project/kettle/pwclientrc/", "/api/"),
    *("/patch/1/", "/patch/1/mbox", "/patch/1/mbox/", "/project/kettle/list/", "/user/login/"),
    *("/admin/", "/comment/1/", "/help/", "/nothing", "//xmlrpc/", "/xmlrpc/x"),
]

FAULTS = ["patch_get: status=504 first=1"]


@pytest.fixture(scope="module")
def server() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo") as pw:
        yield pw


@pytest.fixture
def host() -> Host:
    return Host(Pipeline(fakepw.Patchwork(fakepw.load("demo")), timer=Timer()))


class Timer:
    """The machine's time, as a test has it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def client(pw: fakepw.Double) -> Any:
    url = pw.url.replace("://", "://kim:earl-grey@")
    return xmlrpc.client.ServerProxy(url, use_builtin_types=True)


def ask(url: str, body: Any = None, method: str | None = None) -> tuple[int, dict[str, Any]]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize("like", ["1.0-py2-sqlite", "2.1-py3-sqlite", "3.2-py3-postgresql"])
def test_a_world_answers_as_a_patchwork_under_a_script_name(host: Host, like: str) -> None:
    made = host.world(Wanted(instance=like))
    root = made.path.removesuffix("/xmlrpc/")
    settings = {"FORCE_SCRIPT_NAME": root}
    real = fakepw.Patchwork(fakepw.load("demo"), like, settings=settings)
    pipeline = host.found(made.id).steering.pipeline
    pipeline.patchwork.clock.set("2026-01-31T12:00")  # type: ignore[attr-defined]
    real.clock = pipeline.patchwork.clock
    for path in PATHS:
        for method in (b"GET", b"HEAD", b"POST", b"PUT"):
            request = Request(method, f"{root}{path}".encode(), [(b"host", b"pw.example.org")])
            answer, expected = pipeline.answer(request), fakepw.respond(request, real)
            assert isinstance(answer, Response)
            assert (answer.status, answer.reason) == (expected.status, expected.reason)
            if "csrftoken" not in str(answer.headers):  # which is drawn anew each time
                assert (answer.headers, answer.body) == (expected.headers, expected.body)
    assert root in pages(pipeline, root)


def pages(pipeline: Pipeline, root: str) -> str:
    answer = pipeline.answer(Request(b"GET", f"{root}/".encode(), [(b"host", b"h")]))
    assert isinstance(answer, Response)
    return b"".join(answer.body).decode()


def test_nothing_is_shared_but_the_port(server: fakepw.LiveServer) -> None:
    rows = {"patches": [{"name": "only"}], "users": [{"username": "kim", "password": "earl-grey"}]}
    with (
        server.world(rows, instance="2.0-py2-sqlite", faults=FAULTS) as one,
        server.world(clock="2026-01-31T12:00", settings={"TIME_ZONE": "UTC"}) as other,
    ):
        assert (one.instance, other.instance) == ("2.0-py2-sqlite", "3.2-py3-postgresql")
        with client(one) as proxy, pytest.raises(xmlrpc.client.ProtocolError, match="504"):
            proxy.patch_get(1)
        with client(other) as proxy:
            proxy.check_create(5, "ci", "success")
            proxy.patch_set(5, {"archived": True})
        assert other.state().checks[-1].date.isoformat() == "2026-01-31T12:00:00"
        assert [len(double.calls) for double in (one, other)] == [1, 2]
        assert (len(one.patches), other.patches[5].archived) == (1, True)
        assert not server.patches[5].archived
        assert (server.rules, len(server.calls), server.clock.now.year > 2025) == ([], 0, True)
        one.reset()
        with client(one) as proxy, pytest.raises(xmlrpc.client.ProtocolError, match="504"):
            proxy.patch_get(1)  # what it started with comes back
        assert other.patches[5].archived


def test_a_world_is_made_steered_and_closed_over_http(server: fakepw.LiveServer) -> None:
    control = server.control_url
    status, made = ask(f"{control}worlds", {"fixture": "tiny", "instance": "2.2-py3-sqlite"})
    assert (status, made["patches"], made["idle"]) == (200, 2, 3600.0)
    origin = server.base_url.removesuffix("/")
    assert ask(f"{origin}{made['control']}health")[1]["instance"] == "2.2-py3-sqlite"
    with xmlrpc.client.ServerProxy(origin + made["path"]) as proxy:
        assert len(proxy.patch_list()) == 2  # type: ignore[arg-type]
    assert made["id"] in [each["id"] for each in ask(f"{control}worlds")[1]["worlds"]]
    status, said = ask(f"{origin}{made['control']}worlds", {})
    assert (status, said["error"][:22]) == (404, "a world has no worlds:")
    assert ask(f"{control}worlds/{made['id']}", method="DELETE")[0] == 200
    status, said = ask(f"{origin}{made['control']}health")
    assert (status, said["error"][:18]) == (404, "there is no world ")
    with (
        xmlrpc.client.ServerProxy(origin + made["path"]) as proxy,
        pytest.raises(xmlrpc.client.ProtocolError, match="404"),
    ):
        proxy.patch_list()
    with pytest.raises(LookupError, match="there is no world"):
        fakepw.connect(origin + made["path"])


def test_a_closed_world_says_so(server: fakepw.LiveServer) -> None:
    for host in (server, fakepw.connect(server.url)):
        world = host.world()
        world.close()
        world.close()
        with pytest.raises(LookupError, match="it was closed, or left alone too long"):
            world.reset()


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"instance": "9.9"}, "9.9"),
        ({"instance": ""}, "no instance is called ''"),
        ({"strict": "loud"}, "'loud'"),
        ({"settings": {"TIME_ZONE": "Mars"}}, "Mars"),
        ({"at": "xmlrpc"}, "at is a path such as"),
        ({"at": "/_fakepw/x"}, "not below /_fakepw"),
        ({"idle": 0}, "idle is seconds above 0"),
        ({"faults": ["patch_get: staus=5"]}, "a rule has no 'staus'"),
        ({"clock": "soon"}, "'soon' is no date"),
    ],
)
def test_what_is_no_world_is_said_in_one_sentence_and_makes_none(
    server: fakepw.LiveServer, wanted: dict[str, Any], why: str
) -> None:
    before = len(ask(f"{server.control_url}worlds")[1]["worlds"])
    for host in (server, fakepw.connect(server.url)):
        with pytest.raises(ValueError, match=why) as raised:
            host.world(**wanted)
        assert "\n" not in str(raised.value)
    status, said = ask(f"{server.control_url}worlds", wanted)
    assert (status, why in said["error"]) == (400, True)
    assert len(ask(f"{server.control_url}worlds")[1]["worlds"]) == before


def test_a_world_that_nobody_asks_is_gone_by_the_machines_clock(host: Host) -> None:
    timer: Any = host.pipeline.timer
    one, other = host.world(Wanted(idle=60)), host.world(Wanted())
    host.found(one.id).steering.set_clock("2099-01-01")
    timer.now += 59
    host.found(one.id)
    timer.now += 59
    assert {each.id for each in host.worlds()} == {one.id, other.id}
    timer.now += 2
    with pytest.raises(LookupError, match="left alone too long"):
        host.found(one.id)
    assert [each.id for each in host.worlds()] == [other.id]


def test_a_world_is_not_left_alone_while_somebody_waits_for_its_answer(host: Host) -> None:
    timer: Any = host.pipeline.timer
    made = host.world(Wanted(idle=60))
    steering = host.found(made.id).steering
    assert host.due == 60
    steering.fault(spec_of({"latency": 100}))
    later = steering.pipeline.answer(call("patch_get", 1))
    assert isinstance(later, Later)
    timer.now = 99
    host.let_go_of_the_idle()
    assert host.due == 99  # it is looked for again, and again
    later.outcome()
    host.let_go_of_the_idle()
    assert host.worlds() == []


def test_an_idle_world_is_gone_without_anybody_looking() -> None:
    with fakepw.serve("demo", world_idle=0.1) as pw:
        kept, left = pw.world(idle=60), pw.world()
        assert isinstance(left, LiveWorld)
        held = weakref.ref(left._steering.pipeline)
        del left
        wait(5, lambda: gc.collect() == 0 and held() is None)
        assert held() is None
        kept.reset()


def test_a_suite_that_left_its_world_alone_gets_another(server: fakepw.LiveServer) -> None:
    suite = fakepw.testing.Server(server.url)
    first = suite.prepared(sources=["tiny"])
    first.close()
    second = suite.prepared(sources=["tiny"])
    assert len(second.patches) == 2
    assert second.url != first.url
    suite.stop()


def test_worlds_share_a_bound_on_their_rows(
    server: fakepw.LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {"patches": [{"name": "x", "content": "x" * 1024 * 1024}]}
    monkeypatch.setattr(worlds_module, "ROWS", 5 * 512 * 1024)
    afar = fakepw.connect(server.url)
    with server.world(rows) as one, afar.world(rows) as other, server.world() as shares:
        before = len(server._steering.worlds())
        for refused in (
            lambda: server.world(rows),
            lambda: afar.world(rows),
            lambda: one.load(rows, {"patches": [{"name": "y", "content": "y" * 1024 * 1024}]}),
            lambda: shares.load(rows),
        ):
            with pytest.raises(ValueError, match="all together may take 2 MiB: close some") as text:
                refused()
            assert "\n" not in str(text.value)
        assert (len(server._steering.worlds()), len(one.patches)) == (before, 1)
        other.load(rows)  # in the place of as many
        one.load("tiny")
        shares.load(rows)


@pytest.mark.parametrize("where", ["here", "from afar"])
def test_a_world_of_a_world_is_like_it(server: fakepw.LiveServer, where: str) -> None:
    """A suite that is given a world in the place of a server does with it what it did before."""
    host = server if where == "here" else fakepw.connect(server.url)
    with (
        host.world("tiny", instance="2.0-py2-sqlite", faults=FAULTS, clock="2026-01-31") as first,
        first.world() as second,
        second.world(instance="2.2-py3-sqlite") as third,
        third.world("demo") as own,
    ):
        first.add_patch("another")
        assert [len(each.patches) for each in (first, second, third, own)] == [3, 2, 2, 12]
        assert (second.instance, third.instance) == ("2.0-py2-sqlite", "2.2-py3-sqlite")
        assert [each.rule for each in third.rules] == ["patch_get: first=1 status=504"]
        assert (str(third.clock.now)[:10], own.rules) == ("2026-01-31", [])
        with client(second) as proxy:
            proxy.patch_list()
        second.assert_called("patch_list")
        first.assert_not_called()
        first.close()
        with pytest.raises(LookupError, match="it was closed, or left alone too long"):
            first.world()
        second.reset()
    status, said = ask(f"{server.control_url}worlds", {"beside": "nowhere"})
    assert (status, said["error"][:27]) == (404, "there is no world 'nowhere'")


def test_there_are_not_too_many(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worlds_module, "MOST", 2)
    first, _ = host.world(Wanted()), host.world(Wanted())
    with pytest.raises(ValueError, match="there are 2 worlds, and room for no more"):
        host.world(Wanted())
    host.end_world(first.id)
    host.world(Wanted())


def test_a_thousand_worlds_take_less_than_two_hundred_megabytes(host: Host) -> None:
    for number in range(60):
        if number == 10:  # by when all is there that they share
            tracemalloc.start()
        made = host.world(Wanted())
        pipeline = host.found(made.id).steering.pipeline
        for method in ("patch_list", "check_list", "state_list", "person_list"):
            request = call(method)
            request.target = made.path.encode()
            assert value(pipeline.answer(request))
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / 50 < 200_000
    journals = [world.steering.pipeline.journal.most_bytes for world in host._worlds.values()]
    assert sum(journals) <= worlds_module.JOURNALS


def test_what_is_gone_leaves_nothing_behind(host: Host) -> None:
    gone: list[weakref.ref[Any]] = []
    for zone in ("Asia/Kathmandu", "America/Caracas", "Pacific/Chatham"):
        made = host.world(Wanted())
        world = host.found(made.id)
        world.steering.load(["tiny"], settings={"TIME_ZONE": zone})
        pipeline = world.steering.pipeline
        request = Request(b"GET", f"/w/{made.id}/".encode(), [(b"host", b"h")])
        pipeline.answer(request)
        gone += [weakref.ref(pipeline.patchwork), weakref.ref(site.site_of(pipeline.patchwork))]
        host.end_world(made.id)
    del world, pipeline
    gc.collect()
    assert [each() for each in gone] == [None] * 6


@pytest.mark.parametrize("at", ["/", "/RPC2", "/stub/"])
def test_an_api_may_sit_elsewhere(at: str) -> None:
    with fakepw.serve("demo", at=at) as pw:
        assert pw.url == f"{pw.base_url.removesuffix('/')}{at}"
        with client(pw) as proxy:
            assert proxy.patch_get(1)["id"] == 1
            assert proxy.patch_set(5, {"archived": True})
        with client(pw.world()) as proxy:
            assert proxy.patch_get(1)["id"] == 1
        with xmlrpc.client.ServerProxy(f"{pw.base_url}xmlrpc/") as proxy:
            assert proxy.pw_rpc_version() == [1, 3, 0]  # as behind a front that rewrites one path
        assert ask(f"{pw.control_url}health")[1]["api"] == at
        pw.assert_calls(["patch_get", "patch_set", "pw_rpc_version"], only=True)
        assert fakepw.connect(pw.url).url == pw.url
        with urllib.request.urlopen(f"{pw.base_url}about/") as page:
            assert page.status == 200


@pytest.mark.parametrize("at", ["", "x", "/a b", "//", "/a//b", "/_fakepw/", "/w/1/", "/é", 7])
def test_where_no_api_can_sit_is_said(at: Any) -> None:
    with pytest.raises(ValueError, match=r"^at is a path such as / or /RPC2, .*, not "):
        fakepw.serve("tiny", at=at)


def test_a_long_fixture_and_a_long_call_reach_whatever_takes_them(
    server: fakepw.LiveServer,
) -> None:
    """How long a body may be is each Patchwork's own affair (servers.md 1.1, 2)."""
    patches = [{"name": f"p{n}", "content": "x" * 1000} for n in range(3000)]
    filt = {"name": "x" * 3_000_000}
    with (
        fakepw.connect(server.url).world({"patches": patches}) as new,
        server.world(instance="2.0-py2-sqlite") as old,
        client(new) as asked,
        client(old) as asked_of_old,
    ):
        assert len(new.patches) == 3000
        assert asked_of_old.patch_list(filt) == []
        with pytest.raises(xmlrpc.client.Fault, match="RequestDataTooBig"):
            asked.patch_list(filt)


@pytest.mark.parametrize("under", ["pw", "/pw/", "/p w", None])
def test_a_patchwork_is_under_a_path_or_none(under: Any) -> None:
    with pytest.raises(ValueError, match=r"^under is a path such as /pw, or nothing, not "):
        fakepw.Patchwork(fakepw.load("tiny"), under=under)
