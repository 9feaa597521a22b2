"""`fakepw serve`: a server in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from socket import socket
from typing import Any, NoReturn

import click
import msgspec

from ...double.outcome import Answer, Later, Outcome, Stream
from ...double.pipeline import Pipeline
from ...double.steering import start_of
from ...double.strictness import Strict, is_error
from ...double.worlds import Host
from ...fixtures import FixtureError
from ...patchwork.instances.settings import from_texts
from ...patchwork.patchwork import Patchwork
from ...patchwork.words.brief import asked
from ...protocol.messages import Called, Request, Response
from ...rules.spec import Spec
from ..alone import Alone
from ..application import application, longest_body
from ..guarding.addresses import is_loopback, url_host
from ..guarding.guard import Guard, control_of
from ..idle import IdleWorlds
from ..limits import Limits
from ..loop import new_event_loop
from ..server import Application, Server, listen
from ..thread import fixture_of, patchwork_of
from ..tls import TLS, secured
from .banner import banner
from .options import with_options
from .staging import Findings, JournalFile

log = logging.getLogger("fakepw")

#: Which option helps where it cannot listen.
_REMEDIES = {
    errno.EADDRINUSE: "--port",
    errno.EACCES: "--port",
    errno.EADDRNOTAVAIL: "--host",
}


@click.command()
@with_options
def serve(
    fixtures: tuple[str | bytes, ...],
    host: str,
    port: int,
    instance: str | None,
    disable_xmlrpc: bool,
    given: tuple[str, ...],
    faults: tuple[Spec, ...],
    fronts: tuple[Spec, ...],
    limit: Spec | None,
    clock: str | None,
    at: str,
    strict: Strict,
    strict_mode: Strict | None,
    journal: str | None,
    tls: bool,
    tls_cert: str | None,
    tls_key: str | None,
    control: str,
    world_idle: float | None,
    as_json: bool,
    verbose: bool,
) -> None:
    """Serve Patchwork's XML-RPC API.

    A fixture is a JSON file, `-` for standard input, a packaged one (demo, tiny, hostile), or JSON
    itself. Several are read as one. Without any, the demo is served. Every option is an environment
    variable, too, and FAKEPW_FIXTURE the fixtures.

    Ends with 0 after Ctrl-C or SIGTERM, with 1 if in the strict mode `error` anything was remarked,
    and with 2 and the reasons if it cannot start.
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s fakepw: %(message)s",
        datefmt="%H:%M:%S",
    )
    with _giving_up(journal):
        settings = from_texts(given)
        if disable_xmlrpc and settings.ENABLE_XMLRPC is True:
            raise ValueError("--disable-xmlrpc and --setting ENABLE_XMLRPC=true contradict")
        steered_by = control_of(control)
        fixture = fixture_of(fixtures or None)
        patchwork = patchwork_of(fixture, instance, not disable_xmlrpc, settings, at)
        mode = strict if strict_mode is None else strict_mode
        start = start_of(faults, fronts, limit, clock, mode)
        pipeline = Pipeline(patchwork, timer=time.perf_counter)
        steering = Host(pipeline, start, fixture.faults, world_idle)
        shown = secured(_tls(tls, tls_cert, tls_key))
        listener = listen(host, port)
        noted = None if journal is None else JournalFile(journal)
    gc.freeze()  # the rows stay: no collection need look at them again
    _raise_descriptor_limit()
    findings = Findings()
    steering.follow(findings.follow)
    if noted is not None:
        steering.follow(noted.follow)
    bound, port = listener.getsockname()[:2]
    guard = Guard.of(steered_by, bound)
    speaks = _logged if verbose else application
    answer = speaks(steering, guard, shown.ca_file)
    loop = new_event_loop()
    server = Server(answer, Limits(), shown.certified, longest_body(steering))
    server.at_close.append(IdleWorlds(steering, Alone(loop)).end)
    root = f"{shown.scheme}://{url_host(bound)}:{port}"
    if not is_loopback(bound):
        steer = ", steer it and read its passwords" if steered_by is True else ""
        click.echo(
            f"warning: {bound} is not loopback: others can reach this server{steer}", err=True
        )
    said = (_json if as_json else banner)(patchwork, root, steered_by, shown.ca_file)
    with contextlib.nullcontext() if noted is None else contextlib.closing(noted):
        _run(loop, server, listener, said)
    if is_error(mode) and findings.failures:
        times = f"{findings.failures} times" if findings.failures > 1 else "once"
        click.echo(f"fakepw serve: in strict mode something was remarked {times}", err=True)
        sys.exit(1)


