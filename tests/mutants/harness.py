"""Servers with one behaviour broken: fakepw's own answers, wrapped, behind a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

from conformance.commands.opening.options import Options, passing_folder
from conformance.commands.opening.session import asking
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.deciding.engine import Session
from conformance.target.knowing.survey import Surveyor, find
from conformance.target.knowing.world import World
from conformance.target.sending.transport import Credentials, endpoint_of
from conformance.verdicts.verdicts import Verdict
from fakepw.patchwork.patchwork import Patchwork
from fakepw.protocol import Request, Response, respond
from fakepw.serving.limits import Limits
from fakepw.serving.loop import shared
from fakepw.serving.server import Server, listen
from fakepw.serving.thread import patchwork_of

Respond = Callable[[Request, Patchwork], Response]
Break = Callable[[Respond], Respond]

INSTANCE = "3.2-py3-postgresql"


@dataclass(frozen=True)
class Mutant:
    """One behaviour broken, and the requirement that must notice, for example `PW-HTTP-003`."""

    name: str
    kills: str
    respond: Break
    instance: str = INSTANCE
    fixture: str = "demo"
    #: How long is waited for an answer, in seconds.
    timeout: float = 30.0


@contextmanager
def served(respond: Respond, instance: str = INSTANCE, fixture: str = "demo") -> Iterator[str]:
    """The URL of a server that answers by this function, until the block ends."""
    patchwork = patchwork_of(fixture, instance)
    server = Server(lambda request: respond(request, patchwork), Limits())
    listener = listen("127.0.0.1", 0)
    thread = shared()
    thread.run_coroutine(server.start(listener))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/xmlrpc/"
    finally:
        thread.run_coroutine(server.end())


def session(
    url: str, world: World | None = None, *, examples: int = 6, timeout: float = 30.0
) -> Iterator[Session]:
    """A session that reads only, with the server at a URL; `world` saves the survey."""
    options = Options(url=url, credentials=Credentials("maint", "maintpass"), timeout=timeout)
    (endpoint,) = endpoint_of(url)
    transport = options.transport(endpoint, passing_folder() / "budget.sqlite")
    surveyor = Surveyor(asking(transport))
    try:
        if world is None:
            world = surveyor.survey(find([endpoint], lambda e: transport))
        yield Session(transport, replace(world), surveyor.look_again, Settings(examples=examples))
    finally:
        transport.close()


with_session = contextmanager(session)


@cache
def surveyed(instance: str, fixture: str) -> World:
    """What the unbroken server holds."""
    with served(respond, instance, fixture) as url, with_session(url) as pw:
        return pw.world


def verdict(
    number: str,
    respond: Respond,
    instance: str = INSTANCE,
    fixture: str = "demo",
    timeout: float = 30.0,
) -> Verdict:
    """What one requirement says of a server that answers by this function."""
    world = surveyed(instance, fixture)
    answering = served(respond, instance, fixture)
    with answering as url, with_session(url, world, timeout=timeout) as pw:
        return pw.decide(DECISIONS[number])


@cache
def unbroken(number: str, instance: str, fixture: str) -> Verdict:
    """What one requirement says of fakepw as it is."""
    return verdict(number, respond, instance, fixture)
