"""A recording answers as its source did, whatever the source holds; it only reads, and says so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

import fakepw
from fakepw import fixtures
from fakepw.generating import generate
from fakepw.patchwork.rows.rows import Dataset
from fakepw.recording.reading import Wanted
from fakepw.recording.recorder import GivenUp, Recorded, record
from tests import recordings
from tests.fixtures.strategies import datasets
from tests.recording import questions

ALL = Wanted(checks=True)
#: Those that were recorded first, each of another release, Python or database.
FIRST = [name for name in fakepw.RECORDED if "django" not in name][:14]


def recorded(rows: Any, instance: str, wanted: Wanted = ALL) -> tuple[Recorded, fakepw.LiveServer]:
    """What a server of these rows was recorded as; and the server, which is stopped."""
    with fakepw.serve(rows, instance=instance) as server:
        return record(server.url, wanted), server


@pytest.fixture(scope="module")
def demo() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo") as server:
        yield server


@pytest.mark.parametrize("instance", FIRST)
def test_it_answers_the_recorded_questions_as_its_source(instance: str) -> None:
    number = FIRST.index(instance)
    sets = ["a", "bc"[number % 2]] if number % 3 == 0 else ["a"]
    for name in sets:
        found = questions.compare(name, instance, every=11, first=number)
        assert found.unlike == []
        assert found.asked > (300 if name == "a" else 0)


def test_the_differences_that_notes_explain_are_few() -> None:
    found = questions.compare("a", "3.2-py3-sqlite", every=1)
    assert found.asked > 5000
    assert found.unlike == []
    assert 0 < found.explained < found.asked / 50


@given(datasets())
@settings(max_examples=15)
def test_any_rows_answer_as_they_did(rows: Dataset) -> None:
    if any(row.state_id is None for row in rows.patches):
        rows = replace(rows, patches=tuple(row for row in rows.patches if row.state_id is not None))
        known = {row.id for row in rows.patches}
        rows = replace(
            rows,
            comments=tuple(row for row in rows.comments if row.patch_id in known),
            checks=tuple(row for row in rows.checks if row.patch_id in known),
        )
    done, server = recorded(rows, "3.2-py3-sqlite")
    assert questions.unlike_rows(rows, fixtures.read(done.fixture), "3.2-py3-sqlite") == []
    assert {call.method for call in server.calls} <= questions.READING | {"nosuch", None}


def test_an_account_without_an_id_has_a_free_one_where_the_highest_is_taken() -> None:
    rows = {
        "projects": [{"linkname": "p"}],
        "users": [{"id": 2**31 - 1, "username": "last"}, {"id": 1, "username": "other"}],
        "people": [{"name": "Other", "email": "o@example.org", "user": "other"}],
        "patches": [{"name": "[PATCH] x", "delegate": "last"}],
    }
    done, _ = recorded(rows, "3.2-py3-sqlite")
    users = {row.username: row.id for row in fakepw.load(done.fixture).users}
    assert users == {"last": 2**31 - 1, "other": 1}


@pytest.mark.parametrize("instance", fakepw.RECORDED)
def test_the_instance_is_told_by_what_it_answers(instance: str) -> None:
    done, server = recorded("tiny", instance)
    assert done.instance == instance
    assert done.requests == len(server.calls) < 60


def test_a_server_unlike_any_other_is_said_to_be_so(demo: fakepw.LiveServer) -> None:
    with demo.fault("patch_list", {"id": "abc"}, fault="<class 'Odd'>:ly", optional=True):
        done = record(demo.url, ALL)
    assert done.instance is None or "abc" in str(done.notes) or done.instance
    with demo.fault("pw_rpc_version", fault="no version here"):
        done = record(demo.url, ALL)
    assert done.instance is None
    assert any("could not be told" in note for note in done.notes)
    assert fixtures.read(done.fixture).instance is None


def test_it_only_reads_and_names_a_contact(demo: fakepw.LiveServer) -> None:
    demo.reset()
    record(demo.url, ALL, contact="ops@example.org")
    methods = {call.method for call in demo.calls}
    assert methods <= questions.READING | {None}
    assert {"patch_list", "patch_get_mbox", "patch_get_diff", "check_list"} <= methods
    agents = {
        call.request.lower().partition(b"user-agent: ")[2].partition(b"\r\n")[0]
        for call in demo.calls
    }
    (agent,) = agents
    assert agent.startswith(b"fakepw-record/")
    assert agent.endswith(b" (ops@example.org)")


def test_no_question_asks_for_more_than_a_window() -> None:
    rows = generate(150, "small")
    done, server = recorded(rows, "3.2-py3-postgresql")
    assert [row.id for row in fakepw.load(done.fixture).patches] == list(range(1, 151))
    lists = [call for call in server.calls if call.method in ("patch_list", "check_list")]
    assert len(lists) > 10
    for call in lists:
        (filt,) = call.params
        low, high = filt.get("id__range", (0, 10**6))
        few = len(filt.get("id__in", range(61))) <= 60 or filt.get("id") is not None
        assert few or filt.get("max_count", 61) <= 60 or high - low < 60
        assert not isinstance(call.result, list) or len(call.result) <= 60


def test_a_part_can_be_asked_for() -> None:
    rows = generate(120, "kernel", seed=2)
    by_id = {row.id: row for row in rows.patches}
    linkname = rows.projects[0].linkname
    ours = [row for row in rows.patches if row.project_id == 1]
    middle = ours[len(ours) // 2].date
    with fakepw.serve(rows) as server:
        for wanted, expected in (
            (Wanted(limit=7), rows.patches[-7:]),
            (Wanted(project=linkname), ours),
            (Wanted(project=linkname, limit=5), ours[-5:]),
            (Wanted(since=str(middle)), [row for row in rows.patches if row.date >= middle]),
            (Wanted(linkname, str(middle), 3, checks=True), ours[-3:]),
        ):
            done = record(server.url, wanted)
            got = fakepw.load(done.fixture)
            assert [row.id for row in got.patches] == [row.id for row in expected]
            assert {row.id for row in got.people} == {row.submitter_id for row in expected}
            for row in got.patches:  # comments' tags are behind it
                assert str(row.content).startswith(str(by_id[row.id].content).partition("---")[0])
            checks = [c for c in rows.checks if c.patch_id in {row.id for row in expected}]
            assert len(got.checks) == (len(checks) if wanted.checks else 0)
            assert any(note.startswith("Patches are a part") for note in done.notes)
        with pytest.raises(GivenUp, match="no project 'nosuch' there, but dri-devel, kvm, "):
            record(server.url, Wanted(project="nosuch"))


def test_an_empty_patchwork_is_one_too() -> None:
    done, _ = recorded({}, "2.2-py3-sqlite")
    rows = fakepw.load(done.fixture)
    assert (len(rows.states), rows.patches, rows.people) == (10, (), ())
    assert done.instance == "2.2-py3-sqlite"


def test_ids_far_apart_are_all_found() -> None:
    ids = [1, 2, 61, 62, 5_000, 5_001, 1_000_000, 2**31 - 1]
    day = datetime(2020, 1, 1)
    rows = fakepw.load(
        {
            "patches": [
                {"id": number, "name": f"n{number}", "date": f"{day.replace(day=31 - place)}Z"[:10]}
                for place, number in enumerate(ids)
            ]
        }
    )
    done, server = recorded(rows, "3.1-py3-sqlite")
    assert [row.id for row in fakepw.load(done.fixture).patches] == ids
    assert len(server.calls) < 250


def test_it_takes_no_more_memory_for_more_patches() -> None:
    """10 MB of mails more are next to nothing in memory."""

    def peak(patches: int) -> int:
        text = "a line of a message, which is long\n" * 3000
        rows = [{"name": f"n{number}", "content": text} for number in range(patches)]
        with fakepw.serve({"patches": rows}) as server:
            line = [sys.executable, "-c", _PEAK, server.url]
            return int(subprocess.run(line, capture_output=True, text=True, check=True).stdout)

    assert peak(120) - peak(20) < 4_000  # kilobytes


_PEAK = """
import resource, sys
from fakepw.recording.recorder import record
record(sys.argv[1], save=lambda pieces: [len(piece) for piece in pieces] and None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_null_and_empty_are_told_apart_where_they_can_be() -> None:
    patches = [
        {"name": "a", "hash": None, "commit_ref": None},
        {"name": "b", "hash": "", "commit_ref": ""},
        {"name": "c", "diff": None, "hash": None},
        {"name": "d", "diff": ""},
    ]
    for instance in ("1.0-py2-sqlite", "2.2-py3-postgresql", "3.2-py3-mariadb"):
        done, _ = recorded({"patches": patches}, instance)
        got = fakepw.load(done.fixture).patches
        assert [row.commit_ref for row in got] == [None, "", None, None]
        assert [row.diff is None for row in got] == [False, False, True, False]
        assert [row.hash is None for row in got[:3]] == [True, False, True]
        if not instance.startswith("1."):
            assert got[1].hash == ""


def test_what_is_not_told_is_in_the_notes(tmp_path: Path) -> None:
    done, _ = recorded(recordings.dataset("a"), "3.2-py3-sqlite")
    file = tmp_path / "f.json"
    file.write_bytes(done.fixture)
    said = " ".join(fixtures.read(file).notes)
    for word in ("comments", "passwords", "maintains", "list ids", "headers", "null", "Line ends"):
        assert word in said
    assert "Checks that cannot be read are missing" in said
    shown = subprocess.run(
        [sys.executable, "-m", "fakepw", "check", file], capture_output=True, text=True, check=True
    )
    assert shown.stdout.count("\nnote: ") == len(done.notes)
    assert json.loads(done.fixture)["fakepw"] == 1


def test_anonymised_it_says_neither_who_nor_where(demo: fakepw.LiveServer) -> None:
    done = record(demo.url, ALL, anonymise=True)
    whole = done.fixture.decode()
    for person in fakepw.load("demo").people:
        assert person.email not in whole
        assert str(person.name) not in whole
    assert "127.0.0.1" not in whole
    assert any("made up" in note for note in done.notes)
    rows = fakepw.load(done.fixture)
    with fakepw.serve(rows, instance=done.instance) as again:
        assert len(again.patches) == 12
