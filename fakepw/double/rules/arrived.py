"""A request on its way through: as it came, as fronts pass it on, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...patchwork.patchwork import Patchwork
from ...patchwork.words.remarks import Remark, listening
from ...protocol.messages import Request, Response, Watch
from ...protocol.site import Asked, site_of
from ...protocol.site import Call as Head
from ...rules.nginx import through_nginx
from .rules import Rule


@dataclass(slots=True)
class Arrived:
    """A request that has arrived at a double, and what has become of it so far.

    request, passed
        As it came, and as the fronts before Patchwork pass it on.
    start
        When, in seconds of the process's own timer.
    watch
        Who is told if it is a call.
    method, asked
        The method that it calls, if any, and the whole call, as Patchwork reads it.
    rule, early, latency
        The rule that decides what becomes of it, whether it is carried out before that shows, and
        after how many seconds it does.
    front, fronted
        What a front answers in Patchwork's place; whether Patchwork's own answer comes through one.
    response
        What Patchwork answered; None while it has not been asked.
    number
        Its number in the journal, where it stands while it waits for its answer.
    """

    patchwork: Patchwork
    request: Request
    passed: Request
    start: float
    watch: Watch | None = None
    method: str | None = None
    asked: Asked | None = None
    rule: Rule | None = None
    early: bool = False
    latency: float = 0.0
    front: Response | None = None
    response: Response | None = None
    fronted: bool = False
    number: int | None = None
    strict: bool = False
    remarks: Sequence[Remark] = ()

    @property
    def steered(self) -> bool:
        """Whether rules make anything else of it than what it is."""
        return self.rule is not None or self.latency > 0 or self.fronted

    def called(self) -> bool:
        """Whether it reaches the API, as far as its head goes."""
        if self.method is not None:
            return True
        site = site_of(self.patchwork)
        return isinstance(self.passed.understood.get(site), Head)

    def carry_out(self) -> Response:
        """What Patchwork answers; it is asked once."""
        if self.response is None:
            if not self.strict:
                self.response = self._ask()
            else:
                with listening() as self.remarks:
                    self.response = self._ask()
            if self.fronted:
                self.response = through_nginx(self.response)
        return self.response

    def _ask(self) -> Response:
        site = site_of(self.patchwork)
        return site.respond(self.passed, self.patchwork, self.watch, self.asked)
