"""pwclient from PyPI, unmodified, doing its daily work (clients.md 1).

Each command is run as its user runs it, against the demo fixture; the checks are on what its user
sees and on what the server then holds.
"""

from __future__ import annotations

import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

import fakepw

from .conftest import Pwclient

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_it_is_the_release_whose_traffic_was_observed() -> None:
    assert version("pwclient") == "2.11.0"


# -- list --------------------------------------------------------------------------------------


def test_list_shows_every_patch_by_date(pwclient: Pwclient) -> None:
    lines = pwclient.out("list").splitlines()
    assert lines[0].split() == ["ID", "State", "Name"]
    assert lines[2].split() == ["1", "Superseded", "[1/2]", "url:", "add", "a", "parser"]
    assert [int(line.split()[0]) for line in lines[2:]] == list(range(1, 13))


def test_list_search_is_another_name(pwclient: Pwclient) -> None:
    assert pwclient.out("search", "-n", "2") == pwclient.out("list", "-n", "2")


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["-s", "New"], [7, 9, 11, 12]),
        (["-s", "under"], [5, 6]),
        (["-a", "no"], [5, 6, 7, 8, 9, 10, 11, 12]),
        (["-a", "yes"], [1, 2, 3, 4]),
        (["-n", "3"], [1, 2, 3]),
        (["-N", "3"], [10, 11, 12]),
        (["-N", "12"], list(range(1, 13))),
        (["-m", "20260116070000.882-2-raj@example.com"], []),
        (["-m", "<20260116070000.882-2-raj@example.com>"], [10]),
        (["-S", "7"], []),
        (["-s", "New", "-a", "no", "-n", "2"], [7, 9]),
        (["URL"], [1, 2, 5, 6, 7]),
        (["no patch is called this"], []),
    ],
)
def test_list_filters(pwclient: Pwclient, options: list[str], ids: list[int]) -> None:
    assert pwclient.ids("list", *options) == ids


def test_list_by_hash(pwclient: Pwclient, server: fakepw.LiveServer) -> None:
    hash = server.state().patches[8].hash
    assert hash is not None
    assert pwclient.ids("list", "-H", hash) == [9]
    assert pwclient.ids("list", "-H", hash.upper()) == []


def test_list_by_submitter_groups_by_person(pwclient: Pwclient) -> None:
    lines = pwclient.out("list", "-w", "ann", "-s", "New").splitlines()
    assert lines[0] == "Patches submitted by Ann Larsen <ann@example.org>:"
    assert [line.split()[0] for line in lines[3:]] == ["7"]


def test_list_by_submitter_decodes_names_of_any_script(pwclient: Pwclient) -> None:
    lines = pwclient.out("list", "-w", "Zoë").splitlines()
    assert lines[0] == "Patches submitted by Zoë Ångström <zoe@example.net>:"
    assert [line.split()[0] for line in lines[3:]] == ["3", "4", "12"]


def test_list_by_nobody_says_so(pwclient: Pwclient) -> None:
    done = pwclient("list", "-w", "nobody")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "Note: Nobody found matching *nobody*\n"


def test_list_by_an_unknown_state_ignores_it(pwclient: Pwclient) -> None:
    done = pwclient("list", "-s", "Nope")
    assert done.stderr == "Note: No State found matching Nope*, ignoring filter\n"
    assert len(done.stdout.splitlines()) == 2 + 12


def test_list_with_a_format(pwclient: Pwclient) -> None:
    fields = "%{id}|%{state}|%{submitter}|%{delegate}|%{_msgid_}|%{archived}|%{commit_ref}"
    assert pwclient.out("list", "-s", "Under", "-n", "1", "-f", fields) == (
        "5|Under Review|Ann Larsen <ann@example.org>|kim|20260112101530.20415-1-ann@example.org"
        "|False|\n"
    )


def test_list_by_delegate_fails_as_on_every_real_server(pwclient: Pwclient) -> None:
    assert pwclient.failure("list", "-d", "kim", "-N", "3") == (
        "xmlrpc.client.Fault: <Fault 1: '<class \\'ValueError\\'>:Cannot query \"Kim Duarte "
        '<kim@example.org>": Must be "User" instance.\'>'
    )


