"""What people see in a terminal: the card, the progress, verdicts by chapter, failures in full."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from ..catalogue import CHAPTERS, requirements
from ..verdicts import Outcome, Run, Verdict

STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.WARNING: "yellow",
    Outcome.OBSERVED: "cyan",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.NOT_RUN: "dim",
    Outcome.INCONCLUSIVE: "magenta",
}


def show_card(console: Console, run: Run) -> None:
    """The target card."""
    card = run.card
    grid = Table.grid(padding=(0, 2))
    sizes = ", ".join(f"{number} {what}" for what, number in card["sizes"].items())
    for name, text in (
        ("version", card["version"]),
        ("likely", card["likely"]),
        ("holds", sizes),
        ("checked", "; ".join(card["checked"])),
        ("not checked", "; ".join(card["not checked"])),
        *(("note", note) for note in card["notes"]),
    ):
        if text:
            grid.add_row(name, escape(text))
    console.print(Panel(grid, title=escape(run.url), title_align="left", expand=False))


class Live:
    """The progress: a bar in a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, total: int, limit: int) -> None:
        self.console, self.total, self.limit, self.done = console, total, limit, 0
        self.bar = Progress(
            BarColumn(),
            TextColumn("{task.completed}/{task.total} requirements"),
            TextColumn("{task.fields[requests]}"),
            TextColumn("{task.fields[failures]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", total=total, requests="", failures="")

    def advance(self, run: Run, verdict: Verdict) -> None:
        """One more requirement decided."""
        self.done += 1
        budget = f" of {self.limit}" if self.limit else ""
        requests, failures = f"{run.requests}{budget} requests", f"{len(run.failures)} failures"
        self.bar.update(self.task, completed=self.done, requests=requests, failures=failures)
        if not self.console.is_terminal and (self.done % 50 == 0 or self.done == self.total):
            self.console.print(f"{self.done}/{self.total} requirements, {requests}, {failures}")


def show(console: Console, run: Run) -> None:
    """Everything but card and progress."""
    table = Table(box=None, pad_edge=False)
    table.add_column("chapter")
    for outcome in Outcome:
        table.add_column(outcome.value, justify="right")
    for chapter, title in CHAPTERS.items():
        counts = [
            sum(1 for v in run.verdicts if v.chapter == chapter and v.outcome is outcome)
            for outcome in Outcome
        ]
        if any(counts):
            cells = [
                f"[{STYLES[o]}]{n}[/]" if n else "" for o, n in zip(Outcome, counts, strict=True)
            ]
            table.add_row(title, *cells)
    if run.verdicts:
        console.print(table)
    for verdict in run.verdicts:
        if verdict.outcome is Outcome.OBSERVED:
            console.print(f"[cyan]observed[/] {verdict.id} {escape(verdict.reason)}")
    for outcome in (Outcome.INCONCLUSIVE, Outcome.WARNING, Outcome.FAIL):
        for verdict in run.verdicts:
            if verdict.outcome is outcome:
                show_verdict(console, verdict)
    for problem in run.problems:
        console.print(f"[bold red]problem[/] {escape(problem)}")
    if run.trouble:
        console.print(f"[magenta]trouble[/] {escape(run.trouble)}")
    colour = {"conformant": "green", "not conformant": "red"}.get(run.headline, "magenta")
    console.print(f"[bold {colour}]{escape(run.summary)}[/]", soft_wrap=True)


def show_verdict(console: Console, verdict: Verdict) -> None:
    """One verdict in full."""
    requirement = requirements()[verdict.id]
    known = f" (known: {verdict.excused})" if verdict.excused else ""
    console.print(
        f"\n[{STYLES[verdict.outcome]}]{verdict.outcome}[/]{escape(known)} [bold]{verdict.id}[/] "
        f"{escape(requirement.text)}"
    )
    if verdict.deviation is None:
        console.print(f"  {escape(verdict.reason)}")
        return
    for name, text in (
        ("expected", verdict.deviation.expected),
        ("got", verdict.deviation.got[:1500]),
        ("what to do", verdict.deviation.advice),
        ("who breaks", requirement.why),
        ("facts", requirement.facts),
    ):
        if text:
            console.print(f"  {name}: {escape(text)}", soft_wrap=True)
    for item in verdict.evidence[:1]:
        console.print(f"  curl: {escape(item.curl)}", soft_wrap=True)
        if item.python:
            console.print(f"  python: {escape(item.python)}", soft_wrap=True)
