"""What is measured: every figure with its target, the median of several runs."""

from __future__ import annotations

import base64
import gc
import json
import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import fakepw
from fakepw import fixtures
from fakepw.patchwork.instances.instances import DEFAULT, RECORDED
from fakepw.patchwork.patchwork import Patchwork
from fakepw.patchwork.query import filters
from fakepw.patchwork.query.lookups import Condition, exact

from . import data, servers
from .load import Caller, call, requests_per_second

VERSION = call("pw_rpc_version")
HUNDRED = call("patch_list", {"max_count": 100})
#: Calls that differ, more than fakepw remembers.
UNLIKE = 2000


@dataclass(frozen=True)
class Figure:
    """One measurement: what, how much of which unit, and the least or most that it should be."""

    what: str
    value: float
    unit: str
    target: float | None = None
    note: str = ""

    @property
    def at_least(self) -> bool:
        """Whether more is better: of ratios and shares, not of times."""
        return self.unit in ("x", "%")

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


@dataclass(frozen=True)
class Effort:
    """How much to measure: everything for figures, next to nothing for a smoke test."""

    runs: int = 5
    seconds: float = 2
    many: int = 100_000  # patches
    long: int = 10_000  # rows of a long answer


QUICK = Effort(runs=1, seconds=0.05, many=1000, long=200)


def everything(effort: Effort, folder: Path) -> Iterator[Figure]:
    """All figures, one after the other; `folder` is for the files that servers read."""
    long = folder / "long.json"
    long.write_bytes(fixtures.dumps(data.dataset(effort.long)))
    yield from _against_baselines(effort, long, folder / "answer")
    yield from _thread(effort)
    yield _fresh_process(effort, folder / "bytecode")
    many = folder / "many.json"
    many.write_bytes(fixtures.dumps(data.dataset(effort.many)))
    yield from _large_store(effort, many)
    yield from _instances(effort, long)


# Over HTTP.


def _against_baselines(effort: Effort, fixture: Path, constant: Path) -> Iterator[Figure]:
    with ExitStack() as stack:
        ours = stack.enter_context(servers.fakepw(fixture))
        theirs = stack.enter_context(servers.stdlib(fixture))
        constant.write_bytes(_same_answer(ours, theirs, VERSION))
        ceiling = stack.enter_context(servers.bare(constant))
        _same_answer(ours, theirs, HUNDRED)
        ratios, shares = [], []
        for _ in range(effort.runs):
            rate = requests_per_second(ours, [VERSION], effort.seconds)
            ratios.append(rate / requests_per_second(theirs, [VERSION], effort.seconds))
            shares.append(100 * rate / requests_per_second(ceiling, [VERSION], effort.seconds))
        rate = requests_per_second(ours, [VERSION], effort.seconds)
        yield Figure(
            "pw_rpc_version against ThreadingHTTPServer + stdlib xmlrpc",
            median(ratios),
            "x",
            5,
            f"{rate:.0f} requests/s",
        )
        yield Figure("… against a bare asyncio responder", median(shares), "%", 45)
        ratios = [
            requests_per_second(ours, [HUNDRED], effort.seconds)
            / requests_per_second(theirs, [HUNDRED], effort.seconds)
            for _ in range(effort.runs)
        ]
        yield Figure("patch_list of 100 rows against stdlib", median(ratios), "x", 6)
        yield _unlike(ours, theirs, effort)
        yield _long_list(ours, theirs, effort)


def _same_answer(ours: int, theirs: int, body: bytes) -> bytes:
    """The whole answer of ours, once both are seen to say the same."""
    answers = []
    for port in (ours, theirs):
        caller = Caller(port)
        answers.append(caller.answer(body))
        caller.close()
    values = [xmlrpc.client.loads(answer.split(b"\r\n\r\n", 1)[1]) for answer in answers]
    if values[0] != values[1]:
        raise RuntimeError("the baseline answers otherwise than fakepw: no comparison")
    return answers[0]


def _unlike(ours: int, theirs: int, effort: Effort) -> Figure:
    """More calls in turn than are remembered, so that none is known from the time before."""
    bodies = [call("patch_get", 1 + number) for number in range(min(UNLIKE, effort.long))]
    _same_answer(ours, theirs, bodies[0])
    ratios = []
    for _ in range(effort.runs):
        rate = requests_per_second(ours, bodies, effort.seconds)
        ratios.append(rate / requests_per_second(theirs, bodies, effort.seconds))
    what = f"patch_get of {len(bodies)} patches in turn against stdlib"
    return Figure(what, median(ratios), "x", 5, f"{rate:.0f} requests/s")


def _long_list(ours: int, theirs: int, effort: Effort) -> Figure:
    body = call("patch_list", {"max_count": effort.long})
    _same_answer(ours, theirs, body)
    callers = [Caller(ours), Caller(theirs)]
    sizes = [len(caller.answer(body)) for caller in callers]
    times: list[list[float]] = [[], []]
    for _ in range(effort.runs):
        for caller, size, taken in zip(callers, sizes, times, strict=True):
            # Several in a row: a connection that was silent, and a processor, start slowly.
            taken += [caller.seconds(body, size) for _ in range(5)]
    for caller in callers:
        caller.close()
    fast, slow = map(median, times)
    note = f"{fast * 1000:.0f} ms for {sizes[0] / 1e6:.1f} MB"
    return Figure(f"patch_list of {effort.long} rows against stdlib", slow / fast, "x", 20, note)


