"""What a run takes of memory is bounded, however much a server says."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from functools import cache

import pytest

from conformance.target import wire
from conformance.target.exchange import Answer
from conformance.target.sending.memory import LEAST, MEGABYTE, Memory
from conformance.target.sending.transport import Trouble
from tests.hostile import servers

#: How much a run may take beyond what it takes of an honest server, in bytes.
BOUND = 256 * 1024 * 1024
MEASURED = """
import sys
from conformance.__main__ import main
try:
    main()
finally:  # of this process alone: getrusage counts that of whoever started it, too
    used = open("/proc/self/status").read().split("VmHWM:")[1].split()[0]
    print("peak", int(used) * 1024, file=sys.stderr)
"""


#: It holds fifty answers against one another.
MANY = ("--select", "PW-HTTP-027")


def peak(url: str, *words: str) -> int:
    """The most that a run of a part of the suite holds at once, in bytes."""
    given = [
        "run",
        url,
        "--examples",
        "1",
        "--select",
        "VER",
        "--select",
        "SIG",
        "--max-time",
        "6",
        *words,
    ]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *given],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode in (0, 1, 3), done.stdout + done.stderr
    return int(done.stderr.rpartition("peak ")[2])


@cache
def usual() -> int:
    """What it takes of an honest server."""
    with servers.misbehaving(servers.honest) as server:
        return peak(server.url)


def seven_megabytes_of_text(turn: servers.Turn) -> Iterator[bytes]:
    """A large answer to each call, no two alike; a character beyond the first 65 536 has Python
    take four bytes for each."""
    text = f"\U0001f600{turn.number}{'a' * 7_000_000}"
    yield servers.written(200, servers.value(f"<string>{text}</string>"))


def a_megabyte_of_values(turn: servers.Turn) -> Iterator[bytes]:
    first = turn.number * 100_003
    items = "".join(f"<value>{first + number}</value>" for number in range(45_000))
    yield servers.written(200, servers.value(f"<array><data>{items}</data></array>"))


def a_million_tags(turn: servers.Turn) -> Iterator[bytes]:
    items = f"<value>{turn.number}</value>" + "<value/>" * 1_000_000
    yield servers.written(200, servers.value(f"<array><data>{items}</data></array>"))


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        (seven_megabytes_of_text, MANY),
        (servers.after_discovery(seven_megabytes_of_text), ()),
        (servers.after_discovery(a_megabyte_of_values), ()),
        (servers.after_discovery(a_million_tags), ()),
        (servers.after_discovery(servers.sixty_megabytes), ()),
    ],
    ids=["at once", "text", "values", "tags", "sixty"],
)
def test_large_answers_are_judged_and_dropped(
    manner: servers.Manner, words: tuple[str, ...]
) -> None:
    with servers.misbehaving(manner) as server:
        assert peak(server.url, *words) - usual() < BOUND


def test_what_is_read_is_gone_with_who_holds_it() -> None:
    """The parser of XML and its handlers refer to one another: nothing of that may stay."""
    gc.collect()
    gc.disable()
    try:
        gone = weakref.ref(wire.parse(b"<methodResponse><params><param><value>x</value>").reply)
        wire.parse(b"x" * wire.REMEMBERED)
        assert gone() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    bodies = [servers.value(f"{number}{'x' * 900_000}") for number in range(20)]
    replies = [weakref.ref(wire.parse(body).reply) for body in bodies]
    assert sum(reply() is not None for reply in replies) == wire.REMEMBERED // len(bodies[0])
    last = wire.parse(bodies[-1])
    assert last.reply is replies[-1]()


def answer(size: int) -> Answer:
    return Answer(200, body=b"x" * size)


def test_answers_that_are_held_count_until_nobody_holds_them() -> None:
    memory = Memory(1_000_000)
    held = []
    for _ in range(3):
        memory.grow(300_000)
        held.append(memory.keep(answer(300_000)))
        memory.shrink(300_000)
    with pytest.raises(Trouble, match=r"more than 0 megabytes would .* give a higher --max-memory"):
        memory.grow(300_000)
    memory.shrink(300_000)
    held.pop()
    memory.grow(300_000)


def test_what_has_too_many_tags_is_not_read() -> None:
    with pytest.raises(Trouble, match="an answer of 400001 tags was given up: it may have 400000"):
        Memory.of(256).keep(Answer(200, body=b"<" * 400_001))


def test_processes_share_what_a_run_may_take() -> None:
    assert Memory.of(960).room == 160 * MEGABYTE
    assert Memory.of(960, 2).room == 80 * MEGABYTE
    assert Memory.of(128, 8).room == LEAST
