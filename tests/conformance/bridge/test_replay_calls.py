"""`pw-conformance replay-calls`: what is sent, what is noticed, and what is not."""

from __future__ import annotations

import base64
import json
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import fakepw
from conformance.bridge.journal import READS
from conformance.commands.cli import main
from conformance.target.exchange import WRITES
from conformance.verdicts.verdicts import ExitCode
from fakepw.protocol.messages import Request
from tests import recordings
from tests.conformance.reports import outputs
from tests.double.asking import call
from tests.usage.journals import CALLS, KIM, journal


def run(path: Path, url: str, *more: str) -> Result:
    return CliRunner().invoke(main, ["replay-calls", str(path), url, *more])


def told(path: Path, url: str, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = outputs.told("replay-calls", run(path, url, "--json", *more).output)
    return found


def notices(found: dict[str, Any], asked: str) -> set[tuple[str, str]]:
    return {
        (notice["where"], notice["client"])
        for each in found["different"]
        if each["call"] == asked
        for notice in each["notices"]
    }


def test_a_server_of_the_same_kind_is_alike_whatever_rows_it_holds(tmp_path: Path) -> None:
    path = journal(tmp_path / "j")
    for fixture in ("demo", "tiny"):
        with fakepw.serve(fixture) as pw:
            result = run(path, pw.url)
            assert result.exit_code == ExitCode.CONFORMANT, result.output
            assert "0 answered differently" in result.output
            assert "2 calls not sent, as it would write: patch_set, check_create" in result.output
            asked = [each for each in pw.calls if each.method in WRITES]
            assert [each.params[0] for each in asked] == [-1]  # discovery's, which cannot write
    with fakepw.serve("tiny") as pw:
        found = told(path, pw.url)
    sent = {each["call"]: each["sent"] for each in found["alike"]}
    assert sent["patch_get(999)"] == "patch_get(-1)"
    assert sent["patch_get('abc')"] == "patch_get('abc')"
    assert sent["patch_get(5)"] in ("patch_get(1)", "patch_get(2)")
    assert next(each["times"] for each in found["alike"] if each["call"] == "patch_get(3)") == 2


def test_what_differs_is_told_as_a_client_notices_it(tmp_path: Path) -> None:
    path = journal(tmp_path / "j")
    with fakepw.serve(instance="1.1-py2-sqlite") as pw:
        result, found = run(path, pw.url), told(path, pw.url)
    assert result.exit_code == ExitCode.NOT_CONFORMANT
    assert "KeyError: 'hash' is missing" in result.output
    get = notices(found, "patch_get(3)")
    assert ("result.state", "text, where your tests had bytes (a Binary)") in get
    assert ("result.hash", "a KeyError: 'hash' is missing") in get
    (miss,) = notices(found, "patch_get(999)")
    assert "a Fault that your tests never saw" in miss[1]
    assert notices(found, "pw_rpc_version()") == {("result", "another value")}
    assert not notices(found, "project_list('kettle', 0)")


def test_the_other_way_round_too(tmp_path: Path) -> None:
    path = journal(tmp_path / "j", instance="1.0-py2-sqlite")
    with fakepw.serve() as pw:
        found = told(path, pw.url)
    get = notices(found, "patch_get(3)")
    assert ("result.hash", "a member that is new to it") in get
    assert ("result.state", "bytes (a Binary), where your tests had text") in get
    (bad,) = notices(found, "patch_get('abc')")
    assert "a Fault that your tests never saw" in bad[1]
    (check,) = notices(found, "patch_check_get(5)")
    assert check == ("result", "no Fault, where your tests caught one")


@pytest.mark.parametrize("name", ["3.2-py3-postgresql", "1.1-py2-sqlite", "2.2-py3-mariadb"])
def test_nothing_that_was_recorded_is_a_false_alarm(tmp_path: Path, name: str) -> None:
    """Calls of every kind, over other rows than those that they were made for."""
    reads = [each for each in recordings.calls("a") if each.called in READS]
    requests = [recordings.as_request(each) for each in reads[::23]]
    path = tmp_path / "j"
    rows = fakepw.load(recordings.dataset("a", name))
    journal(path, requests, instance=name, source=rows)
    with fakepw.serve(instance=name) as pw:
        result = run(path, pw.url, "--json")
    found = json.loads(result.output)
    assert found["different"] == []
    assert result.exit_code == ExitCode.CONFORMANT
    assert found["compared"] > 0.85 * found["journal"]["different_calls"] > 100


def lists(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """The journal with each line changed."""
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    path.write_text("".join(json.dumps(change(line) or line) + "\n" for line in lines))
    return path


def smuggled(body: bytes) -> Callable[[dict[str, Any]], None]:
    """A hostile journal: what its lines say of the call, and another body."""

    def change(line: dict[str, Any]) -> None:
        head = base64.b64decode(line["request"]).partition(b"\r\n\r\n")[0]
        line["request"] = base64.b64encode(head + b"\r\n\r\n" + body).decode()

    return change


WRITE = xmlrpc.client.dumps((1, {"archived": True}), "patch_set")


@pytest.mark.parametrize(
    "body",
    [
        WRITE.encode(),
        ("<?xml version='1.0' encoding='utf-16'?>" + WRITE[21:]).encode("utf-16"),
        WRITE.replace("patch_set", "&#112;atch_set").encode(),
        WRITE.replace("patch_set", "<![CDATA[patch_]]>set").encode(),
        WRITE.replace("patch_set", "check_create").encode(),
        xmlrpc.client.dumps(
            ([{"methodName": "patch_set", "params": [1, {}]}],), "system.multicall"
        ).encode(),
        b"<!DOCTYPE a [<!ENTITY w 'patch_set'>]><methodCall><methodName>&w;</methodName>"
        b"<params><param><value><int>1</int></value></param></params></methodCall>",
        b"<!DOCTYPE a [" + b"".join(
            b"<!ENTITY e%d '%b'>" % (n, b"&e%d;" % (n - 1) * 20 if n else b"x" * 99)
            for n in range(12)
        ) + b"]><methodCall><methodName>&e11;</methodName></methodCall>",
    ],
)  # fmt: skip
def test_a_hostile_journal_writes_nothing(tmp_path: Path, body: bytes) -> None:
    path = lists(journal(tmp_path / "j", [call("patch_get", 1)] * 2), smuggled(body))
    with fakepw.serve() as pw:
        result = run(path, pw.url)
        assert result.exit_code == ExitCode.INCONCLUSIVE
        assert len(pw.calls) == 0
    assert "holds no call that reads" in result.output
    assert len(result.output.splitlines()) == 1


def test_a_journal_that_was_not_masked_shows_no_password(tmp_path: Path) -> None:
    def unmask(line: dict[str, Any]) -> None:
        token = base64.b64encode(KIM.encode())
        text = base64.b64decode(line["request"]).replace(
            b"\r\n\r\n", b"\r\nA: Basic " + token + b"\r\n\r\n"
        )
        line["request"] = base64.b64encode(text).decode()  # fmt: skip
        line["user"] = KIM

    path = lists(journal(tmp_path / "j"), unmask)
    with fakepw.serve(instance="1.1-py2-sqlite") as pw:
        for more in ((), ("--json",)):
            said = run(path, pw.url, *more).output
            assert "earl-grey" not in said
            assert base64.b64encode(KIM.encode()).decode() not in said


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda text: b"", "is empty"),
        (lambda text: text[:-20], "line 13 is cut short"),
        (lambda text: text.replace(b'"journal":1', b'"journal":2', 1), "line 1 is of version '2'"),
        (lambda text: b"\x00\xff\n" + text, "line 1 is no line of a journal"),
        (lambda text: b"[]\n" + text, "line 1 is no line of a journal"),
        (lambda text: b"[" * 100_000 + b"\n", "line 1 is no line of a journal"),
        (lambda text: text.replace(b'"answer"', b'"answe\\u001b"', 1), "line 1 is no line"),
        (lambda text: text.replace(b'"request":"', b'"request":"\xc3\xa4', 1), "line 1 is no"),
        (lambda text: text.replace(b'"request":"', b'"request":7,"x":"', 1), "line 1 is no"),
        (lambda text: text.replace(b'"answer":"', b'"answer":"/w==","x":"', 1), "line 1 is no"),
    ],
)
def test_what_is_no_journal_is_told_in_one_sentence(tmp_path: Path, broken: Any, why: str) -> None:
    path = journal(tmp_path / "j")
    path.write_bytes(broken(path.read_bytes()))
    result = run(path, "http://127.0.0.1:9/")
    assert result.exit_code == ExitCode.USAGE
    assert why in result.output
    assert len(result.output.splitlines()) == 1
    assert "\x1b" not in result.output


