"""Answers that end before the end that they announce: every client breaks, and it is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from conformance.chapters import load
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.deciding.decisions import DECISIONS
from conformance.requirements.catalogue import requirements
from conformance.verdicts.verdicts import ExitCode, Outcome, Run, Verdict
from tests.hostile import servers

load()

METHODS = (
    *("state_list", "project_list", "person_list", "patch_list", "check_list", "patch_get"),
    *("patch_get_mbox", "patch_get_diff", "patch_get_by_hash", "patch_check_get", "check_get"),
    *("project_get", "person_get", "state_get", "patch_get_by_project_hash"),
)


def _asks(turn: servers.Turn, method: str) -> bool:
    return f"<methodName>{method}</methodName>".encode() in turn.body


def longer(method: str) -> servers.Manner:
    """It announces 50 bytes more than it sends, and hangs up."""

    def manner(turn: servers.Turn) -> Iterator[bytes]:
        data = turn.honest()
        if not _asks(turn, method):
            yield data
            return
        yield re.sub(
            rb"Content-Length: (\d+)", lambda m: b"Content-Length: %d" % (int(m[1]) + 50), data
        )
        raise servers.Hangup

    return manner


def half(method: str) -> servers.Manner:
    """It hangs up amid the body."""

    def manner(turn: servers.Turn) -> Iterator[bytes]:
        data = turn.honest()
        head, gap, body = data.partition(b"\r\n\r\n")
        yield data if not _asks(turn, method) else head + gap + body[: len(body) // 2]
        if _asks(turn, method):
            raise servers.Hangup

    return manner


def chunk(method: str) -> servers.Manner:
    """It hangs up before the last chunk."""

    def manner(turn: servers.Turn) -> Iterator[bytes]:
        if not _asks(turn, method):
            yield turn.honest()
            return
        body = turn.carried_out().body
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
        yield b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(body), body)
        raise servers.Hangup

    return manner


def verdicts(manner: servers.Manner, *wanted: str, **options: object) -> list[Verdict]:
    with servers.misbehaving(manner) as server:
        given = Options(url=server.url, examples=1, timeout=10, **options)  # type: ignore[arg-type]
        looking = session(given, discover(given))
        try:
            return [
                looking.decide(DECISIONS[number])
                for number, about in requirements().items()
                if not wanted or number in wanted or about.chapter in wanted
            ]
        finally:
            looking.close()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("thrifty", [False, True], ids=["", "thrifty"])
def test_an_answer_longer_than_what_comes_is_a_failure(method: str, thrifty: bool) -> None:
    limit = {"max_requests": 600} if thrifty else {}
    (verdict,) = verdicts(longer(method), "PW-HTTP-035", **limit)
    assert verdict.outcome is Outcome.FAIL, verdict.reason
    assert verdict.deviation is not None
    assert f"an answer to {method}(" in verdict.deviation.expected
    assert "50 bytes that were announced did not come" in verdict.deviation.got


@pytest.mark.parametrize("manner", [half, chunk])
def test_however_it_is_cut(manner: object) -> None:
    (verdict,) = verdicts(manner("state_list"), "PW-HTTP-035")  # type: ignore[operator]
    assert verdict.outcome is Outcome.FAIL, verdict.reason


def test_the_whole_run_is_not_conformant_and_accuses_it_of_nothing_else() -> None:
    found = verdicts(longer("state_list"))
    failed = {v.id for v in found if v.outcome is Outcome.FAIL}
    assert "PW-HTTP-035" in failed
    for verdict in found:
        if verdict.outcome is Outcome.FAIL:
            assert verdict.deviation is not None
            assert "did not come" in verdict.deviation.got, verdict
    assert Run("u", verdicts=found).exit_code is ExitCode.NOT_CONFORMANT


def test_a_connection_that_is_lost_once_accuses_nobody() -> None:
    """What does not show again is the network's doing."""
    lost: list[int] = []

    def manner(turn: servers.Turn) -> Iterator[bytes]:
        if _asks(turn, "state_list") and len(lost) < 2 and turn.number % 3 == 0:
            lost.append(turn.number)
            raise servers.Hangup
        yield turn.honest()

    found = verdicts(manner, "LIST", "HTTP", "XML")
    assert [v for v in found if v.outcome is Outcome.FAIL] == []
