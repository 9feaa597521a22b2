"""KIND=FILE, and what is written where."""

from __future__ import annotations

import pytest

from conformance.reports import KINDS, parse, write

from . import builders


def test_kind_and_file_are_told_apart(tmp_path):
    assert parse(f"html={tmp_path}/a=b.html") == ("html", tmp_path / "a=b.html")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("htlm=x", "no report is called 'htlm'; .*did you mean html?"),
        ("md=x", "did you mean markdown"),
        ("JUNIT=x", "did you mean junit"),
        ("xyzzy=x", "there are badge, html, json, junit, markdown$"),
        ("html", "'html' names no file"),
        ("html=", "'html=' names no file"),
        ("", "no report is called ''"),
        ("html=nosuch/a.html", "there is no directory nosuch"),
        ("html=.", "it is a directory"),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(text, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=said) as refused:
        parse(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_is_written_and_replaces_the_last_one(kind, tmp_path):
    path, run = tmp_path / "report", builders.hostile()
    path.write_text("x" * 10_000_000)
    write(kind, path, run)
    assert path.read_bytes().decode() == KINDS[kind](run)


def test_a_job_summary_is_appended_to(tmp_path, monkeypatch):
    path, run = tmp_path / "summary", builders.conformant()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    path.write_text("said before\n")
    write("markdown", path, run)
    assert path.read_text() == "said before\n" + KINDS["markdown"](run)


def test_what_cannot_be_written_is_said_in_one_sentence():
    with pytest.raises(ValueError, match="json report cannot be written to /dev/full: No space"):
        write("json", "/dev/full", builders.everything())