def test_statuses_of_what_cannot_be_told(tmp_path: Path) -> None:
    path = journal(tmp_path / "j")
    assert run(tmp_path / "nowhere", "http://127.0.0.1:9/").exit_code == ExitCode.USAGE
    assert run(path, "ftp://x/").exit_code == ExitCode.USAGE
    gone = run(path, "http://127.0.0.1:9/")
    assert gone.exit_code == ExitCode.INCONCLUSIVE
    assert len(gone.output.splitlines()) == 1
    with fakepw.serve(instance="4.0") as pw:
        four = run(path, pw.url)
    assert (four.exit_code, "no XML-RPC any more" in four.output) == (ExitCode.INCONCLUSIVE, True)
    with fakepw.serve() as pw:
        spent = run(path, pw.url, "--max-requests", "30")
        assert spent.exit_code == ExitCode.INCONCLUSIVE
        assert "all 30 requests of --max-requests are spent" in spent.output
        assert len(pw.calls) == 30


def test_what_a_rule_answered_is_not_held_against_a_server(tmp_path: Path) -> None:
    path = journal(
        tmp_path / "j", [call("patch_get", 1)] * 2, rules=["patch_get: status=504 first=1"]
    )
    with fakepw.serve() as pw:
        result = run(path, pw.url)
    assert result.exit_code == ExitCode.CONFORMANT
    assert "1 call not sent, as a rule of your tests answered it: patch_get" in result.output


