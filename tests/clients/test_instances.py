"""What the user of a real client sees depends on the server (servers.md 2; clients.md 1).

One instance of each kind that a client can tell from the others, in `SERVERS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xmlrpc.client import ServerProxy

import pytest

import fakepw

from .conftest import Pwclient


@dataclass(frozen=True)
class Server:
    """What pwclient's user sees on one kind of server: the last line of what goes wrong, or ""."""

    missing_patch: str = "Unable to fetch patch 99; does it exist?"
    missing_hash: str = "No patch has the hash provided"
    update: str = ""
    check_list: str = ""
    check_create: str = ""
    last_two: int = 2  # rows of `list -N 2`
    filename: str = "v2-1-3-url-add-a-parser"
    has_hash: bool = True


NO_CHECKS = "<type 'exceptions.Exception'>:method \"{}\" is not supported"
NO_LOGIN = "<class 'Exception'>:Invalid authentication credentials"
INDEX_ERROR_2 = "<Fault 1: \"<type 'exceptions.IndexError'>:list index out of range\">"
INDEX_ERROR_3 = "<Fault 1: \"<class 'IndexError'>:list index out of range\">"
SERVERS = {
    "1.0-py2-sqlite": Server(
        check_list=NO_CHECKS.format("check_list"),
        check_create="Error creating check: " + NO_CHECKS.format("check_create"),
        last_two=12,  # the minus is ignored
        filename="v2-1-3-url-add-a-parser.patch",
        has_hash=False,
    ),
    "1.1-py2-sqlite": Server(
        missing_patch=INDEX_ERROR_2,
        missing_hash=f"xmlrpc.client.Fault: {INDEX_ERROR_2}",
        filename="v2-1-3-url-add-a-parser.patch",
        has_hash=False,
    ),
    "1.1-py3-sqlite": Server(
        missing_patch=INDEX_ERROR_3,
        missing_hash=f"xmlrpc.client.Fault: {INDEX_ERROR_3}",
        update=f"Error updating patch: {NO_LOGIN}",
        check_create=f"Error creating check: {NO_LOGIN}",
        filename="v2-1-3-url-add-a-parser.patch",
        has_hash=False,
    ),
    "2.0-py2-sqlite": Server(),
    "2.2-py3-sqlite": Server(),
    "3.2-py3-mariadb": Server(),
    "main-py3-sqlite": Server(),
}


@pytest.fixture(scope="module", params=SERVERS)
def served(request: pytest.FixtureRequest) -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo", instance=request.param) as server:
        yield server


@pytest.fixture
def seen(served: fakepw.LiveServer) -> Server:
    served.reset()
    return SERVERS[served.patchwork.instance.name]


@pytest.fixture
def pwclient(served: fakepw.LiveServer, tmp_path: Path) -> Pwclient:
    return Pwclient(served.url, tmp_path)


def test_lists_and_patches_are_the_same_everywhere(pwclient: Pwclient, seen: Server) -> None:
    assert pwclient.out("list", "-s", "Under", "-f", "%{id} %{state} %{submitter}") == (
        "5 Under Review Ann Larsen <ann@example.org>\n6 Under Review Ann Larsen <ann@example.org>\n"
    )
    assert len(pwclient.rows("list", "-N", "2")) == seen.last_two
    info = pwclient.out("info", "5")
    assert "- date          : 2026-01-12 10:15:30\n- delegate      : kim\n" in info
    assert f"- filename      : {seen.filename}\n" in info
    assert ("- hash" in info) is seen.has_hash
    body, _, diff = pwclient.out("view", "5").partition("\n---\n")
    assert body.startswith("From patchwork Mon Jan 12 10:15:30 2026\n")
    assert "\nReviewed-by: Kim Duarte <kim@example.org>" in body
    assert "\ndiff --git a/src/url.c b/src/url.c\n" in diff


def test_what_is_missing_is_said_in_each_servers_way(pwclient: Pwclient, seen: Server) -> None:
    assert pwclient.failure("info", "99") == seen.missing_patch
    assert pwclient.failure("info", "-h", "0" * 40) == seen.missing_hash


def test_updates_and_checks_go_as_far_as_the_server_does(
    pwclient: Pwclient, seen: Server, served: fakepw.LiveServer
) -> None:
    done = pwclient("update", "-s", "Accepted", "9")
    assert done.stderr.strip() == seen.update
    assert (served.state().patches[8].state_id == 3) is (not seen.update)
    options = ["-c", "lint", "-s", "success", "-u", "https://ci.example.org/", "-d", "fine"]
    done = pwclient("check-create", *options, "12")
    assert done.stderr == seen.check_create
    if seen.check_list:
        assert pwclient.failure("check-list", "5").replace("\\'", "'").find(seen.check_list) > 0
    else:
        assert pwclient.ids("check-list", "5") == [2, 3, 4]
        assert len(pwclient.ids("check-list", "12")) == (not seen.check_create)


def test_what_sktm_makes_of_the_version(served: fakepw.LiveServer) -> None:
    """It goes on with `[1, 3, 0]` and `1`, and so not with any Patchwork 1.1 (clients.md 2)."""
    with ServerProxy(served.url) as proxy:
        accepted = proxy.pw_rpc_version() in ([1, 3, 0], 1)
    assert accepted is (served.patchwork.instance.release != "1.1")
