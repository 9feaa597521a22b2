"""What one run of the suite is made of, from URL to session; pytest and tests start from here."""

from __future__ import annotations

import atexit
import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hypothesis.configuration import set_hypothesis_home_dir

from ..deciding.drawing import Settings
from ..deciding.engine import Session
from ..target.budget import Budget
from ..target.exchange import Exchange, Request
from ..target.login import LOGIN, refusal
from ..target.sockets import HttpTransport
from ..target.survey import Found, Surveyor, find
from ..target.transport import Credentials, Endpoint, NoAnswer, Transport, endpoint_of
from ..target.world import World
from ..verdicts.reproduction import Trust

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


@dataclass
class Options:
    """What the operator asked for. None means the default for the host."""

    url: str = ""
    credentials: Credentials | None = None
    plain_ok: bool = False
    writes: tuple[int, ...] = ()
    create_checks: bool = False
    select: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    examples: int = 0
    seed: int = 0
    max_requests: int | None = None
    rate: float | None = None
    timeout: float = 30.0
    ca: str | None = None
    insecure: bool = False
    expect_release: str | None = None
    #: Another folder for what must be put back.
    journal: str | None = None
    #: In percent; None asks for a little where nothing was selected.
    min_decided: float | None = None

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
        return 0.0 if self.select else SHARE

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no output may hold."""
        return (self.credentials.password,) if self.credentials else ()

    def thrifty(self, endpoint: Endpoint) -> bool:
        """Whether requests are few: on other people's machines, or because the limit is low."""
        limit = self.max_requests
        return 0 < limit < ROOMY if limit is not None else not endpoint.loopback

    def budget(self, endpoint: Endpoint, path: Path) -> Budget:
        """The budget for that host."""
        local = endpoint.loopback
        limit = (
            self.max_requests
            if self.max_requests is not None
            else (0 if local else POLITE_REQUESTS)
        )
        rate = self.rate if self.rate is not None else (0.0 if local else POLITE_RATE)
        return Budget(path, limit=limit, rate=rate)

    def transport(self, endpoint: Endpoint, path: Path, *, login: bool = False) -> HttpTransport:
        """A transport to that host; only with `login` does it know the credentials."""
        return HttpTransport(
            endpoint,
            self.budget(endpoint, path),
            credentials=self.credentials if login else None,
            timeout=self.timeout,
            ca=self.ca,
            insecure=self.insecure,
            plain_ok=self.plain_ok,
        )


@dataclass
class Target:
    """A server that was found and surveyed: all that workers need to know of it."""

    found: Found
    world: World
    budget: Path


def discover(options: Options) -> Target:
    """Find and survey the server. Raises Unusable or ValueError, each in one sentence."""
    path = passing_folder() / "budget.sqlite"
    opened: list[HttpTransport] = []

    def connect(endpoint: Endpoint) -> HttpTransport:
        opened.append(options.transport(endpoint, path))
        return opened[-1]

    try:
        found = find(endpoint_of(options.url), connect)
        world = Surveyor(asking(connect(found.endpoint))).survey(found)
        if options.credentials:
            opened.append(options.transport(found.endpoint, path, login=True))
            with contextlib.suppress(NoAnswer):  # for the chapter to say
                world.evidence["login"] = asking(opened[-1])(LOGIN)
            if why := refusal(world.evidence.get("login")):
                world.notes.append(f"the login does not work: {why}")
    finally:
        for transport in opened:
            transport.close()
    world.thrifty = options.thrifty(found.endpoint)
    world.writable, world.create_checks = options.writes, options.create_checks
    if given := options.credentials:
        world.username = given.username
        world.plain_login = f"{given.username}{given.password}".isascii()
    return Target(found, world, path)


def asking(transport: Transport) -> Callable[[Request], Exchange]:
    """What a surveyor asks with."""
    return lambda request: Exchange(request, transport.send(request))


def session(options: Options, target: Target) -> Session:
    """A session with a server that was discovered."""
    transport = options.transport(target.found.endpoint, target.budget, login=True)
    thrifty = options.thrifty(target.found.endpoint)
    examples = options.examples or (REMOTE if thrifty else LOCAL)
    opened = Session(
        transport,
        target.world,
        Surveyor(asking(transport)).look_again,
        Settings(examples=examples, seed=options.seed),
        options.have(),
        trust=Trust(options.insecure, options.ca),
    )
    if options.journal:
        opened.journal = Path(options.journal)
    if login := target.world.evidence.get("login"):
        opened.proved(login)
    return opened
