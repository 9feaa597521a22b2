"""A run that was kept, as whoever wrote it told it: another version may know other requirements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..requirements.catalogue import CHAPTERS, Level, requirements
from .verdicts import Outcome, Run, Verdict


@dataclass(frozen=True)
class About:
    """What a report says of a requirement: the catalogue of its writer, which may know others."""

    level: Level
    text: str
    chapter: str

    @property
    def title(self) -> str:
        """The chapter's title, as far as there is such a chapter here."""
        return CHAPTERS.get(self.chapter, self.chapter)


@dataclass(frozen=True)
class Stored:
    """A run as a report tells it. `verdicts` are all of them, also of requirements that this
    version does not know; `run` holds those that it knows. `name` is how people call it."""

    name: str
    generator: str
    headline: str
    run: Run
    verdicts: dict[str, Verdict]
    about: dict[str, About]

    @property
    def unknown(self) -> list[str]:
        """The requirements that this version does not know."""
        return [number for number in self.verdicts if number not in requirements()]

    @property
    def failed(self) -> list[str]:
        """The requirements that failed, and were not known to."""
        return [n for n, v in self.verdicts.items() if v.outcome is Outcome.FAIL and not v.excused]

    @property
    def whole(self) -> bool:
        """Whether its writer decided, or tried to, all that it knew: what is not in it, it did not
        know."""
        narrowed = any(self.run.settings.get(name) for name in ("select", "skip", "failed_from"))
        return bool(self.verdicts) and not narrowed


def stored(run: Run, name: str, generator: str) -> Stored:
    """A run of this version, as if it had been kept."""
    verdicts = {verdict.id: verdict for verdict in run.verdicts}
    known = requirements()
    about = {n: About(known[n].level, known[n].text, known[n].chapter) for n in verdicts}
    return Stored(name, generator, run.headline, run, verdicts, about)


def ordered(numbers: Iterable[str]) -> list[str]:
    """Ids in the order of the catalogue; those that it does not know at the end of a chapter, and
    those of chapters that it does not know behind all others."""
    place = {number: index for index, number in enumerate(requirements())}
    chapters = list(CHAPTERS)

    def order(number: str) -> tuple[int, str, int, str]:
        chapter = number.split("-")[1]
        if chapter not in chapters:
            return len(chapters), chapter, 0, number
        return chapters.index(chapter), "", place.get(number, len(place)), number

    return sorted(numbers, key=order)
