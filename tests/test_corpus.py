"""The corpus is fit for others: its format is described, a reader works, nothing is private."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import subprocess
import sys

import jsonschema
import pytest

from tests.recordings import FOLDER, INSTANCES, calls

from .examples import blocks

README = (FOLDER / "README.md").read_text()
FILES = [FOLDER / "calls.jsonl.xz", *sorted((FOLDER / "answers").iterdir())]
#: The oldest, the newest, one that is switched off, and the calls.
SOME = ("1.0-py2-sqlite", "main-py3-postgresql", "3.2-py3-sqlite-disabled", "calls")
#: What would say on whose machine it was made.
PRIVATE = (
    *(b"/work/", b"/home/", b"/root/", b"/usr/", b"/opt/", b"/srv/", b"/tmp/", b"/var/"),
    *(b"site-packages", b"localhost", b"127.0.0", b"192.168.", b".internal", b".local"),
)


def validator(*kinds: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((FOLDER / "schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    schema["oneOf"] = [{"$ref": f"#/$defs/{kind}"} for kind in kinds]
    return jsonschema.Draft202012Validator(schema)


def counted(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def test_every_kind_of_line_keeps_to_the_schema_and_names_no_machine() -> None:
    """Lines of one shape are one kind: the schema says nothing of what members hold but shapes.
    Members that nobody knows are refused by the reader, which `test_replay` has read all."""
    for path in FILES:
        if path.name.split(".jsonl")[0] not in SOME:
            continue
        judge = validator(*(("answer",) if path.parent.name == "answers" else ("call", "reset")))
        seen = set()
        with lzma.open(path) as file:
            for text in file:
                assert [word for word in PRIVATE if word in text] == [], path
                line = json.loads(text)
                shape = (*((name, type(value)) for name, value in line.items()), line.get("status"))
                if shape not in seen:
                    seen.add(shape)
                    judge.validate(line)
        assert len(seen) > 1
        for wrong in ({**line, "nosuch": 1}, {k: v for k, v in line.items() if k != "dataset"}):
            assert not judge.is_valid(wrong)


def test_the_readme_counts_rightly() -> None:
    """What was counted when all was replayed, which `test_replay` does."""
    shares = json.loads((FOLDER.parent / "reproduced.json").read_text())
    answers = [share["answers"] for share in shares.values()]
    assert f"{counted(sum(answers))} answers that {len(INSTANCES)} real" in README
    assert f"{counted(max(answers))} in all. Ten more lines" in README
    assert sum(call.op is not None for call in calls()) == 10
    assert sorted(shares) == list(INSTANCES)


def test_every_file_is_the_one_that_was_looked_through() -> None:
    """All of it was searched for what is private; that takes long, and is done again for a file
    that changes: CONTRIBUTING.md says how."""
    listed = [line.split() for line in (FOLDER / "SHA256SUMS").read_text().splitlines()]
    there = [*FILES, *(FOLDER / "datasets").iterdir()]
    assert sorted(name for _, name in listed) == sorted(
        path.relative_to(FOLDER).as_posix() for path in there
    )
    for digest, name in listed:
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest, name


def test_datasets_name_no_machine() -> None:
    for path in (FOLDER / "datasets").iterdir():
        assert [word for word in PRIVATE if word in path.read_bytes()] == [], path


def test_the_ten_lines_that_read_it_do() -> None:
    (block,) = [block for block in blocks(README) if block.language == "python"]
    done = subprocess.run(
        [sys.executable, "-c", block.text], cwd=FOLDER, capture_output=True, text=True, check=True
    )
    assert "<methodName>patch_get</methodName>" in done.stdout
    assert "invalid literal for int()" in done.stdout
    assert len([line for line in block.text.splitlines() if line]) <= 10


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)[^)]*\)", README))
def test_links_lead_somewhere(target: str) -> None:
    assert (FOLDER / target).exists()


def test_a_clean_clone_is_enough() -> None:
    """No test reads what lies beside the repository."""
    beside = re.compile(r"\.\./shared|/ *['\"]shared\b")
    tests = sorted(FOLDER.parents[1].joinpath("tests").rglob("*.py"))
    assert [
        each for each in tests if each.name != "test_corpus.py" and beside.search(each.read_text())
    ] == []
