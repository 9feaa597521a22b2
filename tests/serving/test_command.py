"""`fakepw serve` as people and programs start and stop it."""

from __future__ import annotations

import base64
import configparser
import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import fakepw
from fakepw.cli import main

ROWS = {
    "projects": [{"id": 1, "linkname": "netdev", "name": "Networking"}],
    "users": [
        {"id": 1, "username": "kim", "password": "secret", "maintainer_of": [1]},
        {"id": 2, "username": "root", "password": "toor", "is_superuser": True},
        {"id": 3, "username": "gone", "password": "left", "is_active": False},
        {"id": 4, "username": "ann", "password": "pass"},
    ],
    "people": [{"id": 1, "name": "Ann", "email": "ann@example.org", "user_id": 4}],
    "patches": [{"id": 1, "name": "one", "project": "netdev", "submitter_id": 1}],
}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "fakepw", "serve", *map(str, arguments)]


@pytest.fixture
def fixture(tmp_path):
    path = tmp_path / "netdev.json"
    path.write_text(json.dumps(ROWS))
    return path


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A server in a process, with its output in pipes; killed at the end if it is still there."""
    process = subprocess.Popen(
        command("--port", 0, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str, str]:
    """Its exit code and what it printed, once the signal has stopped it."""
    process.send_signal(number)
    output, errors = process.communicate(timeout=10)
    return process.returncode, output, errors


def test_one_line_of_json_tells_programs_where_it_serves(fixture):
    with started(fixture, "--json", "--instance", "2.2-py3-sqlite") as process:
        said = json.loads(process.stdout.readline())
        assert said == {
            "url": said["url"],
            "control": said["url"].replace("/xmlrpc/", "/_fakepw/"),
            "instance": "2.2-py3-sqlite",
            "pid": process.pid,
        }
        with xmlrpc.client.ServerProxy(said["url"]) as proxy:
            assert proxy.pw_rpc_version() == [1, 3, 0]
            assert proxy.patch_list()[0]["name"] == "one"
        assert stopped(process) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_and_ctrl_c_stop_it_with_0_whoever_is_connected(fixture, number):
    with started(fixture, "--json") as process:
        url = json.loads(process.stdout.readline())["url"]
        port = int(url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as half:
            half.sendall(b"POST /xmlrpc/ HTTP/1.1\r\nContent-Le")
            assert stopped(process, number) == (0, "", "")


def banner_of(process):
    lines = []
    while "Ctrl-C" not in (line := process.stdout.readline()):
        assert line, process.stderr.read()
        lines.append(line)
    return "".join(lines)


def test_the_banner_tells_people_what_they_need(fixture):
    with started(fixture) as process:
        banner = banner_of(process)
        assert "3.2-py3-postgresql (recorded; " in banner
        assert "1 patch, 1 project, 1 person, 4 users, 0 comments, 0 checks" in banner
        assert "kim / secret   maintains netdev\n" in banner
        assert "ann / pass     may change patches of their own or delegated to them\n" in banner
        assert "root / toor    may change nothing\n" in banner
        assert "gone" not in banner  # who is inactive cannot log in (servers.md 1.10)
        url = banner.split("fakepw serves ")[1].split()[0]
        assert fakepw_answers(url)
        code, _, errors = stopped(process)
        assert (code, errors) == (0, "")


def fakepw_answers(url: str) -> bool:
    with xmlrpc.client.ServerProxy(url) as proxy:
        return proxy.pw_rpc_version() == [1, 3, 0]


@pytest.mark.needs("curl")
def test_the_lines_that_the_banner_offers_work_as_they_are(fixture, tmp_path):
    """But for pwclient's, which has tests of its own."""
    with started(fixture) as process:
        banner = banner_of(process)
        lines = [line.strip() for line in banner.split("Try:\n")[1].splitlines() if line.strip()]
        curl, python, configure, pwclient = lines
        assert shlex.split(pwclient) == ["PWCLIENTRC=pwclientrc", "pwclient", "list"]
        python = python.replace("python3", shlex.quote(sys.executable), 1)
        assert "'name': 'one'" in run(python, tmp_path)
        run(configure, tmp_path)
        text = (tmp_path / "pwclientrc").read_text()
        assert text.startswith(
            "[options]\ndefault=netdev\n[netdev]\nbackend=xmlrpc\nurl=http://127.0.0.1:"
        )
        assert text.endswith("\nusername=kim\npassword=secret\n")
        assert "<value><int>3</int></value>" in run(curl, tmp_path)


