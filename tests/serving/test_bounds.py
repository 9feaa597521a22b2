"""What clients can make a server hold: each bound by itself, small enough to be hit."""

from __future__ import annotations

import socket
import time

import pytest

from fakepw.protocol.messages import Request, Response
from fakepw.serving.http.reading import MOST_READ
from fakepw.serving.limits import Limits
from fakepw.serving.loop import shared

from .wire import PATIENCE, Wire, answers, echo, post, serving, until

# Heads.


def head_of(size: int) -> bytes:
    """A request whose target, names and values (with `: ` and line end) add up to `size` bytes."""
    start = b"GET / HTTP/1.1\r\n"
    return start + b"X-Long: " + b"x" * (size - len("/") - len("X-Long: \r\n")) + b"\r\n\r\n"


@pytest.mark.parametrize("limit", [1000, 200_000])
def test_a_head_as_long_as_allowed_is_read_and_a_longer_one_refused(limit, caplog):
    with serving(echo, header_bytes=limit) as (_, port):
        with Wire(port) as wire:
            wire.send(head_of(limit))
            assert wire.answer().status == 200
        with Wire(port) as wire:
            wire.send(head_of(limit + 1))
            assert wire.answer().status == 431
            assert wire.rest() == b""
    assert len(caplog.records) == 1


def test_a_head_without_end_is_refused_before_its_end(caplog):
    with serving(echo) as (server, port), Wire(port) as wire:
        wire.send(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 1_000_000)
        assert wire.answer().status == 431
        assert answers(port)
        wire.close()
        assert until(lambda: not server.connections)
        assert server.held == 0
    assert len(caplog.records) == 1


def test_many_pipelined_requests_are_not_taken_for_a_long_head():
    requests = b"".join(post(target=f"/{n}") for n in range(2000))
    with serving(echo, header_bytes=1000) as (_, port), Wire(port) as wire:
        for start in range(0, len(requests), 65_536):
            wire.send(requests[start : start + 65_536])
        for n in range(2000):
            assert wire.answer().body.startswith(b"POST /%d " % n)


# Bodies.


@pytest.mark.parametrize("limit", [1000, 100_000, 300_000])
@pytest.mark.parametrize("over", [-1, 0, 1, 5_000_000])
def test_of_a_long_body_the_application_sees_one_byte_more_than_allowed(limit, over):
    with serving(echo, body_bytes=limit) as (server, port), Wire(port) as wire:
        for _ in range(2):
            wire.send(post(b"x" * (limit + over)))
            assert wire.answer().body == b"POST /xmlrpc/ %d" % min(limit + over, limit + 1)
        assert server.held == 0


