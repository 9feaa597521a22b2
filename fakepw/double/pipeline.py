"""The one pipeline, Request to Outcome: a Patchwork, and all that a test does to it.

Whoever carries requests, a socket or `fakepw.Transport`, asks `answer` and does what the Outcome
says; so both see the same faults, and the same journal.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET

from ..patchwork.faults import Fault
from ..patchwork.patchwork import Patchwork
from ..protocol.messages import Echo, Request, Response, Watch
from ..protocol.site import Call as Head
from ..protocol.site import site_of
from .clock import Clock, now
from .journal.calls import plain
from .journal.journal import Entry, Journal, Steered, user_of
from .journal.matching import params_fit
from .outcome import Answer, End, Later, Outcome
from .rules.arrived import Arrived
from .rules.effects import EFFECTS
from .rules.presets import PRESETS
from .rules.rules import Rule, Rules
from .rules.spec import Spec
from .scenarios import Scenarios

#: What a request's head and a journal's entry take beside the bodies, about, in bytes.
_OVERHEAD = 1500


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
        self._resets = 0
        patchwork.clock = self.clock

    def reset(self) -> None:
        """As it was at the start: rows, journal, rules, clock, scenarios; what waits is let go."""
        self._resets += 1
        self.patchwork.reset()
        self.journal.clear()
        self.rules.clear()
        self.scenarios.clear()
        self.clock.reset()

    def answer(self, request: Request) -> Answer:
        """What becomes of a request."""
        start = self.timer()
        if not (self.rules.all or self.scenarios.all):  # nearly always, and so on a short path
            patchwork = self.patchwork
            response = site_of(patchwork).respond(request, patchwork, self.watch)
            size = _OVERHEAD + len(request.body) + sum(map(len, response.body))
            end, base = self.timer(), self.clock.base(start)
            self.journal.note((request, response, start, end, base, size))
            return response
        arrived = Arrived(self.patchwork, request, request, start, self.watch)
        self.scenarios.tick()
        self._look(arrived)
        latency = self._pick(arrived)
        if not latency:
            return self._affected(arrived)
        if arrived.early:
            arrived.carry_out()  # now; only its answer is late
        resets = self._resets
        number = arrived.number = self.journal.begin(self._entry(arrived, None))

        def later() -> Answer:
            if resets != self._resets:  # the test that it belonged to is over
                return Outcome(None, end=End.CLOSE)
            return self._affected(arrived)

        def given_up() -> None:
            if resets == self._resets:
                self.journal.end(number, self._entry(arrived, None))

        return Later(latency, later, given_up)

    def _look(self, arrived: Arrived) -> None:
        """Find out which method is called with which params, if any is."""
        site = site_of(self.patchwork)
        request = arrived.request
        head = request.understood.get(site)
        if head is None or not self.patchwork.enabled:
            head = site.look(request, self.patchwork)
            if not isinstance(head, Head):
                return
            request.understood[site] = head
        try:
            arrived.asked = site.read(request.body if head.sized else b"")
        except (Fault, Echo, RecursionError):
            return  # it has no method: the answer says why
        arrived.method = arrived.asked[0]

    def _pick(self, arrived: Arrived) -> float:
        """Find the rule that decides; the seconds that it, and all that only delay, let wait.

        Every rule counts what matches it, whichever decides.
        """
        latency = 0.0
        for rule in self.rules.about(arrived.method):
            if not self._matches(rule.spec, arrived) or not rule.picks():
                continue
            if not rule.spec.effect or (arrived.rule is None and self._bites(rule, arrived)):
                rule.hits += 1
                latency += rule.spec.latency
                arrived.early |= rule.spec.when == "after"
        return latency

    def _matches(self, spec: Spec, arrived: Arrived) -> bool:
        """Whether a rule about that method is about that request."""
        if spec.user is not UNSET and spec.user != user_of(arrived.request):
            return False
        if not spec.params:
            return True
        params = arrived.asked[1] if arrived.asked else ()
        return params_fit(spec.params, [plain(value) for value in params])

    def _bites(self, rule: Rule, arrived: Arrived) -> bool:
        """Whether a rule that picked a request has an effect on it; the first that decides is kept.

        A limit lets most pass, and a front may pass a request on, changed or as it is.
        """
        spec = rule.spec
        preset = PRESETS.get(spec.preset or "")
        if spec.rate is not None or (preset is not None and preset.rate is not None):
            if not rule.too_quick(self.clock.seconds()):
                return False
        elif preset is not None and not preset.disabled:
            passed = preset.front(arrived.passed)
            if isinstance(passed, Request):
                changed, arrived.passed = passed is not arrived.passed, passed
                return changed
            arrived.front = passed
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
        entry = self._entry(arrived, answer)
        if arrived.number is None:
            self.journal.note(entry)
        else:
            self.journal.end(arrived.number, entry)
        if self.scenarios.all:
            self.scenarios.count(arrived.method)
        return answer

    def _entry(self, arrived: Arrived, answer: Response | Outcome | None) -> Steered:
        """What the journal says of a request; it has no answer while it waits for one."""
        request = arrived.request
        outcome = answer if isinstance(answer, Outcome) else Outcome(answer)
        response = outcome.response
        size = _OVERHEAD + len(request.body)
        if response is not None:
            size += sum(map(len, response.body))
        entry = Entry(
            when=self.clock.now,
            seconds=self.timer() - arrived.start,
            called=arrived.called(),
            request=request,
            response=response,
            rule=None if arrived.rule is None else str(arrived.rule),
            carried_out=arrived.response is not None,
            cut=outcome.cut,
        )
        return entry, size
