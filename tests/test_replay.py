"""Every recorded call, sent again through a real socket, and every answer compared.

The instances share out over pytest-xdist's workers.  What a run reproduced is written to
fixtures/reproduced.json, which `fakepw instances` and the README show.
"""

from __future__ import annotations

import fcntl
import http.client
import socket
from collections.abc import Iterator

import msgspec
import pytest

import fakepw
from fakepw.protocol.messages import Response
from tests import recordings
from tests.recordings import Answer, Call

REPRODUCED = recordings.FOLDER.parent / "reproduced.json"

#: Answers that are not reproduced byte for byte: (instance, dataset, id) -> why not.
MISSES: dict[tuple[str, str, str], str] = {}


def send(pw: fakepw.LiveServer, call: Call) -> Response:
    """The response to a recorded request, with its headers as they came."""
    with socket.create_connection((pw.host, pw.port), timeout=30) as connection:
        connection.sendall(recordings.as_bytes(call))
        answer = http.client.HTTPResponse(connection, method=call.method)
        answer.begin()
        body = answer.read()
        return Response(answer.status, tuple(answer.headers.items()), [body])


def replay(name: str) -> Iterator[tuple[Call, Answer, Response]]:
    """Each recorded call of an instance, in order, with the real answer and the fake's."""
    answers = recordings.answers(name)
    for dataset in "abc":
        fixture = recordings.dataset(dataset, name)
        instance, enabled = name.removesuffix("-disabled"), not name.endswith("-disabled")
        with fakepw.serve(fixture, instance=instance, enabled=enabled) as pw:
            for call in recordings.calls(dataset):
                if call.op == "reset":
                    pw.reset()
                elif call.key in answers:
                    yield call, answers[call.key], send(pw, call)


@pytest.mark.parametrize("name", recordings.INSTANCES)
def test_a_recorded_server_is_reproduced(name: str) -> None:
    total, wrong, other_bytes, unexpected = 0, 0, 0, []
    for call, answer, response in replay(name):
        total += 1
        reason = recordings.compare(call, answer, response)
        if reason is None:
            continue
        other_bytes += reason.startswith("bytes:")
        wrong += not reason.startswith("bytes:")
        if (name, *call.key) not in MISSES:
            unexpected.append(f"{call.dataset}: {call.id}: {reason[:400]}")
    assert not unexpected, f"{len(unexpected)} of {total}:\n" + "\n".join(unexpected[:20])
    assert total == len(recordings.answers(name))
    share = {"answers": total, "equal_values": total - wrong}
    share["equal_bytes"] = total - wrong - other_bytes
    assert share["equal_values"] == total
    assert share["equal_bytes"] >= 0.999 * total
    note(name, share)


def note(name: str, share: dict[str, int]) -> None:
    """Write down what was reproduced, one worker at a time."""
    with REPRODUCED.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = file.read()
        shares = {**msgspec.json.decode(before), name: share}
        after = msgspec.json.format(msgspec.json.encode(shares, order="sorted"), indent=1) + b"\n"
        if after != before:
            file.seek(0)
            file.truncate()
            file.write(after)
