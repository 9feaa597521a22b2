"""What one run of the suite is made of, from URL to session; pytest and tests start from here."""

from __future__ import annotations

import atexit
import contextlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from hypothesis.configuration import set_hypothesis_home_dir

from ...deciding.decisions import DECISIONS
from ...deciding.drawing import Settings
from ...deciding.engine import Session
from ...deciding.planning import RESERVE, Plan, plan
from ...kept.notes import ROOM as NOTED
from ...kept.notes import Notes
from ...requirements.catalogue import Requirement, chosen
from ...target import secrecy
from ...target.budget import Budget
from ...target.connecting import speaks_tls
from ...target.counting import counted
from ...target.exchange import Exchange, Request
from ...target.login import LOGIN, refusal
from ...target.memory import USUAL, Memory
from ...target.sockets import HttpTransport
from ...target.survey import Found, Surveyor, Unanswered, Unusable, find
from ...target.transport import Credentials, Endpoint, NoAnswer, Transport, endpoint_of
from ...target.world import World
from ...verdicts.evidence import ROOM
from ...verdicts.reproduction import Trust

#: What holds for a host that is not this machine (docs/conformance.md, Safety).
POLITE_RATE = 5.0
POLITE_REQUESTS = 600

#: Requests that a run with --writes takes, about, when requests are few; and how many are not few.
WITH_WRITES, ROOMY = 1200, 2000

#: How much of what could be decided must be in a run of all requirements, in percent.
SHARE = 1.0

#: How long a server that was no use over http may take to show that it speaks TLS, in seconds.
TLS_WAIT = 5.0

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


@dataclass
class Target:
    """A server that was found and surveyed: all that workers need to know of it."""

    found: Found
    world: World
    budget: Path
    #: How many steps each decision may take of the budget, as far as it does not suffice for all.
    allowed: dict[str, int] = field(default_factory=dict)


def planned(options: Options, target: Target, *, alone: bool = True) -> Plan:
    """What fits into the budget of a run of all that was selected; the target is told.

    `alone` says that one worker takes it all. What the operator should know is noted.
    """
    found, world = target.found, target.world
    budget = options.budget(found.endpoint, target.budget)
    left = max(1, budget.limit - budget.spent) if budget.limit else 0
    tried = [
        decision
        for requirement in options.chosen
        if (decision := DECISIONS.get(requirement.id))
        and requirement.applies(world.profile)
        and not decision.lacks(options.have())
    ]
    how = Settings(options.examples_at(found.endpoint), options.seed)
    made = plan(tried, world, how, left, alone=alone)
    if left:
        target.allowed = made.allowed
        enough = budget.spent + int(made.least * (1 + 2 * RESERVE)) + 1
        if enough > budget.limit:
            world.notes.append(
                f"trying every MUST takes about {enough} requests, and {budget.limit} may be sent:"
                f" give --max-requests {enough}, or some requirements stay undecided"
            )
        elif made.cut:
            world.notes.append(
                f"all there is to ask would take about {budget.spent + made.wanted} requests, and"
                f" {budget.limit} may be sent: some examples are left out, no MUST is"
            )
    return made


def discover(options: Options, budget: Path | None = None) -> Target:
    """Find and survey the server; `budget` is the file in which all that is sent is counted.

    Raises Unusable, Trouble, BudgetSpent or ValueError, each in one sentence.
    """
    path = budget or passing_folder() / "budget.sqlite"
    opened: list[HttpTransport] = []

    def connect(endpoint: Endpoint) -> HttpTransport:
        opened.append(options.transport(endpoint, path))
        return opened[-1]

    try:
        found = _found(options, connect)
        if options.secrets and not options.asked(found.endpoint):
            raise Unusable(
                f"{options.url} leads to {found.endpoint.url}, and what is secret stays where it"
                " was given for; run against the latter"
            )
        notes, asked = noting(options, "survey"), list[int]()

        def asks(transport: Transport) -> Callable[[Request], Exchange]:
            ask = asking(transport)
            return notes.asking(ask, asked) if notes else ask

        world = Surveyor(asks(connect(found.endpoint))).survey(found)
        if options.credentials:
            opened.append(options.transport(found.endpoint, path, login=True))
            with contextlib.suppress(NoAnswer):  # for the chapter to say
                world.keep("login", asks(opened[-1])(LOGIN))
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
    if notes:
        notes.survey(found, world, asked)
        notes.close()
    return Target(found, world, path)


def noting(options: Options, name: str) -> Notes | None:
    """Where a process notes what it sees, if that is wanted."""
    return Notes(options.noted / f"{name}.jsonl", options.room) if options.noted else None


def _found(options: Options, connect: Callable[[Endpoint], Transport]) -> Found:
    candidates = endpoint_of(options.url)
    try:
        return find(candidates, connect, anywhere=options.follow_redirects)
    except Unanswered:
        plain = candidates[-1]
        if plain.scheme == "http" and speaks_tls(plain, min(options.timeout, TLS_WAIT)):
            raise Unusable(
                f"{plain.host}:{plain.port} speaks TLS, and was asked in plain http: is https://"
                f"{plain.host}:{plain.port} meant?"
            ) from None
        raise


def asking(transport: Transport) -> Callable[[Request], Exchange]:
    """What a surveyor asks with."""
    return lambda request: Exchange(request, transport.send(request))


def session(options: Options, target: Target) -> Session:
    """A session with a server that was discovered."""
    transport = options.transport(target.found.endpoint, target.budget, login=True)
    examples = options.examples_at(target.found.endpoint)
    opened = Session(
        transport,
        target.world,
        Surveyor(asking(transport)).look_again,
        Settings(examples=examples, seed=options.seed),
        options.have(),
        allowed=target.allowed,
        trust=Trust(options.insecure, options.ca, tuple(name for name, _ in options.header)),
        room=ROOM // workers(),
    )
    if options.journal:
        opened.journal = Path(options.journal)
    if login := target.world.evidence.get("login"):
        opened.proved(login)
    return opened


def note(opened: Session, notes: Notes) -> None:
    """Have all noted that a session sees from now on."""

    def look(world: World, ask: Callable[[Request], Exchange]) -> World:
        return Surveyor(ask).look_again(world)

    opened.watch, opened.judged = notes.exchange, notes.judged
    opened.look_again = notes.looking(opened.world, look, asking(opened.transport))
