"""Generated fixtures: the same bytes everywhere, believable, streamed, and fit to be served."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

import fakepw
from fakepw.fixtures.files import replacing
from fakepw.generating import MOST, SHAPES, fixture, generate, troubles
from fakepw.generating.fates import NEW, SUPERSEDED, UNDER_REVIEW
from fakepw.patchwork.instances.instances import RECORDED
from fakepw.patchwork.rows.rows import Dataset, Patch
from tests import pythons

ROOT = Path(__file__).parents[2]
OTHERS = {v: path for v, path in pythons.found().items() if pythons.libraries(v).exists()}
#: What every Python must write: a change of it is a change of everybody's fixtures.
DIGEST = "4004f6fd1673f72954100f790573dab6c3771c44fe41d8906d07b7cd3e6f73ba"
DIGESTING = """
from hashlib import sha256
from fakepw.generating import SHAPES, fixture
digest = sha256()
for shape in SHAPES:
    for seed, count, hostile in ((0, 400, False), (2**70, 60, True)):
        for piece in fixture(count, shape, seed=seed, hostile=hostile):
            digest.update(piece)
print(digest.hexdigest())
"""


def command(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    line = [sys.executable, "-m", "fakepw", "generate", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def kernel() -> Dataset:
    return generate(4000, "kernel", seed=3)


@pytest.mark.parametrize("version", ["this", *OTHERS])
def test_the_same_seed_gives_the_same_bytes_on_every_python(version: str) -> None:
    python, path = sys.executable, str(ROOT)
    if version != "this":
        python, path = str(OTHERS[version]), f"{ROOT}{os.pathsep}{pythons.libraries(version)}"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONHASHSEED": "1"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C", "TZ": "Asia/Kathmandu"}
    done = subprocess.run(
        [python, "-c", DIGESTING], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == DIGEST


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("hostile", [False, True])
def test_a_file_holds_the_same_rows_and_is_sound(shape: str, hostile: bool) -> None:
    for count in (0, 1, 2, 500):
        written = b"".join(fixture(count, shape, seed=5, hostile=hostile))
        rows = fakepw.load(written)
        assert rows == generate(count, shape, seed=5, hostile=hostile)
        assert rows == fakepw.load(fakepw.dumps(rows))
        assert len(rows.patches) == count
        assert [row.id for row in rows.patches] == list(range(1, count + 1))


def test_another_seed_gives_other_rows_and_more_patches_begin_alike() -> None:
    assert generate(50, seed=1) != generate(50, seed=2)
    assert [row.name for row in generate(300, "kernel").patches[:20]] == [
        row.name for row in generate(350, "kernel").patches[:20]
    ]


def test_it_takes_no_more_memory_for_many() -> None:
    peaks = []
    for count in (1000, 7000):
        tracemalloc.start()
        size = sum(map(len, fixture(count, "kernel")))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > 1000 * count
    assert peaks[1] < 1.5 * peaks[0] < 4_000_000


def test_the_command_does_not_hold_what_it_writes(tmp_path: Path) -> None:
    """In kilobytes, at two sizes of which the larger is 30 MB of JSON."""
    code = (
        "import resource, sys; from fakepw.cli import group; group.main(sys.argv[1:],"
        " standalone_mode=False); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    held = []
    for count in (1000, 15_000):
        file = str(tmp_path / "f.json")
        words = ("generate", "--shape", "kernel", "--patches", str(count), "-o", file)
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, check=True)
        held.append(int(done.stdout))
    assert os.path.getsize(file) > 25_000_000
    assert held[1] - held[0] < 8_000


# -- believable ------------------------------------------------------------------------------


def test_dates_and_ids_ascend_and_series_come_together(kernel: Dataset) -> None:
    dates = [row.date for row in kernel.patches]
    assert dates == sorted(dates)
    assert dates[0].year < dates[-1].year
    for before, row in zip(kernel.patches, kernel.patches[1:], strict=False):
        mark = re.match(r"\[.*?(\d+)/(\d+)\]", row.name)
        if mark and mark[1] != "1":
            assert (before.submitter_id, before.project_id) == (row.submitter_id, row.project_id)
            assert f"/{mark[2]}]" in before.name


def test_a_series_hangs_together_by_its_mails(kernel: Dataset) -> None:
    known = {row.msgid for row in kernel.patches}
    answers = [re.search(r"^In-Reply-To: (.*)$", row.headers, re.M) for row in kernel.patches]
    found = [answer[1] for answer in answers if answer]
    assert len(found) > 1000
    assert set(found) <= known
    assert all(f"\nMessage-Id: {row.msgid}\n" in row.headers for row in kernel.patches)


def test_states_follow_from_versions_and_age(kernel: Dataset) -> None:
    by_text: dict[tuple[int, str], list[Patch]] = {}
    for row in kernel.patches:
        text = re.sub(r"^\[.*?\] ", "", row.name)
        by_text.setdefault((row.submitter_id, f"{row.project_id} {text}"), []).append(row)
    replaced = [rows for rows in by_text.values() if len(rows) > 1]
    assert len(replaced) > 100
    superseded = Counter(row.state_id for row in kernel.patches)[SUPERSEDED]
    assert 0.2 < superseded / len(kernel.patches) < 0.8
    undecided = [row.state_id in (NEW, UNDER_REVIEW) for row in kernel.patches]
    assert sum(undecided[-100:]) > 3 * sum(undecided[:100])
    assert not any(row.archived for row in kernel.patches[-100:])
    assert sum(row.archived for row in kernel.patches[:1000]) > 500
    assert all(row.delegate_id is None for row in kernel.patches if row.state_id == NEW)


def test_few_send_much_and_many_send_little(kernel: Dataset) -> None:
    counts = sorted(Counter(row.submitter_id for row in kernel.patches).values(), reverse=True)
    assert sum(counts[: len(counts) // 10]) > len(kernel.patches) * 0.3
    assert counts[-1] < counts[0] / 20
    assert len({person.email for person in kernel.people}) == len(kernel.people)
    names = "".join(person.name or "" for person in kernel.people)
    assert re.search("[А-я]", names)
    assert re.search("[一-龥]", names)
    assert any(person.name is None for person in kernel.people)


def test_maintainers_look_after_their_own_project(kernel: Dataset) -> None:
    users = {user.id: user for user in kernel.users}
    for row in kernel.patches:
        if row.delegate_id is not None:
            assert row.project_id in users[row.delegate_id].maintainer_of
    assert users[1].username == users[1].password == "maint"
    assert {users[check.user_id].username for check in kernel.checks} == {"ci"}


def test_message_ids_are_unique_and_most_hashes_are(kernel: Dataset) -> None:
    assert len({row.msgid for row in kernel.patches}) == len(kernel.patches)
    assert len({row.msgid for row in kernel.comments}) == len(kernel.comments)
    assert len({row.hash for row in kernel.patches}) == len(kernel.patches)


@pytest.mark.needs("patch")
def test_diffs_apply(kernel: Dataset, tmp_path: Path) -> None:
    """To the file that they speak of: every line outside of hunks being anything."""
    for row in kernel.patches[:40]:
        assert row.diff is not None
        hunks = re.findall(r"^@@ -(\d+),(\d+) .*?\n((?:[-+ ].*\n)+)", row.diff, re.M)
        lines = ["x\n"] * 2000
        for at, count, body in hunks:
            old = [line[1:] for line in body.splitlines(True) if line[0] != "+"]
            assert len(old) == int(count)
            lines[int(at) - 1 : int(at) - 1 + len(old)] = old
        (tmp_path / "old").write_text("".join(lines))
        done = subprocess.run(
            ["patch", "--dry-run", "--fuzz=0", "old"],
            input=row.diff, text=True, capture_output=True, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + row.diff
        assert "offset" not in done.stdout


def test_hostile_rows_are_there_when_asked_for() -> None:
    plain, hostile = (generate(1500, "ci", hostile=asked) for asked in (False, True))
    pairs = zip(plain.patches, hostile.patches, strict=True)
    share = sum(a != b for a, b in pairs) / 1500
    assert 0.5 / troubles.ONE_IN < share < 1.5 / troubles.ONE_IN
    names = "".join(row.name for row in hostile.patches)
    assert "\x1b" in names
    assert any(row.diff is None for row in hostile.patches)
    assert any("\f" in (row.diff or "") for row in hostile.patches)
    assert max(Counter(row.hash for row in hostile.patches).values()) > 1
    assert plain.checks != hostile.checks
    assert all(row.target_url is not None for row in hostile.checks)


# -- used ------------------------------------------------------------------------------------


def test_the_suite_finds_nothing_wrong_with_a_server_of_it() -> None:
    rows = generate(150, "kernel", seed=1, hostile=True)
    with fakepw.serve(rows, instance=RECORDED[-1]) as server:
        done = subprocess.run(
            [sys.executable, "-m", "conformance", "run", server.url, "--examples", "1"],
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def test_the_command_writes_the_file_at_once_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    done = command("--patches", 30, "--shape", "ci", "--seed", 9, "--hostile", "-o", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert fakepw.load(file) == generate(30, "ci", seed=9, hostile=True)
    assert list(tmp_path.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o666 & ~_umask()
    (tmp_path / "link.json").symlink_to(file)
    assert command("--patches", 1, "-o", tmp_path / "link.json").returncode == 0
    assert len(fakepw.load(file).patches) == 1
    before = file.read_bytes()
    with pytest.raises(OSError, match="closed"), replacing(file) as half:  # noqa: PT012
        half.write(b"half of it")
        raise OSError("closed")
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.json", "link.json"]


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def test_it_writes_to_standard_output_and_stops_when_nobody_reads() -> None:
    assert fakepw.load(command("--patches", 12).stdout) == generate(12)
    line = [sys.executable, "-m", "fakepw", "generate", "--patches", "5000"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert (process.wait(30), process.stderr.read()) == (1, b"")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--patches", MOST + 1], b"1000001 is not in the range 0<=x<=1000000"),
        (["--patches", "many"], b"'many' is not a valid integer"),
        (["--shape", "round"], b"'round' is not one of 'small', 'kernel', 'ci', 'terse'"),
        (["--seed", -1], b"-1 is not in the range x>=0"),
        (["-o", "/no/such/folder/f.json"], b"/no/such/folder/f.json cannot be written: No such"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_line(words: list[object], says: bytes) -> None:
    done = command(*words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert says in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_from_python_it_is_a_sentence_too() -> None:
    for arguments, says in (((-1,), "-1 patches"), ((1, "round"), "no shape 'round'")):
        with pytest.raises(ValueError, match=says):
            generate(*arguments)
    with pytest.raises(ValueError, match="-1 is no seed"):
        fixture(1, seed=-1)
