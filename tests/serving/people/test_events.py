"""Calls as they come: to many listeners, to those that never read, until a reset or the end."""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Iterator
from typing import Any

import pytest

import fakepw
from fakepw.serving.people.calls import MOST_LISTENERS, SHOWN, stream

from ..wire import Wire, until


@pytest.fixture
def pw() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("tiny") as pw:
        yield pw


class Listener(Wire):
    """A client that follows the calls."""

    def __init__(self, pw: fakepw.LiveServer, query: str = "", *lines: str, **how: Any) -> None:
        super().__init__(pw.port, **how)
        head = [f"GET /_fakepw/calls/events{query} HTTP/1.1", f"Host: 127.0.0.1:{pw.port}", *lines]
        self.send("\r\n".join([*head, "", ""]).encode())
        assert self._file.readline() == b"HTTP/1.1 200 OK\r\n"
        self.headers = b""
        while (line := self._file.readline()) != b"\r\n":
            self.headers += line
        self._text = b""
        assert self.event() == {"retry": "1000"}

    def __enter__(self) -> Listener:
        return self

    def event(self) -> dict[str, str]:
        """The next one, by its fields."""
        while b"\n\n" not in self._text:
            size = int(self._file.readline(), 16)
            assert size, "there are no more events"
            self._text += self._file.read(size + 2)[:-2]
        event, _, self._text = self._text.partition(b"\n\n")
        return dict(line.split(": ", 1) for line in event.decode().splitlines())

    def call(self) -> dict[str, Any]:
        """The next call."""
        found: dict[str, Any] = json.loads(self.event()["data"])
        return found


def ask(pw: fakepw.LiveServer, *params: Any) -> None:
    with xmlrpc.client.ServerProxy(pw.url.replace("://", "://kim:x@")) as proxy:
        proxy.patch_list(*params)


def listening(pw: fakepw.LiveServer) -> int:
    return len(pw._steering.pipeline.journal.listeners)


def test_what_was_before_comes_in_one_piece(pw: fakepw.LiveServer) -> None:
    """Who has just come cannot have read some of it, and is not cut off for that."""
    for _ in range(SHOWN):
        ask(pw, {"name": "x" * 1000})
    pieces: list[bytes | None] = []
    end = stream(pw._steering.pipeline.journal, 0).follow(pieces.append)
    end()
    (piece,) = pieces
    assert piece is not None
    assert piece.count(b"\nid: ") + piece.startswith(b"id: ") == SHOWN


def test_calls_come_as_they_are_made(pw: fakepw.LiveServer) -> None:
    with Listener(pw) as one, Listener(pw) as other:
        assert b"Content-Type: text/event-stream\r\n" in one.headers
        assert b"Cache-Control: no-store\r\n" in one.headers
        assert until(lambda: listening(pw) == 2)
        ask(pw, {"max_count": 1})
        for listener in (one, other):
            call = listener.call()
            assert (call["number"], call["who"], call["good"]) == (1, "kim", True)
            assert call["asked"] == "patch_list({'max_count': 1})"
            assert call["answered"].startswith("[{'id': 1,")
        pw.fault("patch_list", status=504)
        ask_in_vain(pw)
        assert one.call()["rule"] == "patch_list: status=504"
    assert until(lambda: listening(pw) == 0)
    assert not pw._steering.pipeline.journal.watchers
    assert len(pw.calls) == 2  # to listen is no call


def ask_in_vain(pw: fakepw.LiveServer) -> None:
    with pytest.raises(xmlrpc.client.ProtocolError):
        ask(pw)


