"""What the operator asked for, and the defaults of the host for what was not asked for."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hypothesis.configuration import set_hypothesis_home_dir

from ...kept.notes import ROOM as NOTED
from ...requirements.catalogue import Requirement, chosen
from ...target import secrecy
from ...target.counting import counted
from ...target.sending.budget import Budget
from ...target.sending.memory import USUAL, Memory
from ...target.sending.sockets import HttpTransport
from ...target.sending.transport import Credentials, Endpoint, endpoint_of

#: What holds for a host that is not this machine (docs/conformance.md, Safety).
POLITE_RATE = 5.0
POLITE_REQUESTS = 600

#: Requests that a run with --writes takes, about, when requests are few; and how many are not few.
WITH_WRITES, ROOMY = 1200, 2000

#: How much of what could be decided must be in a run of all requirements, in percent.
SHARE = 1.0

#: Examples of each property: as many as a budget of POLITE_REQUESTS allows, or more at home.
REMOTE, LOCAL = 2, 8


def passing_folder() -> Path:
    """A folder that is there as long as this process."""
    folder = tempfile.TemporaryDirectory(prefix="pw-conformance-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def leave_no_trace() -> None:
    """Keep what Hypothesis writes out of the folder that somebody runs this in."""
    set_hypothesis_home_dir(passing_folder())


@cache
def _memory(megabytes: int) -> Memory:
    """What counts the answers of this process, which has its share of what a run may take."""
    return Memory.of(megabytes, workers())


def workers() -> int:
    """How many processes decide, this one among them."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


@dataclass
class Options:
    """What the operator asked for. None means the default for the host."""

    url: str = ""
    #: What reports call it where its URL tells nothing, as that of a container.
    named: str = ""
    #: What else must not be said.
    hidden: tuple[str, ...] = ()
    credentials: Credentials | None = None
    writes: tuple[int, ...] = ()
    create_checks: bool = False
    select: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    examples: int = 0
    seed: int = 0
    max_requests: int | None = None
    max_time: float = 0.0
    #: In megabytes, for all processes of a run together.
    max_memory: int = USUAL
    rate: float | None = None
    timeout: float = 30.0
    ca: str | None = None
    insecure: bool = False
    #: Header fields that go with every request, to the server at `url` alone: name and value.
    header: Sequence[tuple[str, str]] = ()
    plain_http: bool = False
    follow_redirects: bool = False
    expect_release: str | None = None
    #: Another folder for what must be put back.
    journal: str | None = None
    #: In percent; None asks for a little where nothing was selected.
    min_decided: float | None = None
    #: Nothing but these requirements; None for all that were selected.
    only: frozenset[str] | None = None
    #: How many failures are enough, 0 if all are wanted; those of `known` are not counted.
    max_failures: int = 0
    known: frozenset[str] = frozenset()
    #: The folder in which every exchange is noted, for a bundle; None if nothing is. And how much
    #: each process may note, in bytes.
    noted: Path | None = None
    room: int = NOTED

    @property
    def chosen(self) -> list[Requirement]:
        """The requirements to be decided. Raises ValueError if a word names none."""
        found = chosen(self.select, self.skip)
        return [each for each in found if self.only is None or each.id in self.only]

    @property
    def enough(self) -> str:
        """What is said once so many failures were seen as are wanted."""
        seen = counted(self.max_failures, "failure")
        return f"{seen}: nothing more is tried, as --max-failures asks for no more"

    def have(self) -> frozenset[str]:
        """What the operator gave, in the words of `engine.NEEDS`."""
        found = set()
        if self.credentials:
            found.add("credentials")
            if self.writes:
                found.add("writes")
                if self.create_checks:
                    found.add("checks")
        return frozenset(found)

    @property
    def wanted_share(self) -> float:
        """How much of what could be decided must be, in percent."""
        if self.min_decided is not None:
            return self.min_decided
        return 0.0 if self.select or self.only is not None else SHARE

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no output may hold, however it is bent."""
        found = list(self.hidden)
        if self.credentials:
            found += secrecy.login(self.credentials.username, self.credentials.password)
        for _, value in self.header:
            found += [value, *value.split()[1:]]  # a token without its scheme, too
        return tuple(found)

    def thrifty(self, endpoint: Endpoint) -> bool:
        """Whether requests are few: on other people's machines, or because the limit is low."""
        limit = self.max_requests
        return 0 < limit < ROOMY if limit is not None else not endpoint.loopback

    def examples_at(self, endpoint: Endpoint) -> int:
        """How many examples of each property are drawn on that host."""
        return self.examples or (REMOTE if self.thrifty(endpoint) else LOCAL)

    def budget(self, endpoint: Endpoint, path: Path) -> Budget:
        """The budget for that host."""
        local = endpoint.loopback
        polite = WITH_WRITES if "writes" in self.have() else POLITE_REQUESTS
        limit = self.max_requests if self.max_requests is not None else 0 if local else polite
        rate = self.rate if self.rate is not None else (0.0 if local else POLITE_RATE)
        return Budget(path, limit=limit, rate=rate, seconds=self.max_time)

    def asked(self, endpoint: Endpoint) -> bool:
        """Whether that is a server which the operator's URL names."""
        return any(endpoint.origin == each.origin for each in endpoint_of(self.url))

    def transport(
        self, endpoint: Endpoint, path: Path, *, login: bool = False, patient: bool = True
    ) -> HttpTransport:
        """A transport to that host; only with `login` does it know the credentials, and only to
        the server that was asked for what else is secret."""
        secrecy.keep(*self.secrets)
        return HttpTransport(
            endpoint,
            self.budget(endpoint, path),
            credentials=self.credentials if login and self.asked(endpoint) else None,
            timeout=self.timeout,
            ca=self.ca,
            insecure=self.insecure,
            more=self.header if self.asked(endpoint) else (),
            plain_ok=self.plain_http,
            patient=patient,
            memory=_memory(self.max_memory),
        )
