"""`pw-conformance list` and `explain`: for people, for programs, and outside a checkout."""

from __future__ import annotations

import io

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console

from conformance.chapters import load
from conformance.commands.cli import main
from conformance.reports.shown import catalogued
from conformance.requirements import recorded
from conformance.requirements.catalogue import CHAPTERS, Level, requirements
from tests.conformance.chapters import corpus
from tests.conformance.reports import outputs

load()


def shown(number: str, width: int = 80, *, tty: bool = True) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=tty, color_system=None)
    catalogued.show_explained(console, requirements()[number])
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def run(*words: str):
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize("instance", corpus.INSTANCES)
def test_a_recorded_server_is_the_same_to_both_readers(instance):
    assert recorded.profile_of(instance) == corpus.profile_of(instance)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_requirements_are_explained_with_what_real_servers_answered(chapter):
    for about in requirements().values():
        if about.chapter != chapter:
            continue
        text = shown(about.id, tty=False)
        for part in (about.id, about.level, about.scope, about.text, about.why, about.facts):
            assert part in text
        calls = list(recorded.shown(about))
        assert any(call.answers for call in calls) or not about.recorded
        able = recorded.servers(about)
        for call in calls:
            told = [name for _, servers in call.answers for name in servers]
            assert set(told) <= set(able)
            assert len(set(told)) == len(told)
            assert f"recorded: {call.id}" in text


def test_each_recorded_server_has_one_answer_to_a_call_and_it_is_its_own():
    about = requirements()["PW-VER-001"]
    answers = {c.id: dict(c.answers) for c in recorded.shown(about)}["pw_rpc_version"]
    assert answers["1"] == ("1.0-py2-sqlite",)
    assert answers["[1, 2, 0]"] == (
        "1.1-py2-postgresql",
        "1.1-py2-sqlite",
        "1.1-py3-sqlite",
    )
    assert len(answers["[1, 3, 0]"]) == 21


def test_an_observation_tells_what_real_servers_do():
    text = " ".join(shown("PW-LIST-090").split())
    case_sensitive = (
        "1.1-py2-postgresql, 2.2-py3-mariadb, 2.2-py3-postgresql, 3.0-py3-postgresql, "
        "3.2-py3-mariadb, 3.2-py3-postgresql, main-py3-mariadb, main-py3-postgresql"
    )
    assert f"text matching: case-sensitive by {case_sensitive}" in text
    others = ", ".join(i for i in corpus.INSTANCES if i not in case_sensitive)
    assert f"text matching: case-insensitive by {others}" in text


@pytest.mark.parametrize("width", [80, 200])
def test_prose_keeps_to_the_width(width):
    for number in ("PW-AUTH-010", "PW-XML-051"):
        lines = [line for line in shown(number, width).split("\n") if "recorded: " not in line]
        assert max(map(cell_len, lines)) <= width


def test_who_is_said_in_few_words():
    every = [f"s{n}" for n in range(9)]
    assert catalogued.who(every, every) == "all 9 recorded servers"
    assert catalogued.who(every[:1], every[:1]) == "s0"
    assert catalogued.who(every[:7], every) == "all but s7, s8"
    assert catalogued.who(every[:2], every) == "s0, s1"


def test_list_is_a_line_for_each_with_its_chapter_and_the_counts():
    lines = run("list").output.split("\n")
    for number, about in requirements().items():
        assert any(line.split() == [number, about.level, *about.text.split()] for line in lines)
    for key, title in CHAPTERS.items():
        assert f"{title} ({key})" in lines
    musts = sum(about.level is Level.MUST for about in requirements().values())
    assert lines[-2].startswith(f"{len(requirements())} requirements: {musts} MUST, ")


def test_list_and_explain_are_machine_readable():
    words = ("list", "--json", "--select", "VER", "--skip", "VER-010", "--skip", "VER-011")
    listed = outputs.told("list", run(*words).output)
    assert [each["id"] for each in listed] == [f"PW-VER-{n:03}" for n in range(1, 10)]
    assert listed[0]["level"] == "MUST"
    (explained,) = outputs.told("explain", run("explain", "--json", "ver-001").output)
    assert explained.items() >= listed[0].items()
    assert explained["answers"][0]["answers"][0] == {"answer": "1", "servers": ["1.0-py2-sqlite"]}


@pytest.mark.parametrize(
    ("word", "said"),
    [("PW-LIST-0211", "PW-LIST-021"), ("LSIT-021", "PW-LIST-021"), ("auht", "AUTH"), ("21", "")],
)
def test_what_is_not_known_is_told_with_the_nearest(word, said):
    done = run("explain", word)
    assert done.exit_code == 2
    assert f"no requirement or chapter is called '{word}'" in done.output
    assert said in done.output


def test_several_are_explained_one_after_the_other():
    text = run("explain", "VER-001", "PW-AUTH-001").output
    assert text.index("PW-VER-001  MUST") < text.index("PW-AUTH-001  MUST")


def test_each_requirement_is_one_sentence_of_its_own_and_names_who_breaks():
    texts = [about.text for about in requirements().values()]
    assert len(set(texts)) == len(texts)
    for about in requirements().values():
        assert about.text.endswith(".")
        assert about.text.count("`") % 2 == 0
        assert not about.text.startswith("Whether") or "depends on" in about.text
        assert about.why[0] != "W"
        assert not about.why.endswith(".")
        assert len(about.why.split()) > 3, about
