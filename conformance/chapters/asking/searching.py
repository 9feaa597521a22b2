"""Searches of projects, states and people: what is found by a text."""

from __future__ import annotations

from ...deciding.decisions import OK, Finding
from ...deciding.judging import array, deviates
from ...deciding.lookups import NO, YES, Truth, any_of, of_text
from ...requirements.filters import safe
from ...target.exchange import Exchange
from ...target.knowing.world import LISTED, Row, World, rows_of
from ...verdicts.symptoms import wrong_rows
from ...verdicts.verdicts import Deviation

TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "project_list": ("projects", ("linkname",)),
    "state_list": ("states", ("name",)),
    "person_list": ("people", ("name", "email")),
}


NAMED = " ".join(TABLES)


def table(world: World, method: str) -> list[Row]:
    """The sampled rows that a list method answers."""
    rows: list[Row] = getattr(world, TABLES[method][0])
    return rows


def _found(world: World, row: Row, fields: tuple[str, ...], text: str) -> Truth:
    database = world.profile.database
    return any_of(of_text("name", row[field], "icontains", text, database) for field in fields)


def searched(world: World, answer: Exchange) -> Finding:
    """Whether just the rows came that the text is found in."""
    match answer.params:
        case (str(text), *count) if text and safe(text) and count in ([], [LISTED]):
            found = array(answer)
            return found if isinstance(found, Deviation) else just_those(world, answer, text)
    return None


def just_those(world: World, answer: Exchange, text: str) -> Finding:
    """Whether the rows that came are those that the text is found in, as far as databases agree."""
    rows, fields = table(world, answer.method), TABLES[answer.method][1]
    whole = world.whole(answer.method)
    got = {row["id"]: row for row in rows_of(answer) or []}
    truths = {row["id"]: _found(world, row, fields, text) for row in rows}
    must = sorted(i for i, t in truths.items() if t is YES)
    may = sorted(i for i, t in truths.items() if t is not NO)
    cut = len(answer.params) > 1 and len(got) >= LISTED
    missing = [i for i in must if i not in got and not cut]
    extra = [i for i, row in got.items() if _found(world, row, fields, text) is NO]
    if whole and rows:
        extra += [i for i in got if i not in truths]
    if not missing and not extra:
        return OK
    wanted = f"ids {must}" if must == may else f"ids {must}, and of {may} no others"
    return deviates(answer, wanted, symptoms=wrong_rows(answer, ["a search"]))
