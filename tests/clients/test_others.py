"""The other clients of clients.md 2: their calls, in their order, made with xmlrpc.client.

Each test is named after the client and makes the calls that the table "Others" gives for it.
"""

from __future__ import annotations

import urllib.request
import xmlrpc.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xmlrpc.client import Binary, Fault, ProtocolError, ServerProxy

import pytest

import fakepw


def text(value: Any) -> str:
    """Ordinary text, which Python 3 servers send as base64."""
    assert isinstance(value, Binary)
    return value.data.decode()


@pytest.fixture
def anonymous(server: fakepw.LiveServer) -> Iterator[Any]:
    with ServerProxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def kim(server: fakepw.LiveServer) -> Iterator[Any]:
    """The stdlib's client with the credentials in its URL, as scripts have them."""
    url = server.url.replace("://", f"://{quote('kim')}:{quote('earl-grey')}@")
    with ServerProxy(url) as proxy:
        yield proxy


def test_the_script_that_shipped_inside_patchwork(anonymous: Any) -> None:
    (project,) = anonymous.project_list("kettle", 0)
    assert [check["id"] for check in anonymous.check_list()] == list(range(1, 12))
    assert anonymous.person_get(2)["name"] == "Ann Larsen"
    hash = anonymous.patch_get(9)["hash"]
    assert anonymous.patch_get_by_project_hash(project["linkname"], hash)["id"] == 9
    assert anonymous.patch_get_by_project_hash("kettle", "0" * 40) == {}
    assert anonymous.patch_get_by_hash(hash)["id"] == 9


def test_pwcli(anonymous: Any, kim: Any) -> None:
    states = {state["name"]: state["id"] for state in anonymous.state_list("", 0)}
    (project,) = anonymous.project_list("kettle", 0)
    (person,) = anonymous.person_list("kim", 0)
    assert text(person["user"]) == "kim"
    found = {}
    for name in ("New", "Under Review", "RFC", "Changes Requested"):
        filters = {"project_id": project["id"], "state_id": states[name]}
        found[name] = [patch["id"] for patch in anonymous.patch_list(filters)]
    assert found == {
        "New": [7, 9, 11, 12],
        "Under Review": [5, 6],
        "RFC": [8],
        "Changes Requested": [10],
    }
    (patch,) = anonymous.patch_list({"id": 5})
    assert text(patch["date"]) == "2026-01-12 10:15:30"
    assert text(patch["submitter"]) == "Ann Larsen <ann@example.org>"
    assert "Reviewed-by: Kim Duarte" in anonymous.patch_get_mbox(5)
    assert kim.patch_set(5, {"state": states["Accepted"]}) is True
    assert kim.patch_set(5, {"commit_ref": "v1.2-rc1"}) is True
    patch = anonymous.patch_get(5)
    assert (text(patch["state"]), patch["commit_ref"]) == ("Accepted", "v1.2-rc1")


def test_sktm(anonymous: Any) -> None:
    assert anonymous.pw_rpc_version() in ([1, 3, 0], 1)
    (project,) = anonymous.project_list("kettle")
    last = 9
    new = anonymous.patch_list({"project_id": project["id"], "id__gt": last})
    assert [patch["id"] for patch in new] == [10, 11, 12]
    for patch in new:
        assert anonymous.patch_get(patch["id"]) == patch
        assert f"X-Patchwork-Id: {patch['id']}\n" in anonymous.patch_get_mbox(patch["id"])


def test_fromupstream(server: fakepw.LiveServer, anonymous: Any) -> None:
    (patch,) = anonymous.patch_list({"msgid": "<20260119163145.5512-1-zoe@example.net>"})
    with urllib.request.urlopen(f"{server.base_url}patch/{patch['id']}/mbox") as response:
        mail = response.read().decode()
    assert mail.startswith("From patchwork Mon Jan 19 16:31:45 2026\n")
    assert mail == anonymous.patch_get_mbox(patch["id"])


def test_sup(anonymous: Any, kim: Any) -> None:
    assert [patch["id"] for patch in anonymous.patch_list({"max_count": 3, "id__gte": 6})] == [
        6, 7, 8,
    ]  # fmt: skip
    assert [patch["id"] for patch in anonymous.patch_list({"id__in": [12, 2, 99]})] == [2, 12]
    assert anonymous.patch_get(2)["archived"] is True
    assert kim.patch_set(12, {"state": 2}) is True
    assert text(anonymous.patch_get(12)["state"]) == "Under Review"


def test_git_pw_prototypes(anonymous: Any) -> None:
    assert anonymous.pw_rpc_version() == [1, 3, 0]


def test_dpdk_polls_until_a_patch_appears(server: fakepw.LiveServer, anonymous: Any) -> None:
    msgid = "<20260119163145.5512-1-zoe@example.net>"
    for _ in range(20):
        assert anonymous.patch_list({"project_id": 1, "msgid": "<not-yet@example.org>"}) == []
    assert [patch["id"] for patch in anonymous.patch_list({"project_id": 1, "msgid": msgid})] == [
        12
    ]


def test_the_stdlib_client_gets_faults_as_faults(anonymous: Any, kim: Any) -> None:
    for call, kind in (
        (lambda: anonymous.patch_set(1, {}), "No authentication credentials given"),
        (anonymous.no_such_method, 'method "no_such_method" is not supported'),
        (anonymous.system.listMethods, 'method "system.listMethods" is not supported'),
        (lambda: kim.patch_set(99, {}), "Patch matching query does not exist."),
        (anonymous.patch_get, "missing 1 required positional argument"),
    ):
        with pytest.raises(Fault, match=kind) as caught:
            call()
        assert caught.value.faultCode == 1


def test_without_the_slash_the_stdlib_client_raises(server: fakepw.LiveServer) -> None:
    with ServerProxy(server.url.removesuffix("/")) as proxy, pytest.raises(ProtocolError) as caught:
        proxy.pw_rpc_version()
    assert caught.value.errcode == 301


def test_the_stdlib_client_may_send_nil_and_dates(server: fakepw.LiveServer) -> None:
    with ServerProxy(server.url, allow_none=True, use_builtin_types=True) as proxy:
        assert proxy.project_list(None, 0) == proxy.project_list()
        states = proxy.state_list("", 2)
        assert isinstance(states, list)
        assert [state["name"] for state in states] == ["New", "Under Review"]
        with pytest.raises(Fault, match="fromisoformat: argument must be str"):
            proxy.patch_list({"date": xmlrpc.client.DateTime("20260101T00:00:00")})
