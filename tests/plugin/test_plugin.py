"""The pytest plugin, as a project that has fakepw installed meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fakepw import RECORDED, serve  # now: pytester forgets what is first imported in a test

pytest_plugins = ["pytester"]

HEAD = """
from xmlrpc.client import ProtocolError, ServerProxy
import pytest

def client(url):
    return ServerProxy(url.replace("://", "://kim:earl-grey@"), use_builtin_types=True)
"""


@pytest.fixture
def run(pytester: pytest.Pytester):
    """Runs a test file in a process of its own, so that the installed plugin is what it meets."""

    def run(text: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(HEAD + text)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run


def test_each_test_has_a_server_that_nobody_has_touched(run) -> None:
    result = run("""
def test_one(fakepw):
    with client(fakepw.url) as proxy:
        assert proxy.patch_set(5, {"archived": True})
    fakepw.fault("patch_get", status=500, optional=True)
    fakepw.clock.set("2020-01-01")

def test_two(fakepw):
    assert not fakepw.patches[5].archived
    assert fakepw.rules == []
    assert len(fakepw.calls) == 0
    assert fakepw.clock.now.year > 2020

def test_the_port_stays(fakepw, fakepw_server, fakepw_url):
    assert fakepw.url == fakepw_url
""")
    result.assert_outcomes(passed=3)


def test_what_a_test_loads_is_gone_for_the_next(run) -> None:
    text = """
import urllib.request

@pytest.mark.fakepw("tiny")
def test_one(fakepw):
    fakepw.load({"patches": [{"name": "other"}]}, instance="2.0-py2-sqlite", at="/")
    assert fakepw.url == fakepw.base_url

@pytest.mark.fakepw("tiny")
def test_two(fakepw):
    assert fakepw.url == fakepw.base_url + "xmlrpc/"
    assert len(fakepw.patches) == 2
    assert fakepw.instance == "3.2-py3-postgresql"
"""
    run(text).assert_outcomes(passed=2)
    with serve("demo", at="/rpc") as elsewhere:
        run(text, f"--fakepw-url={elsewhere.url}").assert_outcomes(passed=2)


def test_the_closest_marker_wins_argument_by_argument(run) -> None:
    result = run("""
pytestmark = pytest.mark.fakepw("tiny", instance="2.0-py2-sqlite")

def test_module(fakepw):
    assert (fakepw.instance, len(fakepw.patches)) == ("2.0-py2-sqlite", 2)

@pytest.mark.fakepw(instance="1.1-py2-sqlite", settings={"TIME_ZONE": "UTC"})
class TestClass:
    def test_class(self, fakepw):
        assert (fakepw.instance, len(fakepw.patches)) == ("1.1-py2-sqlite", 2)

    @pytest.mark.fakepw({"patches": [{"name": "only"}]}, clock="2026-01-01T10:00")
    def test_function(self, fakepw):
        assert (fakepw.instance, len(fakepw.patches)) == ("1.1-py2-sqlite", 1)
        assert fakepw.clock.now.hour == 10
""")
    result.assert_outcomes(passed=3)


def test_faults_fronts_and_limits_are_marked(run) -> None:
    result = run("""
@pytest.mark.fakepw(faults=["patch_get: status=504 first=1"])
def test_fault(fakepw):
    with client(fakepw.url) as proxy:
        with pytest.raises(ProtocolError, match="504"):
            proxy.patch_get(1)
        assert proxy.patch_get(1)

@pytest.mark.fakepw(in_front="gateway-502")
def test_front(fakepw):
    with client(fakepw.url) as proxy, pytest.raises(ProtocolError, match="502"):
        proxy.patch_get(1)

@pytest.mark.fakepw(limit="1/h")
def test_limit(fakepw):
    with client(fakepw.url) as proxy:
        proxy.patch_get(1)
        with pytest.raises(ProtocolError, match="503"):
            proxy.patch_get(1)
""")
    result.assert_outcomes(passed=3)


def test_several_instances_end_in_a_table(run, pytester: pytest.Pytester) -> None:
    text = """
