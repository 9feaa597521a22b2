"""Checks, as the chapters on reading and on writing them look at them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

from ...deciding.decisions import OK, Finding, Step
from ...target.exchange import Exchange
from ...target.knowing.world import Row, World, rows_of
from ...verdicts.verdicts import Deviation

WORST = ("fail", "warning", "pending", "success")


#: States, each with every one that is less bad, and what leaves the patch in peace.
WORSE = (*combinations(WORST, 2), ("success", "success"))


def check_windows(world: World) -> list[Step]:
    world.need_checks()
    return [window.read("check_list") for window in world.checks]


def check_filter(exchange: Exchange) -> dict[str, Any] | None:
    match exchange.params:
        case (dict() as filt,):
            return filt
    return None


def every_check(answer: Exchange, wrong: Callable[[Row], str | None]) -> Finding:
    rows = [r for r in rows_of(answer) or [] if "patch_id" in r and "user_id" in r]
    for row in rows:
        if expected := wrong(row):
            return Deviation(expected, f"{answer.request.describe()} answered {row!r:.500}")
    return OK if rows else None
