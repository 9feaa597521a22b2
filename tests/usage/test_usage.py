"""What `fakepw usage` makes of a journal, and of what is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

import pytest
from click.testing import CliRunner, Result

import fakepw
from fakepw.cli import group
from fakepw.double.pipeline import Pipeline
from fakepw.patchwork.instances.instances import RECORDED
from fakepw.patchwork.instances.tables import RELEASES
from fakepw.patchwork.patchwork import METHODS
from fakepw.protocol.messages import Request
from fakepw.serving.commands.staging import JournalFile
from fakepw.usage import rest
from fakepw.usage.counting import releases_answering, releases_with, scope
from fakepw.usage.report import group as named
from tests.double.asking import call

from .journals import CALLS, KIM, journal


def run(*words: Any) -> Result:
    return CliRunner().invoke(group, ["usage", *map(str, words)])


def told(*words: Any) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_it_tells_methods_keys_members_faults_and_releases(tmp_path: Path) -> None:
    found = told(journal(tmp_path / "j", rules=["patch_get(3): status=504 first=1"]))
    assert (found["requests"], found["calls"], found["instance"]) == (13, 12, "3.2-py3-postgresql")
    methods = {each["method"]: each for each in found["methods"]}
    get = methods["patch_get"]
    assert get["calls"] == 5
    assert get["faults"] == {"ValueError": 1}
    assert get["staged"] == {"HTTP 504": 1}
    assert get["rest"] == "GET /api/patches/ID/"
    releases = {each["name"]: each["releases"] for each in get["members"]}
    assert releases["hash"] == "2.0 to main"
    assert releases["delegate"] == "1.0 to main"
    assert methods["patch_check_get"]["releases"] == "1.1 to main"
    keys = {key["name"]: key for key in methods["patch_list"]["keys"]}
    assert keys["project_id"]["rest"] == "project=LINKNAME"
    assert not keys["id__lte"]["heeded"]
    assert [key["heeded"] for key in methods["patch_set"]["keys"]] == [True, False]
    assert methods["patch_set"]["writes"]
    assert found["others"] == {"GET /project/kettle/pwclientrc/": 1}
    assert found["without"] == ["4.0"]


def test_it_tells_where_instances_differ_for_just_these_calls(tmp_path: Path) -> None:
    found = told(journal(tmp_path / "j"))
    assert len(found["compared"]) == len(RECORDED) - 1
    where = {(each["method"], each["what"]): each for each in found["differences"]}
    text = where["patch_get", "date, project, state, submitter, delegate: a string, not base64"]
    assert text["where"] == "Python 2"
    assert all("-py2-" in name for name in text["instances"])
    assert where["patch_get", "hash: missing"]["where"] == "1.0 to 1.1"
    assert where["patch_get", "the fault IndexError, not a struct"]["where"] == "1.1"
    login = where["patch_set", "the fault Exception, not a boolean"]
    assert login["instances"] == ["1.1-py3-sqlite"]  # which lets nobody log in
    assert "patch_get(999)" in where["patch_get", "the fault IndexError, not a struct"]["example"]
    assert not any(each["method"] == "project_list" for each in found["differences"])


def test_what_is_created_when_served_again_has_one_date(tmp_path: Path) -> None:
    calls = [
        call("check_create", 5, "ci", "success", user=KIM),
        call("check_list", {"patch_id": 5}),
    ]
    found = told(journal(tmp_path / "j", calls))
    assert [
        each for each in found["differences"] if "date" in each["what"] and "value" in each["what"]
    ] == []


def test_it_compares_with_the_instance_that_answered(tmp_path: Path) -> None:
    found = told(journal(tmp_path / "j", CALLS[:5], instance="2.2-py2-sqlite"))
    assert found["instance"] == "2.2-py2-sqlite"
    assert any(each["where"] == "Python 3" for each in found["differences"])


def test_a_call_counts_again_once_something_was_written(tmp_path: Path) -> None:
    read = call("patch_get", 5)
    write = call("patch_set", 5, {"archived": True}, user=KIM)
    wrong = call("patch_set", 5, {"archived": False}, user="kim:wrong")
    found = told(journal(tmp_path / "j", [read, read, write, read, read, wrong, read]))
    assert found["served"] == 5
    archived = [each for each in found["differences"] if "archived" in each["what"]]
    assert [each["instances"] for each in archived] == [["1.1-py3-sqlite"]]


def test_journals_of_several_doubles_are_told_apart(tmp_path: Path) -> None:
    path = journal(tmp_path / "j", CALLS[9:11])
    journal(path, CALLS[10:11])  # a double that nobody has written to
    (state,) = [d for d in told(path)["differences"] if "state_id" in d["what"]]
    assert state["instances"] == ["1.1-py3-sqlite"]
    assert told(path, path)["requests"] == 6


def test_after_a_reset_a_call_counts_again_and_the_rows_are_as_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "j"
    pipeline = Pipeline(fakepw.Patchwork(fakepw.load("demo")))
    file = JournalFile(str(path))
    file.follow(pipeline)
    for request in (*CALLS[9:11], None, CALLS[10]):
        if request is None:
            pipeline.reset()
        else:
            pipeline.answer(request)
    file.close()
    found = told(path)
    assert found["served"] == 3
    (state,) = [each for each in found["differences"] if "state_id" in each["what"]]
    assert (state["calls"], state["instances"]) == (1, ["1.1-py3-sqlite"])


def test_what_a_strict_double_remarked_is_told_and_a_world_is_a_double(tmp_path: Path) -> None:
    path = tmp_path / "j"
    command = [sys.executable, "-m", "fakepw", "serve", "--strict", "--port", "0", "--json"]
    server = subprocess.Popen([*command, "--journal", str(path)], stdout=subprocess.PIPE)
    assert server.stdout is not None
    with server:
        url = json.loads(server.stdout.readline())["url"]
        double = fakepw.connect(url)
        for each in (double, double.world("tiny")):
            with ServerProxy(each.url) as proxy:
                assert proxy.patch_list({"id__lte": 1}) == []
        server.terminate()
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [each["number"] for each in lines] == [1, 1]
    assert len({each["double"] for each in lines}) == 2
    (method,) = told(path)["methods"]
    ((remark, count),) = method["remarks"].items()
    assert ("'lte' in 'id__lte' is no lookup" in remark, count) == (
        True,
        1,
    )  # a world is strict if it is told to


def test_it_is_text_and_markdown_too(tmp_path: Path) -> None:
    path = journal(tmp_path / "j", [call("nosuch|x_y", {"a\n\x9b31m&lt;": 1}), *CALLS])
    text, page = run(path).output, run(path, "--markdown").output
    for said in (text, page):
        assert "Patchwork 4.0 has none of this" in said
        assert "cannot be seen from a journal" in said
        assert "earl-grey" not in said
    assert "id__lte: no such filter: always []" in text
    (row,) = [line for line in page.splitlines() if line.startswith("| nosuch")]
    assert r"nosuch\|x\_y" in row
    assert r"a\x0a\x9b31m" in row
    assert row.count(" | ") == 6
    assert run(path, "--markdown", "--json").exit_code == 2


def line(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes().splitlines()[0])
    return found


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda text: b"", "is empty"),
        (lambda text: text[:-20], "line 13 is cut short"),
        (lambda text: text.replace(b'"journal":1', b'"journal":2', 1), "is of version 2"),
        (lambda text: b"\x00\xff\n" + text, "line 1 is no line of a journal"),
        (lambda text: b"[]\n" + text, "line 1 is no line of a journal"),
        (lambda text: b"[" * 100_000 + b"\n", "line 1 is no line of a journal"),
        (lambda text: text.replace(b'"number":1,', b'"number":"x",', 1), "line 1 is no line"),
        (lambda text: text.replace(b'"instance":"3.2', b'"instance":"3.9'), "3.9-py3-postgresql"),
    ],
)
def test_what_is_no_journal_is_told_in_one_sentence(tmp_path: Path, broken: Any, why: str) -> None:
    path = journal(tmp_path / "j")
    path.write_bytes(broken(path.read_bytes()))
    result = run(path)
    assert result.exit_code == 2
    assert why in result.output
    assert len(result.output.splitlines()) == 1
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_and_a_fixture_that_is_none(tmp_path: Path) -> None:
    result = run(tmp_path / "nowhere")
    assert (result.exit_code, "No such file" in result.output) == (2, True)
    result = run(journal(tmp_path / "j"), "--fixture", tmp_path / "nowhere")
    assert (result.exit_code, "there is no such file" in result.output) == (2, True)


def test_a_line_says_its_version_and_holds_no_password(tmp_path: Path) -> None:
    path = journal(tmp_path / "j")
    assert line(path)["journal"] == 1
    assert b"earl-grey" not in path.read_bytes()
    assert b"a2ltOmVhcmwtZ3JleQ" not in path.read_bytes()


def test_every_method_has_what_replaces_it_and_the_page_says_so() -> None:
    assert set(rest.METHODS) == set(METHODS)
    page = (Path(__file__).parents[2] / "docs" / "rest.md").read_text()
    rows = dict(
        cells
        for text in page.splitlines()
        if len(cells := [cell.strip().replace("`", "") for cell in text.split("|")[1:3]]) == 2
    )
    assert {name: rows.get(name) for name in rest.METHODS} == rest.METHODS
    assert {key: rows.get(key) for key in rest.FILTERS} == rest.FILTERS


def test_releases_come_from_the_tables() -> None:
    assert releases_with("check_get") == list(RELEASES)[1:]
    assert releases_with("nosuch") == []
    assert scope(releases_answering("patch_get_by_project_hash", "hash")) == "2.0 to main"
    assert scope(["1.0", "2.0", "2.1"]) == "1.0, 2.0 to 2.1"
    assert named(["2.0-py2-sqlite"], RECORDED) == "2.0-py2-sqlite"
    assert named(RECORDED[:-1], RECORDED) == "every other but main-py3-mariadb"


def test_a_call_that_nests_without_end_is_noted_and_told(tmp_path: Path) -> None:
    inner = "<value><array><data>" * 5000 + "</data></array></value>" * 5000
    body = f"<methodCall><methodName>patch_list</methodName><params><param>{inner}</param></params>"
    body += "</methodCall>"
    request = call("patch_list")
    headers = [(b"content-length", b"%d" % len(body))]
    asked = Request(b"POST", b"/xmlrpc/", headers, body.encode())
    found = told(journal(tmp_path / "j", [request, asked]))
    assert found["requests"] == 2
