"""What clients may not bring about: that others wait or lose anything, or a server grows or fails.

A short round; `make attack` is the long one.
"""

from __future__ import annotations

import resource
import threading
import xmlrpc.client
from collections.abc import Iterator
from typing import Any

import pytest

import fakepw

from ..serving.watched import MB, PATCH_LIST, WATCHED, subject
from ..serving.wire import CALL, Wire, echo, post, serving, until
from .attack import over_sockets, printed, through_respond
from .clients import (
    SMUGGLED,
    asks_on_and_never_reads,
    crowd,
    idles,
    never_reads,
    sends_a_head_without_end,
    sends_chunks_without_end,
    sends_rubbish,
    stops_half_way,
    vanishes_before_its_answer,
    vanishes_in_mid_answer,
)

pytestmark = WATCHED

MBOX = xmlrpc.client.dumps((2,), "patch_get_mbox").encode()


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """Let this process, and those that it starts, open as many files as they may."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def answers(port: int) -> bool:
    """Whether somebody who comes now is answered, and not turned away."""
    with Wire(port) as wire:
        wire.send(post())
        status: int = wire.answer().status
    return status == 200


# Who does not read.


@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_that_never_read_ten_megabytes_hold_up_nobody_and_little():
    """Their answers together are ten gigabytes, of rows that all answers share."""
    with (
        subject(patches=7500) as server,
        server.growing_at_most(200),
        server.serving_others(),
        crowd(never_reads, server.port, 1000, asked=PATCH_LIST),
    ):
        for _ in range(20):
            assert server.call(CALL) == [1, 3, 0]


@pytest.mark.usefixtures("many_descriptors")
def test_what_no_answers_share_is_bounded_as_well(caplog):
    """Their answers together are 300 MB, of which nothing is another's."""
    with subject(patches=10, mail=5 * MB, unsent_bytes=30 * MB) as server:
        server.call(MBOX)
        watched = server.growing_at_most(100)
        others = server.serving_others()
        with watched, others, crowd(never_reads, server.port, 60, asked=MBOX):
            for _ in range(20):
                assert server.call(CALL) == [1, 3, 0]
        lines = server.end()
        assert lines
        known = ("too many answers that nobody reads", "went away in the middle", "took nothing")
        assert all(any(each in line for each in known) for line in lines)


def test_who_takes_nothing_makes_room_for_who_asks_after_a_while():
    with subject(patches=10, mail=5 * MB, unsent_bytes=13 * MB, write_timeout=600.0) as server:
        with crowd(never_reads, server.port, 2, asked=MBOX), Wire(server.port) as late:
            assert server.call(CALL) == [1, 3, 0]
            answers: list[int] = []

            def served() -> bool:
                with Wire(server.port) as wire:
                    wire.send(post(MBOX))
                    answers.append(wire.answer().status)
                return answers[-1] == 200

            assert until(served)
            late.send(post(CALL))
            assert late.answer().status == 200
        assert any("while others needed the room" in line for line in server.end())


def test_requests_that_nobody_reads_the_answers_of_stay_bytes():
    with (
        subject() as server,
        server.growing_at_most(60),
        server.serving_others(),
        crowd(asks_on_and_never_reads, server.port, 20, asked=PATCH_LIST),
    ):
        assert server.call(CALL) == [1, 3, 0]


def test_more_requests_than_there_is_room_for_end_the_connection(caplog):
    with serving(echo, held_bytes=100_000) as (server, port):
        with crowd(asks_on_and_never_reads, port, 1):
            assert until(lambda: not server.connections)
        assert until(lambda: server.held == 0)
    assert "asked for more than there is room for" in caplog.text


# Who stops, vanishes or says nothing.


