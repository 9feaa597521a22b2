"""What people see in a terminal: the card, the progress, verdicts by chapter, failures in full.

In a terminal paragraphs hang and wrap; in a pipe or a file each stands in one line, to be
searched. Whatever came from the server is spelt out (`visible.plain`): it can neither colour nor
move a thing.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ..target.counting import counted
from ..verdicts.causes import Cause
from ..verdicts.verdicts import ExitCode, Outcome, Run, Verdict, plural
from . import layout
from .safe.visible import line, shortened

STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.WARNING: "yellow",
    Outcome.OBSERVED: "cyan",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.NOT_RUN: "dim",
    Outcome.INCONCLUSIVE: "magenta",
}
HEADLINES = {
    ExitCode.CONFORMANT: "bold green",
    ExitCode.NOT_CONFORMANT: "bold red",
    ExitCode.INCONCLUSIVE: "bold magenta",
    ExitCode.INTERNAL: "bold magenta",
}

#: How much of what a server said is shown, and of a line that can be copied, in characters.
SAID, COPIED = 1_500, 20_000
#: How many failures are shown in full, and how much of what a server said in a line of the others.
WHOLE, BRIEF = 12, 200
#: What the card's sizes are sizes of, one of each.
SINGULAR = {
    "projects": "project",
    "states": "state",
    "people": "person",
    "patches": "patch",
    "checks": "check",
}
#: How many ids are named where requirements share a reason, and how many exchanges of a failure.
NAMED, EXCHANGES = 8, 6


def new_console() -> Console:
    """A console on standard output as it is now, whatever it is later redirected to.

    Characters that the terminal's encoding lacks are written as escapes, not as a traceback.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def say(console: Console, text: Text | str) -> None:
    """A line that no width breaks: to be copied, or searched in a file."""
    console.print(text, soft_wrap=True)


def paragraphs(console: Console, rows: Iterable[Sequence[Text | str]], indent: int = 0) -> None:
    """Rows of cells, the last of which hangs beside the others."""
    kept = [[c if isinstance(c, Text) else Text(line(c)) for c in row] for row in rows]
    if not kept:
        return
    widths = [max(row[place].cell_len for row in kept) for place in range(len(kept[0]) - 1)]
    if console.is_terminal and sum(widths) + indent < console.width // 2:
        grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
        for width in [indent - 2] * bool(indent) + widths:
            grid.add_column(width=width, no_wrap=True)
        grid.add_column(overflow="fold", ratio=1)
        for row in kept:
            grid.add_row(*[""] * bool(indent), *row)
        console.print(grid)
        return
    for row in kept:
        whole = Text(" " * indent)
        for cell, width in zip(row, [*widths, 0], strict=True):
            whole.append_text(cell).append(" " * (width - cell.cell_len + 2) if width else "")
        say(console, whole)


def show_card(console: Console, run: Run) -> None:
    """The target card."""
    card = run.card
    rows = [
        ("version", card["version"]),
        ("likely", card["likely"]),
        ("holds", "; ".join(_counted(what, size) for what, size in card["sizes"].items())),
        ("checked", "; ".join(card["checked"])),
        ("not checked", "; ".join(card["not checked"])),
        *(("note", note) for note in card["notes"]),
    ]
    kept = [(Text(name, "bold"), text) for name, text in rows if text]
    if not console.is_terminal:
        say(console, line(run.url))
        paragraphs(console, kept, indent=2)
        return
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in kept:
        grid.add_row(name, Text(line(shortened(text, SAID))))
    title = Text(line(run.url), "bold")
    console.print(Panel(grid, title=title, title_align="left", expand=False))


def _counted(what: str, size: str) -> str:
    if not size.isdigit():
        return f"{what}: {size.replace(';', ',')}"
    return counted(int(size), SINGULAR.get(what, what))


