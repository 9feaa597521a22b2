"""What came of a journal's calls on a real server: `pw-conformance replay-calls`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from ...bridge.journal import Noted
from ...bridge.replaying import Outcome, Replayed
from ...target.counting import counted
from ...target.exchange import call
from ..safe.visible import line, shortened
from ..terminal import paragraphs, say

#: How much of a call or an answer is shown, and how many calls that could not be compared.
SAID, SHOWN = 200, 8
#: The version of the JSON.
FORMAT = 1


def _asked(noted: Noted) -> str:
    return call(noted.method, *noted.params).describe()


def left_out(found: Replayed) -> list[str]:
    """What of a journal was not sent, in sentences."""
    journal = found.journal
    told = (
        (journal.writes, "not sent, as it would write"),
        (journal.staged, "not sent, as a rule of your tests answered it"),
        (journal.unknown, "not sent, as no Patchwork has the method"),
    )
    said = [
        f"{counted(sum(which.values()), 'call')} {what}: {_many(which)}"
        for which, what in told
        if which
    ]
    if journal.others:
        said.append(f"{counted(journal.others, 'request')} not sent, being no call")
    return said


def _many(which: Counter[str]) -> str:
    names = [f"{name} ({count})" if count > 1 else name for name, count in which.most_common(SHOWN)]
    more = len(which) - len(names)
    return shortened(", ".join(names), SAID) + (f" and {more} more" if more else "")


def summary(found: Replayed) -> str:
    """The result in one line."""
    compared = len(found.alike) + len(found.different)
    said = f"{counted(compared, 'call')} compared, {len(found.different)} answered differently"
    if found.undecided:
        said += f", {len(found.undecided)} with nothing to compare"
    if found.unsent:
        said += f", {len(found.unsent)} not sent"
    return said


def as_json(found: Replayed) -> dict[str, Any]:
    """All of it as JSON values."""
    journal = found.journal
    return {
        "format": FORMAT,
        "server": {"url": found.url, "likely": found.likely},
        "requests": found.requests,
        "ended": found.ended,
        "journal": {
            "requests": journal.requests,
            "different_calls": len(journal.calls),
            "writes": dict(journal.writes),
            "staged": dict(journal.staged),
            "unknown": dict(journal.unknown),
            "others": journal.others,
        },
        "compared": len(found.alike) + len(found.different),
        "alike": [_told(each) for each in found.alike],
        "different": [
            _told(each)
            | {
                "notices": [
                    {
                        "where": notice.where,
                        "double": notice.ours,
                        "server": notice.theirs,
                        "client": notice.client,
                    }
                    for notice in each.noticed.notices
                ]
            }
            for each in found.different
        ],
        "undecided": [_told(each) | {"why": each.noticed.undecided} for each in found.undecided],
        "not_sent": [
            {"call": _asked(noted), "line": noted.number, "why": why} for noted, why in found.unsent
        ],
        "absent": list(found.absent),
    }


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "call": _asked(outcome.noted),
        "line": outcome.noted.number,
        "times": outcome.times,
        "sent": outcome.sent.describe(),
    }


def show(console: Console, found: Replayed) -> None:
    """For people: what differs first, then what nothing can be said of."""
    say(console, Text.assemble((line(found.url), "bold"), f"  {found.likely}"))
    for said in left_out(found):
        say(console, Text(line(said), "dim"))
    for outcomes in _alike(found.different):
        console.print()
        _show(console, outcomes)
    _why(console, [(_asked(each.noted), each.noticed.undecided) for each in found.undecided])
    _why(console, [(_asked(noted), why) for noted, why in found.unsent])
    if found.absent:
        names = shortened(", ".join(found.absent), SAID)
        console.print()
        say(console, line(f"your tests look up what is not there: {names}"))
    console.print()
    say(console, Text(summary(found), "bold"))


def _alike(outcomes: Iterable[Outcome]) -> Iterable[list[Outcome]]:
    """Calls of one method that differ in the same way, together."""
    found: dict[Any, list[Outcome]] = {}
    for each in outcomes:
        found.setdefault((each.noted.method, each.noticed), []).append(each)
    return found.values()


def _show(console: Console, outcomes: list[Outcome]) -> None:
    first, *more = outcomes
    asked, sent = (shortened(said, SAID) for said in (_asked(first.noted), first.sent.describe()))
    like = f", and {counted(len(more), 'call')} more like it" if more else ""
    as_sent = f", sent as {sent}" if sent != asked else ""
    say(console, Text(line(f"{asked}  line {first.noted.number}{as_sent}{like}"), "cyan"))
    together: dict[tuple[str, str, str], list[str]] = {}
    for notice in first.noticed.notices:
        together.setdefault((notice.client, notice.ours, notice.theirs), []).append(notice.where)
    rows: list[tuple[str, str]] = []
    for (client, ours, theirs), places in together.items():
        rows += [
            ("at", shortened(", ".join(places), SAID)),
            ("your client sees", shortened(client, SAID)),
            ("the double", shortened(ours, SAID)),
            ("the server", shortened(theirs, SAID)),
        ]
    paragraphs(console, rows, indent=2)


def _why(console: Console, reasons: list[tuple[str, str]]) -> None:
    """Calls by why nothing is said of them."""
    by_reason: dict[str, list[str]] = {}
    for asked, why in reasons:
        by_reason.setdefault(why, []).append(asked)
    for why, calls in list(by_reason.items())[:SHOWN]:
        console.print()
        say(console, Text(line(shortened(f"not compared: {why}", SAID)), "magenta"))
        rows = [(shortened(asked, SAID),) for asked in calls[:SHOWN]]
        paragraphs(console, rows, indent=2)
        if len(calls) > SHOWN:
            say(console, f"  and {len(calls) - SHOWN} more")
    if len(by_reason) > SHOWN:
        say(console, f"and {len(by_reason) - SHOWN} more reasons; --json tells all")
