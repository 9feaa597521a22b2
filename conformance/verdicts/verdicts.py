"""Verdicts, and a whole run of them: what every report is made from."""

from __future__ import annotations

import enum
import math
from base64 import b64decode, b64encode
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from ..requirements.catalogue import Level, requirements
from ..target.counting import counted


class Outcome(enum.StrEnum):
    """What became of a requirement. Only PASS says that it is met."""

    PASS = "pass"
    FAIL = "fail"
    WARNING = "warning"
    OBSERVED = "observed"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "not run"
    INCONCLUSIVE = "inconclusive"


class ExitCode(enum.IntEnum):
    """What `pw-conformance run` ends with."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INTERNAL = 4


#: What the trouble of a run begins with if the suite itself is at fault.
AT_FAULT = "internal error"


@dataclass(frozen=True)
class Deviation:
    """What a judge found wrong, for people."""

    expected: str
    got: str
    #: What to do about it, if that is known.
    advice: str = ""
    #: What is wrong in general, the most telling first; none if nothing can be said (`symptoms`).
    symptoms: tuple[str, ...] = field(default=(), compare=False)


class Lasting(Deviation):
    """One that a write left behind and that nothing puts back."""


@dataclass(frozen=True)
class Evidence:
    """One exchange as it is shown and stored: raw text without credentials, and ways to repeat it.

    `request` and `response` are the raw bytes, base64 in JSON; `stored` is what `--replay` sends.
    """

    call: str
    answer: str
    request: bytes
    response: bytes
    curl: str
    python: str
    stored: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What a run found about one requirement."""

    id: str
    outcome: Outcome
    #: Why, in a sentence, where the outcome is not PASS; the observation where it is OBSERVED.
    reason: str = ""
    deviation: Deviation | None = None
    evidence: tuple[Evidence, ...] = ()
    requests: int = 0
    seconds: float = 0.0
    #: The baseline entry that excuses it, if any.
    excused: str = ""
    #: Whether it is about servers of this kind at all: False of other releases and Pythons.
    applies: bool = True

    @property
    def chapter(self) -> str:
        """The chapter of its requirement."""
        return requirements()[self.id].chapter


#: How many reasons a tally names, and how much of each, in characters.
REASONS, REASON = 3, 160


@dataclass(frozen=True)
class Tally:
    """How many of the MUSTs were decided that apply to this release and to what was given.

    `why` says why the others were not, and `lacking` what the operator did not give for those
    that were not run: reasons with the number of requirements, the most frequent first.
    """

    decided: int
    of: int
    why: tuple[tuple[str, int], ...] = ()
    lacking: tuple[tuple[str, int], ...] = ()

    @classmethod
    def count(cls, verdicts: list[Verdict]) -> Tally:
        """The tally of these verdicts."""
        musts = [v for v in verdicts if v.applies and requirements()[v.id].level is Level.MUST]
        run = [v for v in musts if v.outcome is not Outcome.NOT_RUN]
        open_ = [v for v in run if v.outcome not in (Outcome.PASS, Outcome.FAIL)]
        return cls(
            len(run) - len(open_),
            len(run),
            _reasons(open_),
            _reasons([v for v in musts if v.outcome is Outcome.NOT_RUN]),
        )

    @property
    def share(self) -> str:
        """How many of how many."""
        return f"{self.decided} of {self.of} MUSTs decided"

    @property
    def undecided(self) -> str:
        """Why the others were not decided, in a sentence; '' if all were. Where none was, what
        was not given counts, too."""
        untried = _because(self.why, "could not be tried")
        return untried or ("" if self.decided else _because(self.lacking, "not run"))

    def falls_short(self, percent: float) -> str:
        """Why this is no result, in a sentence: nothing was decided, or less than so much."""
        needed = max(1, math.ceil(self.of * percent / 100))
        if self.decided >= needed:
            return ""
        told = f"{self.share}, and --min-decided {percent:g}% asks for {needed}"
        if not self.decided:
            told = "no MUST was decided" if self.undecided else "no MUST was selected"
        return f"{told}: {self.undecided}" if self.undecided else told


def _reasons(verdicts: list[Verdict]) -> tuple[tuple[str, int], ...]:
    found = Counter(verdict.reason for verdict in verdicts)
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _because(reasons: tuple[tuple[str, int], ...], what: str) -> str:
    told = [
        f"{reason[:REASON] or 'nothing was said'}{'' if reason.endswith('?') else ':'} "
        + (str(number) if place else f"{counted(number, 'requirement')} {what}")
        for place, (reason, number) in enumerate(reasons[:REASONS])
    ]
    rest = sum(number for _, number in reasons[REASONS:])
    return "; ".join([*told, *([f"for other reasons: {rest}"] if rest else [])])


