"""`python -m benchmarks [PART…]`: measure everything, or some parts, and print the table.

core, double, methods, scale    what there is to measure

--quick    next to nothing of everything, to see that it runs; its figures mean nothing
--json     one JSON object a line instead of the table; --markdown rows of docs/speed.md
--nasty    instead: the calls that keep the server busy longest for what they cost a client; with
           --every N those among every Nth call alone
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from importlib.util import find_spec
from pathlib import Path

from . import core, double, methods, nasty, scale
from .figures import QUICK, Effort, Figure
from .load import generator

#: What there is to measure.
PARTS = {
    "core": core.figures,
    "double": double.figures,
    "methods": methods.figures,
    "scale": scale.figures,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="smoke test: figures mean nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--markdown", action="store_true", help="rows as docs/speed.md has them")
    parser.add_argument("--nasty", action="store_true", help="calls that mean harm, instead")
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="with --nasty: every Nth of them alone"
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {min(unknown)!r}, only {', '.join(PARTS)}")
    if options.nasty:
        _nasty(options.quick, options.json, max(1, options.every))
        return
    effort = QUICK if options.quick else Effort()
    shown = _json if options.json else _row if options.markdown else _line
    if shown is _line:
        print(_conditions(effort))
        print(f"\n{'':72}{'measured':>12}  {'target':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for part in options.parts or PARTS:
            for figure in PARTS[part](effort, Path(folder)):
                print(shown(figure), flush=True)


def _nasty(quick: bool, as_json: bool, every: int) -> None:
    if quick:
        found = nasty.slowest(2000, (10, 20, 50), 25, nasty.INSTANCES[:1], every=every)
    else:
        found = nasty.slowest(nasty.MOST, (1000, 10_000, 100_000), 25, every=every)
    if not as_json:
        print(f"Python {platform.python_version()}; seconds in which the processor is busy.\n")
        print(*nasty.table(found), sep="\n")
        return
    for each in found:
        row = {"what": each.nasty.what, "bytes": len(each.nasty.body), "instance": each.instance}
        print(json.dumps(row | {"seconds": each.seconds}))


def _conditions(effort: Effort) -> str:
    loop = "uvloop" if find_spec("uvloop") else "asyncio"
    return (
        f"Python {platform.python_version()} on {os.cpu_count()} CPUs, {loop}'s event loop; "
        f"each figure the median of {effort.runs} runs or more.\n"
        f"Load from {generator(effort.seconds)}; servers in processes of their own."
    )


def _amount(value: float, unit: str) -> str:
    return f"{value:.{0 if value >= 100 else 2 if value < 10 else 1}f} {unit}"


def _line(figure: Figure) -> str:
    target = verdict = ""
    if figure.target is not None:
        sign = ">=" if figure.at_least else "<="
        target = f"{sign} {figure.target:g} {figure.unit}"
        verdict = "met" if figure.met else "MISSED"
    amount = _amount(figure.value, figure.unit)
    return f"{figure.what:72}{amount:>12}  {target:>12}  {verdict:6}  {figure.note}".rstrip()


def _row(figure: Figure) -> str:
    aim = "" if figure.target is None else f"{figure.target:g} {figure.unit}"
    missed = "" if figure.met in (True, None) else " (missed)"
    amount = _amount(figure.value, figure.unit)
    return f"| {figure.what} | {amount} | {aim}{missed} | {figure.note} |"


def _json(figure: Figure) -> str:
    return json.dumps(
        {
            "what": figure.what,
            "value": figure.value,
            "unit": figure.unit,
            "target": figure.target,
            "met": figure.met,
            "note": figure.note,
        }
    )


if __name__ == "__main__":
    main()
