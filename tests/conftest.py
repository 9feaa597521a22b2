"""Property tests judge answers, not the machine that they run on: a loaded one is no failure."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from conformance.target import secrecy
from tests import memory, tools

settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

# A shell starts what runs in the background with Ctrl-C ignored, which programs that are tested
# would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: What each worker took of memory at most, in MB.
MOST = pytest.StashKey[dict[str, int]]()


@pytest.fixture(autouse=True)
def nothing_kept_secret() -> Iterator[None]:
    """What one test must not say, the next one may."""
    yield
    secrecy.forget()


# What is written has to outlive a machine that crashes, which none does in a test. Waiting for its
# disk would take a minute of all of them.
os.fsync = lambda fd: None

# Where nothing that is compiled may lie beside its source, each program that a test starts would
# compile all of it again. It lies in a folder that goes when the tests end.
if sys.dont_write_bytecode:
    _COMPILED = tempfile.TemporaryDirectory(prefix="pw-conformance-compiled-")
    os.chmod(_COMPILED.name, 0o755)  # fronts run as other users
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = _COMPILED.name
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # -B says the same
    sys.dont_write_bytecode = False

# What runs of the suite keep of patches that they write to: not among what the user keeps.
_STATE = tempfile.TemporaryDirectory(prefix="pw-conformance-tests-")
os.environ["XDG_STATE_HOME"] = _STATE.name
# What test suites within tests have to say is nothing for a job's summary.
os.environ.pop("GITHUB_STEP_SUMMARY", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seconds", type=float, default=2.0, help="for how long many threads use one double"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "needs(*tools): what of tests.tools a test cannot do without"
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Where no test was run before, Hypothesis works out which characters there are when the first
    text is drawn. That takes 200 MB, which are not to come on top of what a worker holds then."""
    if hasattr(session.config, "workerinput"):
        st.text().validate()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    memory.settle()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    tools.check(item)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What was kept for the tests of a module goes with them."""
    if nextitem is None or nextitem.path != item.path:
        memory.leave()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells what it took."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["most"] = memory.most()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker told is for the end; one that broke told nothing."""
    if "most" in (output := getattr(node, "workeroutput", {})):
        node.config.stash.setdefault(MOST, {})[node.gateway.id] = output["most"]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if most := config.stash.get(MOST, {}):
        terminalreporter.write_line(memory.closing_line(most))
    skipped = terminalreporter.stats.get("skipped", [])
    line = tools.closing_line(report.longrepr[2] for report in skipped)  # path, line, why
    if line:
        terminalreporter.write_line(line, yellow=True)