def run(line: str, folder: Path) -> str:
    done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_names_and_passwords_of_any_kind_pass_through_the_shell(tmp_path):
    path = tmp_path / "odd.json"
    odd = (
        {"linkname": "a%b'c"},
        {"username": "k%s", "password": "p'a\\s%%s\"$x", "maintainer_of": [1]},
    )
    path.write_text(json.dumps({"projects": odd[:1], "users": odd[1:]}))
    with started(path) as process:
        *_, configure, _ = banner_of(process).split("Try:\n")[1].split("\n\n")[0].splitlines()
        run(configure, tmp_path)
    config = configparser.ConfigParser()
    config.read(tmp_path / "pwclientrc")
    assert config["options"]["default"] == "a%b'c"
    assert config["a%b'c"]["username"] == "k%s"
    assert config["a%b'c"]["password"] == "p'a\\s%%s\"$x"


def test_without_a_fixture_it_serves_the_demo_wherever_it_is_started(tmp_path):
    (tmp_path / "demo").mkdir()
    process = subprocess.Popen(
        command("--port", 0),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    )
    try:
        assert "patches" in banner_of(process)
    finally:
        stopped(process)


def test_a_fixture_may_come_from_standard_input():
    with subprocess.Popen(
        command("-", "--port", 0, "--json"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write(json.dumps(ROWS))
        process.stdin.close()
        url = json.loads(process.stdout.readline())["url"]
        with xmlrpc.client.ServerProxy(url) as proxy:
            assert proxy.project_get(1)["name"] == "Networking"
        process.terminate()
        assert process.wait(10) == 0


def test_it_serves_even_if_nobody_can_hear_of_it(fixture):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    line = f"exec {shlex.join(command(fixture, '--port', port))} <&- >&- 2>&-"
    process = subprocess.Popen(["bash", "-c", line])
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError):
                assert fakepw_answers(f"http://127.0.0.1:{port}/xmlrpc/")
                streams = [os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in range(3)]
                assert streams == ["/dev/null"] * 3
                break
            time.sleep(0.05)
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()


def test_a_switched_off_api_is_said_in_the_banner(fixture):
    with started(fixture, "--disable-xmlrpc") as process:
        banner = banner_of(process)
        assert "switched off" in banner
        url = banner.split("fakepw serves ")[1].split()[0]
        with pytest.raises(xmlrpc.client.ProtocolError, match="404"):
            fakepw_answers(url)


def test_verbose_logs_each_request_and_otherwise_nothing_is_logged(fixture):
    for options, count in (["--json"], 0), (["--json", "-v"], 2):
        with started(fixture, *options) as process:
            url = json.loads(process.stdout.readline())["url"]
            assert fakepw_answers(url)
            assert fakepw_answers(url)
            _, _, errors = stopped(process)
            assert errors.count("POST /xmlrpc/ 200 222 bytes") == count
            assert len(errors.splitlines()) == count


def test_verbose_logs_what_was_asked_by_whom_and_what_came_of_it(tmp_path):
    users = [{"username": "kim", "password": "earl-grey", "maintainer_of": ["netdev"]}]
    path = tmp_path / "f.json"
    path.write_text(
        json.dumps(
            {"projects": [{"linkname": "netdev"}], "users": users, "patches": [{"name": "x"}]}
        )
    )
    with started(path, "--json", "-v") as process:
        url = json.loads(process.stdout.readline())["url"]
        ours, theirs = (url.replace("//", f"//kim:{word}@") for word in ("earl-grey", "wrong"))
        with xmlrpc.client.ServerProxy(ours) as client:
            assert client.patch_set(1, {"commit_ref": "0123"})
            client.patch_list({"name__icontains": "x" * 1000})
        with xmlrpc.client.ServerProxy(theirs) as client, pytest.raises(xmlrpc.client.Fault):
            client.patch_set(1, {})
        with xmlrpc.client.ServerProxy(url) as client, pytest.raises(xmlrpc.client.Fault):
            client.nosuch("a\nb")
        urllib.request.urlopen(url).close()
        request = urllib.request.Request(url, b"no XML")
        urllib.request.urlopen(request).close()
        errors = stopped(process)[2]
    ends = [line.split(" ms", 1)[1] for line in errors.splitlines()]
    assert ends[0] == ": patch_set(1, {'commit_ref': '0123'}) by kim -> True"
    assert ends[1].startswith(": patch_list({'name__icontains': 'xxxx")
    assert ends[1].endswith("… and 940 more}) -> []")
    assert ends[2] == ": patch_set(1, {}) by kim -> fault Exception: 'Invalid username/password'"
    assert ends[3] == (": nosuch('a\\nb') -> fault Exception: 'method \"nosuch\" is not supported'")
    assert ends[4] == ""
    assert ends[5].startswith(": no methodCall -> fault xml.parsers.expat.ExpatError: ")
    assert "GET /xmlrpc/ 200 " in errors.splitlines()[4]
    assert "earl-grey" not in errors
    assert "wrong" not in errors
    assert base64.b64encode(b"kim:earl-grey").decode() not in errors


def test_verbose_logs_a_request_that_its_client_gave_up(fixture):
    with started(fixture, "--json", "-v", "--fault", "*: latency=60") as process:
        url = json.loads(process.stdout.readline())["url"]
        with contextlib.suppress(TimeoutError):
            urllib.request.urlopen(url, timeout=0.2)
        errors = stopped(process)[2]
    assert "GET /xmlrpc/ no answer " in errors
    assert len(errors.splitlines()) == 1


def test_loopback_is_the_default_and_anything_else_is_warned_of(fixture):
    with started(fixture, "--json") as process:
        assert json.loads(process.stdout.readline())["url"].startswith("http://127.0.0.1:")
        assert stopped(process)[2] == ""
    with started(fixture, "--json", "--host", "0.0.0.0") as process:
        assert json.loads(process.stdout.readline())["url"].startswith("http://127.0.0.1:")
        assert stopped(process)[2] == (
            "warning: 0.0.0.0 is not loopback: others can reach this server, steer it and read "
            "its passwords\n"
        )


# What cannot be served.


def refused(*arguments: object, cwd: Path | None = None) -> list[str]:
    """The lines that it says on stderr when it gives up with 2; it says nothing on stdout."""
    done = subprocess.run(
        command("--port", 0, *arguments), capture_output=True, text=True, timeout=20, cwd=cwd
    )
    assert (done.returncode, done.stdout) == (2, ""), done
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()


def test_a_missing_fixture_is_one_line(tmp_path):
    (line,) = refused("nope.json", cwd=tmp_path)
    assert line.startswith("fakepw serve: nope.json: there is no such file")


def test_an_unreadable_fixture_is_one_line(tmp_path):
    with socket.socket(socket.AF_UNIX) as unreadable:  # even to root
        unreadable.bind(str(tmp_path / "netdev.json"))
        (line,) = refused("netdev.json", cwd=tmp_path)
    assert line == "fakepw serve: netdev.json: No such device or address"


def test_what_may_not_be_read_hides_no_other_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "access", lambda *_: False)  # even to root
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        file.write_text("[]")
    with pytest.raises(SystemExit, match="2"):
        main(["serve", *map(str, files)])
    wrong = "$: expected an object, got an array"
    assert capsys.readouterr().err.splitlines() == [
        f"fakepw serve: {file}: {wrong}" for file in files
    ]


