"""The control API, as any language would drive it."""

from __future__ import annotations

import json
import xmlrpc.client

import pytest

import fakepw

from .wire import Answer, Wire

ROWS = {
    "projects": [{"id": 1, "linkname": "netdev", "name": "Networking"}],
    "users": [{"id": 1, "username": "kim", "password": "secret", "maintainer_of": [1]}],
    "patches": [{"id": 1, "name": "one", "project": "netdev"}],
}


@pytest.fixture
def pw():
    with fakepw.serve(ROWS, instance="2.2-py3-sqlite") as pw:
        yield pw


def ask(pw: fakepw.LiveServer, method: str, target: str, **headers: str) -> Answer:
    """A request as curl would send it; of a header that is None nothing is sent."""
    fields = {"Host": f"127.0.0.1:{pw.port}", "Content-Type": "application/json", **headers}
    lines = "".join(
        f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items() if value
    )
    with Wire(pw.port) as wire:
        wire.send(f"{method} {target} HTTP/1.1\r\n{lines}Content-Length: 0\r\n\r\n".encode())
        return wire.answer(to=method)


def test_health_says_what_is_served(pw):
    answer = ask(pw, "GET", "/_fakepw/health")
    assert (answer.status, answer.get("Content-Type")) == (200, "application/json")
    assert json.loads(answer.body) == {
        "status": "ok",
        "instance": "2.2-py3-sqlite",
        "xmlrpc": "enabled",
        "patches": 1,
        "script_name": "",
        "api": "/xmlrpc/",
    }


def test_state_is_a_fixture_and_reset_brings_back_the_first_one(pw):
    seed = ask(pw, "GET", "/_fakepw/state").body
    assert fakepw.load(seed) == fakepw.load(ROWS)
    url = pw.url.replace("://", "://kim:secret@")
    with xmlrpc.client.ServerProxy(url) as proxy:
        proxy.patch_set(1, {"commit_ref": "cafe"})
    changed = ask(pw, "GET", "/_fakepw/state").body
    assert json.loads(changed)["patches"][0]["commit_ref"] == "cafe"
    assert json.loads(changed)["instance"] == "2.2-py3-sqlite"
    for _ in range(2):
        assert ask(pw, "POST", "/_fakepw/reset").status == 200
        assert ask(pw, "GET", "/_fakepw/state").body == seed


def test_absolute_targets_and_queries_are_understood(pw):
    for target in ("/_fakepw/health?x=1", f"http://localhost:{pw.port}/_fakepw/health"):
        assert json.loads(ask(pw, "GET", target).body)["status"] == "ok"


def test_head_is_answered_like_get_without_a_body(pw):
    answer = ask(pw, "HEAD", "/_fakepw/health")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("path", ["/nope", "/health/", "/health/x"])
def test_a_path_that_is_not_there_is_a_404_that_names_those_that_are(pw, path):
    answer = ask(pw, "GET", f"/_fakepw{path}")
    assert answer.status == 404
    error = json.loads(answer.body)["error"]
    assert "there is: health, reset, load, state, snapshots, " in error


@pytest.mark.parametrize(
    ("method", "name", "allowed"),
    [("POST", "health", "GET"), ("GET", "reset", "POST"), ("DELETE", "state", "GET")],
)
def test_a_wrong_method_is_a_405_that_names_the_right_one(pw, method, name, allowed):
    answer = ask(pw, method, f"/_fakepw/{name}")
    assert (answer.status, answer.get("Allow")) == (405, allowed)
    assert json.loads(answer.body) == {"error": f"/_fakepw/{name} takes {allowed}, not {method}"}


@pytest.mark.parametrize("target", ["/patch/_fakepw/", "/x?/_fakepw/health", "/_fakepwx/health"])
def test_patchwork_keeps_every_other_path(pw, target):
    assert ask(pw, "GET", target).status == 404
    assert (
        ask(pw, "GET", target)
        .get(
            "Content-Type",
        )
        .startswith("text/html")
    )


def test_openapi_describes_what_there_is(pw):
    from openapi_spec_validator import validate

    answer = ask(pw, "GET", "/_fakepw/openapi.json")
    assert answer.status == 200
    document = json.loads(answer.body)
    validate(document)
    for path, operations in document["paths"].items():
        assert ask(pw, "PUT", path.replace("{key}", "1")).status == 405
        assert set(operations) <= {"get", "post", "patch", "delete"}
