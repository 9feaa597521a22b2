"""Examples of a strategy: the same ones for the same seed, in a run as in a dry run."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy


@dataclass
class Settings:
    """How hard to look. `examples` bounds each property, `shrinks` what a failure may cost more."""

    examples: int = 6
    seed: int = 0
    shrinks: int = 40
    rereads: int = 3


def draw(
    plan: SearchStrategy[Any],
    examine: Callable[[Any], None],
    number: str,
    chosen: Settings,
    *phases: Phase,
) -> None:
    """Examine what is drawn for the requirement of that id. Whatever `examine` raises is raised."""
    bounded = settings(
        max_examples=chosen.examples,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    start = zlib.crc32(f"{chosen.seed} {number}".encode())
    seed(start)(bounded(given(plan)(examine)))()
