"""Whether answers have the shape that judges take for granted. What is wrong with one that has not
is for the chapter on signatures to say; nothing else can be told from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..target.exchange import Exchange
from ..target.knowing.profile import ANSWERS, Profile, members
from ..target.knowing.world import World

#: A wire type as the plain value that is made of it.
PLAIN: dict[str, type] = {"int": int, "boolean": bool, "array": list, "string": str, "base64": str}
TEXTS = ("patch_get_mbox", "patch_get_diff")


def sound(row: Any, struct: str, profile: Profile) -> bool:
    """Whether a row has every member of a struct, each of its type."""
    if not isinstance(row, dict):
        return False
    wanted = members(struct, profile)
    whole = all(type(row.get(name)) is PLAIN[kind] for name, kind in wanted.items())
    return whole and all(sound(check, "check", profile) for check in row.get("checks", ()))


def sound_sample(world: World) -> bool:
    """Whether every sampled row has its shape."""
    tables: tuple[tuple[str, Iterable[Any]], ...] = (
        ("project", world.projects),
        ("state", world.states),
        ("person", world.people),
        ("patch", world.patch_rows),
        ("check", world.check_rows),
    )
    return all(sound(row, struct, world.profile) for struct, rows in tables for row in rows)


def sound_answer(exchange: Exchange, profile: Profile) -> bool:
    """Whether an answer has the shape of its method's; a fault, or nothing found, has."""
    value, method = exchange.value, exchange.method
    if value is None:
        return True
    if method in TEXTS:
        return value.kind == "string"
    if method not in ANSWERS:
        return True
    rows = value.plain if method.endswith("_list") else [value.plain]
    return isinstance(rows, list) and all(
        row == {} or sound(row, ANSWERS[method], profile) for row in rows
    )
