"""The pytest plugin: options, one discovery for all workers, and one stream of verdicts."""

from __future__ import annotations

import base64
import os
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ..chapters import load
from ..deciding.decisions import Decision
from ..deciding.engine import Session
from ..reports.safe.redaction import clean_verdict
from ..reports.safe.visible import line
from ..requirements.catalogue import Level, requirements
from ..target import secrecy, signals
from ..target.knowing.profile import RELEASES
from ..target.knowing.survey import Unusable, card
from ..target.sending.budget import Budget, BudgetSpent
from ..target.sending.transport import Credentials, Trouble
from ..verdicts.verdicts import AT_FAULT, Outcome, Run, Verdict, from_dict, to_dict
from .asked.asking import percent
from .asked.connecting import CONNECTION, for_pytest
from .opening.options import Options, leave_no_trace, passing_folder
from .opening.session import Target, discover, note, noting, planned, session

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("url", {"help": "the instance to be tested, in any form of URL"}),
    ("username", {"help": "log in as; the password comes from PW_CONFORMANCE_PASSWORD"}),
    ("writes", {"action": "append", "type": int, "default": [], "help": "a patch to write to"}),
    ("create-checks", {"action": "store_true", "help": "create checks, which cannot be undone"}),
    ("select", {"action": "append", "default": [], "help": "only this requirement or chapter"}),
    ("skip", {"action": "append", "default": [], "help": "not this requirement or chapter"}),
    ("examples", {"type": int, "default": 0, "help": "examples of each property"}),
    ("seed", {"type": int, "default": 0, "help": "makes the same requests again"}),
    ("expect-release", {"choices": RELEASES, "help": "fail if it is likely another release"}),
    ("min-decided", {"type": percent, "default": None, "help": "percent of MUSTs to be decided"}),
    ("journal", {"default": None, "help": "the folder that remembers what must be put back"}),
    *for_pytest(),
)

RUN: pytest.StashKey[Runner] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, each under `--pw-`."""
    group = parser.getgroup("pw-conformance", "Patchwork XML-RPC conformance")
    for name, how in OPTIONS:
        group.addoption(f"--pw-{name}", **how)


def options_of(config: pytest.Config) -> Options:
    """What was asked for on the command line."""
    given = {name: config.getoption(f"--pw-{name}") for name, _ in OPTIONS}
    password = os.environ.get("PW_CONFORMANCE_PASSWORD", "")
    user = given["username"]
    if user and not password:
        raise pytest.UsageError("--pw-username needs a password: set PW_CONFORMANCE_PASSWORD")
    return Options(
        url=given["url"] or "",
        credentials=Credentials(user, password) if user else None,
        writes=tuple(given["writes"]),
        create_checks=given["create-checks"],
        select=tuple(given["select"]),
        skip=tuple(given["skip"]),
        examples=given["examples"],
        seed=given["seed"],
        expect_release=given["expect-release"],
        journal=given["journal"],
        **{way.field: given[way.name] for way in CONNECTION},
        min_decided=given["min-decided"],
    )


class Runner:
    """Keeps the run on the controller; on a worker only the target."""

    def __init__(self, options: Options, *, own: bool = False) -> None:
        self.options = options
        #: Whether pytest runs by itself, so that its exit status is all that tells of the run.
        self.own = own
        #: Whether several workers share the run.
        self.several = False
        self.run = Run(
            options.named or options.url, started=datetime.now(UTC).isoformat(timespec="seconds")
        )
        self.target: Target | None = None
        #: Where what is sent is counted; None while nothing was.
        self.budget: Path | None = None
        self.session: Session | None = None
        #: Keeps other runs from writing to the same patches.
        self.claim = ExitStack()
        self.writing = False
        self.began = time.monotonic()
        #: Called with the run after discovery and after each verdict.
        self.listener: Callable[[Run, Verdict | None], None] = lambda run, verdict: None

    def discover(self) -> None:
        """Find and survey the server; what is in the way becomes the run's trouble."""
        if self.budget is None:
            self.budget = passing_folder() / "budget.sqlite"
        else:  # while it was waited for, the time did not count
            Budget(self.budget, seconds=self.options.max_time).begin()
        try:
            self.target = discover(self.options, self.budget)
        except (Unusable, Trouble, BudgetSpent, ValueError) as error:
            self.run.trouble = str(error)
            self.count()
            return
        load()
        planned(self.options, self.target, alone=not self.several)
        self._claim(self.target)
        self.run.card = card(self.target.found, self.target.world, self.options.have())
        self.run.url = self.options.named or self.target.found.endpoint.url
        wanted, profile = self.options.expect_release, self.target.world.profile
        if wanted and not profile.may_be(wanted):
            self.run.problems.append(
                f"release {wanted} was expected; it is likely {profile.describe()}"
            )
        self.count()
        self.listener(self.run, None)

    def _claim(self, target: Target) -> None:
        """Keep other runs of this user from the patches that are to be written to."""
        restorer = session(self.options, target).restorer
        target.world.notes += restorer.leftovers()
        if "writes" not in self.options.have():
            return
        try:
            self.claim.enter_context(restorer.claimed())
        except Trouble as error:
            self.run.trouble = str(error)
            return
        self.writing = True

    def put_back(self) -> None:
        """Put back what a worker that was lost left, and let other runs write again."""
        if self.writing and self.target:
            opened = session(self.options, self.target)
            try:
                with opened.restorer.alone():
                    opened.restorer.put_back()
            except Trouble as error:
                opened.unrestored.append(str(error))
            opened.close()
            known = self.run.problems
            known += [text for text in opened.unrestored if text not in known]
        self.claim.close()

    def enough(self) -> str:
        """Why nothing more is tried, once as many failures were seen as are wanted, by whichever
        worker; '' before."""
        if not self.options.max_failures or self.target is None:
            return ""
        stopped = Budget(self.target.budget).stopped == self.options.enough
        return self.options.enough if stopped else ""

    def weigh(self, verdict: Verdict) -> None:
        """Let no worker try anything more, once this failure is enough."""
        limit, known = self.options.max_failures, self.options.known
        failed = [v for v in self.run.failures if v.id not in known]
        if verdict in failed and len(failed) == limit and self.target is not None:
            with suppress(BudgetSpent):
                Budget(self.target.budget).stop(self.options.enough)

    def count(self) -> None:
        """Bring the figures of the run up to date."""
        self.run.seconds = round(time.monotonic() - self.began, 2)
        if self.budget is not None:
            budget = Budget(self.budget, seconds=self.options.max_time)
            self.run.requests = budget.spent
            self.run.trouble = self.run.trouble or budget.stopped
        if signals.came():
            self.run.trouble = self.run.trouble or "interrupted"


