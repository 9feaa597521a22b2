"""The exchanges of a bundle judged again, offline, by the judges of this version.

The sample of rows is made again from what the survey of that run was answered; then each judge is
shown what it was shown then. What is not in the bundle is never made up: it is told.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from ..deciding.decisions import DECISIONS, Decision, Finding, Observation
from ..deciding.found import with_symptoms
from ..requirements.catalogue import Level, Requirement, requirements
from ..target import signals
from ..target.exchange import Answer, Exchange, Request, from_json
from ..target.knowing.survey import Found, Surveyor
from ..target.knowing.world import Lacking, World
from ..target.login import LOGIN
from ..target.sending.transport import Endpoint, NoAnswer, Trouble
from ..verdicts.evidence import evidence_of
from ..verdicts.verdicts import Deviation, Outcome, Run, Verdict
from .bundle import Bundle
from .notes import FORMAT

#: The most lines of notes that are read, and exchanges in one of them.
LINES, TOGETHER = 1_000_000, 500
#: How much is looked at in one bundle, in bytes of exchanges, each counted with some more as often
#: as it is looked at: far more than a run comes to, and no more than takes some minutes.
WORK, MORE = 2_000_000_000, 500

_Numbers = list[int]


class _Line(msgspec.Struct):
    """One line of notes: an exchange (`n`), the survey, another look, or what was judged."""

    n: int = 0
    request: dict[str, Any] = {}
    status: int = 0
    headers: list[tuple[str, str]] = []
    body: str | None = None
    body_b64: str = ""
    lacks: str = ""
    survey: int = 0
    endpoint: tuple[str, str, int, str] = ("http", "", 0, "")
    notes: list[str] = []
    username: str = ""
    plain_login: bool = True
    thrifty: bool = False
    writable: list[int] = []
    create_checks: bool = False
    world: int = -1
    base: int = 0
    judged: str = ""
    exchanges: _Numbers = []


class _Missing(Exception):
    """What would be needed is not in the bundle; the text says why."""


class _Playback:
    """Answers as that run was answered, in that order; the last answer to a request stays."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._answers: dict[Request, list[Answer]] = {}
        for exchange in exchanges:
            self._answers.setdefault(exchange.request, []).append(exchange.answer)

    def ask(self, request: Request) -> Exchange:
        """The exchange. Raises NoAnswer if no answer came, or it was never asked."""
        known = self._answers.get(request)
        if not known:
            raise NoAnswer("that run did not ask for it")
        answer = known.pop(0) if len(known) > 1 else known[0]
        if not answer.status:
            raise NoAnswer("no answer came")
        return Exchange(request, answer)


@dataclass
class _Work:
    """How much may still be looked at."""

    left: int

    def take(self, exchange: Exchange) -> None:
        """Look at an exchange. Raises _Missing if that is too much."""
        self.left -= len(exchange.answer.body) + len(exchange.request.body) + MORE
        if self.left < 0:
            raise _Missing("there is more in the bundle than any run comes to")


@dataclass
class _Notes:
    """The notes of one process. Worlds are made when they are asked for."""

    first: World | None
    work: _Work
    exchanges: dict[int, Exchange | str] = field(default_factory=dict)
    looks: dict[int, tuple[int, _Numbers]] = field(default_factory=dict)
    judged: list[_Line] = field(default_factory=list)
    _worlds: dict[int, World] = field(default_factory=dict)

    def together(self, numbers: _Numbers) -> list[Exchange]:
        """These exchanges. Raises _Missing if one of them is not there, or not whole."""
        found = []
        for number in numbers[: TOGETHER + 1]:
            exchange = self.exchanges.get(number, "it is not in the bundle")
            if isinstance(exchange, str):
                raise _Missing(exchange)
            self.work.take(exchange)
            found.append(exchange)
        return found

    def world(self, number: int) -> World:
        """The sample as it was at a look. Raises _Missing."""
        later = []
        while number and number not in self._worlds:
            later.append(number)
            base, _ = self.looks.get(number, (number, []))
            if not 0 <= base < number:
                raise _Missing("what was seen of the rows is not in the bundle")
            number = base
        world = self._worlds.get(number) or self.first
        assert world is not None
        for each in reversed(later):
            world = self._worlds[each] = self._look(world, self.looks[each][1])
        return world

    def _look(self, world: World, numbers: _Numbers) -> World:
        try:
            return Surveyor(_Playback(self.together(numbers)).ask).look_again(world)
        except Trouble as error:
            raise _Missing(f"the rows cannot be read again: {error}") from None