@pytest.mark.parametrize("number", [1, 2])
def test_text(fakepw, number):
    with client(fakepw.url) as proxy:
        assert isinstance(proxy.patch_get(number)["date"], bytes)

def test_fine(fakepw):
    assert fakepw.patches
"""
    options = ["--fakepw-instance=3.2-py3-sqlite", "--fakepw-instance=2.0-py2-sqlite"]
    for more in ([], ["-n2"]):
        table = Path(pytester.path) / f"table{len(more)}.md"
        result = run(text, *options, f"--fakepw-table={table}", *more)
        result.assert_outcomes(passed=4, failed=2)
        result.stdout.fnmatch_lines(
            ["*fakepw: tests by instance*", "*test_text?1?: 1 of 2: 2.0-py2-sqlite"]
        )
        assert "| test | 3.2-py3-sqlite | 2.0-py2-sqlite |" in table.read_text()
        assert "::test_text[1]` | ✓ | ✗ |" in table.read_text()
        assert "test_fine" not in table.read_text()


def test_the_table_is_a_jobs_summary_where_there_is_one(
    run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = Path(pytester.path) / "summary.md"
    summary.write_text("What another step said.\n")
    options = ["--fakepw-instance=3.2-py3-sqlite", "--fakepw-instance=2.0-py2-sqlite"]
    for where in (summary, "/nowhere/summary.md"):
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(where))
        result = run("def test_fine(fakepw): pass", *options)
        result.assert_outcomes(passed=2)
    assert summary.read_text() == (
        "What another step said.\n"
        "### fakepw: tests by instance\n\nEvery test passed on all 2 instances.\n\n"
    )
    result.stdout.fnmatch_lines(["the table cannot be written to /nowhere/summary.md: No such *"])


@pytest.mark.parametrize("below", ["", "tests"])
def test_fixture_files_lie_beside_what_names_them(
    run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    pytester.makefile(".ini", pytest="[pytest]\nfakepw_sources = all.json\n")
    pytester.makefile(".json", all='{"patches": [{"name": "of all"}]}')
    folder = pytester.mkdir("tests")
    (folder / "own.json").write_text('{"patches": [{"name": "its own"}]}')
    (folder / "test_them.py").write_text("""
import pytest

def test_all(fakepw):
    assert "of all" in fakepw.patches

@pytest.mark.fakepw("own.json")
def test_own(fakepw):
    assert "its own" in fakepw.patches
""")
    monkeypatch.chdir(Path(pytester.path) / below)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_a_marker_may_name_all_that_are_recorded(run) -> None:
    result = run("""
@pytest.mark.fakepw("tiny", instance="recorded")
def test_all(fakepw):
    assert fakepw.patches
""")
    result.assert_outcomes(passed=len(RECORDED))


def test_a_failing_test_shows_its_calls(run) -> None:
    result = run("""
def test_it(fakepw):
    with client(fakepw.url) as proxy:
        for number in range(25):
            proxy.patch_get(number)
    fakepw.assert_called("patch_get", 99)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*patch_get(99) was not called; the nearest of 25 calls:", "*- fakepw calls -*"]
    )
    result.stdout.fnmatch_lines(["(5 before these)", "#6 kim patch_get(5) -> *"])
    result.stdout.no_fnmatch_line("*earl-grey*:*")


def test_what_never_came_to_pass_fails_the_test_itself(run) -> None:
    result = run("""
def test_rule(fakepw):
    fakepw.fault("patch_set", status=504)

def test_scenario(fakepw):
    fakepw.later(calls=1).change_patch(5, archived=True)

@pytest.mark.fakepw(faults=["patch_set: reset optional"])
def test_optional(fakepw):
    pass
""")
    result.assert_outcomes(failed=2, passed=1)  # no errors: not at teardown
    result.stdout.fnmatch_lines(["*the rule `patch_set: status=504` never had an effect*"])


