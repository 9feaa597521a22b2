"""A client's regular expressions: what Python's `re` finds, and never more than a bounded time."""

from __future__ import annotations

import re
import warnings
import xmlrpc.client
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fakepw
from fakepw.patchwork.query.patterns import LONGEST, MOST_STEPS, BadPattern, Pattern

BLOCKS = [
    *"()[]{}*+?|^$.,-<>P=!: #\n_a1206\\",
    *("\\d", "\\D", "\\w", "\\W", "\\s", "\\b", "\\B", "\\A", "\\Z", "\\x31", "\\061", "\\u0031"),
    *("\\0", "\\n", "\\1", "\\q", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?P<a>", "(?i)", "(?x)"),
    *("(?x: ", "(?-i:", "(?s-i:", "(?#c)", "{2}", "{1,}", "{,3}", "{2,1}", "{0}", "*?", "+?", "??"),
    *("[0-5]", "[^1]", "[]1]", "[1-", "[\\d-a]", "(?"),
]
PATTERNS = st.lists(st.sampled_from(BLOCKS), max_size=9).map("".join)
TEXTS = st.sampled_from(["2016", "2020", "1000", "999", "12", "31", "1", "0"])
#: What `re` can and this cannot; it is refused.
BEYOND = re.compile(r"[*+?}]\+|\(\?>|\(\?P=|\(\?\(|\\[1-9]")

#: Patterns that take a backtracking engine for ever, and others that break it.
NASTY = [
    "((((.?){60}){60}){60}){60}x",
    "(" * 499 + ")*" * 250 + ")" * 249,
    "(.*)*x" * 100,
    "(\\d?){4294967294}x",
    "\\d?" * 333 + "x",
    "(?:" * 200 + "\\d*" + ")*" * 200 + "x",
    "(\\d|\\d|\\d)*" * 60 + "x",
    "(?=" * 200 + "\\d" + ")" * 200,
    "a{99999999999999999999}",
    "(a{4294967294}){4294967294}" * 30,
    "[[a",
    "[" * 1000,
    "(?x)" + "#" * 900,
    "x" * 2_000_000,
    "(" * 2_000_000,
]


@settings(max_examples=300)
@given(PATTERNS, TEXTS)
def test_it_finds_what_re_finds_and_refuses_what_re_refuses(pattern: str, text: str) -> None:
    wanted: bool | None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wanted = bool(re.compile(pattern).search(text))
        except (re.error, OverflowError):
            wanted = None
    try:
        found: bool | None = Pattern(pattern).found_in(text)
    except BadPattern:
        found = None
        if BEYOND.search(pattern):
            return
    assert found == wanted


@pytest.mark.parametrize("pattern", NASTY, ids=lambda pattern: pattern[:20])
def test_the_nastiest_take_no_more_steps_than_there_are(pattern: str) -> None:
    steps = 0
    try:
        compiled = Pattern(pattern)
        for year in range(1, 10_000):
            compiled.found_in(str(year))
            steps = compiled._steps
    except BadPattern:
        pass
    assert steps <= MOST_STEPS + 5 * 3 * LONGEST


@given(st.lists(st.sampled_from([*BLOCKS, *NASTY[:8]]), max_size=40).map("".join))
@settings(max_examples=50, deadline=None)
def test_whatever_is_put_together_is_as_much_work_as_it_is_long(pattern: str) -> None:
    try:
        compiled = Pattern(pattern)
    except BadPattern:
        return
    assert len(compiled._parts) <= 3 * len(pattern) + 2
    try:
        for year in range(1990, 2030):
            compiled.found_in(str(year))
    except BadPattern:
        pass
    assert compiled._steps <= MOST_STEPS + 5 * len(compiled._parts)


def client(instance: str) -> Any:
    rows = {"patches": [{"name": "x", "date": f"{year}-03-05"} for year in range(1900, 2030)]}
    patchwork = fakepw.Patchwork(fakepw.load(rows), instance)
    return xmlrpc.client.ServerProxy("http://x/xmlrpc/", transport=fakepw.Transport(patchwork))


MODERN = [
    name for name in fakepw.RECORDED if fakepw.instance(name).traits.date_parts_are_transforms
]


@pytest.mark.parametrize("instance", MODERN)
def test_a_call_gets_rows_or_the_databases_own_complaint(instance: str) -> None:
    proxy = client(instance)
    assert len(proxy.patch_list({"date__year__regex": "^19[0-4]."})) == 50
    assert len(proxy.patch_list({"date__month__iregex": "^(0?3|x)$"})) == 130
    assert proxy.patch_list({"date__year__regex": NASTY[0]}) == []
    fault = fakepw.instance(instance).traits.bad_regex[0]
    for pattern in ("a{99999999999999999999}", "[[a", "(" * LONGEST, "x" * (LONGEST + 1)):
        with pytest.raises(xmlrpc.client.Fault, match=re.escape(fault)):  # and no warning
            proxy.patch_list({"date__day__regex": pattern})
    with pytest.raises(xmlrpc.client.Fault, match=re.escape(fault)):
        proxy.patch_list({"date__year__regex": "\\d?" * 333 + "x"})