def test_list_of_more_last_patches_than_there_are_fails(pwclient: Pwclient) -> None:
    assert pwclient.failure("list", "-N", "13") == (
        "xmlrpc.client.Fault: <Fault 1: \"<class 'ValueError'>:Negative indexing is not "
        'supported.">'
    )


def test_list_of_an_unknown_project_lists_all(pwclient: Pwclient) -> None:
    pwclient.project = "kettles"
    done = pwclient("list")
    assert done.stderr == "Note: No Project found matching kettles, ignoring filter\n"
    assert len(done.stdout.splitlines()) == 2 + 12


# -- projects, states --------------------------------------------------------------------------


def test_projects(pwclient: Pwclient) -> None:
    assert pwclient.rows("projects") == [["1", "kettle", "Kettle"]]


def test_states(pwclient: Pwclient) -> None:
    states = pwclient.rows("states")
    assert len(states) == 10
    assert states[1] == ["2", "Under", "Review"]


# -- info --------------------------------------------------------------------------------------


def test_info_shows_every_member(pwclient: Pwclient, server: fakepw.LiveServer) -> None:
    patch = server.state().patches[4]
    assert pwclient.out("info", "5").splitlines() == [
        "Information for patch id 5",
        "--------------------------",
        "- archived      : False",
        "- commit_ref    :",
        "- date          : 2026-01-12 10:15:30",
        "- delegate      : kim",
        "- delegate_id   : 1",
        "- filename      : v2-1-3-url-add-a-parser",
        f"- hash          : {patch.hash}",
        "- id            : 5",
        "- msgid         : <20260112101530.20415-1-ann@example.org>",
        "- name          : [v2,1/3] url: add a parser",
        "- project       : Kettle",
        "- project_id    : 1",
        "- state         : Under Review",
        "- state_id      : 2",
        "- submitter     : Ann Larsen <ann@example.org>",
        "- submitter_id  : 2",
    ]


def test_info_of_several(pwclient: Pwclient) -> None:
    text = pwclient.out("info", "1", "12")
    assert re.findall(r"- id +: (\d+)", text) == ["1", "12"]


def test_info_by_hash(pwclient: Pwclient, server: fakepw.LiveServer) -> None:
    hash = server.state().patches[11].hash
    assert hash is not None
    assert "- id            : 12\n" in pwclient.out("info", "-h", hash)


def test_info_by_an_unknown_hash(pwclient: Pwclient) -> None:
    assert pwclient.failure("info", "-h", "0" * 40) == "No patch has the hash provided"


def test_info_of_a_missing_patch(pwclient: Pwclient) -> None:
    assert pwclient.failure("info", "99") == "Unable to fetch patch 99; does it exist?"


def test_info_of_no_number_never_reaches_the_server(pwclient: Pwclient) -> None:
    assert pwclient.failure("info", "five") == "Patch IDs must be integers"


# -- view, get, apply, git-am ------------------------------------------------------------------


def test_view_is_the_mail_with_the_tags_of_its_replies(pwclient: Pwclient) -> None:
    mail = pwclient.out("view", "5")
    assert mail.startswith("From patchwork Mon Jan 12 10:15:30 2026\n")
    assert "\nX-Patchwork-Id: 5\n" in mail
    assert "\nX-Patchwork-Delegate: kim@example.org\n" in mail
    body, _, diff = mail.partition("\n---\n")
    assert "\nReviewed-by: Kim Duarte <kim@example.org>\n" in body
    assert body.endswith("\nTested-by: Raj Patel <raj@example.com>")
    assert "\ndiff --git a/src/url.c b/src/url.c\n" in diff


def test_view_of_several_skips_missing_ones(pwclient: Pwclient) -> None:
    mails = pwclient.out("view", "9", "99", "10")
    assert re.findall(r"\nX-Patchwork-Id: (\d+)\n", mails) == ["9", "10"]


def test_view_uses_the_pager(pwclient: Pwclient) -> None:
    pwclient.environment["PAGER"] = "tee paged"
    mail = pwclient.out("view", "8")
    assert (pwclient.folder / "paged").read_text() == mail
    assert mail.startswith("From patchwork Wed Jan 14 08:44:12 2026\n")