WRONG = [
    ("nonsense=3", "there is no argument 'nonsense'; there are: sources, *"),
    ("fault=[]", "there is no argument 'fault'; did you mean 'faults'?*"),
    ("stric=True", "there is no argument 'stric'; did you mean 'strict'?*"),
    ("'nowhere.json'", "nowhere.json: there is no such file*"),
    ("5", "fixture: $: expected an object, got an integer"),
    ("instance='3.3'", "*3.3*"),
    ("instance=5", "instance: expected a string or null, got an integer"),
    ("settings={'TIMEZONE': 'UTC'}", "*TIMEZONE*TIME_ZONE*"),
    ("settings=5", "settings are names and values, such as*not 5"),
    ("faults=['patch_get: stauts=3']", "a rule has no 'stauts'; did you mean 'status'*"),
    ("faults=5", "faults is a list of rules, not 5"),
    ("faults=[5]", "a rule is text, or its members, not 5"),
    ("clock='soon'", "'soon' is no date; *"),
    ("clock=5", "a clock is set to a datetime or to text, not to 5"),
    ("in_front='walls'", "there is no preset 'walls'*"),
    ("in_front=[5]", "a rule is text, or its members, not 5"),
    ("limit=5", "a rule is text, or its members, not 5"),
    ("strict=5", "strict is true, false or 'error', not 5*"),
    ("at=5", "at is a path such as / or /RPC2,*not 5"),
]