def pytest_configure(config: pytest.Config) -> None:
    """Discover once, on the controller; workers are told what it found."""
    config.addinivalue_line("markers", "requirement(id): the requirement that a test decides")
    if config.getoption("dist", None) == "load":  # a chapter's logins and writes share a worker
        config.option.dist = "loadfile"
    told = getattr(config, "workerinput", {}).get("pw")
    given = next((p for p in config.pluginmanager.get_plugins() if isinstance(p, Runner)), None)
    if told:
        options, target = pickle.loads(base64.b64decode(told))
        runner = Runner(options)
        runner.target = target
        runner.run.trouble = "" if target else "nothing was discovered"  # so nothing is to be done
    else:
        runner = given or Runner(options_of(config), own=True)
    runner.run.min_decided = runner.options.wanted_share
    config.stash[RUN] = runner
    runner.several = bool(getattr(config.option, "tx", None))
    if runner.options.url:
        heeding = ExitStack()
        heeding.enter_context(signals.heeded())
        config.add_cleanup(heeding.close)
        leave_no_trace()
        if not told:
            runner.discover()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker what was asked for and what was discovered, through a pipe that nobody else
    reads: unlike arguments and the environment."""
    runner = node.config.stash[RUN]
    told = pickle.dumps((runner.options, runner.target))
    node.workerinput["pw"] = base64.b64encode(told).decode()


def decision_of(item: pytest.Item) -> Decision | None:
    """The decision that a test is made from."""
    found = getattr(getattr(item, "function", None), "decision", None)
    return found if isinstance(found, Decision) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test with what it decides."""
    decision = decision_of(item)
    if decision:
        item.add_marker(pytest.mark.requirement(decision.id))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what was selected, in the order of the catalogue."""
    decisions = {item: d for item in items if (d := decision_of(item))}
    if not decisions:
        return
    runner = config.stash[RUN]
    if not runner.options.url:
        raise pytest.UsageError("the conformance suite needs --pw-url URL")
    try:
        wanted = {requirement.id for requirement in runner.options.chosen}
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    order = {number: place for place, number in enumerate(requirements())}
    kept = [i for i in items if i not in decisions or decisions[i].id in wanted]
    levels = list(Level)  # what weighs most comes first, lest the budget be spent before
    kept.sort(
        key=lambda i: (
            (levels.index(decisions[i].requirement.level), order[decisions[i].id])
            if i in decisions
            else (-1, 0)
        )
    )
    if runner.run.trouble:
        kept = [item for item in kept if item not in decisions]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


class Deciding:
    """What the tests see as `pw`: decides, and turns the verdict into pytest's terms."""

    def __init__(
        self,
        session: Session,
        item: pytest.Item,
        secrets: Sequence[str] = (),
        enough: Callable[[], str] = lambda: "",
    ) -> None:
        self.session, self.item, self.secrets, self.enough = session, item, secrets, enough

    def _verdict(self, decision: Decision) -> Verdict:
        """The verdict, unless enough has failed already."""
        applies = decision.requirement.applies(self.session.world.profile)
        if applies and not decision.lacks(self.session.have) and (why := self.enough()):
            return Verdict(decision.id, Outcome.INCONCLUSIVE, why)
        return self.session.decide(decision)

    def decide(self, decision: Decision) -> None:
        """Decide one requirement; fails or skips the test accordingly."""
        verdict = clean_verdict(self._verdict(decision), self.secrets)
        self.item.user_properties.append(("pw_verdict", to_dict(verdict)))
        if verdict.outcome is Outcome.FAIL and verdict.deviation:
            text = f"{verdict.id}: {decision.requirement.text}\n"
            text += f"expected: {line(verdict.deviation.expected)}\n"
            text += f"got: {line(verdict.deviation.got)}"
            pytest.fail(text, pytrace=False)
        if verdict.outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_RUN, Outcome.INCONCLUSIVE):
            pytest.skip(line(f"{verdict.outcome}: {verdict.reason}"))


