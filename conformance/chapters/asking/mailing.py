"""Mails of patches: which to ask for, and what Patchwork wrote into them."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...deciding.decisions import Judge, Step, Test, decides
from ...target.exchange import Exchange, call
from ...target.knowing.world import Row, World
from .rows import one_int, sampled_patches


def mboxes(world: World) -> list[Step]:
    """The mbox of every sampled patch, or of some where requests are few."""
    rows = world.need_patches()
    with_delegate = [r for r in rows if r["delegate_id"]][:1]
    without = [r for r in rows if not r["delegate_id"]][:1]
    wanted = {r["id"] for r in [*sampled_patches(world, 3), *with_delegate, *without]}
    return [call("patch_get_mbox", number) for number in sorted(wanted)]


def mail_of(world: World, answer: Exchange) -> tuple[Row, str] | None:
    """The patch and its mbox, if the answer is one."""
    number = one_int(answer)
    row = world.patch(number) if number is not None else None
    if row is None or answer.value is None or answer.value.kind != "string":
        return None
    return row, answer.value.plain


def of_each_mbox(number: str) -> Callable[[Judge], Test]:
    """A decision on every sampled mbox."""
    return decides(number, mboxes, on="patch_get_mbox", data=True)


def stamped(mbox: str, name: str) -> list[str]:
    """The values of Patchwork's own headers. A line break in a name may end the head early."""
    found = re.findall(rf"^X-Patchwork-{name}:((?:.*)(?:\n[ \t].*)*)", mbox, re.M)
    return [" ".join(value.split()) for value in found]
