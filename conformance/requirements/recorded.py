"""What real servers answered to the calls that requirements name: an extract of the recordings.

The recordings themselves (`fixtures/recorded/` of a checkout) are not installed. A test holds the
extract to them; `python -m tests.conformance.requirements.evidence` writes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypedDict

from ..target.knowing.profile import Profile
from .catalogue import Requirement


class Call(TypedDict):
    """One recorded call, and each answer with the places of the servers that gave it."""

    call: str
    answers: dict[str, list[int]]


class Extract(TypedDict):
    """The form of `recorded.json`."""

    instances: list[str]
    calls: dict[str, Call]
    requirements: dict[str, list[str]]
    observed: dict[str, dict[str, list[int]]]
    verdicts: dict[str, dict[str, list[int]]]


@dataclass(frozen=True)
class Recorded:
    """A recorded call: its id, what was sent, and which servers answered what."""

    id: str
    call: str
    answers: tuple[tuple[str, tuple[str, ...]], ...]


@cache
def extract() -> Extract:
    """The whole extract."""
    text = resources.files(__package__).joinpath("recorded.json").read_text("utf-8")
    found: Extract = json.loads(text)
    return found


def profile_of(instance: str) -> Profile:
    """What the name of a recorded server says of it."""
    release, runtime, *_, database = instance.split("-")
    api = {"1.0": "1.0", "1.1": "1.1"}.get(release, "2.0")
    return Profile(api=api, python=int(runtime[2]), database=database)


def servers(requirement: Requirement) -> tuple[str, ...]:
    """The recorded servers that a requirement applies to."""
    return tuple(i for i in extract()["instances"] if requirement.applies(profile_of(i)))


def shown(requirement: Requirement, *, every: bool = False) -> Iterator[Recorded]:
    """The recorded calls that show a requirement, as far as it applies to the servers, or by
    `every` server."""
    found = extract()
    able = frozenset(found["instances"] if every else servers(requirement))
    for name in found["requirements"].get(requirement.id, ()):
        call = found["calls"][name]
        yield Recorded(name, call["call"], _by(able, call["answers"]))


def observed(requirement: Requirement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What was observed of real servers, if the requirement is an observation."""
    able = frozenset(servers(requirement))
    return _by(able, extract()["observed"].get(requirement.id, {}))


def verdicts(requirement: Requirement) -> dict[str, str]:
    """Server -> what a requirement comes to there, in the word of an outcome; only those of which
    a recorded answer can be judged by it."""
    names, found = extract()["instances"], extract()["verdicts"].get(requirement.id, {})
    return {names[place]: outcome for outcome, places in found.items() for place in places}


def _by(
    able: frozenset[str], answers: dict[str, list[int]]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    names = extract()["instances"]
    kept = (
        (text, tuple(names[place] for place in places if names[place] in able))
        for text, places in answers.items()
    )
    return tuple((text, those) for text, those in kept if those)