@pytest.fixture(scope="session")
def pw_session(pytestconfig: pytest.Config) -> Iterator[Session]:
    """The session of this worker."""
    runner = pytestconfig.stash[RUN]
    assert runner.target is not None
    opened = session(runner.options, runner.target)
    runner.session = opened
    notes = noting(runner.options, f"worker-{os.getpid()}")
    if notes:
        note(opened, notes)
    yield opened
    opened.close()
    if notes:
        notes.close()
    runner.run.problems += opened.unrestored


@pytest.fixture
def pw(pw_session: Session, request: pytest.FixtureRequest) -> Deciding:
    """The server under test."""
    runner = request.config.stash[RUN]
    return Deciding(pw_session, request.node, runner.options.secrets, runner.enough)


@pytest.hookimpl(optionalhook=True)
def pytest_report_header(config: pytest.Config) -> list[str]:
    """The target, in a line."""
    runner = config.stash.get(RUN, None)
    if runner is None or not runner.options.url:
        return []
    if runner.run.trouble:
        return [_told(runner.run.trouble)]
    return [_told(f"{runner.run.url}, {runner.run.card['likely']}")] if runner.run.card else []


def _told(text: str) -> str:
    """A line about the run for pytest's own output."""
    return f"pw-conformance: {line(secrecy.redact(text))}"


class Stream:
    """Gathers verdicts on the controller."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One verdict, from whichever worker."""
        signals.check()
        if report.when == "call":
            for name, value in report.user_properties:
                if name == "pw_verdict" and isinstance(value, dict):
                    verdict = from_dict(value)
                    self.runner.run.verdicts.append(verdict)
                    self.runner.weigh(verdict)
                    self.runner.count()
                    self.runner.listener(self.runner.run, verdict)
        elif report.failed:
            self.runner.run.trouble = f"{AT_FAULT} in {report.nodeid}: {report.longreprtext}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin nothing once a signal came."""
    signals.check()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Only the controller gathers."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Stream(session.config.stash[RUN]))


@pytest.hookimpl(optionalhook=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The suite's own summary line below pytest's."""
    runner = config.stash.get(RUN, None)
    if runner is None or not runner.options.url:
        return
    runner.count()
    if runner.run.trouble:
        terminalreporter.write_line(_told(runner.run.trouble))
    if runner.run.verdicts and runner.run.shortfall:
        terminalreporter.write_line(_told(runner.run.shortfall))
    if runner.run.verdicts:
        terminalreporter.write_line(_told(runner.run.summary))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that could not be done is no success; what a lost worker wrote is put back."""
    runner = session.config.stash.get(RUN, None)
    if runner and signals.came():
        runner.count()
    if runner and runner.target and not hasattr(session.config, "workerinput"):
        runner.put_back()
    if runner is None or hasattr(session.config, "workerinput"):
        return
    short = runner.own and runner.run.verdicts and runner.run.shortfall
    if runner.run.trouble or short:
        session.exitstatus = 3