def test_a_wrong_argument_names_the_test_in_one_sentence(run) -> None:
    tests = [
        f"@pytest.mark.fakepw({marker})\ndef test_{n:02}(fakepw):\n    pass\n"
        for n, (marker, _) in enumerate(WRONG)
    ]
    result = run("\n".join(tests))
    result.assert_outcomes(errors=len(WRONG))
    for n, (_, why) in enumerate(WRONG):
        result.stdout.fnmatch_lines_random([f"*::test_{n:02}*: @pytest.mark.fakepw: {why}"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_other_fixtures(run) -> None:
    result = run("""
import os, subprocess, sys
from pathlib import Path

def test_transport(fakepw, fakepw_transport):
    with ServerProxy("http://fakepw/xmlrpc/", fakepw_transport) as proxy:
        assert proxy.patch_get(3)
    fakepw.assert_called("patch_get", 3)

def test_pwclient(fakepw, fakepw_environment):
    command = [Path(sys.executable).parent / "pwclient", "update", "-s", "Accepted", "5"]
    subprocess.run(command, env={**os.environ, **fakepw_environment}, check=True)
    fakepw.assert_written_once("patch_set", 5)
""")
    result.assert_outcomes(passed=2)


def test_a_double_that_runs_elsewhere(run) -> None:
    text = """
@pytest.mark.parametrize("n", range(4))
def test_it(fakepw, n):
    with client(fakepw.url) as proxy:
        for _ in range(20):
            proxy.patch_get(1)
    fakepw.assert_called("patch_get", 1, times=20)
    assert "/w/" in fakepw.url
"""
    with serve("tiny", faults=["check_get: fault=no optional"]) as elsewhere:
        run(text, f"--fakepw-url={elsewhere.url}", "-n2").assert_outcomes(passed=4)
        assert len(elsewhere.calls) == 0  # each worker had a world, and let it go
        assert elsewhere.run(elsewhere._steering.worlds) == []
        with elsewhere.world() as world:
            run(text, f"--fakepw-url={world.url}").assert_outcomes(passed=4)
            world.assert_called("patch_get", times=20)


def test_unittest(run) -> None:
    result = run("""
import fakepw.testing

class Test(fakepw.testing.TestCase):
    fakepw_options = {"sources": ["tiny"], "faults": ["patch_set: reset optional"]}

    def test_fine(self):
        with client(self.fakepw.url) as proxy:
            self.assertEqual(len(proxy.patch_list()), 2)

    def test_unmet(self):
        self.fakepw.fault("patch_set", status=504)

class Strict(fakepw.testing.TestCase):
    fakepw_options = {"strict": True, "at": "/"}

    def test_warned(self):
        with ServerProxy(self.fakepw.url) as proxy:
            self.assertEqual(proxy.patch_list({"series": 7}), [])
""")
    result.assert_outcomes(passed=2, failed=1, warnings=1)
    result.stdout.fnmatch_lines(["*test_unittest.py:*: FakepwWarning: patch_list(*'series' is no*"])


@pytest.mark.parametrize(
    "options",
    [
        ["-n2", "-p", "no:randomly", "-p", "no:repeat"],
        ["-p", "randomly", "-p", "no:repeat", "-p", "no:xdist"],
        ["--count=2", "-p", "no:randomly", "-p", "no:xdist"],
    ],
)
def test_it_goes_with_other_plugins(run, options: list[str]) -> None:
    result = run(
        """
@pytest.mark.parametrize("n", range(6))
def test_it(fakepw, n):
    with client(fakepw.url) as proxy:
        proxy.patch_get(n)
    assert len(fakepw.calls) == 1
""",
        *options,
    )
    result.assert_outcomes(passed=12 if "--count=2" in options else 6)


def test_threads_share_the_double_of_their_test(run) -> None:
    result = run("""
from concurrent.futures import ThreadPoolExecutor

@pytest.mark.parametrize("n", range(3))
def test_it(fakepw, n):
    def post(number):
        with client(fakepw.url) as proxy:
            proxy.check_create(5, f"ci-{number}", "success")
            fakepw.add_comment(5, f"of {number}")
            return fakepw.calls("check_create", 5, f"ci-{number}")[0].result

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(post, range(40))) == [True] * 40
    assert sorted(call.number for call in fakepw.calls) == list(range(1, 41))
    assert sum(check.context.startswith("ci-") for check in fakepw.state().checks) == 40
""")
    result.assert_outcomes(passed=3)


def test_coroutines_are_tests_like_others(run) -> None:
    """By anyio's plugin, and by unittest's own; a rule that nothing met fails them, too."""
    result = run("""
import asyncio, unittest
import anyio
import fakepw.testing

@pytest.fixture
def anyio_backend():
    return "asyncio"

async def gets(url):
    with client(url) as proxy:
        return await asyncio.gather(*(asyncio.to_thread(proxy.patch_get, n) for n in (1,)))

@pytest.mark.anyio
async def test_anyio(fakepw):
    with fakepw.expect("patch_get", 1, within=5):
        async with anyio.create_task_group() as group:
            group.start_soon(gets, fakepw.url)
    fakepw.assert_called("patch_get", 1)

@pytest.mark.anyio
async def test_unmet(fakepw):
    fakepw.fault("patch_set", status=504)

def test_plain(fakepw):
    assert asyncio.run(gets(fakepw.url))[0]["id"] == 1

class Test(fakepw.testing.Mixin, unittest.IsolatedAsyncioTestCase):
    async def test_it(self):
        await gets(self.fakepw.url)
        self.fakepw.assert_called("patch_get", 1)

    async def test_unmet(self):
        self.fakepw.fault("patch_set", status=504)

    async def test_wrong(self):
        self.fakepw.assert_called("patch_set")
""")
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines(["*the rule `patch_set: status=504` never had an effect*"])


UNITTESTS = """
import unittest
from xmlrpc.client import ServerProxy
import fakepw.testing

class Test(fakepw.testing.TestCase):
    fakepw_options = {"sources": ["own.json"]}

    def test_fine(self):
        self.assertIn("its own", self.fakepw.patches)

    def test_wrong(self):
        with ServerProxy(self.fakepw.url) as proxy:
            proxy.patch_get(1)
        self.fakepw.assert_called("patch_set")

    @unittest.skip("not today")
    def test_skipped(self):
        raise RuntimeError

    @unittest.expectedFailure
    def test_expected(self):
        self.fakepw.assert_called("patch_set")

    def test_parts(self):
        for n in (1, 2):
            with self.subTest(n=n):
                self.assertEqual(n, 1)

class TestMore(Test):
    fakepw_options = {"sources": ["own.json"], "clock": "soon"}
    test_wrong = test_parts = test_expected = None
"""


def test_unittest_alone(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("suite")
    (folder / "test_it.py").write_text(UNITTESTS)
    (folder / "own.json").write_text('{"patches": [{"name": "its own"}]}')
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v", "suite/test_it.py"],
        cwd=pytester.path,
        capture_output=True,
        text=True,
    )
    for name, told in (
        ("fine", "ok"),
        ("wrong", "FAIL"),
        ("skipped", "skipped 'not today'"),
        ("expected", "expected failure"),
    ):
        assert f"test_{name} (suite.test_it.Test.test_{name}) ... {told}\n" in done.stderr
    assert "fakepw calls (all that there were)\n#1 patch_get(1) -> {" in done.stderr
    assert "AssertionError: 2 != 1" in done.stderr
    assert "ValueError: 'soon' is no date; write 2026-01-31 or" in done.stderr
    summary = done.stderr.splitlines()[-1]
    assert summary == "FAILED (failures=2, errors=1, skipped=2, expected failures=1)"


def test_unittest_in_a_forked_child(pytester: pytest.Pytester) -> None:
    """As parallel runners have them: the parent's server is none of the child's."""
    path = pytester.makepyfile("""
import os, unittest, warnings
from xmlrpc.client import ServerProxy
import fakepw.testing

class Test(fakepw.testing.TestCase):
    def test_it(self):
        with ServerProxy(self.fakepw.url) as proxy:
            self.assertEqual(proxy.patch_get(1)["id"], 1)
        self.fakepw.assert_called("patch_get", 1)

def passes():
    return unittest.main(exit=False).result.wasSuccessful()

assert passes()
warnings.simplefilter("ignore", DeprecationWarning)  # of forks where there are threads
child = os.fork()
if child == 0:
    os._exit(0 if passes() else 1)
assert os.waitpid(child, 0)[1] == 0
assert passes()
""")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_an_instance_that_cannot_be_had_is_in_the_table(run) -> None:
    result = run("""
@pytest.mark.fakepw(instance=["2.0-py2-sqlite", "3.3"])
def test_it(fakepw):
    pass
""")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*::test_it: 1 of 2: 3.3"])
    result = run("def test_it(fakepw): pass", "--fakepw-instance=3.3")
    result.stderr.fnmatch_lines(["ERROR: --fakepw-instance: no instance is called '3.3'*"])


def test_what_is_refused_is_shown_at_the_tests_own_line(run) -> None:
    """Nothing of fakepw's own stands between what a test wrote and what was wrong with it."""
    text = """
def test_row(fakepw):
    fakepw.change_patch(1, state="Acepted")

def test_clock(fakepw):
    fakepw.clock.set("soon")

def test_rule(fakepw):
    fakepw.fault("patch_get", status=99)

def test_step(fakepw):
    fakepw.later(calls=1).add_patch("x", stat="New")

def test_member(fakepw):
    fakepw.patches[1].sate

def test_part(fakepw):
    with client(fakepw.url) as proxy:
        proxy.patch_list({"id": 1, "max_count": 3})
    fakepw.assert_called("patch_list", {"id": 1})
"""
    with serve() as elsewhere:
        for options in ([], [f"--fakepw-url={elsewhere.url}"]):
            result = run(text, "-p", "no:randomly", *options)
            result.assert_outcomes(failed=6)
            result.stdout.no_fnmatch_line("*fakepw/serving/*")
            result.stdout.no_fnmatch_line("*fakepw/double/handle*")
    result.stdout.fnmatch_lines(
        [
            "E * state: no state is called 'Acepted'; did you mean 'Accepted'?",
            "E * 'soon' is no date; write *",
            "E * status is a number from 200 to 599, not 99",
            "E * stat: unknown member; did you mean 'state'?",
            "E * a row has no 'sate'; did you mean 'state'*",
            "E * patch_list({'id': 1}) was not called; the only call:",
            "E * it holds more than that; fakepw.including({'id': 1}) asks for a part",
        ]
    )


def test_it_costs_nothing_where_no_test_uses_it(pytester: pytest.Pytester) -> None:
    """Neither a module of fakepw's nor one of those that fakepw needs is imported for it."""
    pytester.makepyfile("""
import sys

def test_it():
    print("modules:", *sorted(sys.modules))
""")
    seen = []
    for options in (["-p", "no:fakepw"], []):
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-s", *options)
        result.assert_outcomes(passed=1)
        (line,) = [line for line in result.outlines if "modules:" in line]
        seen.append(set(line.partition("modules:")[2].split()))
    assert seen[1] - seen[0] == {"fakepw", "fakepw.pytest_plugin"}


def test_it_explains_itself(pytester: pytest.Pytester) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--fixtures", "-q"],
        cwd=pytester.path,
        capture_output=True,
        text=True,
    )
    assert "A fake Patchwork server, fresh for this test" in done.stdout
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--markers"],
        cwd=pytester.path,
        capture_output=True,
        text=True,
    )
    assert "@pytest.mark.fakepw(*sources, instance=None" in done.stdout


