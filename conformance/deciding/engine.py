"""How a requirement is decided: requests are made from the sample, sent, and the answers judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from hypothesis import Phase
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from ..requirements.catalogue import Level
from ..target import signals
from ..target.exchange import SILENCE, Basic, Exchange, Request, call
from ..target.knowing.walls import LET_THROUGH, wall
from ..target.knowing.world import Lacking, World
from ..target.login import Refused, advice, let_in, turned_away
from ..target.sending.budget import BudgetSpent
from ..target.sending.transport import BUSY, NoAnswer, Transport, Trouble, Withheld
from ..verdicts.evidence import KEPT, LITTLE, ROOM, evidence_of, weight
from ..verdicts.reproduction import Trust, curl
from ..verdicts.verdicts import Deviation, Evidence, Lasting, Outcome, Verdict
from .answers import Answers, at_once
from .bounds import excessive
from .decisions import (
    Decision,
    Finding,
    Mixed,
    Observation,
    Step,
    requests_of,
)
from .drawing import Settings, draw
from .found import Deviant, Found, Moving, unreadable, with_symptoms
from .keeping import state_folder
from .lost import looked_up
from .planning import written_to
from .restoring import Restorer


@dataclass
class Session:
    """One look at one server."""

    transport: Transport
    world: World
    look_again: Callable[[World], World]
    settings: Settings = field(default_factory=Settings)
    have: frozenset[str] = frozenset()
    report: Callable[[Verdict], None] = lambda verdict: None
    #: Called with every exchange, for recorders.
    watch: Callable[[Exchange], object] = lambda exchange: None
    #: Called with what a judge was shown at last, the sample it was held against, and its finding.
    judged: Callable[[Decision, World, tuple[Exchange, ...], Finding], None] = (
        lambda decision, world, exchanges, finding: None
    )
    #: Which certificates are trusted; lines that send a request again trust the same.
    trust: Trust = field(default_factory=Trust)
    #: How many steps each decision may take, by its id; whatever is not named takes all.
    allowed: Mapping[str, int] = field(default_factory=dict)
    sent: int = 0
    #: The folder in which what must be put back is remembered.
    journal: Path = field(default_factory=state_folder)
    #: The bytes of large evidence that may still be kept.
    room: int = ROOM
    #: What could not be put back, in sentences.
    unrestored: list[str] = field(default_factory=list)
    #: Answers to requests that carry wrong passwords: each is sent once only.
    _logins: dict[Request, Exchange] = field(default_factory=dict)
    #: Why the operator's credentials are not sent any more; '' if they are.
    _refused: str = ""
    #: Whether they were right at least once.
    _let_in: bool = False
    _answers: Answers = field(default_factory=Answers)

    def proved(self, login: Exchange) -> None:
        """Tell how the operator's login was answered. A wrong password is not sent again."""
        self._logins[login.request] = login
        self._heed(login)

    def send(self, request: Request, *, alone: bool = False, fresh: bool = False) -> Exchange:
        """Send one request, or recall its answer unless a `fresh` one is asked for.

        Raises Trouble or BudgetSpent.
        """
        signals.check()
        if self._refused and isinstance(request.authorization, Basic):
            raise Refused(self._refused)
        if request in self._logins:
            return self._logins[request]
        if not (fresh or alone) and (known := self._answers.of(request)):
            return known
        if why := excessive(self.world, request):
            raise Withheld(why)
        if request.writes:
            self.restorer.note(request)
        self.sent += 1
        exchange = Exchange(request, self.transport.send(request, alone=alone))
        self.watch(exchange)
        self._heed(exchange)
        if self._refused and isinstance(request.authorization, Basic):
            raise Refused(self._refused)
        if request.login:
            self._logins[request] = exchange
        if not request.writes:
            self._answers.add(exchange)
        return exchange

    def _heed(self, exchange: Exchange) -> None:
        """Learn from an answer whether the operator's credentials are right. Once they were, a
        refusal is the server's doing."""
        self._let_in = self._let_in or let_in(exchange)
        if not self._let_in and not self._refused:
            world = self.world
            self._refused = turned_away(exchange, world.username, world.plain_login)

    def perform(self, step: Step, *, fresh: bool = False) -> tuple[Exchange, ...]:
        """Send the requests of a step, in order. Answers are recalled where nothing is written
        and nothing is asked twice."""
        if isinstance(step, Request):
            return (self.send(step, fresh=fresh),)
        if isinstance(step, tuple):
            fresh = fresh or len(set(step)) < len(step) or any(r.writes for r in step)
            return tuple(self.send(request, fresh=fresh) for request in step)
        before = tuple(self.send(request, fresh=True) for request in step.before)
        during = at_once(lambda request: self.send(request, alone=True), step.at_once)
        return before + during + tuple(self.send(r, fresh=True) for r in step.after)

    @cached_property
    def restorer(self) -> Restorer:
        """What puts the patches back that are written to."""
        endpoint = self.transport.endpoint
        return Restorer(
            send=lambda request: self.send(request, fresh=True),
            endpoint=endpoint,
            login=self.world.username,
            patches=self.world.writable,
            folder=self.journal,
            budget=getattr(self.transport, "budget", None),
            line=lambda request: curl(request, endpoint, self.trust),
            told=self.unrestored,
        )

    def close(self) -> None:
        """Close what connections are kept open."""
        closing = getattr(self.transport, "close", None)
        if closing is not None:
            closing()

    def decide(self, decision: Decision) -> Verdict:
        """Decide one requirement and report the verdict."""
        started, sent = time.monotonic(), self.sent
        found = self._written(decision) if decision.writes else _Decider(self, decision).verdict()
        verdict = Verdict(
            decision.id,
            found.outcome,
            found.reason,
            with_symptoms(found.deviation, found.exchanges),
            self._evidence(found.exchanges),
            self.sent - sent,
            round(time.monotonic() - started, 4),
            applies=decision.requirement.applies(self.world.profile),
        )
        self.report(verdict)
        return verdict

    def _evidence(self, exchanges: Sequence[Exchange]) -> tuple[Evidence, ...]:
        kept = max(LITTLE, min(KEPT, self.room) // max(1, len(exchanges)))
        self.room -= weight(exchanges, kept)
        return evidence_of(self.transport.endpoint, exchanges, self.trust, kept)

    def _written(self, decision: Decision) -> Found:
        decider = _Decider(self, decision)
        if (spared := decider.spared()) is not None:
            return spared
        try:
            with self.restorer.restoring(written_to(decision, self.world, self.settings)):
                return decider.verdict()
        except (Trouble, BudgetSpent) as trouble:
            return Found(Outcome.INCONCLUSIVE, str(trouble))


#: As many steps as there are.
ALL = 1 << 30


class _Decider:
    """Decides one requirement once."""

    def __init__(self, session: Session, decision: Decision) -> None:
        self.session, self.decision = session, decision
        self.findings: dict[Step, Finding] = {}
        self.observed: dict[str, None] = {}
        self.judged = 0
        #: Why some step was not taken, if one was not.
        self.withheld = ""
        self.smallest: tuple[int, Deviation, tuple[Exchange, ...]] | None = None
        self.after_failure = 0

    def spared(self) -> Found | None:
        """Why nothing has to be sent, if nothing has."""
        requirement, session = self.decision.requirement, self.session
        if not requirement.applies(session.world.profile):
            return Found(Outcome.NOT_APPLICABLE, requirement.only)
        if lacks := self.decision.lacks(session.have):
            return Found(Outcome.NOT_RUN, lacks)
        return None

    def verdict(self) -> Found:
        requirement = self.decision.requirement
        if (spared := self.spared()) is not None:
            return spared
        try:
            self._try()
        except Lacking as lacking:
            if self.smallest is None:
                return Found(Outcome.NOT_APPLICABLE, str(lacking))
        except (Moving, Trouble, BudgetSpent) as trouble:
            if self.smallest is None:
                return Found(Outcome.INCONCLUSIVE, str(trouble))
        except Exception as error:  # of the probe: no server may break the suite by its rows
            return Found(Outcome.INCONCLUSIVE, unreadable(error, self.session.world))
        if self.smallest is not None:
            _, deviation, exchanges = self.smallest
            bad = Outcome.FAIL if requirement.level is Level.MUST else Outcome.WARNING
            return Found(bad, deviation.got, deviation, exchanges)
        if self.observed:
            return Found(Outcome.OBSERVED, "; ".join(self.observed))
        if not self.judged:
            if self.withheld:
                return Found(Outcome.NOT_RUN, self.withheld)
            return Found(Outcome.NOT_APPLICABLE, "no answer held anything to judge")
        if requirement.level is Level.INFO:
            return Found(Outcome.OBSERVED, "as most recorded servers do")
        return Found(Outcome.PASS)

    def _try(self) -> None:
        plan = self.decision.probe(self.session.world)
        fixed = plan.first if isinstance(plan, Mixed) else plan
        left = self.session.allowed.get(self.decision.id, ALL)
        if not isinstance(fixed, SearchStrategy):
            for step in fixed:
                if not left and self.judged:
                    return  # there is no room for more
                left -= left > 0
                if isinstance(self._examine(step), Deviation):
                    return
        drawn = plan.drawn if isinstance(plan, Mixed) else plan
        if isinstance(drawn, SearchStrategy) and (left or not self.judged):
            self._draw(drawn, max(1, left))

    def _draw(self, plan: SearchStrategy[Any], left: int) -> None:
        given = self.session.settings
        chosen = replace(given, examples=min(given.examples, left))
        stopped: list[Exception] = []

        def examine(step: Step) -> None:
            """The same for the same step however often it comes, whatever happens meanwhile:
            Hypothesis runs what raised again, and would call any other outcome flaky."""
            if step not in self.findings:
                self.after_failure += self.smallest is not None
                if stopped or self.after_failure > chosen.shrinks:
                    return
                try:
                    self._examine(step)
                except (Moving, Lacking, Trouble, BudgetSpent) as reason:
                    stopped.append(reason)
                    return
            if isinstance(self.findings[step], Deviation):
                raise Deviant

        try:
            draw(plan, examine, self.decision.id, chosen, Phase.generate, Phase.shrink)
        except Deviant:
            pass
        except HypothesisException:
            if self.smallest is None:
                raise
        if stopped:
            raise stopped[0]

    def _examine(self, step: Step) -> Finding:
        if step in self.findings:
            return self.findings[step]
        try:
            finding, exchanges = self._look(step)
        except Withheld as why:
            self.withheld, finding, exchanges = str(why), None, ()
        if isinstance(finding, Deviation) and self.decision.writes:
            finding, exchanges = self._write_again(step, finding, exchanges)
        elif isinstance(finding, Deviation) and self.decision.data:
            finding, exchanges = self._confirm(step, finding, exchanges)
        self.findings[step] = finding
        self.session.judged(self.decision, self.session.world, exchanges, finding)
        if finding is not None:
            self.judged += 1
        if isinstance(finding, Observation):
            self.observed[finding.text] = None
        if isinstance(finding, Deviation):
            size = sum(len(e.request.body) for e in exchanges)
            if self.smallest is None or size < self.smallest[0]:
                self.smallest = (size, finding, exchanges)
        return finding

    def _look(self, step: Step, *, fresh: bool = False) -> tuple[Finding, tuple[Exchange, ...]]:
        try:
            exchanges = self.session.perform(step, fresh=fresh)
        except NoAnswer as trouble:
            if self.decision.silence:
                return None, ()
            if not self.decision.hang:
                raise self._looked_up(step, trouble) from None
            return self._hung(step, trouble), self._unanswered(step)
        for exchange in exchanges:
            if exchange.request.method == "POST" and (name := wall(exchange.answer)):
                raise Trouble(f"{name} answered a call: {LET_THROUGH}")
            if exchange.answer.status in BUSY:
                if exchange.answer.status != 429:  # a front may pass on calls, and nothing else
                    if self.decision.silence:
                        return None, ()
                    if exchange.request.method != "POST":
                        continue
                raise Trouble(
                    f"a gateway in front answered HTTP {exchange.answer.status};"
                    " try again later or lower --rate"
                )
        return self._judged(exchanges), exchanges

    def _looked_up(self, step: Step, trouble: NoAnswer) -> Trouble:
        if not self.decision.writes:
            return trouble
        send = self.session.send
        return looked_up(requests_of(step), send, lambda r: send(r, fresh=True), trouble)

    def _judged(self, exchanges: tuple[Exchange, ...]) -> Finding:
        world = self.session.world
        try:
            return self._advised(self.decision.judge(world, *exchanges), exchanges)
        except (Lacking, Trouble):
            raise
        except Exception as error:
            raise Trouble(unreadable(error, world, exchanges)) from None

    def _advised(self, finding: Finding, exchanges: tuple[Exchange, ...]) -> Finding:
        """The finding, and what to do where a front took the credentials away."""
        if not isinstance(finding, Deviation) or finding.advice:
            return finding
        told = next((text for exchange in exchanges if (text := advice(exchange))), "")
        return replace(finding, advice=told)

    def _hung(self, step: Step, trouble: NoAnswer) -> Deviation:
        """No answer twice while other calls are answered is the request's doing."""
        self.session.send(call("pw_rpc_version"), fresh=True)
        try:
            self.session.perform(step, fresh=True)
        except NoAnswer:
            self.session.send(call("pw_rpc_version"), fresh=True)
            shown = step.describe() if isinstance(step, Request) else "the last of these requests"
            return Deviation(f"an answer to {shown}", str(trouble))
        raise trouble

    def _unanswered(self, step: Step) -> tuple[Exchange, ...]:
        """What was sent in vain, as evidence: the last of several requests."""
        if isinstance(step, Request):
            return (Exchange(step, SILENCE),)
        if isinstance(step, tuple):
            return tuple(Exchange(request, SILENCE) for request in step[-1:])
        return ()

    def _write_again(
        self, step: Step, first: Deviation, exchanges: tuple[Exchange, ...]
    ) -> tuple[Finding, tuple[Exchange, ...]]:
        """Only what shows twice is the server's doing: someone else may have written meanwhile.

        What patch_set never changes cannot be put back either, so that it does not show twice.
        """
        if isinstance(first, Lasting):
            return first, exchanges
        if not self.session.restorer.anew():
            raise Moving
        finding, exchanges = self._look(step, fresh=True)
        if not isinstance(finding, Deviation):
            raise Moving
        self.session.restorer.confirm()
        return finding, exchanges

    def _confirm(
        self, step: Step, finding: Finding, exchanges: tuple[Exchange, ...]
    ) -> tuple[Finding, tuple[Exchange, ...]]:
        """Look again between two equal looks at the rows, before anyone is accused."""
        session = self.session
        for _ in range(session.settings.rereads):
            before = session.look_again(session.world)
            if not before.same_rows(session.world):
                session.world = before
            finding, exchanges = self._look(step, fresh=True)
            if not isinstance(finding, Deviation):
                return None, exchanges
            if session.look_again(before).same_rows(before):
                return finding, exchanges
        raise Moving
