"""What an application can have become of a request, beyond an answer at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakepw.double.outcome import Answer, End, Later, Outcome
from fakepw.protocol.messages import Request, Response

from .wire import Wire, answers, echo, post, serving, text_response, until

LONG = Response(200, (("Content-Length", "1000000"),), [b"x" * 1000] * 1000)


def staged(answer: Answer) -> Callable[[Request], Answer]:
    """An application that gives this for `/staged`, and otherwise an echo."""
    return lambda request: answer if request.target == b"/staged" else echo(request)


STAGED = post(target="/staged")
FINE = text_response(b"fine")


def test_an_answer_that_comes_later_lets_nobody_else_wait():
    with serving(staged(Later(0.3, lambda: FINE))) as (_, port), Wire(port) as wire:
        wire.send(STAGED)
        assert answers(port)
        assert wire.answer().body == b"fine"
        wire.send(STAGED)
        assert wire.answer().body == b"fine"


def test_what_was_asked_behind_it_on_the_same_connection_waits_its_turn():
    with serving(staged(Later(0.1, lambda: FINE))) as (_, port), Wire(port) as wire:
        wire.send(post(b"abc", "/1") + STAGED + STAGED + post(b"abc", "/2"))
        bodies = [wire.answer().body for _ in range(4)]
    assert bodies == [b"POST /1 3", b"fine", b"fine", b"POST /2 3"]


def test_nothing_is_carried_out_before_its_time_nor_once_the_client_has_hung_up():
    done = []

    def application(request: Request) -> Answer:
        if request.target != b"/staged":
            return echo(request)
        return Later(0.2, lambda: done.append("done") or FINE, lambda: done.append("given up"))

    with serving(application) as (server, port):
        with Wire(port) as wire:
            wire.send(STAGED)
            assert answers(port)
            assert not done
            wire.reset()
            assert until(lambda: not server.connections)
        with Wire(port) as wire:
            wire.send(STAGED)
            assert wire.answer().body == b"fine"
    assert done == ["given up", "done"]


def test_a_delay_is_no_silence_that_a_client_is_cut_off_for():
    with (
        serving(
            staged(Later(0.5, lambda: FINE)),
            idle_timeout=0.1,
            request_timeout=0.1,
            linger_timeout=0.1,
        ) as (_, port),
        Wire(port) as wire,
    ):
        wire.send(STAGED)
        assert wire.answer().body == b"fine"


def test_who_has_sent_all_still_gets_what_comes_later():
    with serving(staged(Later(0.2, lambda: FINE))) as (_, port), Wire(port) as wire:
        wire.send(STAGED)
        wire.socket.shutdown(1)
        assert wire.answer().body == b"fine"
        assert wire.rest() == b""


def test_later_may_be_followed_by_later_and_by_what_raises(caplog):
    def broken() -> Answer:
        raise ZeroDivisionError

    with serving(staged(Later(0.01, lambda: Later(0.01, broken)))) as (_, port), Wire(port) as wire:
        wire.send(STAGED + post(b"abc"))
        assert wire.answer().status == 500
        assert wire.answer().body == b"POST /xmlrpc/ 3"
    assert len(caplog.records) == 1


def test_a_server_that_ends_carries_out_nothing_more():
    done = []
    later = Later(0.1, lambda: done.append(1) or FINE)
    with serving(staged(later)) as (_, port), Wire(port) as wire:
        wire.send(STAGED)
        assert answers(port)
    with serving(staged(Later(0.3, lambda: FINE))) as (_, port), Wire(port) as wire:
        wire.send(STAGED)  # long enough for what was to come
        assert wire.answer().body == b"fine"
    assert not done


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("behind", [b"", post()])
def test_a_connection_can_be_closed_after_an_answer_that_does_not_say_so(late, behind):
    """As uWSGI does."""
    outcome = Outcome(FINE, end=End.CLOSE)
    answer = Later(0.05, lambda: outcome) if late else outcome
    with serving(staged(answer)) as (_, port), Wire(port) as wire:
        wire.send(STAGED + behind)
        got = wire.answer()
        assert (got.body, got.get("Connection")) == (b"fine", None)
        assert wire.rest() == b""


def test_a_connection_can_be_closed_without_an_answer(caplog):
    with serving(staged(Outcome(end=End.CLOSE))) as (_, port), Wire(port) as wire:
        wire.send(post(b"abc") + STAGED + post())
        assert wire.answer().body == b"POST /xmlrpc/ 3"
        assert wire.rest() == b""
    assert not caplog.records


@pytest.mark.parametrize("response", [None, FINE, LONG])
def test_a_connection_can_be_reset(response, caplog):
    with serving(staged(Outcome(response, end=End.RESET))) as (server, port):
        with Wire(port) as wire:
            wire.send(STAGED)
            with pytest.raises(ConnectionResetError):
                wire.rest()
        assert until(lambda: not server.connections)
        assert answers(port)
    assert not caplog.records


@pytest.mark.parametrize("cut", [0, 1, 70_000, 999_999])
def test_an_answer_can_break_off(cut):
    with serving(staged(Outcome(LONG, cut=cut, end=End.CLOSE))) as (_, port), Wire(port) as wire:
        wire.send(STAGED)
        head, _, body = wire.rest().partition(b"\r\n\r\n")
        assert b"Content-Length: 1000000" in head
        assert body == b"x" * cut


def test_an_answer_in_chunks_breaks_off_in_a_chunk():
    response = Response(301, (("Location", "/xmlrpc/"),), [b"abc", b"def"])
    with serving(staged(Outcome(response, cut=4, end=End.CLOSE))) as (_, port), Wire(port) as wire:
        wire.send(STAGED)
        assert wire.rest().endswith(b"\r\n\r\n6\r\nabcd")


@pytest.mark.parametrize("outcome", [Outcome(), Outcome(FINE, cut=2), Outcome(LONG, cut=900_000)])
@pytest.mark.parametrize("asked", [STAGED, post(target="/staged", Connection="close")])
def test_a_client_can_be_left_waiting_until_it_hangs_up(outcome, asked, caplog):
    with serving(staged(outcome), idle_timeout=0.1, linger_timeout=0.1) as (server, port):
        with Wire(port, timeout=0.5) as wire:
            wire.send(asked + post())
            with pytest.raises(TimeoutError):
                wire.rest()
            assert answers(port)
            assert server.connections
        assert until(lambda: not server.connections)
    assert not caplog.records
