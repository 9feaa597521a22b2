"""A recording, put to a server: does it answer as the one that was recorded?

Datasets hold made-up rows, so the server must have been seeded with one. Where the caller can seed
it, everything is sent, writes and all, in the order of the recording; else only what reads, up to
the place where the recorded server had been written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ..target.exchange import Answer, Exchange, Request, call
from ..target.knowing.world import rows_of
from ..target.sending.sockets import HttpTransport
from ..target.sending.transport import BUSY, NoAnswer, Trouble
from ..target.wire import carried
from .comparing import Comparer
from .recordings import Call, Corpus, Key, Recorded

#: So many calls in a row without an answer end it.
LOST = 3
#: More rows than any dataset holds, and so many as are looked at one by one.
MANY, FEW = 100, 8


@dataclass(frozen=True)
class Difference:
    """A call that was answered otherwise than recorded, and how."""

    call: Call
    recorded: Recorded
    answer: Answer
    why: str


@dataclass
class Repeated:
    """What came of a recording."""

    instance: str
    url: str
    datasets: tuple[str, ...]
    compared: int = 0
    different: list[Difference] = field(default_factory=list)
    #: Calls that were not answered, and why.
    unanswered: list[tuple[Call, str]] = field(default_factory=list)
    #: Calls that write, or come after a write, where the server cannot be seeded anew.
    left_out: int = 0
    #: Why it ended before the end; '' if it did not.
    ended: str = ""


@dataclass(frozen=True)
class Plan:
    """What is to be sent: calls and the places where the server is seeded, in order."""

    steps: tuple[Call, ...]
    left_out: int


def plan(
    corpus: Corpus,
    answers: dict[Key, Recorded],
    datasets: tuple[str, ...],
    *,
    seeds: bool,
    chosen: tuple[str, ...] = (),
) -> Plan:
    """The calls of some datasets that were answered; without `seeds` those that read of a server
    as it was seeded. `chosen` are patterns of ids, of which one must fit."""
    steps: list[Call] = []
    left_out, written = 0, False
    for each in corpus.calls():
        if each.dataset not in datasets:
            continue
        if each.op is not None:
            written = False
            steps += [each] if seeds else []
        elif each.key in answers:
            if chosen and not any(fnmatchcase(each.id, pattern) for pattern in chosen):
                continue
            if not seeds and (each.writes or written):
                left_out += 1
                written = written or not _faulted(answers[each.key])
            else:
                steps.append(each)
    return Plan(tuple(steps), left_out)


def _faulted(recorded: Recorded) -> bool:
    return recorded.status != 200 or "<fault>" in (recorded.body or "")


def held(corpus: Corpus, transport: HttpTransport, datasets: tuple[str, ...]) -> str:
    """Which of some datasets a server holds; '' if it is none of them."""

    def ask(request: Request) -> Exchange:
        return Exchange(request, transport.send(request))

    listed = ask(call("project_list", "", MANY)), ask(call("patch_list", {"max_count": MANY}))
    for dataset in datasets:
        rows = corpus.dataset(dataset)
        projects, patches = _names(rows["projects"], "linkname"), _names(rows["patches"], "name")
        if _names(rows_of(listed[0]), "linkname") != projects:
            continue
        if listed[1].fault is None:
            if _names(rows_of(listed[1]), "name") == patches:
                return dataset
        elif _one_by_one(ask, patches):  # a row without a state spoils lists (servers.md 4)
            return dataset
    return ""


def _one_by_one(ask: Callable[[Request], Exchange], patches: dict[Any, str]) -> bool:
    """Whether a server holds these patches, as far as it can show the first few."""
    found = [ask(call("patch_get", number)) for number in list(patches)[:FEW]]
    named = [_names([each.value.plain], "name") for each in found if each.value is not None]
    return bool(named) and all(name.items() <= patches.items() and name for name in named)


def _names(rows: list[dict[str, Any]] | None, member: str) -> dict[Any, str]:
    return {row.get("id"): carried(str(row.get(member))) for row in rows or () if row}


def answers_at_all(answers: dict[Key, Recorded]) -> bool:
    """Whether the recorded server's API was switched on."""
    return any(key[1] == "pw_rpc_version" and each.status == 200 for key, each in answers.items())


def repeat(
    comparer: Comparer,
    found: Repeated,
    planned: Plan,
    answers: dict[Key, Recorded],
    transport: HttpTransport,
    seed: Callable[[str], None],
    *,
    fields: bool = True,
) -> Iterator[Call]:
    """Send what was planned; each step as it is done. What comes of it is noted in `found`.

    Raises Trouble if the server cannot be reached or seeded, or BudgetSpent.
    """
    found.left_out, silent = planned.left_out, 0
    for step in planned.steps:
        if step.op is not None:
            seed(step.dataset)
            yield step
            continue
        try:
            answer = transport.raw(step.as_bytes(transport.endpoint.prefix), step.method)
        except NoAnswer as trouble:
            found.unanswered.append((step, str(trouble)))
            silent += 1
            if silent == LOST:
                raise Trouble(f"{LOST} calls in a row got no answer ({trouble})") from None
            continue
        silent = 0
        recorded = answers[step.key]
        if answer.status in BUSY and recorded.status not in BUSY:
            found.unanswered.append((step, f"a gateway in front answered HTTP {answer.status}"))
        else:
            found.compared += 1
            why = comparer.compare(step, recorded, answer, fields=fields)
            if why is not None:
                found.different.append(Difference(step, recorded, answer, why))
        yield step
