"""What breaks clients (clients.md 3), seen by the user of the real pwclient."""

from __future__ import annotations

from collections.abc import Callable

import fakepw

from .conftest import Pwclient

Hostile = Callable[[str], Pwclient]


def first(server: fakepw.LiveServer, name: str) -> str:
    """The id of the patch whose name begins so."""
    return str(next(row.id for row in server.state().patches if row.name.startswith(name)))


def test_a_control_character_in_one_name_loses_the_whole_list(hostile: Hostile) -> None:
    pwclient = hostile("control-characters")
    message = pwclient.failure("list")
    assert message.startswith("xml.parsers.expat.ExpatError: not well-formed (invalid token)")
    assert pwclient.ids("list", "form feed") != []


def test_a_form_feed_in_a_diff_loses_the_mail_but_not_the_list(
    hostile: Hostile, hostile_server: fakepw.LiveServer
) -> None:
    pwclient = hostile("control-characters")
    patch = first(hostile_server, "form feed")
    assert pwclient("view", patch).stdout == ""
    assert "not well-formed" in pwclient("get", patch).stderr
    assert "form feed in the diff" in pwclient.out("info", patch)


def test_a_hash_of_several_patches_is_refused(
    hostile: Hostile, hostile_server: fakepw.LiveServer
) -> None:
    pwclient = hostile("same-hash")
    same = first(hostile_server, "[1/3] the same")
    hash = next(row.hash for row in hostile_server.state().patches if str(row.id) == same)
    assert hash is not None
    assert pwclient.failure("info", "-h", hash) == (
        "xmlrpc.client.Fault: <Fault 1: \"<class 'patchwork.models.Patch."
        "MultipleObjectsReturned'>:get() returned more than one Patch -- it returned 3!\">"
    )
    assert len(pwclient.ids("list", "-H", hash)) == 3


def test_a_check_without_description_loses_the_whole_list(hostile: Hostile) -> None:
    fault = (
        "xmlrpc.client.Fault: <Fault 1: \"<class 'TypeError'>:cannot marshal None unless "
        'allow_none is enabled">'
    )
    assert hostile("missing").failure("check-list") == fault
    assert hostile("missing").failure("check-info", "1") == fault


def test_a_patch_without_state_loses_the_whole_list(hostile: Hostile) -> None:
    assert "cannot marshal None" in hostile("missing").failure("list")


def test_updating_a_patch_without_state_gives_it_one(
    hostile: Hostile, hostile_server: fakepw.LiveServer
) -> None:
    pwclient = hostile("missing")
    patch = first(hostile_server, "no state")
    assert "cannot marshal None" in pwclient("update", "-a", "yes", patch).stderr
    hashless = first(hostile_server, "a diff, but no hash yet")
    assert "- hash          :\n" in pwclient.out("info", hashless)
    pwclient.out("update", "-a", "yes", hashless)
    row = next(row for row in hostile_server.state().patches if str(row.id) == hashless)
    assert row.hash is not None
    assert len(row.hash) == 40


def test_equal_dates_lose_no_patch(hostile: Hostile) -> None:
    pwclient = hostile("same-date")
    everything = pwclient.ids("list")
    assert len(everything) == len(set(everything)) == 5
    assert len(pwclient.ids("list", "sent at the same moment")) == 3


def test_names_of_any_script_and_length_arrive_whole(
    hostile: Hostile, hostile_server: fakepw.LiveServer
) -> None:
    pwclient = hostile("unicode")
    project = next(row.id for row in hostile_server.state().projects if row.linkname == "unicode")
    names = [row.name for row in hostile_server.state().patches if row.project_id == project]
    assert len(names) == 6
    assert pwclient.out("list", "-f", "%{name}").splitlines() == names
    assert (
        pwclient.out("list", "-f", "%{submitter}", "Größe").strip() == "佐藤 太郎 <taro@example.jp>"
    )


def test_message_ids_of_any_kind_are_found(
    hostile: Hostile, hostile_server: fakepw.LiveServer
) -> None:
    pwclient = hostile("message-ids")
    for row in hostile_server.state().patches:
        if row.name.startswith("message id"):
            assert pwclient.ids("list", "-m", row.msgid) == [row.id]


def test_carriage_returns_are_lost_on_the_way(
    hostile: Hostile, hostile_server: fakepw.LiveServer
) -> None:
    pwclient = hostile("line-ends")
    mail = pwclient.out("view", first(hostile_server, "carriage returns"))
    assert "one\ntwo\n" in mail
    assert "\r" not in mail


def test_a_sender_without_a_name_is_an_address(hostile: Hostile) -> None:
    names = hostile("same-date").out("list", "-f", "%{submitter}").splitlines()
    assert "nameless@example.net" in names
    assert 'Carol "CC" <O\'Hara> & Sons, Ltd. <carol@example.com>' in names


def test_a_password_with_colons_logs_in(
    hostile: Hostile, hostile_server: fakepw.LiveServer
) -> None:
    pwclient = hostile("same-date")
    patch = first(hostile_server, "a leap day")
    pwclient.out("update", "-s", "Accepted", patch)
    assert "- state         : Accepted\n" in pwclient.out("info", patch)


def test_an_inactive_user_is_refused(hostile: Hostile, hostile_server: fakepw.LiveServer) -> None:
    pwclient = hostile("same-date")
    pwclient.credentials = ("inactive", "inactive")
    message = pwclient.failure("update", "-s", "Accepted", first(hostile_server, "a leap day"))
    assert message == "Error updating patch: <class 'Exception'>:Invalid username/password"


def test_a_superuser_has_no_rights(hostile: Hostile, hostile_server: fakepw.LiveServer) -> None:
    pwclient = hostile("same-date")
    pwclient.credentials = ("root", "root")
    message = pwclient.failure("update", "-s", "Accepted", first(hostile_server, "a leap day"))
    assert message == "Error updating patch: <class 'Exception'>:No permissions to edit this patch"
