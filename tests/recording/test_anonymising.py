"""Anonymised rows: nobody's address is left in any disguise, and everything still fits together."""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Callable
from email.header import Header
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import fakepw
from conformance.target import secrecy
from fakepw.generating import generate
from fakepw.patchwork.mail.diffs import diff_hash
from fakepw.patchwork.rows.rows import Dataset
from fakepw.recording.anonymising import REMOVED
from fakepw.recording.anonymising.leaks import Search
from tests import recordings
from tests.fixtures.strategies import datasets
from tests.recording.anonymous import anonymised, texts

#: Disguises that mail, logs and pages put an address into.
DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in brackets": "Ann <{}>, and more".format,
    "shouted": str.upper,
    "encoded word, b": lambda text: Header(f"{text} ü", "utf-8").encode(),
    "encoded word, q": lambda text: f"=?utf-8?q?{text.replace('@', '=40')}?=",
    "two encoded words": lambda text: (
        f"=?utf-8?q?{text[:3].replace('@', '=40')}?= =?utf-8?q?{text[3:].replace('@', '=40')}?="
    ),
    "base64": lambda text: base64.b64encode(f"mail {text} please".encode()).decode(),
    "base64 in lines": lambda text: (
        base64.encodebytes(f"{'x' * 70} {text} {'y' * 70}".encode()).decode().strip()
    ),
    "base64 of the letters before": lambda text: "ab" + base64.b64encode(text.encode()).decode(),
    "quoted-printable": lambda text: text.replace("@", "=40"),
    "soft line breaks": lambda text: quopri.encodestring(f"{'z' * 60} {text}".encode()).decode(),
    "a soft line break in it": lambda text: f"{text[:2]}=\n{text[2:]}",
    "per cent": lambda text: f"https://lists.invalid/?to={quote(text, safe='')}",
    "reference": lambda text: text.replace("@", "&#64;"),
    "hexadecimal reference": lambda text: text.replace("@", "&#x40;"),
    "mailto": "mailto:{}?subject=x".format,
    "a trailer": "Reviewed-by: Somebody Else <{}>".format,
    "in quotes": "'{}'".format,
    "a link to a mail": "https://lore.kernel.invalid/r/{}/".format,
}

locals_ = st.text("abcdefgXYZ019._+-", min_size=2, max_size=9).filter(lambda t: t[0].isalnum())
hosts = st.sampled_from(["corp.invalid", "Mail.Uni.edu", "bücher.example.net", "x-1.io"])
addresses = st.builds("{}@{}".format, locals_, hosts)
disguises = st.sampled_from(sorted(DISGUISES))


def around(text: str, **columns: Any) -> Dataset:
    """Rows that hold a text in every column that can."""
    rows = fakepw.load("demo")
    patch = replace(rows.patches[0], name=text, headers=f"Subject: x\nX-Text: {text}\n")
    patch = replace(patch, content=text, diff=f"+{text}\n", **columns)
    check = replace(rows.checks[0], target_url=text, description=text, context=text)
    comment = replace(rows.comments[0], content=text, headers=f"X: {text}\n")
    check, comment = replace(check, patch_id=patch.id), replace(comment, patch_id=patch.id)
    return replace(rows, patches=(patch,), checks=(check,), comments=(comment,))


def assert_gone(rows: Dataset, originals: set[str]) -> None:
    """By two searches, neither of which is what replaced them."""
    search = Search(originals)
    for text in set(texts(rows)):
        assert not search.leaks(text), text
        assert secrecy.redact(text, originals) == text


@given(addresses, disguises)
@settings(max_examples=60)
def test_an_address_that_only_a_text_shows_is_replaced_in_any_disguise(
    address: str, disguise: str
) -> None:
    text = DISGUISES[disguise](address)
    rows, _ = anonymised(around(text))
    assert_gone(rows, {address})
    assert REMOVED not in texts(rows)


