"""Of a server that breaks five things, the failures are told by five causes or few more, and never
as what may follow from another thing that is broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import fakepw
from conformance.chapters import load
from conformance.target.wire import Fault
from conformance.verdicts.causes import causes
from conformance.verdicts.verdicts import Verdict

from .deciding import all_at_once, failed
from .harness import INSTANCE
from .mutants import MUTANTS
from .operators import Mutant, fault, filters, refault, rows, status

load()

#: Each breaks much at once: none is for one requirement alone.
FAULTS = Mutant(
    "faults of code 500",
    "",
    said=lambda r, a: fault(a.reply.text, 500) if isinstance(a.reply, Fault) else a,
)
UNFILTERED = Mutant("filters are ignored", "", asked=filters("patch_list", lambda filt: {}))
BROKEN_XML = Mutant(
    "checks are broken XML",
    "",
    said=lambda r, a: (
        replace(a, body=a.body.replace(b"</methodResponse>", b""))
        if r.rpc_name == "check_list"
        else a
    ),
)
NO_PERSON = Mutant(
    "person_get is a 500", "", said=status(500, lambda r, a: r.rpc_name == "person_get")
)
UNSORTED = Mutant("newest first", "", said=rows("patch_list", lambda n: tuple(reversed(n))))
CLASSLESS = Mutant("faults without a class", "", said=refault(r"^<class '[^']*'>:", ""))
TYPES = Mutant(
    "ids are i4",
    "",
    said=lambda r, a: (
        replace(a, body=a.body.replace(b"<int>", b"<i4>").replace(b"</int>", b"</i4>"))
        if r.rpc_name == "project_list"
        else a
    ),
)

#: Five of the mutants that have little to do with each other, though two are in one filter.
ALONE = tuple(
    next(m for m in MUTANTS if m.kills == number and m.instance == INSTANCE)
    for number in ("LIST-021", "LIST-033", "LIST-046", "CHK-010", "READ-021")
)
FIVES = {
    "unfiltered": ((FAULTS, UNFILTERED, BROKEN_XML, NO_PERSON, TYPES), 60),
    "unsorted": ((CLASSLESS, UNSORTED, BROKEN_XML, NO_PERSON, TYPES), 60),
    "alone": (ALONE, 5),
}


@pytest.mark.parametrize(("five", "failures"), FIVES.values(), ids=FIVES)
def test_five_broken_things_are_told_as_such(
    five: tuple[Mutant, ...], failures: int, tmp_path: Path
) -> None:
    with fakepw.serve("demo", instance=INSTANCE) as server:
        by_itself = {mutant.name: failed(mutant, server, tmp_path) for mutant in five}
        found = failed(all_at_once(five), server, tmp_path)
    assert len(found) >= failures
    told = causes(found)
    assert len(told) <= 12, [(c.first.id, len(c.more), c.symptom) for c in told]
    for cause in told:
        assert cause.more == () or common(cause.verdicts, by_itself), cause.symptom


def common(verdicts: tuple[Verdict, ...], by_itself: dict[str, list[Verdict]]) -> list[str]:
    """The broken things of which each alone breaks all of these."""
    wanted = {verdict.id for verdict in verdicts}
    return [name for name, alone in by_itself.items() if wanted <= {v.id for v in alone}]
