"""The pytest plugin: a `fakepw` fixture, a marker, and what a failing test says of its calls.

It is loaded wherever fakepw is installed, so it imports nothing of fakepw until a test asks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import xmlrpc.client

    from .double.handles.handle import Double
    from .testing import Server

MARKER = (
    "fakepw(*sources, instance=None, settings={}, faults=[], in_front=None, limit=None,"
    " clock=None, strict=False, at='/xmlrpc/', tls=False): what the fixture `fakepw` is to this"
    " test, class or module. The closest marker wins, argument by argument; `instance` may be a"
    ' list of names, or "recorded".'
)
#: What a test can say by its marker, and a run by an option or the ini file: the argument's name,
#: the option's, whether it may be given several times, and what it is.
OPTIONS = (
    ("settings", "setting", True, "NAME=VALUE", "a setting of the deployment"),
    ("faults", "fault", True, "RULE", "what goes wrong, such as 'patch_list: status=504 first=2'"),
    ("in_front", "in-front", True, "PRESET", "what stands in front, such as nginx-limit"),
    ("limit", "limit", False, "RATE", "refuse what comes quicker, such as 20/s"),
    ("clock", "clock", False, "MOMENT", "the moment at which the double's clock stands"),
    (
        "strict",
        "strict",
        False,
        "MODE",
        "on: warn of calls that a real server answers as if nothing were wrong; error: fail for"
        " them; both may go on with ignore=KIND,KIND",
    ),
    ("at", "at", False, "PATH", "a path that is handed on as /xmlrpc/"),
    ("tls", "tls", False, "on|off", "serve https, whose authority is `fakepw.ca_file`"),
)

_DOUBLE = pytest.StashKey["Double"]()
_JOURNAL = pytest.StashKey[Any]()
_SAID = pytest.StashKey[dict[str, Any]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fakepw", "a fake Patchwork server")
    group.addoption(
        "--fakepw-instance",
        metavar="NAME",
        action="append",
        default=[],
        help="run every test with the fixture `fakepw` as if it were marked with this instance;"
        " several, or `recorded`, run it on each and end with a table",
    )
    group.addoption(
        "--fakepw-url",
        metavar="URL",
        help="a double that runs elsewhere, to be used in the place of a server of our own; or"
        " docker://IMAGE, of which each process of the run starts a container",
    )
    group.addoption(
        "--fakepw-token", metavar="TOKEN", help="what that double's control API asks for"
    )
    group.addoption(
        "--fakepw-ca-file", metavar="FILE", help="the authority to trust where that speaks https"
    )
    group.addoption(
        "--fakepw-table",
        metavar="FILE",
        default=os.environ.get("GITHUB_STEP_SUMMARY"),
        help="append the table of tests and instances to this file, as Markdown; left out: to that"
        " of GITHUB_STEP_SUMMARY, the summary of a job at GitHub",
    )
    group.addoption(
        "--fakepw-journal",
        metavar="FILE",
        help="append what tests called to this file, for `fakepw usage` and"
        " `pw-conformance replay-calls`",
    )
    for name, option, several, metavar, text in OPTIONS:
        if several:
            text += "; may be given again"
        group.addoption(
            f"--fakepw-{option}",
            dest=f"fakepw_{name}",
            metavar=metavar,
            action="append" if several else "store",
            help=f"for tests whose marker says nothing of it: {text}",
        )
        kind: Any = "linelist" if several else "string"
        parser.addini(f"fakepw_{name}", f"the same: {text}", type=kind)
    parser.addini("fakepw_sources", "fixtures for tests that name none", type="args", default=[])
    parser.addini("fakepw_instance", "the instance for tests that name none", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    for name in config.getoption("--fakepw-instance"):
        if name != "recorded":
            _known(name)
    if path := config.getoption("--fakepw-journal"):
        from .serving.commands.staging import JournalFile

        try:
            config.stash[_JOURNAL] = JournalFile(path)
        except OSError as error:
            raise pytest.UsageError(
                f"--fakepw-journal {path} cannot be written: {error.strerror}"
            ) from None


def pytest_unconfigure(config: pytest.Config) -> None:
    if _JOURNAL in config.stash:
        config.stash[_JOURNAL].close()


def _known(name: str) -> None:
    """Raise UsageError for an instance that there is not: before all tests, not in each."""
    from .patchwork.instances.instances import instance

    try:
        instance(name)
    except ValueError as error:
        raise pytest.UsageError(f"--fakepw-instance: {error}") from None


# What a test wants: its markers, the closest first; then the command line; then the ini file.


def _marked(node: pytest.Item | pytest.Collector) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for marker in node.iter_markers("fakepw"):
        if marker.args:
            wanted.setdefault("sources", list(marker.args))
        for name, value in marker.kwargs.items():
            wanted.setdefault(name, value)
    return wanted


def _said(config: pytest.Config) -> dict[str, Any]:
    """What the command line says, and the ini file where that says nothing."""
    if _SAID in config.stash:
        return config.stash[_SAID]
    said: dict[str, Any] = {}
    for name, *_ in OPTIONS:
        value = config.getoption(f"fakepw_{name}") or config.getini(f"fakepw_{name}")
        if value:
            said[name] = value
    if "settings" in said:
        from .patchwork.instances.settings import from_texts

        said["settings"] = from_texts(tuple(said["settings"]))
    if "strict" in said:
        said["strict"] = said["strict"].lower()
    if "tls" in said:
        from .double.strictness import MODES

        said["tls"] = MODES.get(said["tls"].lower(), said["tls"])
    config.stash[_SAID] = said
    return said


def _instances(definition: Any, config: pytest.Config) -> list[str]:
    """The instances that a test is to run on; none if that is nobody's business."""
    asked = config.getoption("--fakepw-instance") or _marked(definition).get("instance") or []
    names = list(asked) if isinstance(asked, (list, tuple)) else [asked]  # whatever it is
    if "recorded" in names:
        from .patchwork.instances.instances import RECORDED

        at = names.index("recorded")
        names[at : at + 1] = RECORDED
    return names


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "fakepw" in metafunc.fixturenames:
        names = _instances(metafunc.definition, metafunc.config)
        if names:
            metafunc.parametrize("fakepw", names, indirect=True, scope="function", ids=str)


