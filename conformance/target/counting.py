"""Numbers of things, for people."""

from __future__ import annotations

#: Words whose plural is not made by an `s`.
PLURALS = {"person": "people", "patch": "patches", "entry": "entries"}


def plural(noun: str) -> str:
    """Several of a thing: `requests`, `patches`."""
    return PLURALS.get(noun, f"{noun}s")


def counted(number: int, noun: str) -> str:
    """A number and what there are so many of: `1 request`, `2 requests`, `0 patches`."""
    return f"{number} {noun if number == 1 else plural(noun)}"