def test_a_journal_of_every_test_is_kept(run, pytester: pytest.Pytester) -> None:
    test = """
@pytest.mark.parametrize("number", [3, 4])
def test_it(fakepw, number):
    with client(fakepw.url) as proxy:
        proxy.patch_get(number)
        assert number != 4

def test_without(): pass
"""
    run(test, "--fakepw-journal", "calls.jsonl").assert_outcomes(passed=2, failed=1)
    run(test, "--fakepw-journal", "calls.jsonl", "-n", "2").assert_outcomes(passed=2, failed=1)
    kept = (pytester.path / "calls.jsonl").read_text()
    lines = [json.loads(line) for line in kept.splitlines()]
    assert sorted(line["params"][0] for line in lines) == [3, 3, 4, 4]
    assert {line["number"] for line in lines} == {1}
    assert len({line["double"] for line in lines}) in (2, 3)
    result = run(test, "--fakepw-journal", "no/such/folder")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --fakepw-journal no/such/folder cannot be written: *"])


SERIES = """
def poll(url):
    with ServerProxy(url) as proxy:
        assert proxy.patch_list({"series": "7"}) == []
"""


def test_strict_mode_warns_in_the_test_that_made_the_call(run) -> None:
    text = (
        SERIES
        + """
import threading
import fakepw as pw

@pytest.fixture(scope="session")
def mine():
    server = pw.serve("tiny", strict=True)
    yield server
    server.stop()

def in_a_thread(url):
    thread = threading.Thread(target=poll, args=(url,))
    thread.start()
    thread.join()

@pytest.mark.fakepw(strict=True)
def test_marked(fakepw):
    in_a_thread(fakepw.url)

def test_not_marked(fakepw):
    poll(fakepw.url)

def test_a_server_of_ones_own(mine):
    in_a_thread(mine.url)

def test_another(mine):
    with ServerProxy(mine.url) as proxy:
        proxy.pw_rpc_version()

@pytest.mark.filterwarnings("ignore::fakepw.FakepwWarning")
@pytest.mark.fakepw(strict=True)
def test_ignored(fakepw):
    poll(fakepw.url)

@pytest.mark.filterwarnings("error::fakepw.FakepwWarning")
@pytest.mark.fakepw(strict=True)
def test_an_error(fakepw):
    poll(fakepw.url)

@pytest.mark.fakepw(strict=True)
def test_expected(fakepw):
    poll(fakepw.url)
    with pytest.warns(pw.FakepwWarning, match="'series' is no key to filter by"):
        fakepw.warn()
"""
    )
    result = run(text)
    result.assert_outcomes(passed=6, failed=1, warnings=2)
    output = result.stdout.str()
    assert "test_an_error" in output.split("short test summary")[1]
    assert "FakepwWarning: patch_list({'series': '7'}): 'series' is no key" in output
    result.stdout.fnmatch_lines(["    ! 'series' is no key to filter by*"])  # beside the call
    summary = output.split("warnings summary")[1]
    told = {line.partition("::")[2] for line in summary.splitlines() if "::" in line[:200]}
    assert {"test_marked", "test_a_server_of_ones_own"} <= told
    assert not told & {"test_not_marked", "test_another", "test_ignored", "test_expected"}
    run(text, "-Werror").assert_outcomes(passed=4, failed=3)


