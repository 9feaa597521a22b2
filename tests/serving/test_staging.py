"""`fakepw serve` with faults, fronts, limits and a journal, by options and by variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import fakepw


@contextmanager
def served(
    *options: str, status: int = 0, environment: Mapping[str, str] | None = None, **given: str
) -> Iterator[Any]:
    """A server started by its command, as a client's proxy; and how it is to end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fakepw", "serve", "--json", *options],
        env={**os.environ, "FAKEPW_PORT": "0", **(environment or {}), **given},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = json.loads(process.stdout.readline())["url"]
        url = url.replace("://", "://kim:earl-grey@")
        with xmlrpc.client.ServerProxy(url, use_builtin_types=True) as proxy:
            yield proxy
    finally:
        process.terminate()
        process.stdout.close()
        assert process.wait(10) == status


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (["--fault", "patch_get: status=504 first=1", "--fault", "state_list: fault=no"], {}),
        ([], {"FAKEPW_FAULT": "patch_get: status=504 first=1\n\nstate_list: fault=no\n"}),
    ],
)
def test_faults_from_the_start(options: list[str], environment: dict[str, str]) -> None:
    with served(*options, environment=environment) as proxy:
        with pytest.raises(xmlrpc.client.ProtocolError, match="504"):
            proxy.patch_get(1)
        assert proxy.patch_get(1)["id"] == 1
        with pytest.raises(xmlrpc.client.Fault, match="no"):
            proxy.state_list()


def test_limits_and_fronts() -> None:
    with served("--limit", "1/h burst=1") as proxy:
        assert [proxy.pw_rpc_version() for _ in range(2)] == [[1, 3, 0]] * 2
        with pytest.raises(xmlrpc.client.ProtocolError, match="503"):
            proxy.pw_rpc_version()
    with (
        served(FAKEPW_IN_FRONT="gateway-502") as proxy,
        pytest.raises(xmlrpc.client.ProtocolError, match="502"),
    ):
        proxy.pw_rpc_version()


def test_fixture_and_instance_by_variable() -> None:
    with served(FAKEPW_FIXTURE="tiny", FAKEPW_INSTANCE="1.0-py2-sqlite") as proxy:
        assert proxy.pw_rpc_version() == 1
        assert len(proxy.patch_list()) == 2


def test_a_journal_on_disk_has_no_password(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    with served("--journal", str(path)) as proxy:
        proxy.patch_set(5, {"archived": True})
        proxy.patch_get(5)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["method"], line["user"]) for line in lines] == [
        ("patch_set", "kim"),
        ("patch_get", "kim"),
    ]
    assert lines[1]["result"]["state"] == {"base64": "VW5kZXIgUmV2aWV3"}
    assert "earl-grey" not in path.read_text()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--fault", "patch_get: stats=3"], "a rule has no 'stats'; did you mean 'status'"),
        (["--limit", "quick"], "'quick' is no rate; write 20/s, 300/m or 1/h"),
        (["--in-front", "wall"], "there is no preset 'wall'"),
        (
            ["--journal", "/nowhere/at/all"],
            "the journal /nowhere/at/all cannot be written: No such",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(options: list[str], says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fakepw", "serve", "--port", "0", *options],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_strict_mode_and_the_path_of_the_api_from_the_start(capfd: Any) -> None:
    with served(FAKEPW_STRICT="1", FAKEPW_AT="/RPC2") as proxy:
        assert str(proxy).endswith("/RPC2>")
        assert proxy.patch_list({"series": "7"}) == []
        assert proxy.patch_get(1)["id"] == 1
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1, lines  # and none on credentials, which are right
    assert "fakepw: patch_list({'series': '7'}): 'series' is no key to filter by" in lines[0]
    with served("--strict", "--at", "/") as proxy:
        assert str(proxy).endswith("/>")
        with pytest.raises(xmlrpc.client.Fault):
            proxy.nothing()
    assert "nothing(): there is no method 'nothing'" in capfd.readouterr().err


def test_a_strict_server_ends_as_its_clients_behaved(capfd: Any) -> None:
    with served(FAKEPW_STRICT="error", status=1) as proxy:
        assert proxy.patch_list({"series": "7"}) == []
        assert proxy.patch_get(1)["id"] == 1
    assert "in strict mode something was remarked once" in capfd.readouterr().err
    with served("--strict-mode", "error ignore=keys", "demo") as proxy:
        assert proxy.patch_list({"series": "7"}) == []
    assert capfd.readouterr().err == ""
    with served("--strict-mode", "error", "demo", status=1) as proxy:
        host = str(proxy).partition(" for ")[2].partition("/")[0]
        with fakepw.connect(f"http://{host}/") as pw, pw.world() as world:
            assert (world.strict, pw.strict) == ("error", "error")
            with xmlrpc.client.ServerProxy(world.url) as inside:
                assert inside.patch_list({"series": "7"}) == []
            world.reset()
            pw.reset()


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("eror", "strict is true, false or 'error', not 'eror'; `on` and `error` may"),
        ("error ignore=kays", "there is no kind of remarks 'kays'; did you mean 'keys'?"),
    ],
)
def test_what_is_no_mode_is_one_sentence(mode: str, why: str) -> None:
    for options, variable in (([], "FAKEPW_STRICT"), (["--strict-mode", mode], "FAKEPW_HOST")):
        done = subprocess.run(
            [sys.executable, "-m", "fakepw", "serve", *options],
            env={**os.environ, variable: mode},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert why in done.stderr


def test_worlds_are_left_alone_for_as_long_as_the_server_says() -> None:
    with served(FAKEPW_WORLD_IDLE="90") as proxy:
        url = str(proxy).partition(" for ")[2].partition("/")[0]
        with fakepw.connect(f"http://{url}/") as pw, pw.world(), pw.world(idle=5):
            worlds = pw._request("GET", "worlds")["worlds"]
            assert [each["idle"] for each in worlds] == [90, 5]
    done = subprocess.run(
        [sys.executable, "-m", "fakepw", "serve", "--world-idle", "0"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (
        2,
        "fakepw serve: idle is seconds above 0 and up to 604800, not 0.0\n",
    )
