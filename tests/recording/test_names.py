"""Whoever is in some rows is gone from all of them: looked for by every word that named anybody."""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Callable
from email.header import Header
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import fakepw
from fakepw.patchwork.rows.rows import Dataset
from fakepw.recording.anonymising import REMOVED
from fakepw.recording.anonymising.common import AMBIGUOUS, COMMON, GENERIC
from tests.recording.anonymous import anonymised, texts

GIVEN, FAMILY, SHORT = "Roswitha", "Oberkofler", "Bob"
ADDRESS = "r.oberkofler@alpine-chips.test"
MSGID = "20260105.7f3a-roswitha@box.alpine-chips.test"
COMMIT = "3f0c8e1d9b5a47628c13d0e4f7a2b6958d41c07e"

#: What mails say of people, and where.
PROSE: dict[str, str] = {
    "a greeting": "Hi {given},\n\nthis is fine.\n",
    "a greeting in small letters": "hello {given_small}, fine",
    "thanks": "Thanks, {short}\n",
    "thanks, and more": "Thanks {given}! Applied.",
    "a short name alone": "I asked {short} about it.",
    "a signature": "Fine.\n\n-- \n{given}\n",
    "a signature without a line": "Best regards,\n{short}\n",
    "a dash": "ok\n- {short}",
    "a quotation": "On Mon, Jan 5, 2026 at 10:00 AM {given} {family} wrote:\n> x\n",
    "a quotation by address": "{given} <{address}> wrote:\n",
    "a quotation in small letters": "{given_small} wrote:",
    "a tag without an address": "Suggested-by: {given} {family}\n",
    "shouted": "{GIVEN} {FAMILY} IS RIGHT",
    "the family first": "{family}, {given}",
    "possessive": "{given}'s patch, as {family}s is not",
    "a mention": "@{given_small}: see above",
    "in brackets": "[{given}: fixed the subject]",
    "over two lines": "as {given}\n{family} said",
    "over two lines of a quotation": "> > as {given}\n> > {family} said",
    "at example dot org": "write to r.oberkofler at alpine-chips dot test",
    "(a)": "r.oberkofler (a) alpine-chips.test",
    "[at], [dot]": "r [dot] oberkofler [at] alpine-chips [dot] test",
    "at, as list archives have it": "r.oberkofler at alpine-chips.test ({given} {family})",
    "in pointed brackets": "<r.oberkofler (a) alpine-chips.test>",
    "a host": "it crashed on box.alpine-chips.test, twice",
    "a URL": "https://ci.alpine-chips.test/~x/{family_small}/1",
    "a link to a mail": "Link: https://lore.kernel.org/r/{msgid}/",
    "a link to a mail, escaped": "https://lore.kernel.org/all/{msgid_quoted}/",
    "a message id": "In-Reply-To: <{msgid}>",
    "a commit": 'Fixes: {commit:.12} ("net: x")',
    "a whole commit": "cherry picked from commit {commit}",
    "a commit by its tree": "https://git.kernel.org/c/x?h=y&id={commit:.12}",
    "copyright": "/* Copyright (C) 2026 {given} {family} <{address}> */",
}
#: How mails and logs write it.
WAYS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": lambda text: re.sub("^", "> ", text, flags=re.M),
    "base64": lambda text: base64.encodebytes(f"{text}\n".encode()).decode(),
    "base64, beyond ASCII": lambda text: base64.encodebytes(f"{text}\nÜber\n".encode()).decode(),
    "quoted-printable": lambda text: quopri.encodestring(f"é {text}".encode()).decode(),
    "an encoded word": lambda text: Header(f"é {text}".replace("\n", " "), "utf-8").encode(),
    "escaped": lambda text: f"https://x.test/?q={quote(text.strip(), safe='')}",
    "a form": lambda text: f"https://x.test/?q={quote_plus(text.strip())}",
    "references": lambda text: "".join(f"&#{ord(c)};" if c in "aeo@" else c for c in text),
}
#: What only stands where people are spoken to, so that no code is taken for it.
SPOKEN = {"a greeting in small letters", "a quotation in small letters", "a dash"}


def around(text: str, given: str, family: str, short: str) -> Dataset:
    """Rows of two people of whom a text speaks, which stands wherever one can."""
    rows = fakepw.load("demo")
    one = replace(rows.people[0], name=f"{given} {family}", email=ADDRESS)
    two = replace(rows.people[1], name=f"{short} Unterweger", email="bob@other.test")
    patch = replace(rows.patches[0], name=f"[PATCH] {text}", content=text, msgid=f"<{MSGID}>")
    patch = replace(patch, headers=f"Subject: x\nX: {text}\n", diff=f"--- a\n+++ b\n+{text}\n")
    patch = replace(patch, submitter_id=one.id, commit_ref=COMMIT, hash=None)
    check = replace(rows.checks[0], patch_id=patch.id, description=text, context=text)
    comment = replace(rows.comments[0], patch_id=patch.id, content=text, headers=f"X: {text}\n")
    check = replace(check, target_url=text)
    people = (one, two, *rows.people[2:])
    return replace(rows, people=people, patches=(patch,), checks=(check,), comments=(comment,))


def filled(template: str, given: str = GIVEN, family: str = FAMILY, short: str = SHORT) -> str:
    small = {"given_small": given.lower(), "family_small": family.lower()}
    large = {"GIVEN": given.upper(), "FAMILY": family.upper()}
    ids = {"address": ADDRESS, "msgid": MSGID, "commit": COMMIT}
    names = {"given": given, "family": family, "short": short, **small, **large}
    return template.format(**names, **ids, msgid_quoted=quote(MSGID, safe=""))