def test_a_gateway_in_trouble_and_an_answer_that_wavers_accuse_nobody(tmp_path: Path) -> None:
    path = journal(tmp_path / "j", [call("state_list", "New", 0), call("check_get", 1)])
    with fakepw.serve() as pw:
        pw.fault("check_get", fault="<class 'KeyError'>:thrice", first=3)
        result = run(path, pw.url)
        assert result.exit_code == ExitCode.CONFORMANT
        assert "answered differently when it was asked again" in result.output
        pw.fault("check_get", fault="<class 'KeyError'>:always")
        assert run(path, pw.url).exit_code == ExitCode.NOT_CONFORMANT


def test_a_large_server_is_asked_for_no_more_than_a_few_rows(tmp_path: Path) -> None:
    calls: list[Request] = [call("patch_list"), call("patch_list", {"name__icontains": "net"})]
    calls += [call("patch_list", {"max_count": -3}), call("person_list"), *CALLS[:2]]
    path = journal(tmp_path / "j", calls)
    rows = {
        "patches": [{"name": f"[{n}] net", "submitter": f"a{n}@example.org"} for n in range(200)]
    }
    with fakepw.serve(rows) as pw:
        found = told(path, pw.url)
        largest = max(len(each.result) for each in pw.calls if isinstance(each.result, list))
    assert largest <= 61  # which is what discovery asks for
    assert found["not_sent"] == []
    sent = {each["call"]: each["sent"] for each in found["alike"]}
    assert sent["patch_list()"] == "patch_list({'id__range': [174, 214]})"
    assert sent["patch_list({'max_count': -3})"].startswith("patch_list({'max_count': -3, 'id__r")
    assert sent["person_list()"] == "person_list('', 20)"


def test_a_wide_range_is_not_asked_for(tmp_path: Path) -> None:
    wide = {"id__range": [1, 10**9], "id__gt": 0}
    path = journal(
        tmp_path / "j", [call("patch_list", wide), call("patch_list", {"id__in": [1] * 200})]
    )
    with fakepw.serve({"patches": [{"name": f"[{n}] net"} for n in range(200)]}) as pw:
        found = told(path, pw.url)
        assert max(len(each.result) for each in pw.calls if isinstance(each.result, list)) <= 61
    assert [each["sent"] for each in found["alike"]] == [
        "patch_list({'id__range': [174, 214], 'id__gt': 194})"
    ]
    assert [each["why"] for each in found["not_sent"]] == ["it asks for too many rows"]
