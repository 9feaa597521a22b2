"""What real servers answered to the calls that requirements name, for `pw-conformance explain`.

    python -m tests.conformance.requirements.evidence    writes requirements/recorded.json anew,
                                                         and docs/releases.html, which shows it

The recordings are not part of the wheel; this extract of them is.
"""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import conformance
from conformance.chapters import load
from conformance.deciding.decisions import Observation
from conformance.reports.shown.matrix import render_html
from conformance.requirements.catalogue import Level, Requirement, requirements
from conformance.requirements.recorded import Extract
from conformance.target.exchange import Exchange, Request, show
from conformance.target.wire import Fault, Node
from conformance.verdicts.matrix import of_recordings
from conformance.verdicts.verdicts import Deviation, Outcome
from tests.memory import kept

from ..chapters.corpus import INSTANCES, matches, recorded
from ..chapters.judged import findings

FILE = Path(conformance.__file__).parent / "requirements" / "recorded.json"
PAGE = FILE.parents[2] / "docs" / "releases.html"
#: How many calls stand for a pattern, and how much of a text is kept, in characters.
CALLS, TEXT = 2, 200
#: How much of a struct: a patch fits.
STRUCT = 700


@kept
def _exchanges(instance: str) -> dict[str, Exchange]:
    return {item.id: item.exchange for item in reversed(recorded(instance))}


def said(exchange: Exchange) -> str:
    """An answer in a line; of lists the ids are enough."""
    answer, reply = exchange.answer, exchange.answer.reply
    if answer.documented:
        return f"a page that documents {len(answer.documented)} methods"
    if answer.api_status:
        return "a page that says " + ", ".join(f"{k} {v}" for k, v in answer.api_status.items())
    if answer.page_facts.get("html"):
        return f"HTTP {answer.status}, a page"
    if isinstance(reply, Fault):
        return shortened(f"fault {reply.code}: {reply.text}")
    if answer.status == 200 and isinstance(reply, Node) and reply.kind == "array":
        rows = [row["id"] for row in reply.plain if isinstance(row, dict) and "id" in row]
        if rows and len(rows) == len(reply.plain):
            ids = ", ".join(map(str, rows[:12])) + (", …" if len(rows) > 12 else "")
            return f"{len(rows)} rows: ids {ids}" if len(rows) > 1 else f"1 row: id {ids}"
    if answer.status == 200 and isinstance(reply, Node) and reply.kind == "struct":
        return shortened(show(reply.plain, STRUCT), STRUCT)
    return shortened(answer.describe())


def _unordered(exchange: Exchange) -> str:
    """A struct whatever the order of its members, which is Python 2's own; '' if it is none."""
    value = exchange.value
    if value is None or value.kind != "struct" or exchange.answer.status != 200:
        return ""
    return repr(sorted(value.plain.items(), key=str))


def shortened(text: str, limit: int = TEXT) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _credentials(authorization: str) -> str:
    with contextlib.suppress(ValueError):
        scheme, _, token = authorization.partition(" ")
        login = base64.b64decode(token, validate=True).decode()
        if ":" in login:
            return f"{scheme} credentials {login}"
    return f"Authorization: {authorization}"


def asked(request: Request) -> str:
    """A recorded request in a line, and what is odd about it."""
    text = request.describe()
    odd = [f"{name}: {value}" for name, value in request.headers if name != "Content-Type"]
    if request.version != "1.1":
        odd.append(f"HTTP/{request.version}")
    if isinstance(request.authorization, str):
        odd.append(_credentials(request.authorization))
    return shortened(text) + (f" with {'; '.join(odd)}" if odd else "")


@kept
def _known() -> dict[str, None]:
    """The ids of all calls that some server answered, in order."""
    return dict.fromkeys(item.id for i in INSTANCES for item in recorded(i))


def _calls(requirement: Requirement) -> list[list[str]]:
    """The ids of the calls that show it, those of one decision together."""
    known = _known()
    found = []
    for entry in requirement.recorded:
        names = [entry] if entry in known else entry.split(" + ")
        for name in names:
            ids = [name] if name in known else [i for i in known if matches(name, i)][:CALLS]
            found.append(ids)
    return found


def extract() -> Extract:
    """The extract, made from the recordings."""
    load()
    named = {number: _calls(about) for number, about in requirements().items()}
    calls: dict[str, Any] = {}
    for name in dict.fromkeys(i for groups in named.values() for ids in groups for i in ids):
        exchanges = [(i, e) for i in INSTANCES if (e := _exchanges(i).get(name)) is not None]
        answers: dict[str, list[int]] = {}
        texts: dict[str, str] = {}
        for instance, exchange in exchanges:
            text = said(exchange)
            same = _unordered(exchange) or text
            answers.setdefault(same, []).append(INSTANCES.index(instance))
            texts[same] = text
        calls[name] = {
            "call": asked(exchanges[0][1].request),
            "answers": {texts[same]: places for same, places in answers.items()},
        }
    observed = {
        number: _observed(number)
        for number, about in requirements().items()
        if about.level is Level.INFO
    }
    return {
        "instances": list(INSTANCES),
        "calls": calls,
        "requirements": {
            number: list(dict.fromkeys(i for ids in groups for i in ids))
            for number, groups in named.items()
            if groups
        },
        "observed": {number: texts for number, texts in observed.items() if texts},
        "verdicts": {number: found for number in requirements() if (found := _verdicts(number))},
    }


def _verdicts(number: str) -> dict[str, list[int]]:
    """What a requirement comes to on each server of which an answer can be judged by it."""
    bad = Outcome.FAIL if requirements()[number].level is Level.MUST else Outcome.WARNING
    outcomes: dict[str, list[int]] = {}
    for place, instance in enumerate(INSTANCES):
        found = [finding for _, finding in findings(instance, number)]
        if not found:
            continue
        observed = requirements()[number].level is Level.INFO
        good = Outcome.OBSERVED if observed else Outcome.PASS
        outcome = bad if any(isinstance(each, Deviation) for each in found) else good
        outcomes.setdefault(outcome.value, []).append(place)
    return outcomes


def _observed(number: str) -> dict[str, list[int]]:
    texts: dict[str, list[int]] = {}
    for place, instance in enumerate(INSTANCES):
        for text in dict.fromkeys(
            f.text for _, f in findings(instance, number) if isinstance(f, Observation)
        ):
            texts.setdefault(text, []).append(place)
    return texts


def text() -> str:
    """The file's text: one call to a line, so that a change is seen."""
    found = extract()
    parts = []
    for name, part in found.items():
        if isinstance(part, dict):
            lines = ",\n".join(
                f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in part.items()
            )
            parts.append(f" {json.dumps(name)}: {{\n{lines}\n }}")
        else:
            parts.append(f" {json.dumps(name)}: {json.dumps(part)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    PAGE.write_text(render_html(of_recordings(), False), encoding="utf-8")
