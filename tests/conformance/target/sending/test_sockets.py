"""What travels over sockets: one deadline for each exchange, every request counted, and nothing
that writes sent where nobody may be listening any more."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover
from conformance.target.exchange import Answer, Basic, Request, call
from conformance.target.knowing.survey import Unusable
from conformance.target.sending import connecting, sockets
from conformance.target.sending.budget import Budget, BudgetSpent
from conformance.target.sending.connecting import quiet
from conformance.target.sending.sockets import ACCIDENTS, LOST, HttpTransport
from conformance.target.sending.transport import (
    Credentials,
    NoAnswer,
    Trouble,
    Unreachable,
    endpoint_of,
    retry_after,
)
from tests.hostile import servers

READ, WRITE = call("pw_rpc_version"), call("patch_set", 1, {"commit_ref": "abc"}, auth=Basic())
KIM = Credentials("kim", "earl-grey")


Opening = Callable[..., HttpTransport]


@pytest.fixture
def transport(tmp_path: Path) -> Iterator[Opening]:
    """Opens transports on one budget, and closes them."""
    opened: list[HttpTransport] = []

    def make(url: str, *, limit: int = 0, seconds: float = 0.0, **more: Any) -> HttpTransport:
        budget = Budget(tmp_path / "budget", limit=limit, seconds=seconds)
        given: dict[str, Any] = {"timeout": 5.0, "credentials": KIM} | more
        opened.append(HttpTransport(endpoint_of(url)[0], budget, **given))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.mark.parametrize("manner", servers.ENDLESS, ids=lambda m: m.__name__)
def test_no_answer_takes_longer_than_the_deadline(
    manner: servers.Manner, transport: Opening
) -> None:
    with servers.misbehaving(manner) as server:
        talking = transport(server.url, timeout=0.4)
        started = time.monotonic()
        with pytest.raises(Trouble):
            talking.send(READ)
        assert time.monotonic() - started < 10  # without a deadline it would never end
        assert talking.budget.spent == len(server.turns) == 1


def test_a_name_that_nobody_resolves_in_time_is_given_up(
    monkeypatch: pytest.MonkeyPatch, transport: Opening
) -> None:
    import socket

    asleep, resolve = threading.Event(), socket.getaddrinfo

    def slow(host: str, port: int, *given: object, flags: int = 0, **more: object) -> object:
        if not flags:
            asleep.wait(20)
        return resolve("no such name", port, flags=socket.AI_NUMERICHOST)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(Unreachable, match="does not resolve"):
        transport("http://slow.example", timeout=0.2, credentials=None).send(READ)
    asleep.set()


def test_what_is_sent_again_is_counted(transport: Opening) -> None:
    """By a server that hangs up at the second request on each connection."""
    with servers.misbehaving(servers.cuts_kept_connections) as server:
        talking = transport(server.url)
        for number in range(6):
            assert talking.send(call("patch_get", number)).status == 200
        assert len(server.turns) > 6
        assert talking.budget.spent == len(server.turns)


def test_a_budget_bounds_what_is_sent_again(transport: Opening) -> None:
    with servers.misbehaving(servers.cuts_kept_connections) as server:
        talking = transport(server.url, limit=2)
        talking.send(READ)
        with pytest.raises(BudgetSpent):
            talking.send(READ)
        assert len(server.turns) == 2


@pytest.mark.parametrize(
    "manner",
    [servers.closes_without_a_word, servers.cuts_kept_connections],
    ids=lambda m: m.__name__,
)
def test_no_write_meets_a_closed_connection(manner: servers.Manner, transport: Opening) -> None:
    """As behind uWSGI, which closes without saying so."""
    with servers.misbehaving(manner) as server:
        talking = transport(server.url)
        for turn in range(5):
            assert talking.send(READ).status == 200
            write = call("patch_set", 1, {"commit_ref": str(turn)}, auth=Basic())
            assert talking.send(write).status == 200
        assert sum(turn.writes for turn in server.turns) == 5
        assert all(turn.place == 1 for turn in server.turns if turn.writes)


def test_a_write_whose_answer_was_lost_is_not_sent_again(transport: Opening) -> None:
    with servers.misbehaving(servers.to_writes(servers.loses_answers)) as server:
        talking = transport(server.url)
        talking.send(READ)
        with pytest.raises(NoAnswer):
            talking.send(WRITE)
        assert sum(turn.writes for turn in server.turns) == 1


def half(turn: servers.Turn) -> Iterator[bytes]:
    """Cuts the second answer on each connection."""
    if turn.place == 1:
        yield turn.honest()
        return
    yield turn.honest()[:-40]
    raise servers.Hangup


def test_answers_that_are_cut_on_kept_connections_count_once_they_are_no_accident(
    transport: Opening,
) -> None:
    with servers.misbehaving(half) as server:
        talking = transport(server.url)
        for _ in range(1 + ACCIDENTS):
            assert talking.send(READ).status == 200
        with pytest.raises(NoAnswer, match="within the answer"):
            talking.send(READ)
        assert len(server.turns) == talking.budget.spent == 1 + 2 * ACCIDENTS + 1


def test_a_cut_answer_is_none(transport: Opening) -> None:
    with (
        servers.misbehaving(servers.says_more) as server,
        pytest.raises(NoAnswer, match="10 bytes that were announced"),
    ):
        transport(server.url).send(READ)


def test_what_was_not_asked_for_is_no_answer_to_what_is_asked_next(transport: Opening) -> None:
    with servers.misbehaving(servers.answers_twice) as server:
        talking = transport(server.url)
        for _ in range(3):
            assert b"somebody else" not in talking.send(READ).body
            assert servers.until(lambda: talking._kept is None or not quiet(talking._kept))


def test_early_hints_are_no_answer(transport: Opening) -> None:
    def hinting(turn: servers.Turn) -> Iterator[bytes]:
        yield b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + turn.honest()

    with servers.misbehaving(hinting) as server:
        talking = transport(server.url)
        assert [talking.send(READ).status for _ in range(2)] == [200, 200]


def test_nobody_there_any_more_is_asked_no_more(transport: Opening) -> None:
    with servers.misbehaving(servers.after_discovery(servers.silent, 1)) as server:
        talking = transport(server.url, timeout=0.3)
        talking.send(READ)
        for _ in range(LOST - 1):
            with pytest.raises(NoAnswer):
                talking.send(call("state_list"))
        with pytest.raises(BudgetSpent, match="has stopped answering"):
            talking.send(call("state_list"))
        sent = len(server.turns)
        other = transport(server.url)  # as another worker has it
        with pytest.raises(BudgetSpent, match="has stopped answering"):
            other.send(READ)
        assert len(server.turns) == sent
        assert other.budget.stopped
        with other.budget.beyond(), pytest.raises(NoAnswer):
            HttpTransport(other.endpoint, other.budget, timeout=0.2).send(READ)  # to put back


def test_odd_requests_that_are_dropped_stop_nothing(transport: Opening) -> None:
    """A front may drop what it does not like; whoever answers plain calls is still there."""
    with servers.misbehaving(servers.to_calls("state_list", servers.hangs_up)) as server:
        talking = transport(server.url)
        for _ in range(3 * LOST):
            with pytest.raises(NoAnswer):
                talking.send(call("state_list"))
        assert talking.send(READ).status == 200


def test_the_time_of_a_run_ends_it(transport: Opening) -> None:
    with servers.misbehaving(servers.to_calls("state_list", servers.silent)) as server:
        talking = transport(server.url, seconds=0.8)
        assert talking.send(READ).status == 200
        with pytest.raises(BudgetSpent, match="--max-time"):  # and not that the server hangs
            talking.send(call("state_list"))
        with pytest.raises(BudgetSpent, match="--max-time"):
            talking.send(READ)
        with talking.budget.beyond():
            assert talking.send(READ).status == 200


def test_a_clock_that_is_set_back_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = Budget(tmp_path / "b", rate=1000, seconds=60)
    budget.take()
    for leap in (-1e8, 1e8):
        monkeypatch.setattr(time, "time", lambda leap=leap: 1.7e9 + leap)
        started = time.monotonic()
        Budget(tmp_path / "b", rate=1000, seconds=60).take()
        assert time.monotonic() - started < 10


@pytest.mark.parametrize("moment", servers.MOMENTS)
def test_a_retry_after_that_no_clock_has_is_none(moment: str) -> None:
    assert retry_after(Answer(503, (("Retry-After", moment),))) >= 0


def test_a_retry_after_goes_by_the_servers_clock() -> None:
    headers = (
        ("Date", "Mon, 01 Jan 2001 00:00:00 GMT"),
        ("Retry-After", "Mon, 01 Jan 2001 00:00:07 GMT"),
    )
    assert retry_after(Answer(503, headers)) == 7


def tls(expired: bool = False) -> tuple[Any, ssl.SSLContext]:
    import trustme

    authority = trustme.CA()
    ends = datetime.now(UTC) - timedelta(days=1) if expired else None
    certificate = authority.issue_cert("127.0.0.1", not_after=ends)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return authority, context


def test_certificates_are_looked_at(tmp_path: Path, transport: Opening) -> None:
    authority, context = tls()
    file = str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(file)
    with servers.misbehaving(servers.honest, tls=context) as server:
        with pytest.raises(Unreachable, match="is not trusted"):
            transport(server.url).send(READ)
        talking = transport(server.url, ca=file)
        assert [talking.send(request).status for request in (READ, READ, WRITE)] == [200] * 3
        assert len({id(turn) for turn in server.turns if turn.place == 1}) == 2
        assert transport(server.url, insecure=True).send(READ).status == 200


def test_a_certificate_that_has_expired_is_not_trusted(tmp_path: Path, transport: Opening) -> None:
    authority, context = tls(expired=True)
    file = str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(file)
    with servers.misbehaving(servers.honest, tls=context) as server:
        with pytest.raises(Unreachable, match="expired"):
            transport(server.url, ca=file).send(READ)
        assert not server.turns


def test_http_to_where_tls_is_spoken_asks_whether_https_is_meant() -> None:
    _, context = tls()
    with servers.misbehaving(servers.honest, tls=context) as server:
        url = server.url.replace("https", "http")
        with pytest.raises(Unusable, match=r"is https://127\.0\.0\.1:\d+ meant"):
            discover(Options(url=url))


@pytest.mark.parametrize("manner", [servers.honest, servers.silent, servers.speaks_no_http])
def test_https_to_where_none_is_spoken_is_told(manner: servers.Manner) -> None:
    with servers.misbehaving(manner) as server:
        url = server.url.replace("http", "https", 1)
        with pytest.raises(Unusable, match=r"TLS.*; is it an http:// address\?"):
            discover(Options(url=url, timeout=0.5))


def test_a_forked_process_leaves_the_connection_to_its_parent(transport: Opening) -> None:
    with servers.misbehaving(servers.honest) as server:
        talking = transport(server.url)
        talking.send(READ)
        child = os.fork()
        if not child:
            try:
                os._exit(talking.send(READ).status != 200)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert talking.send(READ).status == 200
        places = [turn.place for turn in server.turns]
        assert places == [1, 1, 2]
        assert talking.budget.spent == 3


def test_requests_are_counted_from_many_threads(transport: Opening) -> None:
    with servers.misbehaving(servers.honest) as server:
        talking = transport(server.url)

        def ask(request: Request) -> None:
            talking.send(request, alone=True)

        threads = [threading.Thread(target=ask, args=(READ,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert talking.budget.spent == len(server.turns) == 8


def test_a_response_that_outlives_what_it_was_read_from_says_nothing() -> None:
    """As where a signal ends a run within an answer: what is collected first is open to chance."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        arriving = sockets._Arriving(ours, connecting.Deadline(5))
        response = sockets._begin(sockets._Incoming(arriving), "POST")
        arriving.close()
        response.close()
