"""JSON reports read again, whoever wrote them: by this version, by another one, by an enemy.

Every member that is used is of its type and within bounds before anything is made of it; what is
wrong is said in one sentence.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Annotated, Any, NoReturn

import msgspec

from ..requirements.catalogue import Level, requirements
from ..verdicts.stored import About, Stored
from ..verdicts.verdicts import Outcome, Run, from_dict

#: Grows when a reader would have to change.
FORMAT = 1
#: The largest report that is read, in characters, and the most objects and lists in one: what a
#: run writes stays far below both.
LARGEST, PARTS = 64_000_000, 1_000_000
#: How deep lists and objects lie in one another where a report says nothing of their form.
DEEPEST = 12

_Text = Annotated[str, msgspec.Meta(max_length=2_000_000)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e12)]


class _Deviation(msgspec.Struct):
    expected: _Text
    got: _Text
    advice: _Text = ""
    symptoms: list[_Text] = []


class _Evidence(msgspec.Struct):
    call: _Text
    answer: _Text
    request: str
    response: str
    curl: str
    python: str
    stored: dict[str, Any]


class _Requirement(msgspec.Struct):
    level: Level
    text: _Text


class _Verdict(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(pattern=r"^PW-[A-Z]{1,12}-[0-9]{3}$", max_length=20)]
    chapter: Annotated[str, msgspec.Meta(max_length=12)]
    requirement: _Requirement
    outcome: Outcome
    reason: _Text
    deviation: _Deviation | None
    evidence: Annotated[list[_Evidence], msgspec.Meta(max_length=10_000)]
    requests: _Count
    seconds: _Seconds
    excused: _Text
    applies: bool = True


class _Report(msgspec.Struct):
    generator: _Text
    headline: _Text
    url: _Text
    started: _Text
    seconds: _Seconds
    requests: _Count
    trouble: _Text
    problems: list[_Text]
    card: dict[str, Any]
    settings: dict[str, Any]
    verdicts: Annotated[list[_Verdict], msgspec.Meta(max_length=10_000)]
    min_decided: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.0


def read(text: str, name: str = "this report") -> Stored:
    """The report that a text holds. Raises ValueError, in one sentence that begins with `name`."""
    return _stored(_checked(_parsed(text, name), name), name)


def _parsed(text: str, name: str) -> dict[str, Any]:
    """The text as JSON, as far as it is a report of a format that is read here."""
    if len(text) > LARGEST or text.count("[") + text.count("{") > PARTS:
        raise ValueError(f"{name} is larger than any report of pw-conformance: it is not read")
    try:
        report = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(f"{name} is no JSON report: it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{name} is no JSON report: {error}") from None
    if not isinstance(report, dict) or "format" not in report or "verdicts" not in report:
        raise ValueError(f"{name} is JSON, but no report of pw-conformance")
    if report["format"] != FORMAT or type(report["format"]) is not int:
        told = repr(report["format"])[:40]
        raise ValueError(f"{name} is of format {told}, and this version reads {FORMAT}")
    return report


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _checked(report: dict[str, Any], name: str) -> _Report:
    try:
        form = msgspec.convert(report, _Report)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ValueError(f"{name} is damaged: {str(error)[:200]}") from None
    often = Counter(verdict.id for verdict in form.verdicts)
    if twice := [number for number, times in often.items() if times > 1]:
        raise ValueError(f"{name} is damaged: {twice[0]} is there twice")
    free = (form.card, form.settings, *(e.stored for v in form.verdicts for e in v.evidence))
    if not all(_shallow(each, DEEPEST) for each in free):
        raise ValueError(f"{name} is damaged: it is nested more deeply than any report")
    return form


def _shallow(value: Any, depth: int) -> bool:
    """Whether nothing in it lies deeper than that."""
    if not isinstance(value, dict | list):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_shallow(each, depth - 1) for each in inside)


def _stored(form: _Report, name: str) -> Stored:
    verdicts = {}
    for kept in form.verdicts:
        given = msgspec.to_builtins(kept)
        del given["chapter"], given["requirement"]
        try:
            verdicts[kept.id] = from_dict(given)
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{name} is damaged: {kept.id}: {str(error)[:200]}") from None
    run = Run(
        url=form.url,
        card=form.card,
        verdicts=[verdict for number, verdict in verdicts.items() if number in requirements()],
        settings=form.settings,
        requests=form.requests,
        seconds=form.seconds,
        started=form.started,
        trouble=form.trouble,
        problems=form.problems,
        min_decided=form.min_decided,
    )
    about = {v.id: About(v.requirement.level, v.requirement.text, v.chapter) for v in form.verdicts}
    return Stored(name, form.generator, form.headline, run, verdicts, about)