def test_a_folder_is_one_line(tmp_path):
    (line,) = refused(tmp_path)
    assert "s a directory" in line


def test_broken_json_is_one_line_with_line_and_column(tmp_path):
    (tmp_path / "broken.json").write_text('{\n  "patches": [}\n}')
    (line,) = refused("broken.json", cwd=tmp_path)
    assert line.startswith("fakepw serve: broken.json: line 2, column 15: broken JSON: ")


def test_every_error_of_a_fixture_is_a_line_with_its_path(tmp_path):
    rows = {"patches": [{"name": "a", "state_id": 77}, {"name": 5}, {"nome": "c"}]}
    (tmp_path / "bad.json").write_text(json.dumps(rows))
    lines = refused("bad.json", cwd=tmp_path)
    assert len(lines) >= 3
    for index in range(3):
        assert any(f"bad.json: $.patches[{index}]" in line for line in lines)


def test_a_taken_port_is_one_line(fixture):
    with fakepw.serve(ROWS) as pw:
        (line,) = refused(fixture, "--port", pw.port)
        assert line == (
            f"fakepw serve: cannot listen on 127.0.0.1 port {pw.port}: address already in use; "
            "choose another with --port"
        )


def test_a_bad_host_is_one_line(fixture):
    (line,) = refused(fixture, "--host", "no.such.host.invalid")
    assert line.startswith("fakepw serve: there is no host 'no.such.host.invalid' here")
    (line,) = refused(fixture, "--host", "192.0.2.1")
    assert line.startswith("fakepw serve: cannot listen on 192.0.2.1 port 0: ")
    assert line.endswith("; choose another with --host")


