"""Worlds: Patchworks beside one another on one server, each under `/w/ID/`, each for itself.

What is immutable they share: rows, traits, and all that is made of traits.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from msgspec import Struct

from ..patchwork.instances.instances import DEFAULT
from ..patchwork.patchwork import Patchwork
from ..patchwork.rows.rows import Dataset
from ..rules.spec import Spec
from .journal.journal import MOST_BYTES
from .pipeline import Pipeline
from .steering import Start, Steering, Wanted

#: Worlds that a server holds at most, and the bytes of all their journals together.
MOST, JOURNALS = 4000, 256 * 1024 * 1024
#: The bytes that the rows of all worlds may take, about, and those of a row beside its texts.
ROWS, ROW = 512 * 1024 * 1024, 600
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
    steering: Guest
    idle: float
    asked: float

    @property
    def due(self) -> float:
        """When it will have been left alone for too long, if nobody asks it anything until then."""
        return self.asked + self.idle

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


class Guest(Steering):
    """What steers a world: its rows are of those that there is room for."""

    def __init__(
        self,
        host: Host,
        number: str,
        pipeline: Pipeline,
        start: Start,
        faults: Iterable[Spec],
        taken: int,
    ) -> None:
        super().__init__(pipeline, start, faults)
        self._host, self._number = host, number
        self.taken = taken  # the bytes of its rows, if they are its own

    def admit(self, dataset: Dataset) -> None:
        """Raise ValueError if there is no room for those rows in the place of those of now."""
        self.taken = self._host.room_for(dataset, self.taken)

    def world(self, wanted: Wanted) -> WorldState:
        """Make a world on the same server, which is like this one in all that is not said."""
        return self._host.world(replace(wanted, beside=self._number))


class Host(Steering):
    """What steers a server's own Patchwork, and the worlds beside it.

    A world that nobody asks anything for its idle time is gone: by the machine's clock, as a
    double's own may stand still, or be anywhere. `due` says when to look for one again; whatever
    is done with worlds does so, too.

    `idle` is that time for worlds that say nothing of it. Raises ValueError for what is none.
    """

    taken = 0  # the bytes of its rows: they are no world's

    def __init__(
        self,
        pipeline: Pipeline,
        start: Start = Start(),  # noqa: B008 (it is frozen)
        faults: Iterable[Spec] = (),
        idle: float | None = None,
    ) -> None:
        super().__init__(pipeline, start, faults)
        self.idle = idle_of(idle)
        self.due: float | None = None
        self._worlds: dict[str, World] = {}
        self._followers: list[Callable[[Pipeline], object]] = []

    def follow(self, follower: Callable[[Pipeline], object]) -> None:
        """Tell somebody of the server's own pipeline, and of every world's as it is made."""
        self._followers.append(follower)
        follower(self.pipeline)

    def world(self, wanted: Wanted) -> WorldState:
        """Make a world.

        Raises ValueError for what no instance, path or time can be, and for one world too many;
        LookupError if there is none that it is to be like.
        """
        base = self if wanted.beside is None else self.found(wanted.beside).steering
        alone = idle_of(wanted.idle, self.idle)
        self.let_go_of_the_idle()
        if len(self._worlds) >= MOST:
            raise ValueError(f"there are {MOST} worlds, and room for no more; close some first")
        taken = base.taken if wanted.dataset is None else self.room_for(wanted.dataset)
        number = secrets.token_hex(4)
        pipeline = Pipeline(
            _patchwork(base, wanted, f"/w/{number}"), self.pipeline.watch, self.pipeline.timer
        )
        start = wanted.start or (base.start if wanted.dataset is None else Start())
        faults = base.faults if wanted.dataset is None else wanted.faults
        guest = Guest(self, number, pipeline, start, faults, taken)
        world = World(number, guest, alone, self.pipeline.timer())
        self._worlds[number] = world
        self.due = world.due if self.due is None else min(self.due, world.due)
        self._share_out()
        for follower in self._followers:
            follower(pipeline)
        return world.state

    def room_for(self, dataset: Dataset, instead: int = 0) -> int:
        """The bytes that rows take, about; of which so many are there already.

        Raises ValueError if all worlds together would take more than there is for them.
        """
        taken = _size(dataset)
        held = sum(world.steering.taken for world in self._worlds.values()) - instead
        if held + taken > ROWS:
            text = f"the rows of this world take {_mega(taken)}, those of all others {_mega(held)},"
            text += f" and all together may take {_mega(ROWS)}: close some, or send fewer rows"
            raise ValueError(text)
        return taken

    def worlds(self) -> list[WorldState]:
        """The worlds that there are."""
        self.let_go_of_the_idle()
        return [world.state for world in self._worlds.values()]

    def found(self, number: str) -> World:
        """A world that is asked something now. Raises LookupError if it is gone, or never was."""
        world = self._worlds.get(number)
        now = self.pipeline.timer()
        if world is None or _alone(world, now):
            self.let_go_of_the_idle()
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

    def let_go_of_the_idle(self) -> None:
        """Let the worlds go that were left alone for too long; `due` is when to look again."""
        now = self.pipeline.timer()
        idle = [world.id for world in self._worlds.values() if _alone(world, now)]
        for number in idle:
            self._worlds.pop(number).steering.pipeline.journal.end_all()
        if idle:
            self._share_out()
        dues = (max(now, world.due) for world in self._worlds.values())
        self.due = min(dues, default=None)

    def _share_out(self) -> None:
        """Give every world's journal its share of the bytes that there are for all."""
        share = min(MOST_BYTES, JOURNALS // max(1, len(self._worlds)))
        for world in self._worlds.values():
            world.steering.pipeline.journal.most_bytes = share


def _patchwork(base: Steering, wanted: Wanted, under: str) -> Patchwork:
    own = base.pipeline.patchwork
    at = own.place.api if wanted.at is None else wanted.at
    if wanted.dataset is None:
        like = own.instance.name if wanted.instance is None else wanted.instance
        laid = own.settings | wanted.settings
        return Patchwork(own.seed, like, settings=laid, under=under, at=at)
    like = DEFAULT if wanted.instance is None else wanted.instance
    return Patchwork(wanted.dataset, like, settings=wanted.settings, under=under, at=at)


def _alone(world: World, now: float) -> bool:
    """Whether a world was left alone for too long; not while somebody waits for its answer."""
    return now > world.due and not world.steering.pipeline.waiting


def _size(dataset: Dataset) -> int:
    """The bytes that rows take, about: what counts is their texts."""
    texts = sum(
        len(row.headers) + len(row.content or "") + len(row.diff or "") for row in dataset.patches
    )
    texts += sum(len(row.headers) + len(row.content) for row in dataset.comments)
    tables = (getattr(dataset, name) for name in dataset.__struct_fields__)
    return texts + ROW * sum(map(len, tables))


def _mega(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MiB"


def idle_of(seconds: float | None, otherwise: float = IDLE) -> float:
    """For how long a world may be left alone; as told otherwise, if nothing is said.

    Raises ValueError.
    """
    if seconds is None:
        return otherwise
    if type(seconds) not in (int, float) or not 0 < seconds <= LONGEST:
        raise ValueError(f"idle is seconds above 0 and up to {LONGEST:.0f}, not {seconds!r}")
    return float(seconds)
