"""The double: what a test that uses it costs, and what it costs the server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from xmlrpc.client import ServerProxy

import fakepw
from fakepw import fixtures

from . import data, servers
from .core import VERSION
from .figures import Effort, Figure, seconds
from .load import call, calls_per_processor_second

#: The fixtures of others beside which ours is measured, and how a test uses each.
FIXTURES = {"fakepw": "fakepw", "pytest-httpserver": "httpserver", "respx": "respx_mock"}
#: Milliseconds that a fixture may add to a test; of ours alone.
MOST_ADDED = 0.3


def figures(effort: Effort, folder: Path) -> Iterator[Figure]:
    """All figures of the double; `folder` is for the files that servers and tests are."""
    yield from _suites(effort, folder)
    yield _start_and_stop(effort)
    yield _reset(effort)
    yield from _beside_itself(effort, folder / "rows.json")
    yield from _transport(effort)
    yield _worlds(effort, folder / "demo.json")


# Tests.


def _suites(effort: Effort, folder: Path) -> Iterator[Figure]:
    """What each fixture adds to a test, of as many tests in one run of pytest."""
    empty = _suite(folder / "test_empty.py", "", effort)
    files = {
        what: _suite(folder / f"test_{fixture}.py", fixture, effort)
        for what, fixture in FIXTURES.items()
    }
    for file in (empty, *files.values()):
        _pytest(file)  # compiles what it imports, as the installation of a package does
    added: dict[str, list[float]] = {what: [] for what in FIXTURES}
    for _ in range(min(3, effort.runs)):
        without = _pytest(empty)
        for what, file in files.items():
            added[what].append(1000 * (_pytest(file) - without) / effort.tests)
    for what, times in added.items():
        target = MOST_ADDED if what == "fakepw" else None
        title = f"the fixture of {what}, a test of {effort.tests} in one run"
        yield Figure(title, max(median(times), 0.001), "ms", target)


def _suite(file: Path, fixture: str, effort: Effort) -> Path:
    tests = (f"def test_{number}({fixture}):\n    pass\n" for number in range(effort.tests))
    file.write_text("\n\n".join(tests))
    return file


def _pytest(file: Path) -> float:
    """Seconds of processor that a run of these tests takes."""
    # In the order of the file, and nothing kept for the next run.
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", str(file.parent)]
    command = [sys.executable, "-m", "pytest", *options, str(file)]
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(file.parent / "compiled")}
    environment = {**os.environ, **compiled}
    before = os.times()
    done = subprocess.run(command, capture_output=True, text=True, cwd=file.parent, env=environment)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    after = os.times()
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system


def _start_and_stop(effort: Effort) -> Figure:
    def once() -> None:
        fakepw.serve("tiny").stop()

    once()
    taken = median(seconds(once) for _ in range(max(3, 20 * effort.runs)))
    return Figure("start and stop of a server for one test", 1000 * taken, "ms", 1)


def _reset(effort: Effort) -> Figure:
    """Everything is put back: rows, a journal of calls, rules, the clock."""
    rows = data.dataset(effort.many)
    with fakepw.serve(rows) as pw:
        proxy = ServerProxy(pw.url.replace("://", f"://{data.USERNAME}:{data.PASSWORD}@"))
        times = []
        for run in range(4 * effort.runs):
            for number in range(20):
                proxy.patch_set(1 + (run * 20 + number) * 37 % effort.many, {"state": 3})
            pw.fault("person_get", status=500)
            pw.clock.set("2026-01-31T12:00")
            times.append(seconds(pw.reset))
    what = f"reset after 20 writes, with journal and rules, {effort.many} patches"
    return Figure(what, 1e6 * median(times), "us", 100)


# The server.


def _beside_itself(effort: Effort, fixture: Path) -> Iterator[Figure]:
    """Calls of a second of the processor: with the journal, and with rules, beside without."""
    fixture.write_bytes(fixtures.dumps(data.dataset(min(effort.long, 2000))))
    bodies = [call("patch_get", number) for number in range(1, min(effort.long, 2000))]
    loads = {"pw_rpc_version": [VERSION], "patch_get in turn": bodies}
    with ExitStack() as stack:
        usual = stack.enter_context(servers.of_kind("plain", fixture))
        silent = stack.enter_context(servers.of_kind("silent", fixture))
        ruled = stack.enter_context(servers.of_kind("ruled", fixture))
        for what, load in loads.items():
            with_journal = _share(usual, silent, load, effort)
            yield Figure(f"with the journal, {what}, of the rate without", with_journal, "%", 90)
        for what, load in loads.items():
            share = _share(ruled, usual, load, effort)
            yield Figure(f"with ten rules that mean no call, {what}", share, "%", 95)


def _share(
    one: servers.Served, other: servers.Served, bodies: list[bytes], effort: Effort
) -> float:
    return median(
        100
        * calls_per_processor_second(one, bodies, effort.short)
        / calls_per_processor_second(other, bodies, effort.short)
        for _ in range(3 * effort.runs)
    )


def _transport(effort: Effort) -> Iterator[Figure]:
    """A ServerProxy without a socket beside one with it, both on the same double."""
    with fakepw.serve("demo") as pw:
        over_socket = ServerProxy(pw.url)
        within = ServerProxy(pw.url, transport=pw.transport())
        calls: dict[str, Callable[[ServerProxy], object]] = {
            "pw_rpc_version": lambda proxy: proxy.pw_rpc_version(),
            "patch_get": lambda proxy: proxy.patch_get(5),
            "state_get": lambda proxy: proxy.state_get(1),
        }
        for what, ask in calls.items():
            ratios = [
                _many(lambda: ask(over_socket)) / _many(lambda: ask(within))  # noqa: B023
                for _ in range(3 * effort.runs)
            ]
            title = f"{what} through ServerProxy: the transport against the socket"
            yield Figure(title, median(ratios), "x", 3)


def _worlds(effort: Effort, fixture: Path) -> Figure:
    """All that a server takes in memory whose worlds were each listed and written to."""
    fixture.write_bytes(fixtures.dumps(fixtures.load("demo")))
    with servers.fakepw(fixture) as served, fakepw.connect(served.url) as pw:
        for _ in range(effort.worlds):
            world = pw.world()
            with ServerProxy(world.url) as proxy:
                assert proxy.patch_list()
            world.change_patch(1, state="Accepted")
        status = Path(f"/proc/{served.pid}/status").read_text()
    (peak,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    title = f"{effort.worlds} worlds of the demo, each listed and written to"
    return Figure(title, peak * 1024 / 1e6, "MB", 200, "all of the server's process at its peak")


def _many(function: Callable[[], object], count: int = 50) -> float:
    start = time.perf_counter()
    for _ in range(count):
        function()
    return time.perf_counter() - start