def test_an_unknown_instance_is_one_line_with_near_matches(fixture):
    (line,) = refused(fixture, "--instance", "3.2-py3-postgres")
    assert "no instance is called '3.2-py3-postgres'; did you mean 3.2-py3-postgresql" in line
    (line,) = refused(fixture, "--instance", "2.2")
    assert "no instance is called '2.2'; did you mean 2.2-py2-sqlite or 2.2-py3-" in line
    (line,) = refused(fixture, "--instance", "")
    assert "no instance is called ''" in line


def test_a_port_that_is_none_is_one_line(fixture):
    for port in ("70000", "-1", "http"):
        (line,) = refused(fixture, "--port", port)
        assert "--port" in line


def test_it_imports_nothing_slow_that_it_does_not_need(fixture, tmp_path):
    """What takes long to import shows here, whatever the machine; times are for the benchmarks."""
    options = ["-X", "importtime", *command(fixture, "--port", 0, "--json")[1:]]
    with (tmp_path / "imports").open("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, *options], stdout=subprocess.PIPE, stderr=errors, text=True
        )
        process.stdout.readline()
        process.terminate()
        process.communicate(timeout=30)
        errors.seek(0)
        imported = {line.rpartition("|")[2].strip() for line in errors}
    assert "fakepw.serving.server" in imported
    slow = {"rich", "jinja2", "urllib3", "pydoc", "unittest", "hypothesis", "importlib.metadata"}
    assert not slow & imported


@pytest.mark.parametrize("pause", [0, 0.001, 0.003, 0.005])
def test_a_second_signal_while_it_stops_is_no_other_end(fixture, pause: float) -> None:
    process = subprocess.Popen(command(fixture, "--port", 0, "--json"), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        assert json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        time.sleep(pause)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_control_is_switched_off_or_takes_a_token_that_nothing_shows(fixture, monkeypatch):
    token = "correct-horse"
    monkeypatch.setenv("FAKEPW_CONTROL", token)
    with started(fixture) as process:
        banner = banner_of(process)
        (line,) = (line for line in banner.splitlines() if line.startswith("  control"))
        assert line.endswith("(with its bearer token)")
        url = line.split()[1]
        with pytest.raises(urllib.request.HTTPError, match="401") as unknown:
            urllib.request.urlopen(f"{url}health")
        unknown.value.close()
        request = urllib.request.Request(
            f"{url}health", headers={"Authorization": f"Bearer {token}"}
        )
        urllib.request.urlopen(request).close()
        _, out, errors = stopped(process)
        assert token not in banner + out + errors
    with started(fixture, "--control", "off") as process:
        assert "  control    off\n" in banner_of(process)
    (line,) = refused(fixture, "--control", "yes")
    assert "control is on, off, or a token" in line
