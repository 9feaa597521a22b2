"""What becomes of a patch: its state, who looks after it, which commit it is; by its age."""

from __future__ import annotations

from typing import NamedTuple

from .chance import Chance
from .threads import Arrival

#: The ids of Patchwork's own states (fakepw.fixtures.defaults.STATES).
NEW, UNDER_REVIEW, ACCEPTED, REJECTED, RFC = 1, 2, 3, 4, 5
NOT_APPLICABLE, CHANGES_REQUESTED, AWAITING, SUPERSEDED, DEFERRED = 6, 7, 8, 9, 10
#: What becomes of patches that nobody replaces, in time; some are simply forgotten.
_ENDS = (
    *(ACCEPTED,) * 11,
    *(CHANGES_REQUESTED,) * 4,
    *(NOT_APPLICABLE,) * 2,
    REJECTED,
    DEFERRED,
    AWAITING,
    NEW,
    NEW,
)
#: Days until half of those are decided that will be; and until what is decided is put away.
_HALF, _PUT_AWAY = 6, 120


class Fate(NamedTuple):
    """Columns of a patch that people fill in after it came. `delegate` counts maintainers."""

    state_id: int
    archived: bool
    commit_ref: str | None
    delegate: int | None


def fate(arrival: Arrival, chance: Chance, maintainers: int) -> Fate:
    """What has become of a patch by the end of the fixture."""
    delegate = chance.below(maintainers) if chance.so(0.7) else None
    state_id = _state(arrival, chance)
    open_ = state_id in (NEW, UNDER_REVIEW)
    archived = not open_ and arrival.age > _PUT_AWAY and chance.so(0.85)
    commit_ref = chance.hexadecimal(40) if state_id == ACCEPTED and chance.so(0.8) else None
    return Fate(state_id, archived, commit_ref, None if state_id == NEW else delegate)


def _state(arrival: Arrival, chance: Chance) -> int:
    if arrival.superseded:
        return SUPERSEDED
    if chance.share() * (arrival.age + _HALF) < _HALF:  # nobody has decided yet
        return UNDER_REVIEW if chance.so(0.3) else NEW
    return RFC if arrival.series.rfc else chance.one(_ENDS)