@contextlib.contextmanager
def _giving_up(journal: str | None) -> Iterator[None]:
    """What keeps it from starting is told, with what would help, and ends the command."""
    try:
        yield
    except FixtureError as error:
        _give_up(*error.errors)
    except (ValueError, ModuleNotFoundError) as error:
        _give_up(*str(error).splitlines())
    except OSError as error:
        if error.filename is not None and error.filename == journal:
            _give_up(f"the journal {journal} cannot be written: {error.strerror}")
        option = _REMEDIES.get(error.errno or 0)
        _give_up(str(error.args[-1]) + (f"; choose another with {option}" if option else ""))


def _give_up(*reasons: str) -> NoReturn:
    for reason in reasons:
        click.echo(f"fakepw serve: {reason}", err=True)
    sys.exit(2)


def _tls(wanted: bool, certificate: str | None, key: str | None) -> TLS:
    """What the three options say together. Raises ValueError."""
    if certificate is None and key is not None:
        raise ValueError("--tls-key is of a certificate: --tls-cert says which")
    return wanted if certificate is None else (certificate, key or certificate)


def _json(patchwork: Patchwork, root: str, _: bool | str, ca_file: str | None) -> str:
    line = {
        "url": root + patchwork.place.url_path,
        "control": f"{root}/_fakepw/",
        "instance": patchwork.instance.name,
        "pid": os.getpid(),
        **({} if ca_file is None else {"ca_file": ca_file}),
    }
    return msgspec.json.encode(line).decode()


def _run(loop: asyncio.AbstractEventLoop, server: Server, listener: socket, said: str) -> None:
    """Serve until a signal comes; that it serves is said once it does."""

    async def serving() -> None:
        stop = asyncio.Event()
        _on_signals(asyncio.get_running_loop(), stop)
        await server.start(listener)
        click.echo(said)
        await stop.wait()
        await server.end()
        await asyncio.sleep(0)

    with contextlib.suppress(KeyboardInterrupt):  # where the loop knows no signals
        loop.run_until_complete(serving())
    if hasattr(signal, "pthread_sigmask"):
        # Closing the loop takes its handlers away; a second signal must not end us the hard way.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    loop.close()


def _on_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # on Windows
            loop.add_signal_handler(number, stop.set)


def _raise_descriptor_limit() -> None:
    """Let the process open as many connections as it may: the usual 1024 is but a default."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _logged(steering: Host, guard: Guard | None, ca_file: str | None) -> Application:
    """The application, with a line in the log for each request: what was asked, and the answer."""
    calls: list[Called] = []
    steering.pipeline.watch = calls.append
    answer = application(steering, guard, ca_file)

    def told(request: Request, start: float, found: Answer | Stream) -> Any:
        if isinstance(found, Later):
            waits = found

            def given_up() -> None:
                waits.given_up()
                told(request, start, Outcome())

            later = waits.outcome
            return Later(waits.seconds, lambda: told(request, start, later()), given_up)
        taken = (time.perf_counter() - start) * 1000
        line = asked(b"%b %b" % (request.method, request.target))
        called = "".join(f": {call!r}" for call in calls)
        log.info("%s %s %.1f ms%s", line, _brief(found), taken, called)
        calls.clear()
        return found

    return lambda request: told(request, time.perf_counter(), answer(request))


def _brief(found: Response | Outcome | Stream) -> str:
    if isinstance(found, Stream):
        return f"{found.response.status}, and what comes as it comes"
    if isinstance(found, Response):
        return f"{found.status} {sum(map(len, found.body))} bytes"
    if found.response is None:
        return "no answer"
    return f"{found.response.status} cut at {found.cut} bytes"
