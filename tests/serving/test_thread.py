"""`fakepw.serve`: a server in a thread, as test suites use it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import subprocess
import sys
import threading
import time
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

import pytest

import fakepw
from fakepw.serving.limits import Limits
from fakepw.serving.loop import shared

from .wire import Wire, post

ROWS = {
    "projects": [{"id": 1, "linkname": "netdev", "name": "Networking"}],
    "users": [{"id": 1, "username": "kim", "password": "secret", "maintainer_of": [1]}],
    "patches": [{"id": n, "name": f"patch {n}", "project": "netdev"} for n in range(1, 4)],
}


def call(pw: fakepw.LiveServer, method: str, *params: object, login: str = "") -> Any:
    """The result of one call, over a connection of its own."""
    url = pw.url.replace("://", f"://{login}@") if login else pw.url
    with xmlrpc.client.ServerProxy(url) as proxy:
        return getattr(proxy, method)(*params)


def test_the_loop_is_uvloops_where_that_is_installed():
    kind = "uvloop" if find_spec("uvloop") else "asyncio.unix_events"
    with fakepw.serve(ROWS):
        assert type(shared().loop).__module__ == kind
        assert isinstance(shared().loop, asyncio.AbstractEventLoop)


@pytest.fixture
def pw():
    with fakepw.serve(ROWS) as pw:
        yield pw


def test_it_answers_once_serve_returns_and_no_more_after_stop():
    pw = fakepw.serve(ROWS)
    assert call(pw, "pw_rpc_version") == [1, 3, 0]
    pw.stop()
    with pytest.raises(ConnectionRefusedError):
        call(pw, "pw_rpc_version")
    pw.stop()
    assert "stopped" in repr(pw)


def test_the_addresses_that_it_gives_are_of_the_same_place(pw):
    assert pw.base_url == f"http://127.0.0.1:{pw.port}/"
    assert pw.url == f"{pw.base_url}xmlrpc/"
    assert pw.control_url == f"{pw.base_url}_fakepw/"
    assert pw.url in repr(pw)


def test_reset_undoes_what_clients_wrote(pw):
    assert call(pw, "patch_set", 2, {"commit_ref": "cafe"}, login="kim:secret") is True
    assert call(pw, "patch_get", 2)["commit_ref"] == "cafe"
    assert pw.state().patches[1].commit_ref == "cafe"
    pw.reset()
    assert call(pw, "patch_get", 2)["commit_ref"] == ""
    assert pw.state().patches[1].commit_ref is None


def test_a_path_several_paths_a_dataset_and_a_patchwork_can_be_served(tmp_path):
    import json

    (tmp_path / "a.json").write_text(json.dumps(ROWS))
    more = {"patches": [{"id": 9, "name": "nine", "project": "netdev"}]}
    (tmp_path / "b.json").write_text(json.dumps(more))
    sources = [
        (tmp_path / "a.json", 3),
        (str(tmp_path / "a.json"), 3),
        ([tmp_path / "a.json", tmp_path / "b.json"], 4),
        (fakepw.load(ROWS), 3),
        (fakepw.Patchwork(fakepw.load(ROWS)), 3),
        (json.dumps(ROWS).encode(), 3),
    ]
    for source, count in sources:
        with fakepw.serve(source) as pw:
            assert len(call(pw, "patch_list")) == count


def test_without_a_fixture_the_packaged_demo_is_served():
    with fakepw.serve() as pw:
        assert call(pw, "patch_list", {"max_count": 1})


def test_the_instance_is_the_given_one_or_that_of_the_fixture():
    with fakepw.serve(ROWS, instance="1.0-py2-sqlite") as pw:
        assert call(pw, "pw_rpc_version") == 1
    with fakepw.serve(ROWS | {"instance": "1.0-py2-sqlite"}) as pw:
        assert call(pw, "pw_rpc_version") == 1
    with fakepw.serve(ROWS | {"instance": "1.0-py2-sqlite"}, instance="2.2-py3-sqlite") as pw:
        assert call(pw, "pw_rpc_version") == [1, 3, 0]


def test_a_switched_off_api_answers_404_and_the_control_api_still_answers():
    with fakepw.serve(ROWS, enabled=False) as pw, Wire(pw.port) as wire:
        wire.send(post())
        assert wire.answer().status == 404
        wire.send(b"GET /_fakepw/health HTTP/1.1\r\n\r\n")
        assert b'"disabled"' in wire.answer().body


def test_what_cannot_be_served_is_said_in_one_sentence():
    with pytest.raises(fakepw.FixtureError, match=r"state_id"):
        fakepw.serve({"patches": [{"name": "x", "state_id": 77}]})
    with pytest.raises(ValueError, match=r"did you mean .*3\.2-py3-postgresql"):
        fakepw.serve(ROWS, instance="3.2-py3-postgres")
    with pytest.raises(OSError, match=r"there is no host 'no\.such\.host\.invalid' here"):
        fakepw.serve(ROWS, host="no.such.host.invalid")
    with pytest.raises(ValueError, match="there is no port 70000, only 0 to 65535"):
        fakepw.serve(ROWS, port=70000)
    with pytest.raises(fakepw.FixtureError, match="expected an object, got an integer"):
        fakepw.serve(7)
    with pytest.raises(ValueError, match="no instance is called ''"):
        fakepw.serve(ROWS, instance="")
    with pytest.raises(TypeError, match="a Patchwork has its own instance"):
        fakepw.serve(fakepw.Patchwork(fakepw.load(ROWS)), instance="1.0-py2-sqlite")


def test_a_taken_port_is_an_error_and_the_first_server_goes_on(pw):
    with pytest.raises(
        OSError, match=f"cannot listen on 127.0.0.1 port {pw.port}: address already"
    ):
        fakepw.serve(ROWS, port=pw.port)
    assert call(pw, "pw_rpc_version") == [1, 3, 0]


def test_a_stopped_server_does_not_start_again():
    pw = fakepw.serve(ROWS)
    pw.stop()
    with pytest.raises(RuntimeError, match="this server is stopped; start another"), pw:
        pass
    assert len(pw.state().patches) == len(ROWS["patches"])


def test_a_port_can_be_used_again_at_once_after_stop():
    with fakepw.serve(ROWS) as pw:
        port = pw.port
        wire = Wire(port)
        wire.send(post())
        assert wire.answer().status == 200
    with wire, fakepw.serve(ROWS, port=port) as pw:
        assert call(pw, "pw_rpc_version") == [1, 3, 0]


def test_ipv6_has_brackets_in_its_url():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        pw = fakepw.serve(ROWS, host="::1")
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with pw:
        assert pw.url == f"http://[::1]:{pw.port}/xmlrpc/"
        assert call(pw, "pw_rpc_version") == [1, 3, 0]


def test_servers_in_one_process_do_not_see_each_other():
    with fakepw.serve(ROWS) as one, fakepw.serve(ROWS) as two:
        call(one, "patch_set", 1, {"commit_ref": "one"}, login="kim:secret")
        assert call(two, "patch_get", 1)["commit_ref"] == ""
        one.stop()
        assert call(two, "pw_rpc_version") == [1, 3, 0]


def test_all_servers_share_one_thread():
    before = threading.active_count()
    servers = [fakepw.serve(ROWS) for _ in range(5)]
    try:
        assert threading.active_count() <= before + 1
    finally:
        for server in servers:
            server.stop()


def test_reset_and_state_are_safe_while_clients_write(pw):
    """No reader sees half of a reset, no reset half of a write, nobody an error."""
    stop = threading.Event()

    def write() -> int:
        count = 0
        while not stop.is_set():
            values = {"commit_ref": f"ref {count}", "archived": True}
            call(pw, "patch_set", 1 + count % 3, values, login="kim:secret")
            count += 1
        return count

    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write) for _ in range(3)]
        for _ in range(300):
            pw.reset()
            for row in pw.state().patches:
                assert row.archived is (row.commit_ref is not None)
        stop.set()
        assert all(writer.result() > 0 for writer in writers)
    pw.reset()
    assert pw.state() == fakepw.load(ROWS)


def test_a_server_cannot_start_another_from_its_own_thread(pw):
    with pytest.raises(RuntimeError, match=r"from within LiveServer\.run"):
        pw.run(fakepw.serve, ROWS)
    assert call(pw, "pw_rpc_version") == [1, 3, 0]


@pytest.mark.parametrize("name", Limits.__struct_fields__)
@pytest.mark.parametrize("bound", [0, -1, float("nan")])
def test_a_limit_is_more_than_nothing(name, bound):
    with pytest.raises(ValueError, match=f"^{name} is {bound}, not more than 0$"):
        Limits(**{name: bound})


def test_run_gives_the_result_or_the_exception_of_a_function_in_the_servers_thread(pw):
    assert pw.run(lambda: threading.current_thread().name) == "fakepw"
    assert pw.run(pow, 2, 3) == 8
    with pytest.raises(ZeroDivisionError):
        pw.run(lambda: 1 / 0)
    assert pw.run(lambda: pw.run(pow, 3, 2)) == 9


def test_limits_can_be_given():
    with fakepw.serve(ROWS, limits=Limits(header_bytes=100)) as pw, Wire(pw.port) as wire:
        wire.send(post(X_Long="x" * 200))
        assert wire.answer().status == 431


# Forks and ends.


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_holds_none_of_the_parents_sockets_and_can_serve_by_itself():
    pw = fakepw.serve(ROWS)
    with Wire(pw.port) as wire:
        wire.send(post())
        assert wire.answer().status == 200
        wake, ready = os.pipe()
        done, finish = os.pipe()
        child = os.fork()
        if child == 0:  # no assertion may leave here
            try:
                pw.stop()
                with pytest.raises(RuntimeError, match="parent process"):
                    pw.reset()
                with fakepw.serve(ROWS) as own:
                    assert call(own, "pw_rpc_version") == [1, 3, 0]
                os.write(ready, b"y")
            except BaseException:
                os.write(ready, b"n")
            os.read(done, 1)
            os._exit(0)
        try:
            assert os.read(wake, 1) == b"y"
            assert call(pw, "pw_rpc_version") == [1, 3, 0]
            pw.stop()
            assert wire.rest() == b""  # the child does not keep the connection open
            with pytest.raises(ConnectionRefusedError):  # nor the port
                call(pw, "pw_rpc_version")
        finally:
            os.write(finish, b"x")
            os.waitpid(child, 0)
            for descriptor in (wake, ready, done, finish):
                os.close(descriptor)
    assert shared().alive


def python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize(
    "end",
    ["", "pw.stop()", "import sys; sys.exit(0)", "del pw"],
    ids=["running", "stopped", "exit", "forgotten"],
)
def test_the_end_of_the_process_neither_hangs_nor_says_anything(end):
    start = time.monotonic()
    done = python(f"import fakepw\npw = fakepw.serve('tiny')\nc = pw.state()\n{end}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - start < 10


def test_what_takes_long_in_its_thread_is_no_news_to_who_debugs_a_program():
    done = python("import fakepw, time\nwith fakepw.serve('tiny') as pw: pw.run(time.sleep, 0.2)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_end_does_not_wait_for_a_connection():
    code = """
import fakepw, socket
pw = fakepw.serve('tiny')
held = socket.create_connection(("127.0.0.1", pw.port))
held.sendall(b"POST /xml")
held.detach()
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")


def test_importing_fakepw_imports_nothing_slow():
    code = """
import sys
before = set(sys.modules)
import fakepw
new = {name for name in set(sys.modules) - before if not name.startswith("fakepw")}
print(sorted(new & {"asyncio", "msgspec", "httptools", "xmlrpc.client", "click", "ssl"}))
"""
    assert python(code).stdout == "[]\n"


def test_who_is_being_accepted_when_the_server_stops_is_hung_up_on(recwarn):
    for _ in range(30):
        with fakepw.serve("tiny") as pw:
            clients = [socket.create_connection((pw.host, pw.port)) for _ in range(20)]
        for client in clients:
            client.settimeout(5)
            with contextlib.suppress(ConnectionError):
                assert client.recv(1) == b""
            client.close()
    gc.collect()  # once: among many tests it takes half a second
    assert not [str(warning.message) for warning in recwarn]
