"""Rows that break clients, one kind of trouble at a time, among a fixture's ordinary ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from ..patchwork.rows.rows import Check, Patch
from .chance import TROUBLE, Chance

#: One row in so many is in trouble.
ONE_IN = 20

#: What is the matter with a patch: the members that it changes, given the row.
PATCHES: tuple[Callable[[Patch], dict[str, Any]], ...] = (
    # what XML cannot carry (servers.md 1.3)
    lambda row: {"name": f"{row.name} \x1b[31m"},
    lambda row: {"diff": f"{row.diff}+\t\f\n"},
    lambda row: {"content": f"{row.content}\x00\ufffe"},
    # nothing there
    lambda row: {"diff": None, "hash": None},
    lambda row: {"hash": None},
    lambda row: {"hash": ""},
    lambda row: {"content": "", "headers": ""},
    lambda row: {"name": ""},
    # the same again: hashes and dates that do not tell rows apart (servers.md 1.7, 1.9)
    lambda row: {"hash": "0123456789abcdef0123456789abcdef01234567"},
    lambda row: {"date": row.date.replace(hour=0, minute=0, second=0)},
    lambda row: {"date": row.date.replace(microsecond=1)},
    # message ids, line ends, headers and names as mail has them
    lambda row: {"msgid": row.msgid.replace("@", "/a%2F b@")},
    lambda row: {"msgid": row.msgid.strip("<>")},
    lambda row: {"diff": (row.diff or "").replace("\n", "\r\n")},
    lambda row: {"content": (row.content or "").replace("\n", "\r")},
    lambda row: {"content": f"{row.content}--- \nFrom the start, a line like this.\n"},
    lambda row: {"headers": f"{row.headers}X-Raw: naïve\nno header at all\nX-Lost: 1\n"},
    lambda row: {"headers": f"{row.headers}X-Long: {'very ' * 300}\n folded\n"},
    lambda row: {"name": f"{row.name} <b>&amp;</b> ]]> \u202egnihtemos 𝄞 " + "長" * 120},
    lambda row: {"commit_ref": "not a commit, but a text"},
)
#: What is the matter with a check. (NULL in its URL or description spoils every list that it is
#: in, so no fixture has it that is to be listed: servers.md 1.3.)
CHECKS: tuple[Callable[[Check], dict[str, Any]], ...] = (
    lambda row: {"target_url": "", "description": ""},
    lambda row: {"context": " not a slug/ü "},
    lambda row: {"description": f"{row.description}\nin two lines"},
    lambda row: {"target_url": "javascript:alert(1)"},
)


_RowT = TypeVar("_RowT", Patch, Check)


class Troubles:
    """Gives some rows their trouble: which ones and which, the row's number and the seed say."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def patch(self, row: Patch) -> Patch:
        """The patch, or the patch in trouble."""
        return self._bent(row, PATCHES, row.id)

    def check(self, row: Check) -> Check:
        """The check, or the check in trouble."""
        return self._bent(row, CHECKS, -row.id)

    def _bent(
        self, row: _RowT, troubles: tuple[Callable[[_RowT], dict[str, Any]], ...], number: int
    ) -> _RowT:
        chance = Chance(self.seed, TROUBLE, number & 0xFFFF_FFFF)
        if chance.below(ONE_IN):
            return row
        return replace(row, **chance.one(troubles)(row))