def test_who_comes_back_gets_what_was_missed(pw: fakepw.LiveServer) -> None:
    for _ in range(3):
        ask(pw)
    for given in (("?after=1",), ("", "Last-Event-ID: 1"), ("?after=3", "Last-Event-ID: 1")):
        with Listener(pw, *given) as listener:
            assert [listener.call()["number"] for _ in range(2)] == [2, 3]
    with Listener(pw, "?after=9") as listener:  # of before a reset
        assert listener.event()["event"] == "reset"
        assert listener.call()["number"] == 1
    for _ in range(SHOWN):
        ask(pw)
    with Listener(pw) as listener:
        assert listener.call()["number"] == 4


def test_a_reset_is_told_and_then_it_goes_on(pw: fakepw.LiveServer) -> None:
    with Listener(pw) as listener:
        assert until(lambda: listening(pw) == 1)
        pw.reset()
        assert listener.event() == {"event": "reset", "id": "0", "data": "{}"}
        ask(pw)
        assert listener.call()["number"] == 1


def test_it_ends_with_the_server_and_with_a_world() -> None:
    with fakepw.serve("tiny") as pw:
        world = pw.world()
        with Wire(pw.port) as wire:
            path = world.control_url.partition(str(pw.port))[2]
            wire.send(f"GET {path}calls/events HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            journal = world._steering.pipeline.journal  # type: ignore[attr-defined]
            assert until(lambda: journal.listeners)
            world.close()
            assert wire.rest().endswith(b"retry: 1000\n\n")
        listener = Listener(pw)
        assert until(lambda: listening(pw) == 1)
    assert listener.rest() == b""
    listener.close()


def test_who_never_reads_is_cut_off_and_holds_up_nobody(
    pw: fakepw.LiveServer, caplog: pytest.LogCaptureFixture
) -> None:
    deaf = Listener(pw, receive=4096)
    assert until(lambda: listening(pw) == 1)
    long = {"name__icontains": "x" * 250, "msgid": "y" * 250}
    with Listener(pw) as other, xmlrpc.client.ServerProxy(pw.url) as proxy:
        for number in range(1, 4000):
            proxy.patch_list(long)
            assert other.call()["number"] == number
            if listening(pw) == 1:
                break
    assert listening(pw) <= 1
    deaf.close()
    assert [r.getMessage().partition(" was ")[2] for r in caplog.records] == [
        "cut off: it did not read what it follows"
    ]


def test_there_may_be_many_but_not_any_number(pw: fakepw.LiveServer) -> None:
    listeners = [Listener(pw) for _ in range(MOST_LISTENERS)]
    with Wire(pw.port) as wire:
        wire.send(b"GET /_fakepw/calls/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = wire.answer()
        assert (answer.status, answer.get("Retry-After")) == (503, "5")
    ask(pw)
    assert {listener.call()["number"] for listener in listeners} == {1}
    for listener in listeners:
        listener.close()
    assert until(lambda: listening(pw) == 0)


def test_what_is_long_is_not_decoded_to_be_shown(pw: fakepw.LiveServer) -> None:
    pw.load({"patches": [{"name": f"p{n}"} for n in range(300)]})
    with Listener(pw) as listener:
        ask(pw)
        ask(pw, {"name__icontains": "z" * 20_000})
        assert listener.call()["answered"].startswith("HTTP 200, ")
        assert listener.call()["asked"].startswith("POST '/xmlrpc/', 20")


@pytest.mark.parametrize("after", ["x", "-1", "1" * 40, "%C2%B2"])
def test_what_is_no_number_is_refused(pw: fakepw.LiveServer, after: str) -> None:
    with Wire(pw.port) as wire:
        target = f"GET /_fakepw/calls/events?after={after} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        wire.send(target.encode())
        answer = wire.answer()
    assert answer.status == 400
    assert b"after is the number of a call" in answer.body


def test_only_the_head_is_asked_for(pw: fakepw.LiveServer) -> None:
    with Wire(pw.port) as wire:
        wire.send(b"HEAD /_fakepw/calls/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert wire.answer(to="HEAD").get("Content-Type") == "text/event-stream"
        assert wire.rest() == b""
    assert listening(pw) == 0
