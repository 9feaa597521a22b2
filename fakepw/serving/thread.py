"""A server in a thread of this process, for test suites in Python."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from ..double.pipeline import Pipeline
from ..double.steering import Start, start_of
from ..double.strictness import Strict
from ..double.worlds import Host
from ..fixtures import NONE, Fixture, Source, packaged, read
from ..patchwork.instances.instances import DEFAULT
from ..patchwork.instances.settings import Settings, settings_of
from ..patchwork.patchwork import Patchwork
from ..patchwork.rows.rows import Dataset
from ..patchwork.words.brief import brief
from ..patchwork.words.place import API
from ..rules.spec import Spec
from ..rules.staged import Given
from ..telling.wording import refusal
from .alone import Alone
from .application import application, longest_body
from .guarding.addresses import url_host
from .guarding.guard import Guard, control_of
from .idle import IdleWorlds
from .limits import Limits
from .loop import LoopThread, shared
from .reach.here import Here
from .server import Server, listen
from .tls import TLS, secured

__tracebackhide__ = refusal

Result = TypeVar("Result")

#: Sources of rows that could be taken for several.
_ONE = (str, bytes, Mapping, os.PathLike, Dataset)

_running: set[LiveServer] = set()


class LiveServer(Here):
    """A server that is running in a thread, until `stop` or the end of its `with` block.

    It is a `Double`: everything that a test does to one can be done to it, from any thread.

    `host` and `port` are what it listens on.
    """

    def __init__(
        self,
        patchwork: Patchwork,
        host: str,
        port: int,
        limits: Limits,
        start: Start = Start(),  # noqa: B008 (it is frozen)
        control: bool | str = True,
        tls: TLS = False,
        faults: Iterable[Spec] = (),
        world_idle: float | None = None,
    ) -> None:
        pipeline = Pipeline(patchwork, timer=time.perf_counter)
        self._hosted = Host(pipeline, start, faults, world_idle)
        self._thread: LoopThread = shared()
        self._turn = Alone(self._thread.loop)
        if self._thread.current:  # to wait there for the start would be to wait for ever
            raise RuntimeError("no server can be started from within LiveServer.run")
        control = control_of(control) if isinstance(control, str) else control
        self._shown = secured(tls)
        self._listener = listen(host, port)
        self.host: str
        self.port: int
        self.host, self.port = self._listener.getsockname()[:2]
        guard = Guard.of(control, self.host)
        self._server = Server(
            self._turn.application(application(self._hosted, guard, self.ca_file)),
            limits,
            self._shown.certified,
            longest_body(self._hosted),
        )
        self._server.at_close.append(IdleWorlds(self._hosted, self._turn).end)
        self._thread.run_coroutine(self._server.start(self._listener))
        _running.add(self)

    @property
    def _steering(self) -> Host:
        return self._hosted

    @property
    def _root(self) -> str:
        return f"{self._shown.scheme}://{url_host(self.host)}:{self.port}"

    @property
    def ca_file(self) -> str | None:
        """With `tls=True`: the file of the authority that clients are to trust."""
        return self._shown.ca_file

    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        """The result of a function called between two requests, in the server's thread.

        Whatever the function raises is raised here. Raises RuntimeError in a forked child of the
        process that started the server.
        """
        return self._thread.run(lambda: self._turn.run(function, *args))

    @property
    def _alone(self) -> Alone:
        self._thread.check()
        return self._turn

    def stop(self) -> None:
        """Stop listening and hang up on every client. Once stopped, it does nothing."""
        if self in _running:
            _running.discard(self)
            if self._thread.current:
                self._server.close()
            elif self._thread.alive:
                self._thread.run_coroutine(self._server.end())

    def close(self) -> None:
        """The same as `stop`."""
        self.stop()

    def __enter__(self) -> LiveServer:
        """The server itself. Raises RuntimeError if it is stopped: it does not start again."""
        if self not in _running:
            raise RuntimeError("this server is stopped; start another with fakepw.serve")
        return self

    def __repr__(self) -> str:
        state = self.url if self in _running else "stopped"
        return f"<fakepw {self.patchwork.instance.name}: {state}>"

    def _let_go(self) -> None:
        """In a forked child: hold on to none of the parent's sockets.

        Each becomes a descriptor of the null device, so that whoever still refers to its number
        does no harm.
        """
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in [self._listener.fileno(), *self._server.descriptors()]:
            if descriptor >= 0:
                os.dup2(null, descriptor, inheritable=False)
        os.close(null)


def serve(
    source: Source | Iterable[Source] | Patchwork | None = None,
    *,
    instance: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    enabled: bool | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    control: bool | str = True,
    faults: Iterable[Given] = (),
    in_front: Given | Iterable[Given] | None = None,
    limit: Given | None = None,
    clock: datetime | str | None = None,
    strict: Strict = False,
    at: str = API,
    tls: TLS = False,
    world_idle: float | None = None,
) -> LiveServer:
    """Start a server in a thread; it answers when this returns.

        with fakepw.serve("fixture.json") as pw:
            client = xmlrpc.client.ServerProxy(pw.url)

    source
        A fixture: the path of a JSON file, the name of a packaged one (`demo`, `tiny`, `hostile`),
        JSON as bytes, a dict or a Dataset; or several of these; or a Patchwork.  If not given, the
        packaged demo.
    instance
        What to answer as, for example `2.2-py2-sqlite`. If not given, what the fixture says, or
        `3.2-py3-postgresql`.
    host, port
        Where to listen; port 0 takes a free one.
    enabled
        False to serve a Patchwork whose XML-RPC API is switched off.
    settings
        What the deployment sets, for example `{"TIME_ZONE": "UTC"}`; they win over the fixture's.
        The README lists them.
    limits
        What to put up with from clients.
    control
        Whether it can be steered under `/_fakepw/`, or the bearer token that this takes.

    faults, in_front, limit
        What goes wrong from the start and after each reset, as rules in text (`docs/double.md`):
        `["patch_list: status=504 first=2"]`, `"gateway-502"`, `"20/s burst=10"`.
    clock
        The moment at which the double's clock stands, from the start and after each reset.
    strict
        True to be warned (`FakepwWarning`) of calls that a real server answers as if nothing were
        wrong; "error" to have the end of the `with` block fail for them.
    at
        The path that is handed on as `/xmlrpc/`, for clients whose stub sits elsewhere: `/`.
    tls
        True to serve https, by a certificate of an authority whose file is the handle's `ca_file`
        (that takes the extra `tls`); or the files of a certificate of your own and of its key.
    world_idle
        The seconds for which a world may be left alone that says nothing of it: an hour.

    All servers of a process share one thread, and a server that is not stopped ends with it.

    Raises FixtureError (a ValueError) with all that is wrong with a fixture, ValueError for what no
    instance, setting, port, rule, `control` or `tls` can be, OSError if it cannot listen there,
    TypeError for an instance, `enabled` or settings beside a Patchwork, ModuleNotFoundError for
    `tls=True` without trustme, RuntimeError in `LiveServer.run`.
    """
    start = start_of(faults, in_front, limit, clock, strict)
    if isinstance(source, Patchwork):
        if instance is not None or enabled is not None or settings is not None:
            raise TypeError("a Patchwork has its own instance, enabled and settings: give it them")
        patchwork = source
        if at != API:
            patchwork.load(patchwork.seed, patchwork.instance, at=at)
        faults = ()
    else:
        given = settings_of({} if settings is None else settings)
        fixture = fixture_of(source)
        patchwork = patchwork_of(fixture, instance, enabled is not False, given, at)
        faults = fixture.faults
    limits = Limits() if limits is None else limits
    if not isinstance(limits, Limits):
        raise TypeError(f"limits are fakepw.Limits(…), not {brief(limits)}")
    return LiveServer(patchwork, host, port, limits, start, control, tls, faults, world_idle)


def fixture_of(source: Source | Iterable[Source] | None = None) -> Fixture:
    """What one source holds, or several; without any, the packaged demo. Raises FixtureError."""
    if source is None:
        source = packaged("demo")
    if isinstance(source, _ONE) or not isinstance(source, Iterable):
        source = [source]
    return read(*source)


def patchwork_of(
    source: Fixture | Source | Iterable[Source] | None = None,
    instance: str | None = None,
    enabled: bool = True,
    settings: Settings = NONE,
    at: str = API,
) -> Patchwork:
    """A Patchwork that starts from a fixture, as the given instance or that of the fixture, with
    the given settings, failing which those of the fixture.

    Without a fixture it is the packaged demo. Raises FixtureError and ValueError like `serve`.
    """
    fixture = source if isinstance(source, Fixture) else fixture_of(source)
    if instance is None:
        instance = fixture.instance or DEFAULT
    settings = fixture.settings | settings
    return Patchwork(fixture.dataset, instance, enabled=enabled, settings=settings, at=at)


def running() -> list[LiveServer]:
    """The servers of this process."""
    return list(_running)


def _stop_all() -> None:
    for server in list(_running):
        server.stop()


def _let_go_of_all() -> None:
    for server in list(_running):
        server._let_go()
    _running.clear()


atexit.register(_stop_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_of_all)
