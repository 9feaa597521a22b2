"""A write whose answer was lost: what can be told of it by looking, before all else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..target.exchange import Exchange, Request
from ..target.knowing.world import rows_of
from ..target.sending.transport import Trouble


def looked_up(
    requests: Sequence[Request],
    recall: Callable[[Request], Exchange],
    look: Callable[[Request], Exchange],
    trouble: Trouble,
) -> Trouble:
    """The trouble, and whether the check that was to be created is there, if one was.

    `recall` tells how the list of checks was answered before the write, `look` how it is now. What
    patch_set changed needs no word: it is looked up, and put back, at the end of the writing.
    """
    created = next((r for r in requests if r.rpc_name == "check_create"), None)
    listing = next((r for r in requests if r.rpc_name == "check_list"), None)
    if created is None or listing is None:
        return trouble
    before, after = rows_of(recall(listing)), rows_of(look(listing))
    if before is None or after is None:
        return trouble
    there = "was created all the same" if len(after) > len(before) else "was not created"
    return Trouble(f"{trouble}; looked up since: the check of {created.describe()} {there}")
