"""action.yml, as GitHub would run it: every step's shell, with what GitHub gives it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import fakepw
from tests.examples import Session, blocks

from .steps import ROOT, action, used

VER = {"select": "VER"}
OURS = """
from xmlrpc.client import ServerProxy

def test_our_client(fakepw):
    with ServerProxy(fakepw.url) as proxy:
        assert proxy.patch_get(1)["id"] == 1
"""


@pytest.fixture(scope="module")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RUNNER_TEMP. The first action of a job installs there, the next ones find it."""
    return tmp_path_factory.mktemp("runner")


@pytest.fixture(scope="module")
def pw() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo") as served:
        yield served


@pytest.fixture(autouse=True)
def _fresh(pw: fakepw.LiveServer) -> None:
    pw.reset()


def broken(pw: fakepw.Double) -> None:
    pw.fault("pw_rpc_version", fault="boom", optional=True)


def test_it_is_what_github_takes() -> None:
    schema = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    for command in ([*schema, "action.yml"], [linter(), "action.yml"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def linter() -> str:
    return str(Path(sys.executable).with_name("jactionlint"))


@pytest.mark.needs("shellcheck")
def test_what_is_given_reaches_the_shell_by_the_environment_alone(tmp_path: Path) -> None:
    for number, step in enumerate(action()["runs"]["steps"]):
        assert "${{" not in step["run"]
        assert "eval" not in step["run"]
        script = tmp_path / f"{number}.sh"
        script.write_text(step["run"])
        check = ["shellcheck", "--shell=bash", "--severity=style", str(script)]
        done = subprocess.run(check, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        given = set(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", str(step["env"])))
        assert given <= set(action()["inputs"])


def test_a_whole_gate(temp: Path, tmp_path: Path) -> None:
    """A double, a client's suite, our suite, what changed since the last report, the bundle."""
    double = used({"mode": "double", "instance": "2.2-py2-sqlite"}, tmp_path, temp)
    assert double.status == 0, double.said
    url = double.outputs["url"]
    pid = pid_of(url)
    try:
        (tmp_path / "test_ours.py").write_text(OURS)
        pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        ours = [*pytest_, "--fakepw-url", url, "test_ours.py"]
        assert subprocess.run(ours, cwd=tmp_path).returncode == 0

        first = used(VER | {"url": url, "reports": "first"}, tmp_path, temp)
        assert first.status == 0, first.said
        assert first.outputs["verdict"] == "conformant"
        assert first.outputs["failures"] == "0"
        assert first.outputs["decided"] == "9/9"
        assert first.outputs["report"] == str(tmp_path / "first")
        assert "conformant" in first.summary

        broken(fakepw.connect(url))
        shutil.copytree(tmp_path / "first", tmp_path / "second")  # what is compared with goes there
        last = "second/report.json"
        second = used(VER | {"url": url, "compare-with": last, "reports": "second"}, tmp_path, temp)
        assert second.status == 1
        assert second.outputs["verdict"] == "not conformant"
        assert int(second.outputs["failures"]) > 0
        assert second.outputs["newly-broken"] == "true"
        assert "newly broken" in second.summary.lower()
        with zipfile.ZipFile(tmp_path / "second/bundle.zip") as bundle:
            assert "report.json" in bundle.namelist()
        made = {path.name for path in (tmp_path / "second").iterdir()}
        assert made >= {"report.html", "report.xml", "report.json", "report.md", "compared.md"}

        again = {"compare-with": "second/bundle.zip", "fail-on": "newly-broken", "reports": "third"}
        third = used(VER | {"url": url} | again, tmp_path, temp)
        assert third.status == 0, third.said
        assert third.outputs["verdict"] == "not conformant"
        assert third.outputs["newly-broken"] == "false"
    finally:
        os.kill(pid, signal.SIGTERM)


def pid_of(url: str) -> int:
    """The process that listens there: GitHub ends it with the job, and so do we."""
    port = int(url.split(":")[2].partition("/")[0])
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"serve" in words and listens(folder, port) and variables:
            return int(folder.name)
    raise AssertionError(f"nobody listens on {port}")


def listens(folder: Path, port: int) -> bool:
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    }
    links = [os.readlink(each) for each in (folder / "fd").iterdir()]
    return any(f"socket:[{inode}]" in links for inode in inodes)


def test_inconclusive_is_told_apart_and_each_may_fail_or_not(
    pw: fakepw.LiveServer, temp: Path, tmp_path: Path
) -> None:
    nobody = VER | {"url": "127.0.0.1:1"}
    for given, status, verdict in (
        (nobody, 3, "inconclusive"),
        (nobody | {"fail-on": "not-conformant"}, 0, "inconclusive"),
        ({"url": pw.url, "select": "NOWHERE", "fail-on": "never"}, 2, "error"),
    ):
        done = used(given, tmp_path, temp)
        assert (done.status, done.outputs["verdict"]) == (status, verdict), done.said
    assert done.outputs["failures"] == ""
    broken(pw)
    for fail_on, status in (("inconclusive", 0), ("never", 0), ("not-conformant", 1)):
        done = used(VER | {"url": pw.url, "fail-on": fail_on}, tmp_path, temp)
        assert (done.status, done.outputs["verdict"]) == (status, "not conformant"), done.said


def test_what_is_asked_for_is_passed_on_word_by_word(
    pw: fakepw.LiveServer, temp: Path, tmp_path: Path
) -> None:
    (tmp_path / "known.toml").write_text("")
    given = {
        "url": pw.url,
        "username": "kim",
        "password": "earl-grey",
        "writes": "5 6",
        "select": "VER  SIG",
        "skip": "PW-VER-001",
        "min-decided": "1%",
        "wait": "5",
        "baseline": "known.toml",
        "options": "--seed=7\r\n--examples\n3\n\n--failures=kept here",
        "reports": "my reports",
    }
    done = used(given, tmp_path, temp)
    assert done.status == 0, done.said
    report = json.loads((tmp_path / "my reports/report.json").read_text())
    settings = report["settings"]
    assert settings["writes"] == [5, 6]
    assert settings["select"] == ["VER", "SIG"]
    assert settings["skip"] == ["PW-VER-001"]
    assert (settings["seed"], settings["examples"], settings["wait"]) == (7, 3, 5)
    assert (tmp_path / "kept here").is_dir()
    assert "earl-grey" not in done.said


NASTY = (
    "$(touch owned) `touch owned` ; touch owned # \" ' \\ && touch owned\n"
    "verdict=conformant\n::error::owned"
)
#: What is looked at before anything else, and so is tried by itself.
FIRST = ("mode", "fail-on", "fault")


@pytest.mark.parametrize("mode", ["suite", "double"])
def test_no_text_becomes_a_command_an_option_or_an_output(
    temp: Path, tmp_path: Path, mode: str
) -> None:
    """Every input is as nasty as can be, and all that comes of it is an error."""
    inputs = action()["inputs"]
    ours = [name for name in inputs if inputs[name]["description"].lower().startswith(mode)]
    assert len(ours) > 5
    base = {"mode": mode, **(VER | {"url": "127.0.0.1:1"} if mode == "suite" else {})}
    for names in (*([name] for name in FIRST), [n for n in ours if n not in (*FIRST, "reports")]):
        done = used(base | dict.fromkeys(names, NASTY), tmp_path, temp)
        if mode == "double" and done.status == 0:
            os.kill(pid_of(done.outputs["url"]), signal.SIGTERM)
        assert not list(tmp_path.rglob("owned")), names
        assert not re.search(r"^\s*::error::owned", done.said, re.MULTILINE), names
        assert done.outputs["verdict"] in ("", "error", "inconclusive"), names
    if mode == "suite":
        done = used(VER | {"url": "--help"}, tmp_path, temp)
        assert "Tell whether clients can rely" not in done.said
        assert (done.status, done.outputs["verdict"]) == (3, "inconclusive")
        for given in ({"options": "--help"}, {"compare-with": "nowhere.json"}):
            done = used(base | given, tmp_path, temp)
            assert (done.status, done.outputs["verdict"]) == (2, "error")


def test_a_double_that_cannot_start_says_why(temp: Path, tmp_path: Path) -> None:
    done = used({"mode": "double", "fixture": "nowhere.json"}, tmp_path, temp)
    assert done.status == 1
    assert "::error::the double did not start\n" in done.said
    assert "| fakepw serve: nowhere.json: there is no such file" in done.said


def test_a_stale_report_is_no_verdict(temp: Path, tmp_path: Path) -> None:
    (tmp_path / "conformance").mkdir()
    (tmp_path / "conformance/report.json").write_text('{"headline": "conformant"}')
    done = used({"url": ""}, tmp_path, temp)
    assert (done.status, done.outputs["verdict"]) == (2, "error")


# docs/ci.md.

PAGE = (ROOT / "docs/ci.md").read_text()


def test_the_workflows_of_the_page_are_what_github_takes(tmp_path: Path) -> None:
    """The linter knows the action that they use: its inputs and outputs, too."""
    (tmp_path / "fakepw").mkdir()
    shutil.copy(ROOT / "action.yml", tmp_path / "fakepw")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    found = [block for block in blocks(PAGE) if block.name.startswith(".github/")]
    assert len(found) == 2
    for block in found:
        path = tmp_path / block.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
        lint = [linter(), "--profile=correctness", block.name]
        done = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        wrong = block.text.replace("fixture:", "fixtures:").replace("env:", "envs:", 1)
        path.write_text(wrong)
        assert subprocess.run(lint, cwd=tmp_path, capture_output=True).returncode == 1


def test_the_page_names_every_input_and_output() -> None:
    for name in (*action()["inputs"], *action()["outputs"]):
        assert f"`{name}" in PAGE, name


@pytest.mark.needs("curl")
def test_the_page_works_as_it_is_written(tmp_path: Path) -> None:
    session = Session(tmp_path)
    try:
        for block in (each for each in blocks(PAGE) if not each.name):
            session.show(block, f"docs/ci.md, line {block.line}")
    finally:
        session.stop()