@dataclass
class Run:
    """Everything that one run of the suite found."""

    url: str
    card: dict[str, Any] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0
    started: str = ""
    #: Why the run could not be done, or not to its end; '' if it could.
    trouble: str = ""
    #: What concerns the run and no requirement: stale baseline entries, what was not restored.
    problems: list[str] = field(default_factory=list)
    #: How much of the tally must be decided, in percent; at least one MUST always must.
    min_decided: float = 0.0

    @property
    def tally(self) -> Tally:
        """How many of how many MUSTs were decided."""
        return Tally.count(self.verdicts)

    @property
    def shortfall(self) -> str:
        """Why too little was decided for a result, in a sentence; '' if enough was."""
        return self.tally.falls_short(self.min_decided)

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many verdicts of each outcome, all seven always present."""
        found = Counter(verdict.outcome for verdict in self.verdicts)
        return {outcome: found[outcome] for outcome in Outcome}

    @property
    def failures(self) -> list[Verdict]:
        """The failures that no baseline entry excuses."""
        return [v for v in self.verdicts if v.outcome is Outcome.FAIL and not v.excused]

    @property
    def exit_code(self) -> ExitCode:
        """0 conformant, 1 not, 3 if trouble left a MUST undecided or too few were decided, 4 if
        the suite failed."""
        if self.trouble.startswith(AT_FAULT):
            return ExitCode.INTERNAL
        if self.failures or self.problems:
            return ExitCode.NOT_CONFORMANT
        undecided = any(
            v.outcome is Outcome.INCONCLUSIVE and requirements()[v.id].level is Level.MUST
            for v in self.verdicts
        )
        inconclusive = self.trouble or undecided or self.shortfall
        return ExitCode.INCONCLUSIVE if inconclusive else ExitCode.CONFORMANT

    @property
    def headline(self) -> str:
        """The whole run in two or three words."""
        return {
            ExitCode.CONFORMANT: "conformant",
            ExitCode.NOT_CONFORMANT: "not conformant",
            ExitCode.INCONCLUSIVE: "inconclusive",
            ExitCode.INTERNAL: AT_FAULT,
        }[self.exit_code]

    @property
    def summary(self) -> str:
        """One line with every count, what was decided of how much, and why no more."""
        counts = ", ".join(
            f"{number} {plural(outcome, number)}{self._known(outcome)}"
            for outcome, number in self.counts.items()
            if outcome in (Outcome.PASS, Outcome.FAIL) or number
        )
        tally = self.tally
        why = f" ({tally.undecided})" if tally.undecided else ""
        spent = f"{counted(self.requests, 'request')} in {self.seconds:.1f} s"
        decided = f"{tally.share}{why}; " if self.verdicts else ""
        return f"{self.headline}: {counts}; {decided}{spent}"

    def _known(self, outcome: Outcome) -> str:
        known = sum(1 for v in self.verdicts if v.excused and v.outcome is outcome)
        return f" ({known} known from the baseline)" if known else ""


def plural(outcome: Outcome, number: int) -> str:
    """The outcome as it reads behind a number."""
    words = {Outcome.PASS: "passed", Outcome.FAIL: "failed"}
    if outcome is Outcome.WARNING:
        return "warning" if number == 1 else "warnings"
    return words.get(outcome, outcome.value)


def to_dict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON values, evidence as base64."""
    kept = asdict(verdict)
    kept["outcome"] = verdict.outcome.value
    for item in kept["evidence"]:
        for name in ("request", "response"):
            item[name] = b64encode(item[name]).decode()
    return kept


def from_dict(kept: dict[str, Any]) -> Verdict:
    """The verdict that `to_dict` wrote."""
    evidence = tuple(
        Evidence(**item | {name: b64decode(item[name]) for name in ("request", "response")})
        for item in kept["evidence"]
    )
    told = kept["deviation"]
    symptoms = tuple((told or {}).get("symptoms", ()))
    deviation = Deviation(**told | {"symptoms": symptoms}) if told else None
    return Verdict(
        **kept
        | {
            "outcome": Outcome(kept["outcome"]),
            "deviation": deviation,
            "evidence": evidence,
        }
    )
