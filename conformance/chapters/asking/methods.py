"""Which methods there are, and calls of them that do no harm."""

from __future__ import annotations

from ...deciding.decisions import Step
from ...target.exchange import ENDPOINT, NOWHERE, call, page
from ...target.knowing.profile import SIGNATURES, parameters
from ...target.knowing.world import World

PUBLIC = tuple(name for name in SIGNATURES if name not in ("patch_set", "check_create"))


DOCUMENTATION = page(ENDPOINT)


def harmless(method: str) -> tuple[object, ...]:
    """Arguments that a public method accepts and that select nothing, or next to nothing."""
    required, _ = parameters(method)
    if method.endswith("_list"):
        return ({"id": NOWHERE},) if method in ("patch_list", "check_list") else ("\x7fnone", 1)
    return tuple("0" * 39 + "g" if p == "hash" else NOWHERE for p in required)


def public(world: World) -> list[str]:
    """The public methods that this generation has."""
    return [name for name in PUBLIC if name in world.profile.methods]


def surplus(world: World) -> list[Step]:
    """Every public method with one argument too many: a fault that only the method itself gives."""
    return [call(m, *[NOWHERE] * (most(m) + 1)) for m in public(world)]


def most(method: str) -> int:
    """How many arguments a public method takes at most."""
    return sum(map(len, parameters(method)))
