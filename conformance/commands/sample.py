"""Requests without a server: what a dry run would send, and what two servers can be asked alike."""

from __future__ import annotations

from collections.abc import Sequence

from ..deciding.decisions import Decision, Step
from ..deciding.drawing import Settings
from ..deciding.planning import steps
from ..target.exchange import Request
from ..target.knowing.profile import Profile
from ..target.knowing.world import Row, Window, World
from ..target.sending.budget import BudgetSpent
from ..target.sending.transport import NoAnswer
from ..target.wire import NotXmlRpc
from ..verdicts.differences import Differences
from .opening.options import Options
from .opening.session import discover, session


def _patch(number: int) -> Row:
    return {
        "id": number,
        "date": f"2024-01-{number:02} 10:00:00",
        "filename": f"patch-{number}",
        "msgid": f"<{number}@example.org>",
        "name": f"[PATCH {number}] Sample",
        "project": "Sample",
        "project_id": 1,
        "state": "New",
        "state_id": 1,
        "archived": False,
        "submitter": "Ann <ann@example.org>",
        "submitter_id": 1,
        "delegate": "None",
        "delegate_id": 0,
        "commit_ref": f"{number:040x}",
        "hash": f"{number + 99:040x}",
    }


def _check(number: int) -> Row:
    return {
        "id": number,
        "date": f"2024-02-{number:02} 10:00:00",
        "patch": "[PATCH 1] Sample",
        "patch_id": 1,
        "user": "ci",
        "user_id": 1,
        "state": "success",
        "target_url": "",
        "description": "",
        "context": f"ci-{number}",
    }


def world() -> World:
    """An instance that holds a few rows, for dry runs."""
    return World(
        profile=Profile(),
        projects=[
            {"id": 1, "linkname": "sample", "name": "Sample"},
            {"id": 2, "linkname": "other", "name": "Other"},
        ],
        states=[{"id": 1, "name": "New"}, {"id": 2, "name": "Accepted"}],
        people=[{"id": 1, "email": "ann@example.org", "name": "Ann", "user": ""}],
        all_people=True,
        patches=[Window(0, 6, tuple(_patch(n) for n in range(1, 6)))],
        all_patches=True,
        checks=[Window(0, 4, tuple(_check(n) for n in range(1, 4)))],
        all_checks=True,
        writable=(1,),
    )


def plan(decision: Decision, how: Settings, options: Options) -> Sequence[Step]:
    """The steps of a dry run."""
    if not decision.requirement.applies(Profile()) or decision.needs - options.have():
        return []
    sample = world().with_rows(writable=options.writes, create_checks=options.create_checks)
    return steps(decision, sample, how)


def differences(one: Options, other: Options, wanted: Sequence[Decision]) -> Differences:
    """Send both the same calls. The budget of each holds; what it does not allow is not asked."""
    sessions = [session(options, discover(options)) for options in (one, other)]
    names = [(s.transport.endpoint.url, s.world.profile.describe()) for s in sessions]
    left = sessions[0]
    requests: dict[Request, None] = {}
    for decision in wanted:
        if decision.needs or not decision.requirement.applies(left.world.profile):
            continue
        for step in steps(decision, left.world, left.settings):
            for request in step if isinstance(step, tuple) else (step,):
                if isinstance(request, Request) and not (request.writes or request.login):
                    requests[request] = None
    found = Differences(names, len(requests))
    for request in requests:
        try:
            answers = [opened.send(request).answer for opened in sessions]
        except NoAnswer:
            continue  # what a front end cuts short says nothing of Patchwork
        except BudgetSpent:
            break
        found.compared += 1
        plain = [a.reply for a in answers]
        same = plain[0] == plain[1] and answers[0].status == answers[1].status
        if not same and not all(isinstance(p, NotXmlRpc) for p in plain):
            found.different.append((request, answers[0], answers[1]))
    for opened in sessions:
        opened.close()
    return found
