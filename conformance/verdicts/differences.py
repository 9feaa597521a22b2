"""Where two servers answer the same calls differently, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..target.exchange import Answer, Request


@dataclass
class Differences:
    """What two servers answer differently.

    `servers` are their URLs and what they likely are; of the calls `planned`, so many were sent to
    both as `compared` says.
    """

    servers: list[tuple[str, str]]
    planned: int
    compared: int = 0
    different: list[tuple[Request, Answer, Answer]] = field(default_factory=list)
