"""The command line: what it prints, and with what it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fakepw import cli, fixtures
from fakepw.patchwork.instances.instances import RECORDED, names


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Run the command line: its exit status, stdout and stderr."""

    def run(*args: str) -> tuple[int, str, str]:
        try:
            cli.main(list(args))
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        else:
            status = 0
        return status, *capsys.readouterr()

    return run


def test_help_names_every_command(run) -> None:
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    for command in cli.COMMANDS:
        assert f"\n  {command}" in out
    assert run("-h")[1] == out


def test_without_arguments_it_helps_but_that_is_no_success(run) -> None:
    status, out, _ = run()
    assert status == 2
    assert out == run("--help")[1]


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_helps(run, command: str) -> None:
    status, out, err = run(command, "--help")
    assert (status, err) == (0, "")
    assert f"fakepw {command}" in out


def test_an_unknown_command_is_one_line_with_a_near_one(run) -> None:
    assert run("serv") == (2, "", "fakepw: there is no command 'serv'; did you mean 'serve'?\n")


@pytest.mark.parametrize(
    "args", [["check"], ["serve", "--prot", "1"], ["serve", "--port", "x"], ["--nope"]]
)
def test_wrong_usage_is_one_line_and_2(run, args: list[str]) -> None:
    status, out, err = run(*args)
    assert (status, out) == (2, "")
    assert err.startswith("fakepw: ")
    assert err.count("\n") == 1


def test_check_counts_what_is_there(run) -> None:
    assert run("check", "demo") == (
        0,
        "ok: 10 states, 1 project, 3 users, 5 people, 12 patches, 4 comments, 11 checks\n",
        "",
    )


def test_check_reads_standard_input_where_it_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fakepw", "check", "-"]
    done = subprocess.run(
        command, input='{"people": [{"email": "a@x"}]}', capture_output=True, text=True
    )
    assert done.stdout == (
        "ok: 10 states, 0 projects, 0 users, 1 person, 0 patches, 0 comments, 0 checks\n"
    )
    done = subprocess.run(command, input="{", capture_output=True, text=True)
    assert (done.returncode, done.stderr[:20]) == (1, "-: line 1, column 2:")


def test_check_tells_the_instance(run, tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text('{"instance": "1.1-py2-sqlite"}')
    assert run("check", str(path))[1].endswith("\ninstance: 1.1-py2-sqlite\n")


def test_check_prints_every_error_and_fails(run, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text('{"patches": [{"name": "x", "state_id": 77}, {"nam": "y"}]}')
    assert run("check", str(path)) == (
        1,
        "",
        f"{path}: $.patches[0].state_id: no state has id 77\n"
        f"{path}: $.patches[1].nam: unknown member; did you mean 'name'?\n"
        f"{path}: $.patches[1]: name is missing\n"
        "3 errors\n",
    )


def test_check_of_a_missing_file_fails(run) -> None:
    error = "nope.json: there is no such file (packaged are demo, tiny, hostile)\n1 error\n"
    assert run("check", "nope.json") == (1, "", error)


def test_schema_prints_the_schema(run) -> None:
    status, out, _ = run("schema")
    assert status == 0
    assert json.loads(out) == fixtures.schema()


def test_instances_prints_a_table_of_all(run) -> None:
    status, out, _ = run("instances")
    rows = [line.split() for line in out.partition("\n\n")[0].splitlines()[1:]]
    assert status == 0
    assert [row[0] for row in rows] == [*names(), "4.0"]
    assert rows[-1] == ["4.0", "4.0", "none", "apart", "has", "no", "XML-RPC"]
    assert [row[0] for row in rows if "recorded" in row] == list(RECORDED)
    assert [row[0] for row in rows if "composed" in row] == names()[len(RECORDED) :]
    (default,) = [row for row in rows if "*" in row]
    assert default == [
        "3.2-py3-postgresql", "*", "3.2", "3.12.1", "5.1.15", "postgresql", "1.3.0", "recorded",
        "100", "%", "of", "5671", "hashes", "are", "padded",
    ]  # fmt: skip


def test_instances_for_programs(run) -> None:
    rows = {row["name"]: row for row in json.loads(run("instances", "--json")[1])}
    assert list(rows) == [*names(), "4.0"]
    assert rows["4.0"]["api_version"] is None
    assert rows["1.0-py2-sqlite"] == {
        "name": "1.0-py2-sqlite",
        "release": "1.0",
        "python": "2.7.18",
        "django": "1.8.19",
        "database": "sqlite",
        "api_version": 1,
        "recorded": True,
        "default": False,
        "reproduced": {"answers": 5671, "equal_bytes": 5671, "equal_values": 5671},
        "surprises": [
            "has no checks",
            "reads that fail are empty",
            "text is no base64",
            "inactive users log in",
        ],
    }
    assert rows["1.1-py3-sqlite"]["surprises"] == [
        "refuses every login",
        "a missing row is a fault",
    ]
    assert rows["2.1-py2-sqlite"]["reproduced"] is None
    assert rows["3.2-py3-postgresql"]["api_version"] == [1, 3, 0]
    assert [name for name, row in rows.items() if row["default"]] == ["3.2-py3-postgresql"]


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """What bash makes of a command line."""
    line = command.replace("fakepw", f"{sys.executable} -m fakepw", 1)
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True)


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    done = shell("fakepw schema | head -c 1")
    assert (done.stdout, done.stderr) == ("{", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
@pytest.mark.parametrize("command", ["schema", "check demo", "--version", "serve --port 0"])
def test_a_full_disk_is_one_line(command: str) -> None:
    done = shell(f"fakepw {command} > /dev/full")
    assert (done.returncode, done.stderr) == (
        1,
        "fakepw: cannot write: No space left on device\n",
    )


@pytest.mark.parametrize("command", ["schema", "check demo", "instances", "--help"])
def test_a_closed_stdout_is_no_traceback(command: str) -> None:
    done = shell(f"fakepw {command} >&-")
    assert (done.returncode, done.stderr) == (0, "")


def test_help_says_all_in_whole_sentences(run) -> None:
    out = run("--help")[1]
    assert "..." not in out.partition("Commands:")[2]
    assert "  --version   Show the version and exit." in out


def test_a_command_imports_only_what_it_needs() -> None:
    code = (
        "import sys, fakepw.cli\ntry: fakepw.cli.main(['instances'])\n"
        "except SystemExit: pass\n"
        "print('asyncio' in sys.modules, 'fakepw.serving.server' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False False"
