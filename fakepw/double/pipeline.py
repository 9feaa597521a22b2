"""The one pipeline, Request to Outcome: a Patchwork, and all that a test does to it.

Whoever carries requests, a socket or `fakepw.Transport`, asks `answer` and does what the Outcome
says; so both see the same faults, and the same journal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import UNSET

from ..patchwork.patchwork import Patchwork
from ..protocol.messages import Request, Response, Watch
from ..protocol.site import Asked, site_of
from ..rules.presets import PRESETS
from ..rules.spec import Spec
from .clock import Clock, now
from .journal.calls import plain
from .journal.journal import Entry, Journal, call_of, user_of
from .journal.matching import params_fit
from .outcome import Answer, End, Later, Outcome
from .rules.arrived import Arrived
from .rules.effects import EFFECTS
from .rules.rules import Rule, Rules
from .scenarios import Scenarios
from .strictness import Notices, Strict, heeded

#: What a request's head and a journal's entry take beside the bodies, about, in bytes.
_OVERHEAD = 1500
#: What a request asks for that calls nothing.
_NO_CALL: Asked = (None, ())


class Pipeline:
    """What a test steers: rules, clock and scenarios around one Patchwork, and the journal of it.

    It waits for nothing and knows no socket. Everything happens between two requests: what changes
    it must run where `answer` runs.
    """

    def __init__(
        self,
        patchwork: Patchwork,
        watch: Watch | None = None,
        timer: Callable[[], float] = now,
    ) -> None:
        self.patchwork = patchwork
        self.timer = timer  # seconds, from anywhere on
        self.watch = watch  # is told of every call that Patchwork carries out
        known = patchwork.clock  # of its own; or of another pipeline, which it shares
        self.clock = known if isinstance(known, Clock) else Clock(known)
        self.journal = Journal()
        self.rules = Rules()
        self.scenarios = Scenarios(self.clock)
        self.strict: Strict = False
        self.notices = Notices()
        self.waiting = 0  # requests that a rule lets wait
        self._resets = 0
        patchwork.clock = self.clock

    def reset(self) -> None:
        """As it was at the start: rows, journal, rules, clock, scenarios; what waits is let go."""
        self._resets += 1
        self.patchwork.reset()
        self.journal.clear()
        self.rules.clear()
        self.scenarios.clear()
        self.notices.clear()
        self.clock.reset()

    def answer(self, request: Request) -> Answer:
        """What becomes of a request."""
        timer = self.timer
        start = timer()
        patchwork = self.patchwork
        site = patchwork.site or site_of(patchwork)
        asked = None
        if self.rules.all or self.scenarios.all or self.strict:
            asked = site.asked(request, patchwork)
            arrived = self._touched(request, asked, start)
            if arrived is not None:
                return self._steered(arrived)
        response: Response = site.respond(request, patchwork, self.watch, asked)
        size = _OVERHEAD + len(request.body) + response.size()
        base = self.clock.base(start)
        self.journal.note(Entry(request, response, start, timer(), base, size))
        return response

    def _touched(self, request: Request, asked: Asked | None, start: float) -> Arrived | None:
        """A request that somebody has to do with; None if it goes straight through."""
        method, params = asked or _NO_CALL
        about = self.rules.about(method, params)
        matching = _matching(about, request, params) if about else about
        if not (matching or self.scenarios.all or self.strict):
            return None
        arrived = Arrived(self.patchwork, request, request, start, self.watch, method, asked)
        arrived.strict = bool(self.strict)
        self.scenarios.tick()
        for rule in matching:
            self._count(rule, arrived)
        if self.scenarios.all or self.strict or arrived.steered:
            return arrived
        return None

    def _count(self, rule: Rule, arrived: Arrived) -> None:
        """Let a rule that is about a request count it, and decide if none has before.

        Every rule counts, whichever decides; those that only delay delay together.
        """
        spec = rule.spec
        if not rule.picks():
            return
        if not spec.effect or (arrived.rule is None and self._bites(rule, arrived)):
            rule.hits += 1
            arrived.latency += spec.latency
            arrived.early |= spec.when == "after"

    def _steered(self, arrived: Arrived) -> Answer:
        """What becomes of a request that rules or scenarios have to do with."""
        if not arrived.latency:
            return self._affected(arrived)
        if arrived.early:
            arrived.carry_out()  # now; only its answer is late
        resets = self._resets
        arrived.number = self.journal.begin(self._entry(arrived, None))
        self.waiting += 1

        def later() -> Answer:
            self.waiting -= 1
            if resets != self._resets:  # the test that it belonged to is over
                return Outcome(None, end=End.CLOSE)
            return self._affected(arrived)

        def given_up() -> None:
            self.waiting -= 1
            if resets == self._resets:
                self._write_down(arrived, None)

        return Later(arrived.latency, later, given_up)

    def _bites(self, rule: Rule, arrived: Arrived) -> bool:
        """Whether a rule that picked a request has an effect on it; the first that decides is kept.

        A limit lets most pass, and a front may pass a request on, changed or as it is.
        """
        spec = rule.spec
        preset = PRESETS.get(spec.preset or "")
        if preset is not None and not preset.disabled:
            passed = preset.front(arrived.passed, self.patchwork.place.script_name)
            if isinstance(passed, Request):
                changed, arrived.passed = passed is not arrived.passed, passed
                arrived.fronted = True
                if preset.rate is None or not rule.too_quick(self.clock.seconds()):
                    return changed
            else:
                arrived.front = passed
        elif spec.rate is not None and not rule.too_quick(self.clock.seconds()):
            return False
        arrived.rule = rule
        return True

    def _affected(self, arrived: Arrived) -> Answer:
        """What becomes of a request under the rule that decides, if there is one."""
        rule = arrived.rule
        if rule is None:
            return self._finish(arrived, arrived.carry_out())
        if rule.spec.when == "after":
            arrived.carry_out()
        return self._finish(arrived, EFFECTS[rule.spec.effect](arrived, rule.spec))

    def _finish(self, arrived: Arrived, answer: Response | Outcome) -> Answer:
        """Write down what became of a request, and let happen what waited for it."""
        self._write_down(arrived, answer)
        if self.scenarios.all:
            self.scenarios.count(arrived.method)
        return answer

    def _write_down(self, arrived: Arrived, answer: Response | Outcome | None) -> None:
        arrived.remarks = heeded(arrived.remarks, self.strict)
        entry = self._entry(arrived, answer)
        if arrived.remarks:
            self.notices.note(call_of(entry, 0).asked, arrived.remarks)
        if arrived.number is None:
            self.journal.note(entry)
        else:
            self.journal.end(arrived.number, entry)

    def _entry(self, arrived: Arrived, answer: Response | Outcome | None) -> Entry:
        """What the journal says of a request; it has no answer while it waits for one."""
        request = arrived.request
        outcome = answer if isinstance(answer, Outcome) else Outcome(answer)
        response = outcome.response
        return Entry(
            request=request,
            response=response,
            start=arrived.start,
            end=self.timer(),
            base=(self.clock.now, arrived.start),
            size=_OVERHEAD + len(request.body) + (0 if response is None else response.size()),
            called=arrived.called(),
            rule=None if arrived.rule is None else str(arrived.rule),
            carried_out=arrived.response is not None,
            cut=outcome.cut,
            remarks=tuple(remark.text for remark in arrived.remarks),
        )


def _matching(rules: Sequence[Rule], request: Request, params: Sequence[Any]) -> Sequence[Rule]:
    """Those of the rules about a method that are about a request, too, in their order."""
    if not any(rule.chooses for rule in rules):
        return rules
    shown = [plain(value) for value in params]
    return [rule for rule in rules if not rule.chooses or _means(rule.spec, request, shown)]


def _means(spec: Spec, request: Request, params: Sequence[Any]) -> bool:
    """Whether a rule about that method is about that request."""
    if spec.user is not UNSET and spec.user != user_of(request):
        return False
    return params_fit(spec.params, params)
