"""Worlds: Patchworks beside one another on one server, each under `/w/ID/`, each for itself.

What is immutable they share: rows, traits, and all that is made of traits.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msgspec import Struct

from ..patchwork.instances.instances import DEFAULT
from ..patchwork.patchwork import Patchwork
from .journal.journal import MOST_BYTES
from .pipeline import Pipeline
from .rules.spec import Spec
from .steering import Start, Steering, Wanted

#: Worlds that a server holds at most, and the bytes of all their journals together.
MOST, JOURNALS = 4000, 256 * 1024 * 1024
#: Seconds for which nobody need ask a world for anything: unless it says otherwise, and at most.
IDLE, LONGEST = 3600.0, 7 * 24 * 3600.0


class WorldState(Struct, frozen=True):
    """A world: its id, the paths of its XML-RPC API and of its control API, what it is, and for how
    many seconds it may be left alone."""

    id: str
    path: str
    control: str
    instance: str
    patches: int
    idle: float


@dataclass(slots=True)
class World:
    """A world: what steers it, how long it may be left alone, and when it was last asked."""

    id: str
    steering: Steering
    idle: float
    asked: float

    @property
    def root(self) -> str:
        """The path below which all of it is."""
        return f"/w/{self.id}"

    @property
    def state(self) -> WorldState:
        """As others are told of it."""
        patchwork = self.steering.pipeline.patchwork
        return WorldState(
            id=self.id,
            path=patchwork.place.url_path,
            control=f"{self.root}/_fakepw/",
            instance=patchwork.instance.name,
            patches=len(patchwork.store.patches),
            idle=self.idle,
        )


class Host(Steering):
    """What steers a server's own Patchwork, and the worlds beside it.

    A world that nobody asks anything for its idle time is gone: by the machine's clock, as a
    double's own may stand still, or be anywhere. It is looked for whenever something is done with
    worlds, so that no timer has to run.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        start: Start = Start(),  # noqa: B008 (it is frozen)
        faults: Iterable[Spec] = (),
    ) -> None:
        super().__init__(pipeline, start, faults)
        self._worlds: dict[str, World] = {}
        self._followers: list[Callable[[Pipeline], object]] = []

    def follow(self, follower: Callable[[Pipeline], object]) -> None:
        """Tell somebody of the server's own pipeline, and of every world's as it is made."""
        self._followers.append(follower)
        follower(self.pipeline)

    def world(self, wanted: Wanted) -> WorldState:
        """Make a world.

        Raises ValueError for what no instance, path or time can be, and for one world too many.
        """
        alone = _idle(wanted.idle)
        self._let_go_of_the_idle()
        if len(self._worlds) >= MOST:
            raise ValueError(f"there are {MOST} worlds, and room for no more; close some first")
        number = secrets.token_hex(4)
        pipeline = Pipeline(
            self._patchwork(wanted, f"/w/{number}"), self.pipeline.watch, self.pipeline.timer
        )
        for follower in self._followers:
            follower(pipeline)
        start = wanted.start or (self.start if wanted.dataset is None else Start())
        faults = self.faults if wanted.dataset is None else wanted.faults
        world = World(number, Steering(pipeline, start, faults), alone, self.pipeline.timer())
        self._worlds[number] = world
        self._share_out()
        return world.state

    def _patchwork(self, wanted: Wanted, under: str) -> Patchwork:
        own = self.pipeline.patchwork
        at = own.place.api if wanted.at is None else wanted.at
        if wanted.dataset is None:
            like = own.instance.name if wanted.instance is None else wanted.instance
            laid = own.settings | wanted.settings
            return Patchwork(own.seed, like, settings=laid, under=under, at=at)
        like = DEFAULT if wanted.instance is None else wanted.instance
        return Patchwork(wanted.dataset, like, settings=wanted.settings, under=under, at=at)

    def worlds(self) -> list[WorldState]:
        """The worlds that there are."""
        self._let_go_of_the_idle()
        return [world.state for world in self._worlds.values()]

    def found(self, number: str) -> World:
        """A world that is asked something now. Raises LookupError if it is gone, or never was."""
        world = self._worlds.get(number)
        now = self.pipeline.timer()
        if world is None or now - world.asked > world.idle:
            self._let_go_of_the_idle()
            text = f"there is no world {number!r}: it was closed, or left alone too long"
            raise LookupError(text)
        world.asked = now
        return world

    def end_world(self, number: str) -> None:
        """Let a world go. One that is gone already may be let go again."""
        world = self._worlds.pop(number, None)
        if world is not None:
            world.steering.pipeline.journal.end_all()
            self._share_out()

    def _let_go_of_the_idle(self) -> None:
        now = self.pipeline.timer()
        idle = [world.id for world in self._worlds.values() if now - world.asked > world.idle]
        for number in idle:
            self._worlds.pop(number).steering.pipeline.journal.end_all()
        if idle:
            self._share_out()

    def _share_out(self) -> None:
        """Give every world's journal its share of the bytes that there are for all."""
        share = min(MOST_BYTES, JOURNALS // max(1, len(self._worlds)))
        for world in self._worlds.values():
            world.steering.pipeline.journal.most_bytes = share


def _idle(seconds: float | None) -> float:
    if seconds is None:
        return IDLE
    if isinstance(seconds, bool) or not 0 < seconds <= LONGEST:
        raise ValueError(f"idle is seconds above 0 and up to {LONGEST:.0f}, not {seconds!r}")
    return float(seconds)
