"""Rules in text, and what is no rule: one sentence that says what is allowed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fakepw
from fakepw.double.pipeline import Pipeline
from fakepw.protocol.messages import Response
from fakepw.rules.grammar import parse, written
from fakepw.rules.presets import PRESETS
from fakepw.rules.spec import Spec, spec_of
from fakepw.rules.staged import staged

from ..double.asking import get

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)
TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=12
)
ASCII = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"),
    min_size=1,
    max_size=8,
)

EFFECTS: Any = st.one_of(
    st.fixed_dictionaries(
        {"status": st.integers(200, 599)},
        optional={
            "body": TEXT.filter(bool),
            "headers": st.dictionaries(ASCII, ASCII, min_size=1, max_size=2),
        },
    ),
    st.fixed_dictionaries({"fault": TEXT.filter(bool)}),
    st.fixed_dictionaries({"cut": st.integers(0, 10**6).map(float) | st.sampled_from([0.25, 0.5])}),
    st.sampled_from([{"reset": True}, {"drop": True}, {"latency": 0.5}]),
    st.fixed_dictionaries({"preset": st.sampled_from(list(PRESETS))}),
    st.fixed_dictionaries(
        {"rate": st.sampled_from(["20/s", "3/m"])}, optional={"burst": st.integers(1, 9)}
    ),
)
COUNTS: Any = st.one_of(
    st.just({}),
    *(st.fixed_dictionaries({name: st.integers(1, 9)}) for name in ("first", "nth", "every")),
)


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    members = {**draw(EFFECTS), **draw(COUNTS)}
    members |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "method": st.sampled_from(["patch_get", "patch_*", "*"]),
                "params": st.lists(JSON, min_size=1, max_size=2).map(tuple),
                "user": ASCII,
                "chance": st.sampled_from([0.25, 0.5, 1.0]),
                "optional": st.just(True),
            },
        )
    )
    return members


@given(rules())
def test_what_is_written_means_the_same_when_it_is_read(members: dict[str, Any]) -> None:
    spec = spec_of(members)
    assert parse(written(spec)) == spec


@given(st.text(max_size=40) | st.text("abcdefgst:=() '\"/0123.,*{}[]-", max_size=40))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        spec = parse(text)
    except ValueError as refused:
        sentence = str(refused)
    else:
        sentence = "fine" if isinstance(spec, Spec) else ""
    assert sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("patch_get: when=later reset", "when: invalid enum value 'later'"),
        (
            "x:",
            "a rule needs an effect: latency, body, status, fault, cut, reset, drop, preset, rate",
        ),
        ("status=99", "status is a number from 200 to 599, not 99"),
        ("first=0 reset", "first counts from 1, so it cannot be 0"),
        ("first=1 nth=2 reset", "a rule counts in one way, not both first and nth"),
        ("reset drop", "a rule has one effect, not both reset and drop"),
        ("cut=1.5", "cut is a number of bytes, or a share below 1, not 1.5"),
        ("chance=0 reset", "chance is a share above 0 and up to 1, not 0.0"),
        ("rate=20", "'20' is no rate; write 20/s, 300/m or 1/h"),
        ("burst=3 reset", "burst and retry_after belong to a rate"),
        ("header=x", "'x' is no header; write header='Name: value'"),
        ("status=abc", "status is a whole number, not 'abc'"),
        ("patch_get(nil): reset", "'(nil)' are no params; write them as JSON"),
        ("status=504 status=502", "status is given twice"),
        ("body='x", '"body=\'x": no closing quotation'),
    ],
)
def test_what_is_no_rule_is_said_in_one_sentence(text: str, error: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - all of it is compared
        parse(text)
    assert str(raised.value) == error


def test_a_member_that_is_misspelt_is_named_with_its_likeness() -> None:
    with pytest.raises(ValueError, match="a rule has no 'latncy'; did you mean 'latency'"):
        spec_of({"latncy": 3})
    with pytest.raises(
        ValueError, match="there is no preset 'gateway-505'; did you mean 'gateway-50"
    ):
        parse("preset=gateway-505")


def test_the_documentation_says_of_each_preset_what_it_says_itself() -> None:
    text = (Path(__file__).parents[2] / "docs/double.md").read_text()
    table = text.partition("| preset |")[2].partition("\n\n")[0]
    told = re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", table, re.MULTILINE)
    assert dict(told) == {name: preset.text for name, preset in PRESETS.items()}


@pytest.mark.parametrize(("path", "status"), [("/api/", 200), ("/xmlrpc", 301), ("/about/", 200)])
def test_a_front_knows_the_script_name_of_what_it_stands_before(path: str, status: int) -> None:
    """What stands before a Patchwork under a script name does what it does before any other."""
    found = []
    for script in ("", "/pw"):
        patchwork = fakepw.Patchwork(fakepw.load("tiny"), under=script)
        double = Pipeline(patchwork)
        for spec in staged(in_front=["js-challenge", "slash-redirect"]):
            double.rules.add(spec)
        answer = double.answer(get(script + path))
        assert isinstance(answer, Response)
        assert answer.status == (200 if path == "/xmlrpc" else status)
        passing = get(script + path)
        passing.headers = [*passing.headers, (b"cookie", b"_js_ok=1")]
        again = double.answer(passing)
        assert isinstance(again, Response)
        assert again.status == status
        where = [value for name, value in again.headers if name == "Location"]
        found.append([value.replace("/pw/", "/") for value in where])
        challenged = b"wants" in b"".join(answer.body) or b"Verifying" in b"".join(answer.body)
        assert challenged == (path != "/api/")
    assert found[0] == found[1]
