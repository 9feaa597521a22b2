"""A server with behaviours broken, over a socket, for a look at what the suite and its reports say.

    python -m tests.mutants                          lists every mutant
    python -m tests.mutants PW-READ-009 PW-LIST-046  serves one mutant of each, until Ctrl-C

Ids may be given as in `KILLS NAME`, as they are listed, where several mutants are for one
requirement.
"""

from __future__ import annotations

import argparse
import signal

from fakepw.protocol import respond

from . import checks_writes, http_xml, mutants
from .harness import INSTANCE, Respond, served
from .harness import Mutant as ServedMutant
from .operators import Mutant
from .over_http import over_http

EVERY: list[Mutant | ServedMutant] = [
    *mutants.MUTANTS,
    *checks_writes.MUTANTS,
    *http_xml.MUTANTS,
]


def called(mutant: Mutant | ServedMutant) -> str:
    """The requirement that must notice a mutant, and its name."""
    return f"PW-{mutant.kills.removeprefix('PW-')} {mutant.name}"


def found(asked: str) -> Mutant | ServedMutant:
    """The first mutant that is called so. Raises SystemExit if there is none."""
    wanted = f"PW-{asked.removeprefix('PW-')}"
    for mutant in EVERY:
        if wanted in (called(mutant), called(mutant).partition(" ")[0]):
            return mutant
    raise SystemExit(f"no mutant is called {asked!r}; without an argument all are listed")


def broken(asked: list[str]) -> Respond:
    """What answers with all of these behaviours broken."""
    answer: Respond = respond
    for mutant in map(found, asked):
        broken = mutant.respond if isinstance(mutant, ServedMutant) else over_http(mutant)
        answer = broken(answer)
    return answer


def main() -> None:
    """List the mutants, or serve some."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("mutant", nargs="*", help="what the server does wrong")
    parser.add_argument("--instance", default=INSTANCE, help="what it answers as (%(default)s)")
    parser.add_argument("--fixture", default="demo", help="what it holds (%(default)s)")
    given = parser.parse_args()
    if not given.mutant:
        print(*map(called, EVERY), sep="\n")
        return
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # in the server's thread, too: waited for below
    with served(broken(given.mutant), given.instance, given.fixture) as url:
        print(url, flush=True)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