@dataclass(frozen=True)
class Again:
    """A run judged again: `run` as it is judged now, and how many looks at how many requirements
    that took. `lost` are the requirements that could not be judged again, and why."""

    run: Run
    looks: int
    judged: int
    lost: dict[str, str]


def judge_again(bundle: Bundle) -> Again:
    """Judge what a bundle holds. Nothing is sent.

    Raises ValueError, in one sentence, if it holds no exchanges that can be read.
    """
    if not bundle.notes:
        raise ValueError(
            f"{bundle.name} holds no exchanges: that run"
            f" {bundle.stored.run.trouble or 'asked for nothing'}"
        )
    lines = [_lines(text, bundle.name) for text in bundle.notes]
    work = _Work(WORK)
    endpoint, world = _surveyed(lines, bundle.name, work)
    looked: dict[str, _Looks] = {}
    for each in lines:
        notes = _notes(each, world, work)
        for line in notes.judged:
            signals.check()
            looked.setdefault(line.judged, _Looks()).take(line, notes)
    run, lost = _run(bundle, endpoint, world, looked)
    judged = [looks for looks in looked.values() if looks.judged]
    return Again(run, sum(looks.judged for looks in judged), len(judged), lost)


def _lines(text: str, name: str) -> list[_Line]:
    decoder = msgspec.json.Decoder(_Line)
    found = []
    try:
        for number, line in enumerate(text.splitlines(), 1):
            if number > LINES:
                raise ValueError(f"it has more than {LINES} lines")
            found.append(decoder.decode(line))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        where = f"line {number} of its exchanges"
        raise ValueError(f"{name} is damaged: {where}: {str(error)[:200]}") from None
    return found


def _notes(lines: Sequence[_Line], first: World | None, work: _Work) -> _Notes:
    found = _Notes(first, work)
    for line in lines:
        if line.n:
            found.exchanges[line.n] = _exchange(line)
        elif line.judged:
            found.judged.append(line)
        elif line.world > 0:
            found.looks[line.world] = line.base, line.exchanges
    return found


def _exchange(line: _Line) -> Exchange | str:
    """The exchange of a line, or why there is none."""
    if line.lacks:
        return line.lacks
    try:
        body = line.body.encode() if line.body is not None else b64decode(line.body_b64)
        return Exchange(from_json(line.request), Answer(line.status, tuple(line.headers), body))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "it is damaged"


def _surveyed(files: Sequence[Sequence[_Line]], name: str, work: _Work) -> tuple[Endpoint, World]:
    """Where that server was, and the sample that was first made of it."""
    lines, line = next(
        ((lines, line) for lines in files for line in lines if line.survey), ([], _Line())
    )
    if line.survey != FORMAT:
        told = f"are of format {line.survey}" if line.survey else "do not say what was found"
        raise ValueError(f"{name}: its exchanges {told}, and this version reads {FORMAT}")
    try:
        asked = _notes(lines, None, work).together(line.exchanges)
    except _Missing as error:
        raise ValueError(f"{name}: the server cannot be surveyed again: {error}") from None
    if not asked:
        raise ValueError(f"{name} is damaged: nothing was asked of the server")
    endpoint = Endpoint(*line.endpoint)
    playback = _Playback(asked)
    try:
        world = Surveyor(playback.ask).survey(Found(endpoint, asked[0], tuple(line.notes)))
    except (Trouble, ArithmeticError, ValueError, TypeError, LookupError) as error:
        raise ValueError(f"{name}: the server cannot be surveyed again: {error}") from None
    if login := next((e for e in asked if e.request == LOGIN), None):
        world.keep("login", login)
    world.username, world.plain_login = line.username, line.plain_login
    world.thrifty, world.create_checks = line.thrifty, line.create_checks
    world.writable = tuple(line.writable)
    return endpoint, world


