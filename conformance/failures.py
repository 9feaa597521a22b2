"""Failures on disk: the raw exchanges of each, and what `--replay` sends again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .engine import DECISIONS
from .exchange import Exchange, Request, from_json
from .runner import Options, discover, session
from .verdicts import Deviation, Outcome, Run


def store(run: Run, folder: Path) -> list[Path]:
    """Write one folder for each failure and warning; those that were made."""
    made = []
    for verdict in run.verdicts:
        if verdict.outcome not in (Outcome.FAIL, Outcome.WARNING) or not verdict.evidence:
            continue
        place = folder / verdict.id
        place.mkdir(parents=True, exist_ok=True)
        for number, item in enumerate(verdict.evidence, start=1):
            (place / f"{number}.request").write_bytes(item.request)
            (place / f"{number}.response").write_bytes(item.response)
        kept = {"id": verdict.id, "requests": [item.stored for item in verdict.evidence]}
        (place / "failure.json").write_text(json.dumps(kept, indent=1) + "\n")
        made.append(place)
    return made


def stored(folder: Path) -> list[tuple[str, tuple[Request, ...]]]:
    """The requests in a failure's folder, or in every folder below. Raises ValueError if none."""
    found = sorted(folder.glob("failure.json")) or sorted(folder.glob("*/failure.json"))
    if not found:
        raise ValueError(f"{folder} holds no failure.json")
    read = [json.loads(path.read_text()) for path in found]
    return [(kept["id"], tuple(map(from_json, kept["requests"]))) for kept in read]


def replay(options: Options, folder: Path) -> Iterator[tuple[str, list[Exchange], str]]:
    """Send stored requests again: (id, exchanges, what the judge says now).

    Writes are sent again only with --writes.
    """
    entries = stored(folder)
    target = discover(options)
    opened = session(options, target)
    for number, requests in entries:
        decision = DECISIONS[number]
        if decision.needs - opened.have:
            yield number, [], "not sent: it needs credentials or --writes"
            continue
        exchanges = [opened.send(request, fresh=True) for request in requests]
        finding = decision.judge(opened.world, *exchanges)
        said = "deviates still" if isinstance(finding, Deviation) else "deviates no more"
        yield number, exchanges, said