def test_strict_mode_fails_in_the_call_phase(run) -> None:
    text = (
        SERIES
        + """
@pytest.mark.fakepw(strict="error")
class TestClass:
    def test_error(self, fakepw):
        poll(fakepw.url)

    @pytest.mark.fakepw(strict=False)
    def test_not_here(self, fakepw):
        poll(fakepw.url)

@pytest.mark.fakepw(strict=True)
def test_a_method_that_no_server_has(fakepw):
    with client(fakepw.url) as proxy, pytest.raises(Exception):
        proxy.patch_lst()
"""
    )
    result = run(text)
    result.assert_outcomes(passed=1, failed=2, errors=0)
    result.stdout.fnmatch_lines_random(
        [
            "*fakepw: patch_list?{'series': '7'}?: 'series' is no key to filter by*",
            "*fakepw: patch_lst??: there is no method 'patch_lst'; there are *",
        ]
    )


def test_options_and_the_ini_file_speak_for_tests_that_say_nothing(
    run, pytester: pytest.Pytester
) -> None:
    pytester.makeini("""
        [pytest]
        fakepw_at = /RPC2
        fakepw_clock = 2026-01-31T12:00
        fakepw_settings = TIME_ZONE=UTC
        fakepw_faults =
            patch_get: fault=one optional
            check_get: fault=two optional
        fakepw_strict = error
    """)
    text = """
def test_said_elsewhere(fakepw):
    assert fakepw.url.endswith("/RPC2")
    with client(fakepw.url) as proxy:
        proxy.check_create(5, "ci", "success")
    assert str(fakepw.state().checks[-1].date) == "2026-01-31 12:00:00"
    assert [rule.rule for rule in fakepw.rules] == [
        "patch_get: fault=one optional", "check_get: fault=two optional"
    ]

@pytest.mark.fakepw(at="/", faults=[], settings={}, clock="2020-01-01", strict=False)
def test_said_by_the_marker(fakepw):
    assert fakepw.url == fakepw.base_url
    with client(fakepw.url) as proxy:
        assert proxy.patch_list({"series": "7"}) == []
        proxy.check_create(5, "ci", "success")
    assert str(fakepw.state().checks[-1].date) == "2020-01-01 11:00:00"
    assert fakepw.rules == []
"""
    run(text).assert_outcomes(passed=2)
    run(text, "--fakepw-at=/stub/").assert_outcomes(passed=1, failed=1)
    result = run("def test(fakepw): pass", "--fakepw-strict=loud")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test: *: strict is true, false or 'error', not 'loud'**"])


