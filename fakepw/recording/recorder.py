"""A recording from its URL to its fixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..fixtures import FixtureError, dumps, load
from .answers import Unfit
from .noting import notes, summary
from .reading import Reader, Tell, Wanted
from .source import Contradiction, Source, Stopped, release
from .suite import signals

#: All of it but for checks.
EVERYTHING = Wanted()


@dataclass(frozen=True)
class Recorded:
    """A fixture, as bytes; what is in it, in a line; and how many requests it took."""

    fixture: bytes
    instance: str | None
    summary: str
    notes: tuple[str, ...]
    requests: int


class GivenUp(Exception):
    """A recording that ended early: why, in a sentence, and how many answers are kept for the next
    time."""

    def __init__(self, why: str, kept: int = 0, *, anew: bool = False) -> None:
        super().__init__(why)
        self.kept = kept
        #: Whether those answers are of no use, for they cannot all be true.
        self.anew = anew


def record(
    url: str,
    wanted: Wanted = EVERYTHING,
    *,
    progress: Path | None = None,
    anonymise: bool = False,
    tell: Tell = lambda what, done, total: None,
    save: Callable[[bytes], None] = lambda fixture: None,
    **how: Any,
) -> Recorded:
    """Record a Patchwork. `how`: as `Source` takes it.

    What was answered is kept at `progress` until `save` was given the fixture; it goes on from
    there. Raises GivenUp.
    """
    try:
        source = Source(url, progress, **how)
    except (Stopped, Unfit) as error:
        raise GivenUp(str(error)) from None
    finished = False
    try:
        with signals.heeded():
            recorded = _recorded(source, wanted, anonymise, tell)
            save(recorded.fixture)
        finished = True
        return recorded
    except (Stopped, Unfit) as error:
        anew = isinstance(error, Contradiction)
        raise GivenUp(str(error), len(source.answers), anew=anew) from None
    except KeyboardInterrupt:
        raise GivenUp("interrupted", len(source.answers)) from None
    finally:
        source.close(finished=finished)


def _recorded(source: Source, wanted: Wanted, anonymise: bool, tell: Tell) -> Recorded:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    begun = source.answers.noted("begun", today)
    read = Reader(source, wanted, tell).read()
    when = begun if begun == today else f"{begun} to {today}"
    whence = "a Patchwork" if anonymise else source.endpoint.url
    said = notes(read, wanted, f"Recorded from {whence} by fakepw {release()}, {when}.")
    dataset = read.dataset
    try:
        load(dataset)
    except FixtureError as error:
        raise Contradiction(
            f"what {source.endpoint.url} says contradicts itself: {error.errors[0]}"
        ) from None
    if anonymise:
        from .anonymising import anonymised

        dataset, more = anonymised(dataset)
        said.append(more)
    name = read.detected.likeliest if read.detected.alike else None
    fixture = dumps(dataset, instance=name, notes=said)
    return Recorded(fixture, name, summary(read), tuple(said), source.budget.spent)