def left(rows: Dataset, *words: str) -> list[str]:
    """Which words are left, in any case, as words or, if they are no words, anywhere."""
    whole = "\n".join(texts(rows)).lower()
    return [
        word
        for word in words
        if re.search(rf"(?<!\w){re.escape(word.lower())}(?!\w)", whole)
        or (not word.isalpha() and word.lower() in whole)
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", PROSE)
def test_nobody_is_left_wherever_a_text_names_them(what: str, way: str) -> None:
    text = WAYS[way](filled(PROSE[what]))
    rows, _ = anonymised(around(text, GIVEN, FAMILY, SHORT))
    whole = [*texts(rows), *(WAYS_BACK.get(way, str)(each) for each in texts(rows))]
    said = replace(rows, states=tuple(replace(rows.states[0], name=each) for each in whole))
    if what in SPOKEN:
        said = replace(said, patches=tuple(replace(row, diff="") for row in said.patches))
    words = [GIVEN, FAMILY, "Unterweger", ADDRESS, "alpine-chips", MSGID, COMMIT, COMMIT[:12]]
    assert left(said, *words) == []
    assert REMOVED not in texts(rows)
    if "{short}" in PROSE[what] and way in ("plain", "quoted"):
        assert not re.search(rf"(?<!\w){SHORT}(?!\w)", rows.patches[0].content or "")


def _unquoted(text: str) -> str:
    return quopri.decodestring(text.encode()).decode("utf-8", "replace")


def _unbased(text: str) -> str:
    runs = ["".join(run.split()) for run in re.findall(r"[A-Za-z0-9+/\n]{12,}", text)]
    found = [base64.b64decode(run[: len(run) // 4 * 4]) for run in runs]
    return "\n".join(octets.decode("utf-8", "replace") for octets in found)


WAYS_BACK: dict[str, Callable[[str], str]] = {
    "base64": _unbased,
    "base64, beyond ASCII": _unbased,
    "quoted-printable": _unquoted,
}

letters = st.sampled_from("abcdefghijklmnoprstuvwyzäéøł")
names = (
    st.text(letters, min_size=4, max_size=9)
    .map(str.capitalize)
    .filter(lambda name: name.lower() not in COMMON | AMBIGUOUS | GENERIC)
)


@given(names, names, st.sampled_from(sorted(set(PROSE) - SPOKEN)))
@settings(max_examples=60)
def test_nor_is_anybody_else(given_name: str, family: str, what: str) -> None:
    text = filled(PROSE[what], given_name, family)
    rows, _ = anonymised(around(text, given_name, family, SHORT))
    assert left(rows, given_name, family) == []
    assert REMOVED not in texts(rows)


def test_the_same_person_is_the_same_in_every_place() -> None:
    text = filled("Hi {given},\n{family} is {given} {family} <{address}>.\n-- \n{short}\n")
    rows, _ = anonymised(around(text, GIVEN, FAMILY, SHORT))
    one, two = rows.people[:2]
    given_name, family = str(one.name).split()
    assert rows.patches[0].content == (
        f"Hi {given_name},\n{family} is {one.name} <{one.email}>.\n"
        f"-- \n{str(two.name).split()[0]}\n"
    )
    assert rows.patches[0].commit_ref != COMMIT
    said, _ = anonymised(around(f"Fixes: {COMMIT[:12]} (x)", GIVEN, FAMILY, SHORT))
    assert said.patches[0].content == f"Fixes: {said.patches[0].commit_ref[:12]} (x)"  # type: ignore[index]


def test_names_that_are_words_are_words_where_they_are_written_so() -> None:
    text = "mark the page as long, and will test the kernel on Mon, 5 Jan\nMark, will you?\n"
    rows, _ = anonymised(around(text, "Mark", "Long", "Jan"))
    said = rows.patches[0].content or ""
    assert said.startswith("mark the page as long, and will test the kernel on Mon, 5 Jan\n")
    assert "Mark" not in said
    assert said.endswith(", will you?\n")


def test_a_name_of_words_alone_goes_as_a_whole_and_where_it_is_spoken_to() -> None:
    text = "Hi May,\nMay Sun said so on Sun, 3 May.\nThanks,\nBen\n"
    rows, _ = anonymised(around(text, "May", "Sun", "Ben"))
    said = rows.patches[0].content or ""
    (given_name, family), ben = (
        str(rows.people[0].name).split(),
        str(rows.people[1].name).split()[0],
    )
    assert said == (
        f"Hi {given_name},\n{given_name} {family} said so on Sun, 3 May.\nThanks,\n{ben}\n"
    )
    assert not {"May", "Sun", "Ben"} & {given_name, family, ben}


def test_robots_and_lists_give_no_words_away() -> None:
    text = "the kernel test robot says that the list of patches works\n"
    rows, _ = anonymised(around(text, "kernel test", "robot", "List"))
    said = rows.patches[0].content or ""
    assert "kernel test robot" not in said
    assert said.endswith("says that the list of patches works\n")


def test_an_odd_commit_is_a_text_like_others() -> None:
    before = around("x", GIVEN, FAMILY, SHORT)
    patch = replace(before.patches[0], commit_ref=f"by {ADDRESS}", hash=f"of {GIVEN}")
    rows, _ = anonymised(replace(before, patches=(patch,)))
    assert left(rows, GIVEN, ADDRESS) == []