def test_a_test_may_want_https(run) -> None:
    text = """
import os, ssl, subprocess, sys
from pathlib import Path

@pytest.mark.fakepw(tls=True)
def test_pwclient_by_https(fakepw, fakepw_environment):
    pwclient = [str(Path(sys.executable).parent / "pwclient"), "update", "-s", "Accepted", "5"]
    subprocess.run(pwclient, env={**os.environ, **fakepw_environment}, check=True)
    assert fakepw.url.startswith("https://")
    assert fakepw.patches[5].state == "Accepted"

def test_plain(fakepw):
    assert (fakepw.url[:5], fakepw.ca_file) == ("http:", None)
    assert fakepw.patches[5].state == "Under Review"

@pytest.mark.fakepw(tls=True)
def test_https_again(fakepw):
    assert fakepw.patches[5].state == "Under Review"
    context = ssl.create_default_context(cafile=fakepw.ca_file)
    with ServerProxy(fakepw.url, context=context) as proxy:
        proxy.pw_rpc_version()
    fakepw.assert_called("pw_rpc_version", times=1)
"""
    run(text).assert_outcomes(passed=3)
    with serve("demo", tls=True) as far:
        options = ("--fakepw-url", far.url, "--fakepw-ca-file", str(far.ca_file))
        result = run(text, *options, "-k", "not plain")
        result.assert_outcomes(passed=2, deselected=1)
        result = run("@pytest.mark.fakepw(tls='yes')\ndef test(fakepw): pass", *options)
        result.stdout.fnmatch_lines(["*test: *: tls: expected true or false, got a string*"])
