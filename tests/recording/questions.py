"""What a recording is held to: every question that only reads, asked of it and of its source.

python -m tests.recording.questions    all recorded questions of all recorded servers
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xmlrpc.client import dumps

import fakepw
from fakepw import fixtures
from fakepw.patchwork.patchwork import METHODS
from fakepw.patchwork.rows.rows import Dataset
from fakepw.protocol.messages import Request, Response
from fakepw.recording.reading import Wanted
from fakepw.recording.recorder import record
from tests import recordings
from tests.recordings import Call

READING = {name for name, method in METHODS.items() if not method.auth}
#: A row that XML-RPC cannot tell spoils every answer that it is in; a note names it.
SPOILT = b"cannot marshal None"


@dataclass
class Found:
    """What came of the questions."""

    asked: int = 0
    explained: int = 0
    unlike: list[str] = field(default_factory=list)


def asked(dataset: str) -> list[Call]:
    """The recorded questions of a dataset that change nothing, pages included."""
    writes = ("patch_set", "check_create")
    return [
        call
        for call in recordings.calls(dataset)
        if not call.op and not any(name in (call.body or "") for name in writes)
    ]


def compare(dataset: str, instance: str, every: int, first: int = 0) -> Found:
    """Record a server of that dataset, and ask both every so many-th question."""
    rows = fakepw.load(recordings.dataset(dataset, instance))
    with fakepw.serve(rows, instance=instance) as server:
        done = record(server.url, Wanted(checks=True))
    assert done.instance == instance
    source = fakepw.Patchwork(rows, instance)
    result = fakepw.Patchwork(fakepw.load(done.fixture), instance)
    found = Found()
    for call in asked(dataset)[first % every :: every]:
        found.asked += 1
        request = recordings.as_request(call)
        theirs, ours = fakepw.respond(request, source), fakepw.respond(request, result)
        if _shown(theirs) == _shown(ours):
            continue
        if _explained(call, theirs, rows, done.notes):
            found.explained += 1
        else:
            found.unlike.append(f"{instance} {dataset} {call.id}")
    return found


def _shown(response: Response) -> tuple[Any, ...]:
    headers = recordings.normalise_headers(response.headers)
    return response.status, headers, b"".join(response.body)


def _explained(call: Call, theirs: Response, rows: Dataset, notes: tuple[str, ...]) -> bool:
    """Whether a note says that this answer is not the source's."""
    body = b"".join(theirs.body)
    said = " ".join(notes)
    if SPOILT in body:
        return "cannot be read are missing" in said
    if call.body is None and (b"Comment</h2>" in body or call.path.startswith("/comment/")):
        return "XML-RPC tells no comments" in said
    if call.body is None and call.path.startswith("/project/"):
        return "no list ids, no lists' addresses" in said
    if any(
        row.state_id is None and f"<int>{row.id}</int>" in (call.body or "") for row in rows.patches
    ):
        return "Patches that cannot be read are missing" in said
    if call.called == "patch_get_mbox" and (
        b"UnicodeEncodeError" in body or not body.count(b"From ")
    ):
        return "whose mail is refused" in said
    if call.path.endswith("/mbox/") and theirs.status == 500:
        return "whose mail is refused" in said
    return "hash" in call.id and "whose hash this release does not tell" in said


# -- any rows ---------------------------------------------------------------------------------


def about(rows: Dataset) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Calls that together show all that XML-RPC shows of some rows."""
    yield "project_list", ()
    yield "state_list", ()
    yield "person_list", ()
    yield "patch_list", ({},)
    yield "check_list", ({},)
    for patch in rows.patches:
        for method in ("patch_get", "patch_get_diff", "patch_get_mbox", "patch_check_get"):
            yield method, (patch.id,)
        yield "patch_list", ({"hash__isnull": True},)
        yield "patch_list", ({"commit_ref__isnull": True},)
        yield "check_list", ({"patch_id": patch.id},)
    for person in rows.people:
        yield "patch_list", ({"submitter_id": person.id},)


def unlike_rows(rows: Dataset, fixture: fixtures.Fixture, instance: str) -> list[str]:
    """What of that is not the same, but for what the fixture's notes say."""
    assert fixture.instance == instance
    source = fakepw.Patchwork(rows, instance)
    result = fakepw.Patchwork(fixture.dataset, instance)
    said = " ".join(fixture.notes)
    unlike = []
    for method, params in about(rows):
        body = dumps(params, method).encode()
        request = Request(b"POST", b"/xmlrpc/", [(b"content-length", b"%d" % len(body))], body)
        theirs, ours = (b"".join(fakepw.respond(request, each).body) for each in (source, result))
        if theirs == ours or (SPOILT in theirs and "cannot be read are missing" in said):
            continue
        if method == "patch_get_mbox" and (
            "comes out otherwise" in said or "whose mail is refused" in said
        ):
            continue
        unlike.append(f"{method}{params}: {theirs!r} {ours!r}")
    return unlike


def main() -> int:
    """Ask everything; the exit status is 1 if anything is unlike."""
    unlike = 0
    for instance in fakepw.RECORDED:
        for dataset in "abc":
            found = compare(dataset, instance, every=1)
            unlike += len(found.unlike)
            said = f"{found.asked} asked, {found.explained} explained, {len(found.unlike)} unlike"
            print(f"{instance} {dataset}: {said}", *found.unlike[:5], flush=True)
    return 1 if unlike else 0


if __name__ == "__main__":
    sys.exit(main())
