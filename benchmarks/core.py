"""The core: calls over HTTP against two baselines, starting, and every instance."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

import fakepw
from fakepw import fixtures
from fakepw.patchwork.instances.instances import DEFAULT, RECORDED

from . import data, servers
from .figures import Effort, Figure
from .load import Caller, call, calls_per_processor_second, rate
from .servers import Served

VERSION = call("pw_rpc_version")
HUNDRED = call("patch_list", {"max_count": 100})
#: Calls that differ, more than fakepw remembers.
UNLIKE = 2000


def figures(effort: Effort, folder: Path) -> Iterator[Figure]:
    """All figures of the core; `folder` is for the files that servers read."""
    long = folder / "long.json"
    long.write_bytes(fixtures.dumps(data.dataset(effort.long)))
    yield from _against_baselines(effort, long, folder / "answer")
    yield from _thread(effort)
    yield _fresh_process(effort, folder / "bytecode")
    yield from _instances(effort, long)


# Over HTTP.


def _against_baselines(effort: Effort, fixture: Path, constant: Path) -> Iterator[Figure]:
    with ExitStack() as stack:
        ours = stack.enter_context(servers.fakepw(fixture))
        theirs = stack.enter_context(servers.stdlib(fixture))
        constant.write_bytes(_same_answer(ours, theirs, VERSION))
        ceiling = stack.enter_context(servers.bare(constant))
        _same_answer(ours, theirs, HUNDRED)
        what = "pw_rpc_version against ThreadingHTTPServer + stdlib xmlrpc"
        yield _against(what, 5, ours, theirs, [VERSION], effort)
        share = _against("… against a bare asyncio responder", 45, ours, ceiling, [VERSION], effort)
        yield replace(share, value=100 * share.value, unit="%")
        what = "patch_list of 100 rows against stdlib"
        yield _against(what, 6, ours, theirs, [HUNDRED], effort)
        yield _unlike(ours, theirs, effort)
        yield _long_list(ours, theirs, effort)


def _same_answer(ours: Served, theirs: Served, body: bytes) -> bytes:
    """The whole answer of ours, once both are seen to say the same."""
    answers = []
    for served in (ours, theirs):
        caller = Caller(served.port)
        answers.append(caller.answer(body))
        caller.close()
    values = [xmlrpc.client.loads(answer.split(b"\r\n\r\n", 1)[1]) for answer in answers]
    if values[0] != values[1]:
        raise RuntimeError("the baseline answers otherwise than fakepw: no comparison")
    return answers[0]


def _unlike(ours: Served, theirs: Served, effort: Effort) -> Figure:
    """More calls in turn than are remembered, so that none is known from the time before."""
    bodies = [call("patch_get", 1 + number) for number in range(min(UNLIKE, effort.long))]
    _same_answer(ours, theirs, bodies[0])
    what = f"patch_get of {len(bodies)} patches in turn against stdlib"
    return _against(what, 5, ours, theirs, bodies, effort)


def _against(
    what: str, aim: float, ours: Served, theirs: Served, bodies: list[bytes], effort: Effort
) -> Figure:
    """Calls a second against those of a baseline; and what that is by the processor's time."""
    pairs = [
        (rate(ours, bodies, effort.seconds), rate(theirs, bodies, effort.seconds))
        for _ in range(effort.runs)
    ]
    ratio = median(one.a_second / other.a_second for one, other in pairs)
    by_time = median(one.a_processor_second / other.a_processor_second for one, other in pairs)
    one = pairs[-1][0]
    note = f"{one.a_second:.0f} requests/s, {1e6 / one.a_processor_second:.1f} us of the processor"
    return Figure(what, ratio, "x", aim, f"{note} each; {by_time:.2f} x by that")


def _long_list(ours: Served, theirs: Served, effort: Effort) -> Figure:
    body = call("patch_list", {"max_count": effort.long})
    _same_answer(ours, theirs, body)
    callers = [Caller(ours.port), Caller(theirs.port)]
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
        others = [name for name in RECORDED if name != DEFAULT]
        for name in others[: effort.instances]:
            with servers.fakepw(fixture, name) as other:
                yield _instance(name, other, usual, effort)


def _instance(name: str, other: Served, usual: Served, effort: Effort) -> Figure:
    ratios = {
        what: median(
            calls_per_processor_second(other, [body], effort.short)
            / calls_per_processor_second(usual, [body], effort.short)
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