@pytest.mark.usefixtures("many_descriptors")
def test_crowds_of_every_kind_at_once_hinder_nobody():
    with subject(request_timeout=2.0) as server:
        with (
            server.growing_at_most(100),
            server.serving_others(),
            crowd(idles, server.port, 300),
            crowd(stops_half_way, server.port, 300),
            crowd(never_reads, server.port, 30, asked=PATCH_LIST, times=3),
            crowd(vanishes_in_mid_answer, server.port, 30, asked=PATCH_LIST),
            crowd(vanishes_before_its_answer, server.port, 100),
            crowd(sends_a_head_without_end, server.port, 5),
            crowd(sends_chunks_without_end, server.port, 5),
        ):
            assert server.call(CALL) == [1, 3, 0]
        assert printed(server) == []


def test_rubbish_is_one_line_each():
    with subject() as server:
        with server.serving_others():
            for seed in range(50):
                sends_rubbish(server.port, seed).close()
            assert server.call(CALL) == [1, 3, 0]
        assert printed(server) == []


def test_64_descriptors_are_enough_to_go_on():
    many = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, many[1]))
    try:
        with subject() as server:
            resource.setrlimit(resource.RLIMIT_NOFILE, many)
            for _ in range(3):
                with crowd(idles, server.port, 100):
                    pass
            assert until(lambda: answers(server.port))
            assert printed(server) == []
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, many)


# What is sent.


@pytest.mark.parametrize("shape", SMUGGLED)
def test_nothing_is_smuggled_past_a_proxy(shape):
    """Whatever a proxy takes it for, what it hides is not answered as a request of its own."""
    seen = []

    def application(request):
        seen.append(request.target)
        return echo(request)

    with serving(application) as (_, port), Wire(port) as wire:
        wire.send(SMUGGLED[shape])
        wire.socket.shutdown(1)
        answers = wire.rest().count(b"HTTP/1.")
    assert b"/hidden" not in seen
    assert answers <= 1


def test_a_hundred_thousand_pipelined_requests_are_answered_in_order():
    count = 100_000
    with subject() as server, server.growing_at_most(30), server.serving_others():
        wire = Wire(server.port, timeout=60)
        sender = threading.Thread(target=wire.send, args=(post() * count,))
        sender.start()
        for _ in range(count):
            assert wire.answer().status == 200
        sender.join()
        wire.close()


@pytest.mark.parametrize("seed", range(2))
def test_mutated_requests_are_answered_whatever_they_are(seed):
    found = through_respond(seed, requests=3000, seconds=60)
    assert found.wrong == []
    assert found.tried


def test_mutated_requests_over_sockets_leave_the_server_as_it_was():
    with subject(patches=200) as server:
        with server.growing_at_most(40), server.serving_others():
            found = over_sockets(server.port, 0, requests=500, seconds=60)
        assert found.wrong == []
        assert printed(server) == []


# Many at once.


def test_nothing_is_stale_or_lost_among_fifty_threads_of_reads_writes_and_resets():
    threads, rounds = 50, 20
    failures: list[str] = []
    rows = {
        "projects": [{"linkname": "netdev"}],
        "users": [{"username": "kim", "password": "secret", "maintainer_of": ["netdev"]}],
        "patches": [{"id": n, "name": f"[{n}] x", "project": "netdev"} for n in range(1, 51)],
    }

    def work(number: int, url: str, pw: fakepw.LiveServer) -> None:
        """Each has a patch of its own; only resets come in between."""
        try:
            with xmlrpc.client.ServerProxy(url) as proxy:
                for turn in range(rounds):
                    text = f"{number}-{turn}"
                    proxy.patch_set(number, {"commit_ref": text})
                    patch: Any = proxy.patch_get(number)
                    got = patch["commit_ref"]
                    if got not in (text, ""):
                        failures.append(f"{text}: {got}")
                    if number % 10 == 0:
                        pw.reset()
        except Exception as error:
            failures.append(repr(error))

    with fakepw.serve(rows) as pw:
        url = pw.url.replace("://", "://kim:secret@")
        workers = [threading.Thread(target=work, args=(n, url, pw)) for n in range(1, threads + 1)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        pw.reset()
        assert pw.state() == fakepw.load(rows)
    assert failures == []