def test_get_saves_the_mail_and_never_over_another(pwclient: Pwclient) -> None:
    assert pwclient.out("get", "12") == "Saved patch to build-quiet-by-default.patch\n"
    assert pwclient.out("get", "12") == "Saved patch to build-quiet-by-default.0.patch\n"
    saved = (pwclient.folder / "build-quiet-by-default.patch").read_text()
    assert saved + "\n" == pwclient.out("view", "12")


def test_get_of_a_missing_patch(pwclient: Pwclient) -> None:
    assert pwclient.failure("get", "99") == "Unable to fetch patch 99; does it exist?"


@pytest.mark.needs("patch")
def test_apply_changes_the_folder(pwclient: Pwclient) -> None:
    done = pwclient.out("apply", "9").splitlines()
    assert "Applying patch #9 to current directory" in done
    assert "Description: [1/3] retry: back off exponentially" in done
    assert "LONGEST_MS 60000" in (pwclient.folder / "src/retry.c").read_text()


def test_apply_of_a_missing_patch(pwclient: Pwclient) -> None:
    assert pwclient.failure("apply", "99") == "Unable to fetch patch 99; does it exist?"


#: Dates in a form of our own: what git makes of UTC in its ISO 8601 differs by version.
WHEN = "--date=format:%Y-%m-%dT%H:%M:%S%z"


def test_git_am_makes_a_commit(pwclient: Pwclient, repository: Path) -> None:
    done = pwclient("git-am", "-s", "4", "5")
    assert done.returncode == 0, done.stderr
    assert 'Applying patch #4 using "git am -s"' in done.stdout
    log = git(repository, "log", "--format=%an <%ae>%n%s%n%ad%n%b", WHEN, "-2")
    assert log == (
        "Ann Larsen <ann@example.org>\nurl: add a parser\n2026-01-12T10:15:30+0000\n"
        "Callers split URLs by hand, each in its own way. Give them one parser\n"
        "that copies nothing.\n\nv2: refuse an empty scheme (Kim)\n\n"
        "Signed-off-by: Ann Larsen <ann@example.org>\n"
        "Reviewed-by: Kim Duarte <kim@example.org>\nTested-by: Raj Patel <raj@example.com>\n"
        "Signed-off-by: Kim Duarte <kim@example.org>\n\n"
        "Zoë Ångström <zoe@example.net>\ndocs: say how to send patches\n"
        "2026-01-08T14:10:09+0000\n"
        "Describe git send-email, the prefix and the list.\n\n"
        "Acked-by: Raj Patel <raj@example.com>\n"
        "Signed-off-by: Zoë Ångström <zoe@example.net>\n"
        "Signed-off-by: Kim Duarte <kim@example.org>\n\n"
    )
    assert "merci, dziękuję, ありがとう" in (repository / "docs/patches.md").read_text()


def test_git_am_with_its_options(pwclient: Pwclient, repository: Path) -> None:
    done = pwclient("git-am", "-3", "-m", "12")
    assert 'Applying patch #12 using "git am -3 -m"' in done.stdout
    message = git(repository, "log", "-1", "--format=%B")
    assert "Message-ID: <20260119163145.5512-1-zoe@example.net>" in message.replace("-Id:", "-ID:")


