"""Failures on disk: the raw exchanges of each, and what `--replay` sends again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from pathlib import Path

from ..deciding.decisions import DECISIONS, Decision
from ..deciding.engine import Session
from ..target import secrecy
from ..target.exchange import NOWHERE, SILENCE, Exchange, Request, from_json
from ..target.inputs import opened
from ..target.sending.transport import NoAnswer, Trouble
from ..verdicts.verdicts import Deviation, Outcome, Run
from .opening.options import Options
from .opening.session import discover, session

#: What is said of a failure that shows again.
STILL = "deviates still"


def store(run: Run, folder: Path) -> list[Path]:
    """Write one folder for each failure and warning; those that were made.

    What an earlier run kept of the same requirements goes.
    """
    made = []
    for verdict in run.verdicts:
        place = folder / verdict.id
        _clear(place)
        if verdict.outcome not in (Outcome.FAIL, Outcome.WARNING) or not verdict.evidence:
            continue
        place.mkdir(parents=True, exist_ok=True)
        for number, item in enumerate(verdict.evidence, start=1):
            _write(place / f"{number}.request", item.request)
            _write(place / f"{number}.response", item.response)
            _write(place / f"{number}.curl", f"{item.curl}\n".encode())
        requests = [item.stored for item in verdict.evidence]
        kept = {"id": verdict.id, "requests": requests if all(requests) else []}
        _write(place / "failure.json", f"{json.dumps(kept, indent=1)}\n".encode())
        made.append(place)
    return made


def _write(path: Path, data: bytes) -> None:
    """Write what leaves the process; no secret does, whatever went wrong before."""
    path.write_bytes(secrecy.redact_bytes(data))


def _clear(place: Path) -> None:
    """Take away what `store` wrote, and nothing else."""
    if not (place / "failure.json").is_file():
        return
    for path in place.iterdir():
        if re.fullmatch(r"failure\.json|\d+\.(request|response|curl)", path.name):
            path.unlink()
    with suppress(OSError):
        place.rmdir()


def stored(folder: Path) -> list[tuple[str, tuple[Request, ...]]]:
    """The requests in a failure's folder, or in every folder below. Raises ValueError if none."""
    found = sorted(folder.glob("failure.json")) or sorted(folder.glob("*/failure.json"))
    if not found:
        raise ValueError(f"{folder} holds no failure.json")
    return [_read(path) for path in found]


def _read(path: Path) -> tuple[str, tuple[Request, ...]]:
    try:
        with opened(path) as file:
            kept = json.load(file)
        return kept["id"], tuple(map(from_json, kept["requests"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged: {type(error).__name__} {error}") from None


def replay(options: Options, folder: Path) -> Iterator[tuple[str, list[Exchange], str]]:
    """Send stored requests again: (id, exchanges, what the judge says now).

    What writes is sent only to patches that --writes names, and put back afterwards. Raises
    Unusable, Trouble, or ValueError if the folder holds no failures.
    """
    entries = stored(folder)
    target = discover(options)
    with closing(session(options, target)) as opened, _claimed(opened):
        for number, requests in entries:
            decision = DECISIONS.get(number)
            if decision is None:
                yield number, [], "not sent: this version knows no such requirement"
            elif lacks := decision.lacks(opened.have):
                yield number, [], f"not sent: it {lacks}"
            elif strangers := [r for r in requests if not _allowed(r, options)]:
                told = f"--writes does not name the patch of {strangers[0].describe()}"
                yield number, [], f"not sent: {told}"
            elif not requests:
                yield number, [], "not sent: its requests were too large to be kept"
            else:
                with opened.restorer.restoring() if decision.writes else nullcontext():
                    exchanges, silent = _again(opened, requests)
                yield number, exchanges, _said(opened, decision, exchanges, silent)
        if opened.unrestored:
            raise Trouble("; ".join(opened.unrestored))


def _claimed(opened: Session) -> AbstractContextManager[None]:
    """No other run writes to the patches meanwhile, if this one may."""
    return opened.restorer.claimed() if "writes" in opened.have else nullcontext()


def _allowed(request: Request, options: Options) -> bool:
    """Whether a request changes nothing, or a patch that the operator named."""
    if not request.writes or request.rpc is None or not request.rpc[1]:
        return True
    try:
        return int(request.rpc[1][0]) in (NOWHERE, *options.writes)
    except (TypeError, ValueError):
        return True  # what is no number is no patch


def _again(opened: Session, requests: tuple[Request, ...]) -> tuple[list[Exchange], bool]:
    """The exchanges, and whether the last request was not answered at all."""
    exchanges: list[Exchange] = []
    for request in requests:
        try:
            exchanges.append(opened.send(request, fresh=True))
        except NoAnswer:
            return [*exchanges, Exchange(request, SILENCE)], True
    return exchanges, False


def _said(opened: Session, decision: Decision, exchanges: list[Exchange], silent: bool) -> str:
    if silent:
        return STILL if decision.hang else "not judged: no answer came"
    finding = decision.judge(opened.world, *exchanges)
    if finding is None:
        return "not judged: these answers hold nothing to judge"
    return STILL if isinstance(finding, Deviation) else "deviates no more"