# Fixtures.


@pytest.fixture(scope="session")
def fakepw_server(pytestconfig: pytest.Config) -> Iterator[Server]:
    """The server that the tests of this process share; `fakepw` makes it a test's own."""
    from .testing import Server

    url = pytestconfig.getoption("--fakepw-url")
    options = (pytestconfig.getoption(f"--fakepw-{name}") for name in ("token", "ca-file"))
    server = Server(url, *options)
    yield server
    server.stop()


@pytest.fixture
def fakepw(request: pytest.FixtureRequest, fakepw_server: Server) -> Double:
    """A fake Patchwork server, fresh for this test: rows, journal, rules and clock.

    `fakepw.url` is where it is; `fakepw.fault`, `fakepw.calls`, `fakepw.assert_called`,
    `fakepw.add_patch` and more are what a test does with it. `@pytest.mark.fakepw(…)` says what it
    serves. A rule, scenario or expectation that never comes to pass fails the test.
    """
    from .testing import beside

    instance = getattr(request, "param", None)  # where tests run on several
    if instance is not None:  # also where it cannot be had
        request.node.user_properties.append(("fakepw_instance", str(instance)))
    config = request.config
    wanted = _marked(request.node)
    given, folder = wanted.get("sources"), request.node.path.parent
    if given is None:
        given, folder = config.getini("fakepw_sources"), (config.inipath or folder).parent
    wanted["sources"] = [beside(folder, source) for source in given]
    wanted["instance"] = instance or config.getini("fakepw_instance") or None
    why = ""
    try:
        double = fakepw_server.prepared(**{**_said(config), **wanted})
    except (ValueError, TypeError, LookupError, OSError, ModuleNotFoundError) as error:
        why = str(error).replace("\n", "; ")
    if why:
        said = "@pytest.mark.fakepw" if _marked(request.node) else "fakepw"
        pytest.fail(f"{request.node.nodeid}: {said}: {why}", pytrace=False)
    request.node.stash[_DOUBLE] = double
    return double


@pytest.fixture
def fakepw_url(fakepw: Double) -> str:
    """Where the XML-RPC API of the fixture `fakepw` is."""
    return fakepw.url


@pytest.fixture
def fakepw_transport(fakepw: Double) -> xmlrpc.client.Transport:
    """A transport for `ServerProxy` to the fixture `fakepw`, without a socket in between."""
    return fakepw.transport()


@pytest.fixture
def fakepw_environment(fakepw: Double, tmp_path: Path) -> dict[str, str]:
    """The environment in which pwclient, as a subprocess, talks to the fixture `fakepw`.

    It has what it needs besides that of the tests: `{**os.environ, **fakepw_environment}`. It is
    somebody who may write, the first user who maintains a project, if there is one.
    """
    users = fakepw.state().users
    user = next((each.username for each in users if each.maintainer_of), None)
    return fakepw.pwclientrc(tmp_path, user)


