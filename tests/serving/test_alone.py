"""Whoever asks or changes a double has a turn between those of all others, in whichever thread."""

from __future__ import annotations

import threading
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

import fakepw

from .wire import Wire, until


@pytest.fixture
def pw() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("tiny", faults=["patch_get: latency=0.001 optional"]) as pw:
        yield pw


def by_socket(pw: fakepw.Double, method: str, *params: Any) -> None:
    with xmlrpc.client.ServerProxy(pw.url) as proxy:
        getattr(proxy, method)(*params)


def without_one(pw: fakepw.Double, method: str, *params: Any, timeout: float | None = None) -> None:
    transport = pw.transport(timeout=timeout)
    with xmlrpc.client.ServerProxy(pw.url, transport) as proxy, suppress(TimeoutError):
        getattr(proxy, method)(*params)


def follower(pw: fakepw.LiveServer) -> Wire:
    wire = Wire(pw.port)
    head = f"GET /_fakepw/calls/events HTTP/1.0\r\nHost: 127.0.0.1:{pw.port}\r\n\r\n"
    wire.send(head.encode())
    return wire


def following(pw: fakepw.LiveServer) -> None:
    with Wire(pw.port) as wire:
        wire.send(
            f"GET /_fakepw/calls/events HTTP/1.1\r\nHost: 127.0.0.1:{pw.port}\r\n\r\n".encode()
        )
        assert until(lambda: pw._steering.pipeline.journal.listeners)
    assert until(lambda: not pw._steering.pipeline.journal.listeners)


def stopping(pw: fakepw.LiveServer) -> None:
    pw.fault("patch_list", latency=60, optional=True)
    body = xmlrpc.client.dumps((), "patch_list")
    head = f"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with Wire(pw.port) as wire:
        wire.send((head + body).encode())
        assert until(lambda: pw._steering.pipeline.waiting)
        pw.stop()
        assert wire.rest() == b""


#: What is done to a double, and which of its parts is then asked or changed: in a turn.
WAYS: dict[str, tuple[str, Callable[[fakepw.LiveServer], object]]] = {
    "a call over a socket": ("pipeline.answer", lambda pw: by_socket(pw, "pw_rpc_version")),
    "a call without one": ("pipeline.answer", lambda pw: without_one(pw, "pw_rpc_version")),
    "what waited, over a socket": ("pipeline._affected", lambda pw: by_socket(pw, "patch_get", 1)),
    "what waited, without one": ("pipeline._affected", lambda pw: without_one(pw, "patch_get", 1)),
    "what waits when it stops": ("pipeline._write_down", stopping),
    "one that waits no longer": (
        "pipeline._write_down",
        lambda pw: without_one(pw, "patch_get", 1, timeout=0.0001),
    ),
    "the handle": ("change", lambda pw: pw.change_patch(1, state="New")),
    "the control API": ("reset", lambda pw: fakepw.connect(pw.url).reset()),
    "following calls": ("pipeline.journal.calls", following),
    "a function": ("rules", lambda pw: pw.run(lambda: pw._steering.rules())),
    "a new world": ("world", lambda pw: pw.world()),
    "a world's end": ("end_world", lambda pw: pw.world().close()),
    "a world that is left alone": (
        "let_go_of_the_idle",
        lambda pw: pw.world(idle=0.01) and until(lambda: not pw._do("worlds")),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_comes_between(pw: fakepw.LiveServer, way: str) -> None:
    """Nobody else can have a turn while a part of the double is at work."""
    path, do = WAYS[way]
    owner: Any = pw._steering
    *parts, name = path.split(".")
    for part in parts:
        owner = getattr(owner, part)
    function, others = getattr(owner, name), []

    def watched(*args: Any, **named: Any) -> Any:
        thread = threading.Thread(target=lambda: others.append(in_turn(pw)))
        thread.start()
        thread.join()
        return function(*args, **named)

    setattr(owner, name, watched)
    do(pw)
    assert others
    assert not any(others)
    others.clear()
    afterwards = threading.Thread(target=lambda: others.append(until(lambda: in_turn(pw))))
    afterwards.start()
    afterwards.join()
    assert others == [True]  # nobody keeps it


def in_turn(pw: fakepw.LiveServer) -> bool:
    """Whether the thread that asks can have a turn now."""
    turn = pw._alone._turn
    if had := turn.acquire(blocking=False):
        turn.release()
    return had


def test_who_follows_hears_of_calls_in_any_thread_each_once_and_in_their_order() -> None:
    """Also of those that are made while it begins to follow."""
    with fakepw.serve("tiny") as pw:
        threads = [
            threading.Thread(target=calling, args=(pw, ask)) for ask in (by_socket, without_one)
        ]
        for thread in threads:
            thread.start()
        with follower(pw) as wire:
            for thread in threads:
                thread.join()
            by_socket(pw, "pw_rpc_version")
            heard: list[int] = []
            while not heard or heard[-1] < len(pw.calls):
                line = wire._file.readline()
                if line.startswith(b"id: "):
                    heard.append(int(line[4:]))
        assert heard == list(range(heard[0], len(pw.calls) + 1))


def calling(pw: fakepw.LiveServer, ask: Callable[..., None]) -> None:
    for _ in range(60):
        ask(pw, "pw_rpc_version")


def test_a_handle_can_be_used_within_a_turn(pw: fakepw.LiveServer) -> None:
    assert pw.run(lambda: (pw.change_patch(1, state="New"), pw.patches[1].state)[1]) == "New"
