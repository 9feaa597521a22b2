"""Clients that mean harm or are broken, against a server in a process of its own.

While each of them does its worst, somebody else writes and reads without pause: all of that must
be answered and nothing of it be lost.  The memory of the process stays bounded, and it prints one
line for each trouble and nothing else.
"""

from __future__ import annotations

import contextlib
import random
import select
import socket
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import suppress

import pytest

from .watched import MB, PATCH_LIST, WATCHED, subject
from .wire import CALL, Wire, post

pytestmark = WATCHED

TOO_BIG = (
    "<class 'django.core.exceptions.RequestDataTooBig'>:"
    "Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE."
)


def test_malformed_xml_is_answered_with_faults():
    chance = random.Random(0)
    with subject() as server:
        with server.growing_at_most(20), server.serving_others(), Wire(server.port) as wire:
            for _ in range(2000):
                body = bytearray(CALL)
                for _ in range(chance.randint(1, 8)):
                    body[chance.randrange(len(body))] = chance.randrange(256)
                wire.send(post(bytes(body)))
                assert wire.answer().status == 200
        assert server.end() == []


def bomb(levels: int, width: int) -> bytes:
    """A billion laughs: each entity is `width` times the one before it."""
    entities = ['<!ENTITY e0 "ha">'] + [
        f'<!ENTITY e{n} "{f"&e{n - 1};" * width}">' for n in range(1, levels)
    ]
    return (
        f"<?xml version='1.0'?><!DOCTYPE x [{''.join(entities)}]><methodCall><methodName>"
        f"&e{levels - 1};</methodName></methodCall>"
    ).encode()


def flat_bomb(size: int, count: int) -> bytes:
    """Quadratic blow-up: one long entity, many times."""
    return (
        f"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e \"{'x' * size}\">]><methodCall><methodName>"
        f"{'&e;' * count}</methodName></methodCall>"
    ).encode()


@pytest.mark.parametrize(
    "body",
    [bomb(10, 10), bomb(30, 2), flat_bomb(100_000, 5_000), b"<a>" * 200_000],
    ids=["laughs", "doubling", "flat", "deep"],
)
def test_xml_bombs_are_answered_with_faults(body):
    with subject() as server:
        watched = server.growing_at_most(200)
        with watched, server.serving_others(), pytest.raises(xmlrpc.client.Fault):
            server.call(body)
        assert server.end() == []


def hundred_megabytes(wire: Wire) -> None:
    wire.send(f"POST /xmlrpc/ HTTP/1.1\r\nHost: a\r\nContent-Length: {100 * MB}\r\n\r\n".encode())
    for _ in range(100):
        wire.send(b"x" * MB)


def test_a_body_of_100_mb_gets_the_fault_of_real_servers():
    """servers.md 1.1."""
    with subject() as server:
        with server.growing_at_most(20), server.serving_others(), Wire(server.port, 60) as wire:
            hundred_megabytes(wire)
            answer = wire.answer()
            assert answer.status == 200
            with pytest.raises(xmlrpc.client.Fault) as raised:
                xmlrpc.client.loads(answer.body)
            assert (raised.value.faultCode, raised.value.faultString) == (1, TOO_BIG)
            wire.send(post())
            assert wire.answer().status == 200
        assert server.end() == []


def test_a_body_of_100_mb_is_bounded_where_old_django_had_no_bound():
    with subject("1.1-py2-sqlite") as server:
        with server.growing_at_most(170), server.serving_others(), Wire(server.port, 60) as wire:
            hundred_megabytes(wire)
            assert wire.answer().status == 413
        assert server.end() == []


@pytest.mark.parametrize("left_out", [0, 1])
def test_nobody_holds_a_body_that_is_answered_or_given_up(left_out):
    """The bodies together are some 250 MB."""
    body = post(b"x" * 2_500_000)
    with subject() as server:
        with server.growing_at_most(60), server.serving_others():
            wires = [Wire(server.port) for _ in range(100)]
            for wire in wires:
                wire.send(body[: len(body) - left_out])
                if left_out:
                    wire.close()
                    server.call(CALL)  # by when it has seen that
                else:
                    wire.answer()  # and it stays
            server.call(PATCH_LIST)
            for wire in wires:
                wire.close()
        assert server.end() == []


