"""What a request may cost: no more on a large server than on a small one.

Every list is bounded by a max_count, an id or a window. What is not, is asked only of tables of
which the sample holds every row; there it costs no more than the sample did. The plain lists of all
rows that clients ask for are asked of tables that discovery showed to have at most MANY, too.
"""

from __future__ import annotations

from typing import Any

from ..target.exchange import Request
from ..target.knowing.world import LISTED, World

#: So many rows of a sample may hold a text that is searched for in a large table.
RARE = 2
TABLES = {"project_list": "projects", "state_list": "states", "person_list": "people"}
#: What lists all rows as clients do it: of tables that are not large these are asked, too.
UNFILTERED: tuple[tuple[Any, ...], ...] = ((), ({},), (None,))
FILTERED = frozenset({"patch_list", "check_list"})
#: The largest body that is sent, in bytes: what a server calls a name comes back in filters.
SENT = 120_000


def excessive(world: World, request: Request) -> str:
    """Why a request is not sent to a server with such rows, in a sentence; '' if it is."""
    name, params = request.rpc or ("", ())
    if params and (size := len(request.body)) > SENT:  # a call without is long on purpose
        return f"{request.describe()} would send {size} bytes, and no request has more than {SENT}"
    if name in TABLES and len(params) < 3 and not world.whole(name):
        few = _counted(params[1] if len(params) > 1 else 0) or _rare(world, name, params[:1])
    elif name in FILTERED and len(params) < 2 and not world.whole(name):
        few = _narrow(params[0] if params else None) or (
            name in world.moderate and params in UNFILTERED
        )
    else:
        return ""
    return "" if few else f"{request.describe()} would list too many rows of so large a server"


def _counted(count: Any) -> bool:
    """Whether a max_count bounds a list; what is no number is a fault, and so costs nothing."""
    return not isinstance(count, int | float) or 1 <= count <= 2 * LISTED


def _rare(world: World, name: str, given: tuple[Any, ...]) -> bool:
    """Whether a search finds hardly anything, as far as the sample shows."""
    text = str(given[0]).casefold() if given and given[0] else ""
    rows: list[dict[str, Any]] = getattr(world, TABLES[name])
    holding = [row for row in rows if any(text in str(v).casefold() for v in row.values())]
    return bool(text) and len(holding) <= RARE


def _narrow(filt: Any) -> bool:
    """Whether a filter bounds a list. What is none but not nothing is a fault, or finds nothing
    (servers.md 1.7), and so costs little."""
    if not isinstance(filt, dict):
        return bool(filt) or type(filt) in (int, float, bool)
    if not filt:
        return False
    counts = [v for key, v in filt.items() if key.partition("__")[0] == "max_count"]
    bounded = any(key in ("id", "id__in", "id__range") for key in filt)
    return bounded or not counts or _counted(counts[-1])