def _instances(effort: Effort, fixture: Path) -> Iterator[Figure]:
    """Every recorded instance against the default one, at the call where it is slowest."""
    with servers.fakepw(fixture, DEFAULT) as usual:
        for name in RECORDED:
            if name != DEFAULT:
                with servers.fakepw(fixture, name) as other:
                    yield _instance(name, other, usual, effort)


def _instance(name: str, other: int, usual: int, effort: Effort) -> Figure:
    ratios = {
        what: median(
            requests_per_second(other, [body], effort.seconds / 2)
            / requests_per_second(usual, [body], effort.seconds / 2)
            for _ in range(min(3, effort.runs))
        )
        for what, body in (("pw_rpc_version", VERSION), ("patch_list of 100", HUNDRED))
    }
    worst = min(ratios, key=ratios.__getitem__)
    return Figure(f"{name} against {DEFAULT}", ratios[worst], "x", 0.8, f"at {worst}")


# Starting.


def _thread(effort: Effort) -> Iterator[Figure]:
    starts, stops = [], []
    for _ in range(max(3, 4 * effort.runs)):
        start = time.perf_counter()
        server = fakepw.serve("tiny")
        caller = Caller(server.port)
        caller.answer(VERSION)
        starts.append(time.perf_counter() - start)
        start = time.perf_counter()
        server.stop()
        stops.append(time.perf_counter() - start)
        caller.close()
    yield Figure("start in a thread to first answer, warm", 1000 * median(starts), "ms", 2)
    yield Figure("stop", 1000 * median(stops), "ms", 2)


def _fresh_process(effort: Effort, cache: Path) -> Figure:
    """Its bytecode is compiled already, as it is after `pip install`."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "fakepw", "serve", "--port", "0", "--json"]
    times = []
    for _ in range(1 + max(3, 2 * effort.runs)):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["url"].split(":")[2].split("/")[0])
        caller = Caller(port)
        caller.answer(VERSION)
        times.append(time.perf_counter() - start)
        caller.close()
        process.terminate()
        process.communicate()
    return Figure(
        "fresh process `fakepw serve` to first answer", 1000 * median(times[1:]), "ms", 150
    )


# A large store.


def _large_store(effort: Effort, fixture: Path) -> Iterator[Figure]:
    text = fixture.read_bytes()
    loads = [_seconds(lambda: fixtures.loads(text)) for _ in range(effort.runs)]
    held = f"{effort.many} patches"
    yield Figure(f"load {held} from JSON", median(loads), "s", 0.5, f"{len(text) / 1e6:.0f} MB")
    patchwork = Patchwork(fixtures.loads(text))
    gc.freeze()
    yield _reset(patchwork, effort, held)
    yield from _lookups(patchwork, effort, held)


def _reset(patchwork: Patchwork, effort: Effort, held: str) -> Figure:
    credentials = base64.b64encode(f"{data.USERNAME}:{data.PASSWORD}".encode()).decode()
    patchwork.call("patch_list", [{"project_id": 1, "state_id": 1}])  # an index to keep up to date
    times = []
    for run in range(4 * effort.runs):
        for number in range(20):
            patch_id = 1 + (run * 20 + number) * 37 % effort.many
            patchwork.call("patch_set", [patch_id, {"state": 3}], f"Basic {credentials}")
        times.append(_seconds(patchwork.reset))
    return Figure(f"reset after 20 writes, {held}", 1e6 * median(times), "us", 100)


def _lookups(patchwork: Patchwork, effort: Effort, held: str) -> Iterator[Figure]:
    """Look-ups in the store by themselves, and the calls that they are part of."""
    number = effort.many // 2
    row = patchwork.store.patches[number]
    cases: list[tuple[str, dict[str, int | str], float]] = [
        ("id", {"id": number}, 5),
        ("msgid", {"msgid": row.msgid}, 5),
        ("hash", {"hash": str(row.hash)}, 5),
        ("project and state", {"project_id": 3, "state_id": 4}, 1000),
    ]
    for what, filt, target in cases:
        wanted = [exact(filters.PATCH_FIELDS[name], value) for name, value in filt.items()]
        look_up = partial(_look_up, patchwork, wanted)
        whole = partial(patchwork.call, "patch_list", [filt])
        found = len(whole())
        if len(look_up()) != found:
            raise RuntimeError(f"the look-up by {what} finds other rows than the call")
        note = f"{1e6 * _each(whole, effort):.1f} us as a whole call, {found} rows"
        value = 1e6 * _each(look_up, effort)
        yield Figure(f"look up by {what} among {held}", value, "us", target, note)


def _look_up(patchwork: Patchwork, wanted: list[Condition]) -> list[int]:
    return list(filters.candidates(patchwork.store, wanted, patchwork.traits)[0])


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _each(function: Callable[[], object], effort: Effort) -> float:
    """The median time of a call among batches of calls, in seconds."""
    batch = max(1, int(0.01 / max(_seconds(function), 1e-7)))
    return median(
        _seconds(lambda: [function() for _ in range(batch)]) / batch for _ in range(effort.runs)
    )