class Live:
    """The progress: a bar in a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, total: int) -> None:
        self.console, self.total, self.limit, self.done = console, total, 0, 0
        self.bar = Progress(
            BarColumn(bar_width=20),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            # pytest's own words are kept away from the console, and must stay so.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.task = self.bar.add_task("looking at the server", total=None)
        self.bar.start()

    def discovered(self, run: Run, limit: int) -> None:
        """The server was found: the card, and how many requests may be sent (0: any number)."""
        self.limit = limit
        show_card(self.console, run)
        self.bar.update(self.task, total=self.total, completed=0, description=self._figures(run))

    def advance(self, run: Run, verdict: Verdict) -> None:
        """One more requirement decided."""
        self.done += 1
        figures = self._figures(run)
        self.bar.update(self.task, completed=self.done, description=figures)
        if not self.console.is_terminal and (self.done % 50 == 0 or self.done == self.total):
            say(self.console, figures)

    def _figures(self, run: Run) -> str:
        budget = f"/{self.limit}" if self.limit else ""
        requests = "requests" if budget else counted(run.requests, "request").partition(" ")[2]
        return (
            f"{self.done}/{self.total} decided, {run.requests}{budget} {requests},"
            f" {counted(len(run.failures), 'failure')}"
        )

    def stop(self) -> None:
        """Take the bar away."""
        self.bar.stop()


def show(console: Console, run: Run, kept: str = "") -> None:
    """Everything but card and progress; `kept` names the folder that keeps raw exchanges."""
    _table(console, run)
    _observed(console, run)
    _unjudged(console, run)
    every = [verdict for chapter in layout.chapters(run) for verdict in chapter.verdicts]
    _known(console, every)
    for outcome in (Outcome.WARNING, Outcome.FAIL):
        found = layout.causes(run, outcome)
        for cause in found[:WHOLE]:
            show_verdict(console, cause.first)
            _following(console, cause)
        _briefly(console, found[WHOLE:])
    console.print()
    if any(verdict.evidence for verdict in every):
        where = f"raw exchanges are in {kept}; --replay {kept} sends them again"
        hint = "--report html=FILE shows raw exchanges, --failures DIR keeps them for --replay"
        say(console, Text(line(where if kept else hint), "dim"))
    paragraphs(console, [(Text("problem", "bold red"), problem) for problem in run.problems])
    if run.trouble:
        paragraphs(console, [(Text("trouble", "bold magenta"), run.trouble)])
    elif run.tally.decided and run.shortfall:  # if none was, the summary says why
        paragraphs(console, [(Text("undecided", "bold magenta"), run.shortfall)])
    say(console, Text(line(run.summary), HEADLINES[run.exit_code]))


def _table(console: Console, run: Run) -> None:
    if not run.verdicts:
        return
    always = (Outcome.PASS, Outcome.FAIL)
    shown = [o for o in Outcome if o in always or run.counts[o]]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("chapter", no_wrap=True, vertical="bottom")
    for outcome in shown:
        heading = outcome.value.replace("not ", "not\n")
        table.add_column(heading, justify="right", no_wrap=True, vertical="bottom")
    for chapter in layout.chapters(run):
        counts = [(outcome, chapter.counts[outcome]) for outcome in shown]
        cells = [Text(str(n), STYLES[o]) if n else Text("·", "dim") for o, n in counts]
        table.add_row(chapter.title, *cells)
    console.print()
    console.print(table)


def _observed(console: Console, run: Run) -> None:
    rows = [
        (Text("observed", STYLES[v.outcome]), Text(v.id), v.reason)
        for v in run.verdicts
        if v.outcome is Outcome.OBSERVED
    ]
    if rows:
        console.print()
        paragraphs(console, rows)


def _unjudged(console: Console, run: Run) -> None:
    """What was not judged, by reason: hundreds may share one."""
    rows = [
        (Text(outcome.value, STYLES[outcome]), f"{reason} ({_named(verdicts)})")
        for outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_RUN, Outcome.INCONCLUSIVE)
        for reason, verdicts in _by_reason(run, outcome)
    ]
    if rows:
        console.print()
        paragraphs(console, rows)


def _by_reason(run: Run, outcome: Outcome) -> Iterator[tuple[str, list[Verdict]]]:
    found = [verdict for verdict in run.verdicts if verdict.outcome is outcome]
    found.sort(key=lambda verdict: verdict.reason)
    for reason, verdicts in groupby(found, key=lambda verdict: verdict.reason):
        yield reason, list(verdicts)


def _named(verdicts: Sequence[Verdict]) -> str:
    ids = [verdict.id for verdict in verdicts]
    if len(ids) <= NAMED:
        return ", ".join(ids)
    return f"{counted(len(ids), 'requirement')}: {', '.join(ids[: NAMED - 2])}, …"


def _known(console: Console, verdicts: Iterable[Verdict]) -> None:
    """What the baseline excuses: it was read before, when it was put there."""
    rows = [
        (Text("known", STYLES[v.outcome]), Text(v.id), f"{_brief(v)} ({v.excused})")
        for v in verdicts
        if v.excused
    ]
    if rows:
        console.print()
        paragraphs(console, rows)


def _brief(verdict: Verdict) -> str:
    text = layout.requirement(verdict).text.rstrip(".")
    got = verdict.deviation.got if verdict.deviation else verdict.reason
    return f"{text}: {shortened(got, BRIEF)}" if got else text


def _briefly(console: Console, causes: Sequence[Cause]) -> None:
    """Many more: a line each, as whoever reads them all reads a report."""
    rows = [
        (
            Text(plural(cause.first.outcome, 1).upper(), STYLES[cause.first.outcome]),
            Text(cause.first.id, "bold"),
            _brief(cause.first) + (f" (and {len(cause.more)} more)" if cause.more else ""),
        )
        for cause in causes
    ]
    if rows:
        console.print()
        paragraphs(console, rows)


def _following(console: Console, cause: Cause) -> None:
    """What may follow from a verdict that was shown, by id: each is whole in the reports."""
    if not cause.more:
        return
    number = f"and {len(cause.more)} more"
    rows = [(Text(number, "bold"), f"may follow from it, as the same is seen: {cause.symptom}")]
    paragraphs(console, rows, indent=2)
    paragraphs(console, [(Text(" " * len(number)), layout.ids_in_short(cause.more))], indent=2)


def show_verdict(console: Console, verdict: Verdict) -> None:
    """One verdict in full."""
    about, deviation = layout.requirement(verdict), verdict.deviation
    head = Text.assemble(
        (plural(verdict.outcome, 1).upper(), STYLES[verdict.outcome]),
        "  ",
        (verdict.id, "bold"),
        (f"  {about.level}, {about.scope}", "dim"),
    )
    console.print()
    say(console, head)
    paragraphs(console, [(Text(line(about.text), "bold"),)], indent=2)
    rows = [("known", verdict.excused)]
    if deviation is None:
        rows.append(("reason", verdict.reason))
    else:
        rows += [
            ("expected", deviation.expected),
            ("got", deviation.got),
            ("what to do", deviation.advice),
        ]
    rows += [
        ("who breaks", about.why),
        ("known from", f"{about.facts}; pw-conformance explain {verdict.id}"),
    ]
    kept = [(Text(name, "dim"), shortened(text, SAID)) for name, text in rows if text]
    paragraphs(console, kept, indent=2)
    for number, item in enumerate(verdict.evidence[:EXCHANGES], start=1):
        place = f" {number}" if len(verdict.evidence) > 1 else ""
        for name, words in (("curl", item.curl), ("python", item.python)):
            if words:
                say(console, Text(f"  {name}{place}", "dim"))
                say(console, line(shortened(words, COPIED)))
    if len(verdict.evidence) > EXCHANGES:
        say(console, f"  and {counted(len(verdict.evidence) - EXCHANGES, 'exchange')} more")