def test_chunks_do_not_evade_the_bound_on_bodies():
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(echo, body_bytes=1000) as (_, port), Wire(port) as wire:
        wire.send(head + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
        assert wire.answer().body == b"POST / 1001"


def test_unfinished_requests_are_bounded_over_all_connections(caplog):
    with serving(echo, held_bytes=300_000) as (server, port):
        with Wire(port) as one, Wire(port) as two:
            one.send(post(b"x" * 250_000)[:-1])
            assert until(lambda: server.held > 250_000)
            two.send(post(b"x" * 250_000)[:-1])
            assert two.answer().status == 503
            assert answers(port)
            one.send(b"x")
            assert one.answer().body == b"POST /xmlrpc/ 250000"
        assert until(lambda: not server.connections)
        assert server.held == 0
    assert len(caplog.records) == 1


def test_many_small_headers_count_for_what_they_take():
    head = b"POST / HTTP/1.1\r\n" + b"aa:b\r\n" * 10_000
    with serving(echo, held_bytes=2_000_000) as (_, port), Wire(port) as one, Wire(port) as two:
        one.send(head)  # of 60 000 bytes, but in 20 000 pieces
        assert answers(port)
        two.send(head)
        assert two.answer().status == 503
        one.send(b"\r\n")
        assert one.answer().body == b"POST / 0"


# Time.


@pytest.mark.parametrize("part", [b"P", b"POST /xml", post(b"abc")[:-2], b"BREW"])
def test_half_a_request_is_cut_off_after_a_while(part, caplog):
    with serving(echo, request_timeout=0.2) as (server, port):
        with Wire(port) as wire:
            wire.send(part)
            assert answers(port)
            assert wire.rest() == b""
        assert until(lambda: not server.connections)
    assert [record.getMessage().split("was ")[1] for record in caplog.records] == [
        "cut off: it sent half a request and no more within 0.2 s"
    ]


def trickle(wire: Wire, data: bytes) -> None:
    """Send a byte every hundredth of a second."""
    for byte in data:
        wire.send(bytes([byte]))
        time.sleep(0.01)


def test_a_request_that_trickles_is_cut_off_as_well():
    with serving(echo, request_timeout=0.2) as (_, port), Wire(port) as wire:
        start = time.monotonic()
        with pytest.raises(ConnectionError):
            trickle(wire, post(b"x" * 10_000))
        assert time.monotonic() - start < PATIENCE


def test_many_that_stall_are_one_line_in_the_log(caplog):
    with serving(echo, request_timeout=1.0) as (_, port):
        wires = [Wire(port) for _ in range(50)]
        for wire in wires:
            wire.send(b"POST /")
        for wire in wires:
            assert wire.rest() == b""
            wire.close()
    assert 1 <= len(caplog.records) <= 10  # one for each sweep that cut any off


def test_an_idle_connection_is_closed_after_a_while_without_a_word(caplog):
    with serving(echo, idle_timeout=0.2) as (_, port), Wire(port) as never, Wire(port) as once:
        once.send(post())
        assert once.answer().status == 200
        assert once.rest() == never.rest() == b""
    assert not caplog.records


def test_who_goes_on_sending_after_a_refusal_is_cut_off():
    with serving(echo, linger_timeout=0.2) as (server, port), Wire(port) as wire:
        wire.send(b"rubbish\r\n\r\n")
        assert wire.answer().status == 400
        with pytest.raises(ConnectionError):
            trickle(wire, b"x" * 10_000)
        assert until(lambda: not server.connections)


# Connections.


def test_more_connections_than_allowed_are_turned_away(caplog):
    with serving(echo, connections=3, request_timeout=0.2) as (server, port):
        with Wire(port) as one, Wire(port), Wire(port):
            assert until(lambda: len(server.connections) == 3)
            with Wire(port) as more:
                assert more.answer().status == 503
                assert more.rest() == b""
            one.send(post())
            assert one.answer().status == 200
            assert until(lambda: bool(caplog.records))
        assert until(lambda: not server.connections)
        assert answers(port)
    assert "1 connections were turned away: 3 are open" in caplog.text


# Clients that do not read.

BIG = 4_000_000


def big(request: Request) -> Response:
    """Many megabytes for `/big`, otherwise an echo."""
    if request.target != b"/big":
        return echo(request)
    return Response(200, (("Content-Length", str(BIG * 4)),), [b"x" * BIG] * 4)


def test_who_does_not_read_holds_up_nobody_and_no_more_than_a_piece():
    with serving(big) as (server, port), Wire(port, receive=4096) as wire:
        wire.send(post(target="/big") * 100)
        assert until(lambda: any(each.sender.blocked for each in server.connections))
        assert answers(port)
        (connection,) = [each for each in server.connections if each.sender.blocked]
        assert shared().run(connection.transport.get_write_buffer_size) <= 512 * 1024
        assert len(connection.waiting) <= 100


def test_nothing_more_is_read_from_who_does_not_read():
    with serving(big) as (server, port), Wire(port, timeout=0.5, receive=4096) as wire:
        wire.send(post(target="/big"))
        with pytest.raises(TimeoutError):
            wire.send(post() * 500_000)
        assert answers(port)
        (connection,) = [each for each in server.connections if each.sender.blocked]
        assert len(connection.waiting) * len(post()) <= 2 * MOST_READ


def test_who_reads_late_gets_everything_in_order():
    with serving(big) as (server, port), Wire(port, receive=4096) as wire:
        wire.send((post(target="/big") + post(b"ab")) * 3)
        assert until(lambda: any(each.sender.blocked for each in server.connections))
        for _ in range(3):
            assert len(wire.answer().body) == 4 * BIG
            assert wire.answer().body == b"POST /xmlrpc/ 2"


def test_who_asks_for_the_end_and_reads_late_gets_everything():
    with serving(big) as (server, port), Wire(port, receive=4096) as wire:
        wire.send(post(target="/big") + post(target="/big", Connection="close"))
        wire.socket.shutdown(1)
        assert until(lambda: any(each.sender.blocked for each in server.connections))
        for _ in range(2):
            assert len(wire.answer().body) == 4 * BIG
        assert wire.rest() == b""


@pytest.mark.parametrize("end", ["1.0", "close", "eof"])
def test_the_end_of_a_long_answer_is_not_worth_a_line_in_the_log(end, caplog):
    asked = post(target="/big", version="1.0") if end == "1.0" else post(target="/big")
    if end == "close":
        asked = post(target="/big", Connection="close")
    with serving(big) as (server, port):
        for _ in range(10):
            with Wire(port) as wire:
                wire.send(asked)
                if end == "eof":
                    wire.socket.shutdown(socket.SHUT_WR)
                assert until(lambda: any(each.sender.blocked for each in server.connections))
                assert len(wire.answer().body) == 4 * BIG
                assert wire.rest() == b""
    assert not caplog.records


def test_rubbish_behind_a_request_that_waits_is_answered_last():
    with serving(big) as (_, port), Wire(port, receive=4096) as wire:
        wire.send(post(target="/big") * 2 + b"rubbish\r\n\r\n")
        for _ in range(2):
            assert len(wire.answer().body) == 4 * BIG
        assert wire.answer().status == 400
        assert wire.rest() == b""


def test_who_never_reads_is_cut_off_after_a_while(caplog):
    with serving(big, write_timeout=0.3) as (server, port), Wire(port, receive=4096) as wire:
        wire.send(post(target="/big"))
        assert until(lambda: bool(server.connections))
        assert until(lambda: not server.connections)
        assert answers(port)
    assert "was cut off: it took nothing of its answer for 0.3 s" in caplog.text
    assert len(caplog.records) == 1


def test_who_reads_slowly_is_not_cut_off(caplog):
    with serving(big, write_timeout=2.0) as (_, port), Wire(port, receive=65_536) as wire:
        wire.send(post(target="/big", Connection="close"))
        got = 0
        end = time.monotonic() + 4.0  # a busy machine's client is far slower than this one means
        while time.monotonic() < end:
            got += len(wire.socket.recv(20_000))
            time.sleep(0.05)
        while part := wire.socket.recv(1_000_000):
            got += len(part)
    assert got > 4 * BIG
    assert "cut off" not in caplog.text


@pytest.mark.parametrize("vanish", [Wire.reset, Wire.close])
def test_who_vanishes_in_the_middle_of_an_answer_is_one_line_in_the_log(vanish, caplog):
    with serving(big) as (server, port):
        wire = Wire(port, receive=4096)
        wire.send(post(target="/big") * 3)
        assert until(lambda: any(each.sender.blocked for each in server.connections))
        vanish(wire)
        assert until(lambda: not server.connections)
        assert answers(port)
    assert len(caplog.records) == 1
    assert caplog.text.endswith("went away in the middle of its answer\n")


def test_many_that_vanish_at_once_are_one_line_in_the_log(caplog):
    with serving(big) as (server, port):
        wires = [Wire(port, receive=4096) for _ in range(10)]
        for wire in wires:
            wire.send(post(target="/big"))
        assert until(lambda: sum(each.sender.blocked for each in server.connections) == 10)
        for wire in wires:
            wire.reset()
        assert until(lambda: bool(caplog.records))
        assert until(lambda: not server.connections)
    assert "went away in the middle of its answer" in caplog.text
    assert len(caplog.records) <= 4  # one for each sweep that missed any


def test_no_default_is_unbounded():
    for name in Limits.__struct_fields__:
        assert 0 < getattr(Limits(), name) < float("inf")


def test_what_was_asked_is_done_even_if_nobody_waits_for_the_answer(caplog):
    done = []

    def application(request: Request) -> Response:
        done.append(request.target)
        return big(request)

    with serving(application) as (server, port):
        wire = Wire(port)
        wire.send(b"".join(post(target=f"/{n}") for n in range(50)))
        wire.reset()
        assert until(lambda: len(done) == 50)
        assert until(lambda: not server.connections)
    assert len(caplog.records) <= 1


@pytest.mark.parametrize("trailer", [b"X-Long: " + b"x" * 1_000_000, b"X: y\r\n" * 100_000])
def test_trailers_are_no_way_around_the_bounds(trailer, caplog):
    with serving(echo) as (server, port), Wire(port) as wire:
        wire.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + trailer)
        assert wire.answer().status == 431
        assert answers(port)
    assert server.held == 0
    assert len(caplog.records) == 1


def test_a_trailer_is_no_header():
    seen = []

    def application(request: Request) -> Response:
        seen.append(request)
        return echo(request)

    with serving(application) as (_, port), Wire(port) as wire:
        head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        wire.send(head + b"1\r\nx\r\n0\r\nAuthorization: x\r\n\r\n")
        assert wire.answer().body == b"POST / 1"
    assert seen[0].headers == ((b"transfer-encoding", b"chunked"),)