# The end of a test.


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test, in the test itself and not at its teardown, for what never came to pass.

    And tell what strict mode has noticed of its calls, by whichever thread they were made.
    """
    try:
        result = yield
    except BaseException:
        _tell(item)  # the test's own failure comes first
        raise
    double = item.stash.get(_DOUBLE, None)
    problems = _tell(item) + (["fakepw: " + "\n".join(unmet)] if (unmet := _unmet(double)) else [])
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tell what strict mode has noticed while a test was taken down, before the next begins."""
    result = yield
    _tell(item)
    return result


def _unmet(double: Double | None) -> list[str]:
    return [] if double is None else double.unmet()


def _tell(item: pytest.Item) -> list[str]:
    """Issue what strict mode has to say, of the fixture and of all servers of this process.

    What warnings are errors by their filters is given, and what the others do not let pass.
    """
    path, line, _ = item.location
    here = (str(item.config.rootpath / path), (line or 0) + 1)
    double = item.stash.get(_DOUBLE, None)
    problems: list[str] = []
    if double is not None:
        with suppress(OSError, LookupError):  # of a double that died: the test says so itself
            problems += _raised(double.warn, here)
    for server in _others(double):
        problems += _raised(server.settle, here)
    return problems


def _others(double: Double | None) -> list[Any]:
    """The servers that run in this process, but for that of the fixture."""
    thread = sys.modules.get("fakepw.serving.thread")
    return [] if thread is None else [each for each in thread.running() if each is not double]


def _raised(tell: Any, here: tuple[str, int]) -> list[str]:
    from .double.strictness import FakepwWarning

    try:
        tell(*here)
    except (FakepwWarning, AssertionError) as problem:
        return [f"{type(problem).__name__}: {problem}"]
    return []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what was called beside what failed, and note it where a journal is kept."""
    report = yield
    double = item.stash.get(_DOUBLE, None)
    if double is not None and report.when == "call" and _JOURNAL in item.config.stash:
        with suppress(OSError):  # of a double that died: the test says so itself
            for noted in double.calls:
                item.config.stash[_JOURNAL].write(noted, double.instance)
    if double is not None and report.when == "call" and report.failed:
        from .testing import last_calls

        report.sections.append(("fakepw calls", last_calls(double)))
    return report


# The table of tests and instances.


def _instance_of(report: Any) -> str | None:
    properties = dict(getattr(report, "user_properties", ()))
    return properties.get("fakepw_instance")


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Say what failed on which instance, where tests ran on several."""
    ran: dict[str, dict[str, str]] = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, ()):
            name = _instance_of(report)
            if name is not None:
                test = report.nodeid.replace(f"[{name}]", "").replace(f"-{name}]", "]")
                test = test.replace(f"[{name}-", "[")
                ran.setdefault(test, {})[name] = outcome
    seen = {name for results in ran.values() for name in results}
    asked = [name for name in config.getoption("--fakepw-instance") if name in seen]
    instances = [*asked, *sorted(seen - set(asked))]  # whatever order tests ran in
    if len(instances) < 2:
        return
    failed = {test: results for test, results in ran.items() if set(results.values()) - {"passed"}}
    lines = _table(failed, instances)
    terminalreporter.section("fakepw: tests by instance")
    if not failed:
        terminalreporter.line(f"{len(ran)} tests passed on all {len(instances)} instances")
    for test, results in failed.items():
        bad = [name for name in instances if results.get(name, "passed") != "passed"]
        terminalreporter.line(f"{test}: {len(bad)} of {len(results)}: {', '.join(bad)}")
    if path := config.getoption("--fakepw-table"):
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write("\n".join(["### fakepw: tests by instance", "", *lines, "", ""]))
        except OSError as error:
            terminalreporter.line(f"the table cannot be written to {path}: {error.strerror}")


def _table(failed: dict[str, dict[str, str]], instances: list[str]) -> list[str]:
    """As Markdown: the tests that failed somewhere, and where."""
    if not failed:
        return [f"Every test passed on all {len(instances)} instances."]
    marks = {"passed": "✓", "failed": "✗", "error": "✗"}
    head = ["test", *instances]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for test, results in failed.items():
        name = test.replace("|", "\\|")
        cells = [marks.get(results.get(each, ""), "") for each in instances]
        lines.append(" | ".join([f"`{name}`", *cells]))
    return [f"| {line} |" for line in lines]
