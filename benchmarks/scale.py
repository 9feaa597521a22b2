"""How it grows: the same with ten thousand, a hundred thousand and a million patches.

Times are those of the processor. Each size is measured in a process of its own, so that memory is
its own, too:

    python -m benchmarks.scale FIXTURE PATCHES RUNS
"""

from __future__ import annotations

import base64
import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from fakepw import fixtures
from fakepw.patchwork.patchwork import Patchwork
from fakepw.patchwork.query import filters
from fakepw.patchwork.query.lookups import Condition, exact

from . import data
from .figures import Effort, Figure, busy, each

#: Patches up to which the aim of a load is half a second, and that of more.
_FEW = 100_000
LOGIN = base64.b64encode(f"{data.USERNAME}:{data.PASSWORD}".encode()).decode()


def figures(effort: Effort, folder: Path) -> Iterator[Figure]:
    """All figures of all sizes; `folder` is for the fixtures."""
    for patches in effort.sizes:
        fixture = folder / f"{patches}.json"
        data.write(fixture, patches)
        runs = min(effort.runs, 2) if patches > _FEW else effort.runs
        command = [sys.executable, "-m", "benchmarks.scale", str(fixture), str(patches), str(runs)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
        fixture.unlink()
        for line in done.stdout.splitlines():
            yield Figure(**json.loads(line))


def _measured(fixture: Path, patches: int, runs: int) -> Iterator[Figure]:
    held = f"{patches} patches"
    effort = Effort(runs=runs, many=patches)
    yield _checked(fixture, held)
    before = _resident()
    times = [busy(lambda: fixtures.load(fixture)) for _ in range(runs - 1)]
    gc.collect()
    loaded: list[Any] = []
    times.append(busy(lambda: loaded.append(fixtures.load(fixture))))
    dataset = loaded.pop()
    size = f"{fixture.stat().st_size / 1e6:.0f} MB"
    aim = 2.0 if patches > _FEW else 0.5
    yield Figure(f"load {held} from JSON", median(times), "s", aim, size)
    patchwork = Patchwork(dataset)
    gc.collect()
    gc.freeze()
    own = sum(map(_text_of, dataset.patches))
    more = (_resident() - before - own) / patches
    note = f"beside {own / patches:.0f} bytes of text; {_peak() / 1e6:.0f} MB at most"
    yield Figure(f"memory of a patch beyond its own text, {held}", more, "bytes", 1200, note)
    start = 1000 * median(busy(lambda: Patchwork(dataset)) for _ in range(runs))
    yield Figure(f"start with rows that are loaded, {held}", start, "ms")
    yield from _lookups(patchwork, effort, held)
    yield from _lists(patchwork, effort, held)
    yield _reset(patchwork, effort, held)


def _checked(fixture: Path, held: str) -> Figure:
    """`fakepw check` in a process of its own; begun while this one is small, as what it is begun by
    counts as its memory."""
    command = [sys.executable, "-m", "fakepw", "check", str(fixture)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed")
    note = f"{used.ru_maxrss * 1024 / 1e6:.0f} MB at most"
    return Figure(f"check {held}", used.ru_utime + used.ru_stime, "s", None, note)


def _resident() -> int:
    """Bytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def _peak() -> int:
    """The most that it ever had."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _text_of(patch: Any) -> int:
    texts = (patch.msgid, patch.name, patch.hash, patch.headers, patch.content, patch.diff)
    return sum(len(text) for text in texts if text is not None)


def _lookups(patchwork: Patchwork, effort: Effort, held: str) -> Iterator[Figure]:
    """Look-ups in the store by themselves, and the calls that they are part of."""
    row = patchwork.store.patches[effort.many // 2]
    cases: list[tuple[str, dict[str, int | str], float]] = [
        ("id", {"id": row.id}, 5),
        ("msgid", {"msgid": row.msgid}, 5),
        ("hash", {"hash": str(row.hash)}, 5),
    ]
    for what, filt, target in cases:
        wanted = [exact(filters.PATCH_FIELDS[name], value) for name, value in filt.items()]
        look_up = partial(_look_up, patchwork, wanted)
        whole = partial(patchwork.call, "patch_list", [filt])
        first = busy(whole)
        found = len(whole())
        if len(look_up()) != found:
            raise RuntimeError(f"the look-up by {what} finds other rows than the call")
        note = (
            f"{1e6 * each(whole, effort):.1f} us as a whole call; the first {1000 * first:.1f} ms"
        )
        value = 1e6 * each(look_up, effort)
        yield Figure(f"look up by {what} among {held}", value, "us", target, note)


def _look_up(patchwork: Patchwork, wanted: list[Condition]) -> list[int]:
    return list(filters.candidates(patchwork.store, wanted, patchwork.traits)[0])


def _lists(patchwork: Patchwork, effort: Effort, held: str) -> Iterator[Figure]:
    """In proportion to what is found: all of it, and the first ten."""
    for what, more in (("", {}), (", the first 10", {"max_count": 10})):
        whole = partial(patchwork.call, "patch_list", [{"project_id": 3, "state_id": 4, **more}])
        found = len(whole())
        taken = each(whole, effort)
        note = f"{1e6 * taken / max(1, found):.2f} us a row, {found} rows"
        title = f"patch_list by project and state{what}, {held}"
        yield Figure(title, 1e6 * taken, "us", None, note)


def _reset(patchwork: Patchwork, effort: Effort, held: str) -> Figure:
    patchwork.call("patch_list", [{"project_id": 1, "state_id": 1}])  # an index to keep up to date
    times = []
    for run in range(4 * effort.runs):
        for number in range(20):
            patch_id = 1 + (run * 20 + number) * 37 % effort.many
            patchwork.call("patch_set", [patch_id, {"state": 3}], f"Basic {LOGIN}")
        times.append(busy(patchwork.reset))
    return Figure(f"reset after 20 writes, {held}", 1e6 * median(times), "us", 100)


if __name__ == "__main__":
    fixture, patches, runs = sys.argv[1:]
    for figure in _measured(Path(fixture), int(patches), int(runs)):
        members = {name: getattr(figure, name) for name in figure.__dataclass_fields__}
        print(json.dumps(members), flush=True)