@given(addresses, disguises, disguises.filter(lambda name: name != "shouted"))  # ends base64
@settings(max_examples=30)
def test_nor_is_one_left_in_two_disguises(address: str, inner: str, outer: str) -> None:
    text = f"From here {DISGUISES[outer](DISGUISES[inner](address))} on"
    people = (replace(fakepw.load("demo").people[0], email=address),)
    before = around(text)
    rows, note = anonymised(replace(before, people=(*people, *before.people[1:])))
    assert_gone(rows, {address})
    assert (REMOVED in texts(rows)) is ("Texts that went" in note)


@given(datasets())
@settings(max_examples=30)
def test_any_rows_stay_sound(rows: Dataset) -> None:
    anonymous, _ = anonymised(rows)
    assert fakepw.load(anonymous) == anonymous
    assert_gone(anonymous, {person.email for person in rows.people})
    assert anonymised(rows) == (anonymous, _)
    for table in rows.__struct_fields__:
        for before, after in zip(getattr(rows, table), getattr(anonymous, table), strict=True):
            for name in before.__struct_fields__:
                was, is_ = getattr(before, name), getattr(after, name)
                if not isinstance(was, str):
                    assert is_ == was


@pytest.mark.parametrize("source", ["demo", "hostile", "a", "b", "kernel"])
def test_nobody_of_a_whole_fixture_is_left(source: str) -> None:
    rows = generate(120, "kernel") if source == "kernel" else None
    rows = rows or fakepw.load(source if len(source) > 1 else recordings.dataset(source))
    anonymous, note = anonymised(rows)
    originals = {person.email for person in rows.people} | {user.email for user in rows.users}
    originals |= {project.listemail for project in rows.projects}
    originals |= {row.msgid.strip("<>") for row in rows.patches}
    originals |= {row.msgid.strip("<>") for row in rows.comments}
    whole = fakepw.dumps(anonymous).decode().lower()
    assert [each for each in originals if "@" in each and each.lower() in whole] == []
    names = {str(person.name) for person in rows.people if len(str(person.name).split()) > 1}
    everything = "\n".join(texts(anonymous))
    made = {person.name for person in anonymous.people}
    assert [
        name for name in names - made if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", everything)
    ] == []
    assert "Texts that went" not in note


def test_the_same_becomes_the_same_everywhere() -> None:
    rows = generate(200, "kernel", seed=4)
    anonymous, _ = anonymised(rows)
    ids = {row.msgid for row in anonymous.patches}
    answers = re.findall(
        r"^In-Reply-To: (\S+)$", "\n".join(p.headers for p in anonymous.patches), re.M
    )
    assert len(answers) > 50
    assert set(answers) <= ids
    people = {person.id: person for person in anonymous.people}
    for before, row in zip(rows.patches, anonymous.patches, strict=True):
        person = people[row.submitter_id]
        assert f"<{person.email}>" in row.headers or person.name is None
        if person.name is not None:
            assert f"Signed-off-by: {person.name} <{person.email}>" in (row.content or "")
        assert (row.date, row.state_id, row.archived) == (
            before.date,
            before.state_id,
            before.archived,
        )
        assert row.hash == diff_hash(row.diff or "")
        assert row.diff == before.diff  # nobody is in it
    assert all(person.email.endswith(".example") for person in anonymous.people)
    known = {text for user in rows.users for text in (user.username, user.password)}
    for user in anonymous.users:
        assert user.password == user.username
        assert user.username not in known