@dataclass
class _Looks:
    """All that was seen of one requirement."""

    judged: int = 0
    #: Why one of the looks could not be judged again; '' if all could.
    lost: str = ""
    observed: dict[str, None] = field(default_factory=dict)
    smallest: tuple[int, Deviation, tuple[Exchange, ...]] | None = None

    def take(self, line: _Line, notes: _Notes) -> None:
        """Judge one look again."""
        decision = DECISIONS.get(line.judged)
        if decision is None:
            return
        try:
            exchanges = notes.together(line.exchanges)
            finding = _judged(decision, notes.world(line.world), exchanges)
        except _Missing as error:
            self.lost = str(error)
            return
        if finding is None:
            return
        self.judged += 1
        if isinstance(finding, Observation):
            self.observed[finding.text] = None
        if isinstance(finding, Deviation):
            size = sum(len(exchange.request.body) for exchange in exchanges)
            if self.smallest is None or size < self.smallest[0]:
                self.smallest = size, finding, tuple(exchanges)


def _judged(decision: Decision, world: World, exchanges: Sequence[Exchange]) -> Finding:
    silent = [exchange for exchange in exchanges if not exchange.answer.status]
    if silent:
        if not decision.hang:
            raise _Missing("no answer came")
        return Deviation(f"an answer to {silent[0].request.describe()}", "no answer came")
    try:
        return decision.judge(world, *exchanges)
    except Lacking as error:
        raise _Missing(str(error)) from None
    except Exception as error:  # of a judge that wants other exchanges than that version's did
        raise _Missing(f"this version judges it otherwise ({type(error).__name__})") from None


def _run(
    bundle: Bundle, endpoint: Endpoint, world: World, looked: Mapping[str, _Looks]
) -> tuple[Run, dict[str, str]]:
    before, lost = bundle.stored, {}
    verdicts = []
    for number, requirement in requirements().items():
        then = before.verdicts.get(number)
        looks = looked.get(number, _Looks())
        if then is None and not looks.judged:
            continue  # that run was not asked for it, or did not know it
        found = _verdict(requirement, then, looks, world)
        if looks.smallest and found.outcome in (Outcome.FAIL, Outcome.WARNING):
            _, deviation, exchanges = looks.smallest
            found = replace(
                found,
                deviation=with_symptoms(deviation, exchanges),
                evidence=evidence_of(endpoint, exchanges),
            )
        if then is not None and found is not then and found.outcome is Outcome.INCONCLUSIVE:
            lost[number] = found.reason
        verdicts.append(found)
    return replace(before.run, verdicts=verdicts), lost


def _verdict(
    requirement: Requirement, then: Verdict | None, looks: _Looks, world: World
) -> Verdict:
    """What a requirement comes to now. Where nothing was judged then, that stays as it was."""
    excused = then.excused if then else ""
    applies = requirement.applies(world.profile)

    def found(outcome: Outcome, reason: str = "") -> Verdict:
        return Verdict(requirement.id, outcome, reason, excused=excused, applies=applies)

    if not applies:
        return found(Outcome.NOT_APPLICABLE, requirement.only)
    if looks.smallest:
        bad = Outcome.FAIL if requirement.level is Level.MUST else Outcome.WARNING
        return found(bad, looks.smallest[1].got)
    excused = ""
    if looks.lost:
        return found(Outcome.INCONCLUSIVE, f"it cannot be judged again: {looks.lost}")
    if looks.observed:
        return found(Outcome.OBSERVED, "; ".join(looks.observed))
    if looks.judged and requirement.level is Level.INFO:
        return found(Outcome.OBSERVED, "as most recorded servers do")
    if looks.judged:
        return found(Outcome.PASS)
    kept = (Outcome.NOT_APPLICABLE, Outcome.NOT_RUN, Outcome.INCONCLUSIVE)
    if then is not None and then.outcome in kept:
        return then
    return found(Outcome.INCONCLUSIVE, "it cannot be judged again: no look at it is in the bundle")
