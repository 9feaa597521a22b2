"""Synthetic datasets of any size: the same every time, and shaped like a kernel list's."""

from __future__ import annotations

from datetime import datetime, timedelta

from fakepw.patchwork.rows.rows import Dataset, Patch, Person, Project, State, User

PROJECTS = 10
STATES = 10
PEOPLE = 100
START = datetime(2020, 1, 1)

#: Who may write: a maintainer of every project.
USERNAME, PASSWORD = "maint", "secret"


def dataset(patches: int) -> Dataset:
    """That many patches, spread evenly over ten projects, ten states and a hundred people."""
    return Dataset(
        states=tuple(State(i, f"State {i}", i, i < 3) for i in range(1, STATES + 1)),
        projects=tuple(
            Project(i, f"list-{i}", f"Project {i}", f"list-{i}.example.org", f"l{i}@example.org")
            for i in range(1, PROJECTS + 1)
        ),
        users=(User(1, USERNAME, PASSWORD, False, True, "m@example.org", tuple(range(1, 11))),),
        people=tuple(
            Person(i, f"Person {i}", f"person{i}@example.org", None) for i in range(1, PEOPLE + 1)
        ),
        patches=tuple(_patch(i) for i in range(1, patches + 1)),
    )


def hash_of(number: int) -> str:
    """The hash of a patch."""
    return f"{number * 0x9E3779B97F4A7C15:040x}"[-40:]


def msgid_of(number: int) -> str:
    """The message id of a patch."""
    return f"<20200101.{number}@example.org>"


def _patch(i: int) -> Patch:
    name = f"[PATCH v2 {i % 7}/7] subsystem-{i % 31}: make part {i} of it do what it says"
    return Patch(
        id=i,
        project_id=i % PROJECTS + 1,
        msgid=msgid_of(i),
        name=name,
        date=START + timedelta(minutes=i),
        submitter_id=i % PEOPLE + 1,
        delegate_id=1 if i % 3 == 0 else None,
        state_id=i // PROJECTS % STATES + 1,
        archived=i % 5 == 0,
        commit_ref=None,
        hash=hash_of(i),
        headers=f"Subject: {name}\nFrom: Person <person@example.org>\n",
        content="It does not do what it says.\n",
        diff=f"--- a/file\n+++ b/file\n@@ -1 +1 @@\n-old {i}\n+new {i}\n",
    )
