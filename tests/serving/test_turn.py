"""Who is answered before whom."""

from __future__ import annotations

import asyncio

import pytest

from fakepw.serving.connections import turn as module
from fakepw.serving.connections.turn import MOST_TOGETHER, Turn


class Waiting:
    """A connection that only notes what becomes of it."""

    def __init__(
        self, name: str, events: list[str], long: bool, error: Exception | None = None
    ) -> None:
        self.name, self.events, self.long, self.error = name, events, long, error

    def proceed(self, last: bool = False) -> bool:
        if self.long and not last:
            return False
        self.events.append(f"{self.name} proceeds")
        if self.error is not None:
            raise self.error
        return True

    def flush(self) -> None:
        self.events.append(f"{self.name} is flushed")

    def fail(self, error: Exception) -> None:
        self.events.append(f"{self.name} fails")


def turned(*added: tuple[str, bool], error: Exception | None = None) -> list[str]:
    """What became of connections, by their names and whether they ask for what is lengthy."""
    events: list[str] = []

    async def one() -> None:
        turn = Turn()
        for name, lengthy in added:
            turn.add(Waiting(name, events, lengthy, error))
        for _ in range(2 * len(added) + 2):
            await asyncio.sleep(0)

    asyncio.run(one())
    return events


def proceeded(events: list[str]) -> list[str]:
    return [event.split()[0] for event in events if event.endswith("proceeds")]


def test_those_of_one_turn_are_answered_before_anything_is_written():
    assert turned(("a", False), ("b", False)) == [
        "a proceeds",
        "b proceeds",
        "a is flushed",
        "b is flushed",
    ]


def test_who_asks_for_what_is_lengthy_comes_after_all_others_whoever_came_first():
    events = turned(("long", True), ("longer", True), ("a", False), ("b", False))
    assert proceeded(events) == ["a", "b", "long", "longer"]
    assert events.index("b is flushed") < events.index("long proceeds")


def test_what_is_lengthy_is_not_put_off_for_ever():
    names = [(str(number), False) for number in range(3 * MOST_TOGETHER)]
    assert proceeded(turned(("long", True), *names)).index("long") == MOST_TOGETHER


def test_a_moment_is_all_before_the_loop_looks_who_else_has_come(monkeypatch):
    monkeypatch.setattr(module, "MOMENT", 0.0)
    events: list[str] = []

    async def one() -> None:
        turn = Turn()
        for number in range(5):
            turn.add(Waiting(f"long{number}", events, True))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        turn.add(Waiting("newcomer", events, False))
        for _ in range(20):
            await asyncio.sleep(0)

    asyncio.run(one())
    order = proceeded(events)
    assert order.index("newcomer") <= 3
    assert len(order) == 6


def test_who_fails_hinders_nobody():
    events = turned(("a", False), ("b", False), error=ZeroDivisionError())
    assert events[:4] == ["a proceeds", "a fails", "b proceeds", "b fails"]


@pytest.mark.parametrize("lengthy", [False, True])
def test_finish_answers_all_at_once(lengthy):
    events: list[str] = []

    async def one() -> None:
        turn = Turn()
        for number in range(100):
            turn.add(Waiting(str(number), events, lengthy))
        turn.finish()
        assert len(proceeded(events)) == 100

    asyncio.run(one())


def test_what_shows_to_be_lengthy_while_others_wait_comes_after_them():
    events: list[str] = []

    async def one() -> None:
        turn = Turn()
        crowd = [Waiting(f"same{number}", events, False) for number in range(5)]
        crowd[0].proceed = lambda last=False: [setattr(each, "long", True) for each in crowd]  # type: ignore
        for each in crowd:
            turn.add(each)
        turn.add(Waiting("other", events, False))
        await asyncio.sleep(0)

    asyncio.run(one())
    assert proceeded(events)[0] == "other"


def newcomers(count: int) -> list[str]:
    """What became of a lengthy one while so many came in, one in each round of the loop."""
    events: list[str] = []

    async def one() -> None:
        turn = Turn()
        turn.newcomer()
        turn.add(Waiting("long", events, True))
        for number in range(count):
            await asyncio.sleep(0)
            turn.newcomer()
            turn.add(Waiting(str(number), events, False))
        for _ in range(5):
            await asyncio.sleep(0)

    asyncio.run(one())
    return proceeded(events)


def test_what_is_lengthy_waits_for_those_who_come_one_by_one(monkeypatch):
    monkeypatch.setattr(module, "DOOR", 60)
    assert newcomers(50) == [*map(str, range(50)), "long"]


def test_what_is_lengthy_waits_for_newcomers_only_a_while(monkeypatch):
    monkeypatch.setattr(module, "DOOR", 0)
    assert newcomers(50).index("long") < 5