def test_the_way_that_a_mail_took_is_not_told() -> None:
    trace = (
        "Received: from mail-ed1-f54.big.invalid (mail-ed1-f54.big.invalid [209.85.208.54])\n"
        "\tby mx.lists.invalid (Postfix) with ESMTPS id 4XyZ.1 for <x@y.invalid>;\n"
        "\tMon,  5 Jan 2026 10:11:12 +0000 (UTC)\n"
        "Received: from [IPv6:2a00:1450:4864:20::1] by smtp.big.invalid\n"
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=corp.invalid; s=20230601\n"
        "List-Archive: <https://archive.lists.invalid/a>\n"
        "X-Originating-IP: [2a00::beef]\n"
        "X-MS-Exchange-Server: ex7.corp.invalid\n"
    )
    text = "see www.corp.invalid and git.kernel.corp.invalid, not corp.invalid.c or v1.2.3"
    before = around("x")
    patch = replace(before.patches[0], headers=trace, content=text)
    rows, _ = anonymised(replace(before, patches=(patch,)))
    headers = rows.patches[0].headers
    assert ".invalid" not in headers
    assert "209.85" not in headers
    assert "2a00" not in headers
    assert headers.count("192.0.2.1") == 1
    assert headers.count("2001:db8::1") == 2
    assert "Mon,  5 Jan 2026 10:11:12 +0000 (UTC)" in headers
    assert "with ESMTPS id 4XyZ.1 for <" in headers
    said = rows.patches[0].content or ""
    assert "corp.invalid and" not in said
    assert "kernel.corp" not in said
    assert said.endswith(" or v1.2.3")


def test_what_is_nobodys_stays_to_the_byte() -> None:
    code = (
        "diff --git a/x.dts b/x.dts\n@@ -1,2 +1,2 @@ &i2c0 {\n-\tserial@fe001000 {\n"
        "+\tserial@fe002000 { /* 50% =40 &amp; e5b1f0 */\n GIT binary cGFja2FnZSBtYWluCg==\n"
    )
    rows, _ = anonymised(around(code))
    assert rows.patches[0].diff == f"+{code}\n"
    assert rows.patches[0].content == code


#: What takes for ever where a pattern begins anew within what it has passed, or disguises are
#: looked through without a bound.
NASTY = {
    "a long word": "a" * 90_000,
    "a long word at": "a" * 90_000 + " at",
    "signs": "@" * 90_000,
    "pairs": "a@" * 45_000,
    "dots": "a." * 45_000 + "@" + ".-" * 30_000,
    "brackets": "<" * 90_000,
    "addresses cut": "<a@b" * 30_000,
    "blanks behind a comma": "," + " " * 90_000 + "<",
    "per cent": "%4" * 45_000,
    "per cent of per cent": "%25" * 30_000 + "40",
    "references": "&#6" * 30_000,
    "a number of many digits": "&#" + "1" * 90_000 + ";",
    "equals": "=" * 90_000,
    "quoted": "=40=" * 25_000,
    "encoded words cut": "=?utf-8?q?" * 10_000,
    "encoded words": "=?utf-8?q?a=40b.example?= " * 3_000,
    "soft breaks": "=\n" * 30_000,
    "base64 in base64": base64.b64encode(
        base64.b64encode(base64.b64encode(base64.b64encode(b"a@b.example " * 5_000)))
    ).decode(),
    "digits": "YUBiLmV4YW1wbGUg" * 5_000,
    "lines": "aaaaaaaaaaaaaaaa\n" * 5_000,
    "headers": "References: " + "\n <a@b>" * 12_000,
    "hosts": "a.b." * 20_000,
    "addresses": "".join(f"u{n}@h{n % 50}.example.org " for n in range(3_000)),
    "letters with marks": "e\u0301" * 40_000,
    "words": "Ab " * 30_000,
    "thanks": "Thanks, " * 12_000,
    "spelt addresses": "a dot b (a) " * 8_000,
    "forms": "=a+" * 30_000,
    "everything": "=?u?b?%40&#64;=40" * 5_000,
}


@pytest.mark.parametrize("what", NASTY)
def test_no_text_takes_for_ever(what: str) -> None:
    """Half a minute would be much; where it is not linear, it is hours."""
    rows = fakepw.load("demo")
    patch = replace(rows.patches[0], content=NASTY[what], headers=NASTY[what])
    anonymous, _ = anonymised(replace(rows, patches=(patch,), checks=(), comments=()))
    assert len(anonymous.patches) == 1