def test_git_am_takes_every_patch_of_the_demo(pwclient: Pwclient, repository: Path) -> None:
    order = ["3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
    done = pwclient("git-am", *order)
    assert done.returncode == 0, done.stderr
    assert len(git(repository, "log", "--oneline").splitlines()) == 1 + len(order)


def test_git_am_of_a_patch_that_does_not_apply(pwclient: Pwclient, repository: Path) -> None:
    pwclient("git-am", "1")
    done = pwclient("git-am", "5")
    assert done.returncode == 1
    assert re.search(r"^'git am' failed with exit status \d+$", done.stderr, re.MULTILINE)


# -- update ------------------------------------------------------------------------------------


def test_update_sets_state_commit_and_archived(
    pwclient: Pwclient, server: fakepw.LiveServer
) -> None:
    before = server.state().patches[8]
    assert pwclient.out("update", "-s", "Accepted", "-c", COMMIT, "-a", "yes", "9") == ""
    after = server.state().patches[8]
    assert (after.state_id, after.commit_ref, after.archived) == (3, COMMIT, True)
    assert (after.name, after.hash, after.delegate_id) == (
        before.name,
        before.hash,
        before.delegate_id,
    )
    info = pwclient.out("info", "9")
    assert f"- commit_ref    : {COMMIT}\n" in info
    assert "- state         : Accepted\n" in info


def test_update_unarchives(pwclient: Pwclient, server: fakepw.LiveServer) -> None:
    assert pwclient.out("update", "-a", "no", "1", "2") == ""
    assert [patch.archived for patch in server.state().patches[:3]] == [False, False, True]


def test_update_takes_part_of_a_states_name(pwclient: Pwclient, server: fakepw.LiveServer) -> None:
    pwclient.out("update", "-s", "changes", "12")
    assert server.state().patches[11].state_id == 7


def test_update_by_hash(pwclient: Pwclient, server: fakepw.LiveServer) -> None:
    hash = server.state().patches[11].hash
    assert hash is not None
    pwclient.out("update", "-s", "RFC", "-h", hash)
    assert server.state().patches[11].state_id == 5


def test_update_by_the_submitter_of_a_patch(pwclient: Pwclient, server: fakepw.LiveServer) -> None:
    pwclient.credentials = ("ann", "oolong")
    pwclient.out("update", "-s", "Superseded", "5")
    assert server.state().patches[4].state_id == 9


@pytest.mark.parametrize(
    ("credentials", "text"),
    [
        (("kim", "wrong"), "Invalid username/password"),
        (("nobody", "earl-grey"), "Invalid username/password"),
        (("kim@example.org", "earl-grey"), "Invalid username/password"),
        (("ann", "oolong"), "No permissions to edit this patch"),
    ],
)
def test_update_refused(
    pwclient: Pwclient, server: fakepw.LiveServer, credentials: tuple[str, str], text: str
) -> None:
    pwclient.credentials = credentials
    before = server.state()
    message = pwclient.failure("update", "-s", "Accepted", "9")
    assert message == f"Error updating patch: <class 'Exception'>:{text}"
    assert server.state() == before


def test_update_without_credentials_never_reaches_the_server(pwclient: Pwclient) -> None:
    pwclient.credentials = None
    assert pwclient.failure("update", "-s", "New", "9") == "is configured"


def test_update_to_an_unknown_state(pwclient: Pwclient, server: fakepw.LiveServer) -> None:
    before = server.state()
    assert pwclient.failure("update", "-s", "Nope", "9") == "No State found matching Nope*"
    assert server.state() == before


def test_update_of_a_missing_patch(pwclient: Pwclient) -> None:
    message = pwclient.failure("update", "-s", "New", "99")
    assert message == "Unable to fetch patch 99; does it exist?"


# -- checks ------------------------------------------------------------------------------------


def test_check_list(pwclient: Pwclient) -> None:
    rows = pwclient.rows("check-list")
    assert [int(row[0]) for row in rows] == list(range(1, 12))
    assert rows[2] == ["3", "test", "fail", "[v2,1/3]", "url:", "add", "a", "parser"]


def test_check_list_of_a_patch(pwclient: Pwclient) -> None:
    assert pwclient.ids("check-list", "5") == [2, 3, 4]
    assert pwclient.ids("check-list", "12") == []


def test_check_list_by_a_users_id(pwclient: Pwclient) -> None:
    assert pwclient.ids("check-list", "-u", "2", "5") == [2, 3, 4]
    assert pwclient.ids("check-list", "-u", "1") == []


def test_check_list_by_a_users_name_fails_as_on_every_real_server(pwclient: Pwclient) -> None:
    assert pwclient.failure("check-list", "-u", "ci") == (
        "xmlrpc.client.Fault: <Fault 1: \"<class 'ValueError'>:Field 'id' expected a number "
        "but got 'ci'.\">"
    )


def test_check_list_of_a_missing_patch_fails_as_on_every_real_server(pwclient: Pwclient) -> None:
    assert pwclient.failure("check-list", "99") == (
        "xmlrpc.client.Fault: <Fault 1: \"<class 'IndexError'>:list index out of range\">"
    )


def test_check_get(pwclient: Pwclient) -> None:
    text = pwclient.out("check-get", "6")
    assert text.startswith("Check information for patch id 6\n")
    assert "- description   : decode.c:20: line over 80 columns\n" in text
    assert pwclient.out("check-get", "-f", "%{context}=%{state}", "6") == (
        "build=success\nstyle=warning\n"
    )


def test_check_info(pwclient: Pwclient) -> None:
    lines = pwclient.out("check-info", "6").splitlines()
    assert lines[0] == "Information for check id 6"
    assert "- context       : style" in lines
    assert "- date          : 2026-01-12 10:26:00" in lines
    assert "- user          : ci" in lines
    assert "- patch         : [v2,2/3] url: decode percent escapes" in lines


def test_check_info_of_a_missing_check_is_empty(pwclient: Pwclient) -> None:
    assert pwclient.out("check-info", "99").splitlines() == [
        "Information for check id 99",
        "---------------------------",
    ]


@pytest.mark.parametrize("state", ["pending", "success", "warning", "fail"])
def test_check_create_then_list_and_info(
    pwclient: Pwclient, server: fakepw.LiveServer, state: str
) -> None:
    url, text = "https://ci.example.org/?a=1&b=<2>", "läuft: 100 %"
    options = ["-c", "lint", "-s", state, "-u", url, "-d", text]
    assert pwclient.out("check-create", *options, "12") == ""
    assert pwclient.rows("check-list", "12") == [
        ["12", "lint", state, "build:", "quiet", "by", "default"]
    ]
    info = pwclient.out("check-info", "12")
    for member, value in (("description", text), ("target_url", url), ("state", state)):
        assert f"- {member:<14}: {value}\n" in info
    check = server.state().checks[-1]
    assert (check.patch_id, check.user_id, check.state, check.context) == (12, 1, state, "lint")
    assert (check.target_url, check.description) == (url, text)


def test_check_create_for_several_patches(pwclient: Pwclient, server: fakepw.LiveServer) -> None:
    pwclient.credentials = ("ci", "robot-tea")
    pwclient.out("check-create", "-c", "a", "-s", "success", "-u", "", "-d", "", "9", "10")
    assert [check.patch_id for check in server.state().checks[-2:]] == [9, 10]


@pytest.mark.parametrize(
    ("credentials", "patch", "text"),
    [
        (("kim", "wrong"), "9", "<class 'Exception'>:Invalid username/password"),
        (("ann", "oolong"), "9", "<class 'Exception'>:No permissions to edit this patch"),
        (
            ("kim", "earl-grey"),
            "99",
            "<class 'patchwork.models.Patch.DoesNotExist'>:Patch matching query does not exist.",
        ),
    ],
)
def test_check_create_refused(
    pwclient: Pwclient,
    server: fakepw.LiveServer,
    credentials: tuple[str, str],
    patch: str,
    text: str,
) -> None:
    pwclient.credentials = credentials
    before = server.state()
    done = pwclient("check-create", "-c", "a", "-s", "fail", "-u", "", "-d", "", patch)
    assert done.stderr == f"Error creating check: {text}"
    assert server.state() == before


# -- addresses ---------------------------------------------------------------------------------


def test_without_the_slash_its_user_sees_a_redirect(pwclient: Pwclient) -> None:
    pwclient.url = pwclient.url.removesuffix("/")
    message = pwclient.failure("list")
    assert re.fullmatch(r"xmlrpc.client.ProtocolError: <ProtocolError for .*: 301 .*>", message)


def test_where_the_api_is_disabled_its_user_sees_404(tmp_path: Path) -> None:
    with fakepw.serve("demo", enabled=False) as server:
        message = Pwclient(server.url, tmp_path).failure("projects")
    assert re.fullmatch(r"xmlrpc.client.ProtocolError: <ProtocolError for .*: 404 .*>", message)


def git(folder: Path, *args: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *args], check=True, capture_output=True, encoding="utf-8"
    ).stdout