def test_a_head_of_1_mb_is_refused():
    with subject() as server:
        with server.growing_at_most(10), server.serving_others(), Wire(server.port) as wire:
            wire.send(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * MB + b"\r\n\r\n")
            assert wire.answer().status == 431
        (line,) = server.end()
        assert "was answered 431: " in line


def test_half_sent_requests_are_cut_off_after_a_while():
    with subject(request_timeout=1.0) as server:
        with server.growing_at_most(20), server.serving_others():
            wires = [Wire(server.port) for _ in range(200)]
            for number, wire in enumerate(wires):
                wire.send(post(b"x" * 1000)[: 1 + number * 5])
            for wire in wires:
                assert wire.rest() == b""
                wire.close()
        lines = server.end()
        assert 1 <= len(lines) <= 20  # one for each sweep that cut any off
        assert all("sent half a request and no more within 1 s" in line for line in lines)


@pytest.fixture
def many_descriptors() -> Iterator[int]:
    """Let this process, and those that it starts, open as many files as they may: so many."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield before[1] if before[1] != resource.RLIM_INFINITY else 1 << 20
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_five_thousand_idle_connections_hinder_nobody(many_descriptors: int):
    many = min(5000, many_descriptors - 200)
    with subject(connections=many + 1) as server:
        with server.growing_at_most(40), server.serving_others():
            wires = [Wire(server.port) for _ in range(many)]
            try:
                for wire in wires[::500]:
                    wire.send(post())
                    assert wire.answer().status == 200
            finally:
                for wire in wires:
                    wire.close()
        assert server.end() == []


@pytest.mark.usefixtures("many_descriptors")
def test_more_connections_at_once_than_descriptors_are_a_few_lines_in_the_log():
    import resource

    many = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, many[1]))
    with subject() as server, contextlib.ExitStack() as closing:
        resource.setrlimit(resource.RLIMIT_NOFILE, many)
        sockets = [closing.enter_context(socket.socket()) for _ in range(1000)]
        for each in sockets:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", server.port))
        end = time.monotonic() + 10
        for each in sockets[150:]:  # which are turned away
            readable = select.poll()  # select knows no descriptors from 1 024 on
            readable.register(each, select.POLLIN)
            readable.poll(1000 * max(0, end - time.monotonic()))
        closing.close()
        time.sleep(0.5)
        assert server.call(CALL) == [1, 3, 0]
        lines = server.end()
        assert 1 <= len(lines) <= 20
        assert all("connections were turned away" in line for line in lines)


def test_clients_that_vanish_in_the_middle_of_an_answer_leave_nothing_behind():
    with subject() as server:
        with server.growing_at_most(60), server.serving_others():
            for number in range(50):
                wire = Wire(server.port, receive=4096)
                wire.send(post(PATCH_LIST))
                wire.socket.recv(100)
                wire.reset() if number % 2 else wire.close()
            server.call(PATCH_LIST)
        lines = server.end()
        assert 1 <= len(lines) <= 20
        assert all(line.endswith("went away in the middle of its answer") for line in lines)


def test_clients_that_never_read_do_not_make_the_server_grow():
    """Their answers together are some 350 MB."""
    with subject(write_timeout=1.5) as server:
        with server.growing_at_most(60), server.serving_others():
            wires = [Wire(server.port, receive=4096) for _ in range(20)]
            for wire in wires:
                wire.send(post(PATCH_LIST) * 4)
            time.sleep(0.5)
            server.call(PATCH_LIST)
            time.sleep(3)
            for wire in wires:
                with suppress(ConnectionResetError):
                    wire.rest()  # cut off: what was on the way, and the end
                wire.close()
        lines = server.end()
        assert 1 <= len(lines) <= 20
        assert all("took nothing of its answer for 1.5 s" in line for line in lines)
