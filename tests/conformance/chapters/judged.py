"""What judges find in the answers of recorded servers."""

from __future__ import annotations

from itertools import chain

from conformance.chapters import load
from conformance.deciding.decisions import DECISIONS
from conformance.requirements.catalogue import requirements
from conformance.target.knowing.profile import SIGNATURES
from tests.memory import kept

from .corpus import called, profile_of, recorded, world_of

load()


@kept
def findings(instance: str, number: str) -> list[tuple[str, object]]:
    """What the judge of a requirement finds in an instance's answers, by call id."""
    decision, requirement = DECISIONS[number], requirements()[number]
    if not requirement.applies(profile_of(instance)):
        return []
    if not decision.on:
        return _compared(instance, number)
    absent = set(SIGNATURES) - set(profile_of(instance).methods)
    found: list[tuple[str, object]] = []
    for item in chain.from_iterable(
        recorded(instance) if method == "*" else called(instance).get(method, ())
        for method in decision.on
    ):
        if decision.data and not item.pristine:
            continue
        if item.exchange.method in absent and number != "PW-SIG-003":
            continue
        finding = decision.judge(world_of(instance, item.dataset), item.exchange)
        if finding is not None:
            found.append(_finding(item.name, finding))
    return found


def _compared(instance: str, number: str) -> list[tuple[str, object]]:
    decision, requirement = DECISIONS[number], requirements()[number]
    by_id = {r.id: r for r in reversed(recorded(instance))}
    found: list[tuple[str, object]] = []
    for entry in requirement.recorded:
        names = [entry] if entry in by_id else entry.split(" + ")
        items = [by_id[name] for name in names if name in by_id]
        if len(items) < len(names):
            continue
        world = world_of(instance, items[0].dataset)
        finding = decision.judge(world, *(item.exchange for item in items))
        if finding is not None:
            found.append(_finding(entry, finding))
    return found


#: Most findings say that a call is as it should be: of these there are hundreds of thousands.
_FINE: dict[str, tuple[str, object]] = {}


def _finding(call: str, finding: object) -> tuple[str, object]:
    """A finding by its call; the same object for all that have nothing else to say."""
    return _FINE.setdefault(call, (call, True)) if finding is True else (call, finding)
