"""From options to a session: a server is found, surveyed, planned for and opened."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...deciding.decisions import DECISIONS
from ...deciding.drawing import Settings
from ...deciding.engine import Session
from ...deciding.planning import RESERVE, Plan, plan
from ...kept.notes import Notes
from ...target.exchange import Exchange, Request
from ...target.knowing.survey import Found, Surveyor, Unanswered, Unusable, find
from ...target.knowing.world import World
from ...target.login import LOGIN, refusal
from ...target.sending.connecting import speaks_tls
from ...target.sending.sockets import HttpTransport
from ...target.sending.transport import Endpoint, NoAnswer, Transport, endpoint_of
from ...verdicts.evidence import ROOM
from ...verdicts.reproduction import Trust
from .options import Options, passing_folder, workers

#: How long a server that was no use over http may take to show that it speaks TLS, in seconds.
TLS_WAIT = 5.0


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
