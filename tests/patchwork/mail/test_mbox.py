"""A patch as a mail: as recorded, by rules that hold for any patch (servers.md 1.9 and 2)."""

from __future__ import annotations

import email
import email.header
import html
import re
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.patchwork.instances.traits import Traits
from fakepw.patchwork.mail.mbox import from_line, mbox, mbox_page, raw
from fakepw.patchwork.rows.rows import Comment, Dataset, Patch, Person, Project, User
from fakepw.patchwork.rows.store import Store
from fakepw.patchwork.words.faults import Fault
from tests import recordings
from tests.memory import kept

PATCH = Patch(
    id=7,
    project_id=1,
    msgid="<m@example.org>",
    name="[PATCH] name",
    date=datetime(2016, 3, 1, 4, 5, 6, 789),
    submitter_id=1,
    delegate_id=None,
    state_id=None,
    archived=False,
    commit_ref=None,
    hash=None,
    headers="From: Ann <ann@example.org>\nSubject: stored\nDate: today\n",
    content="message\n",
    diff="--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
)


def stored(*comments: str, name: str | None = "Ann", address: str = "ann@example.org") -> Store:
    """A store with what PATCH refers to, and comments of these contents, one a day."""
    return Store(
        Dataset(
            projects=(Project(1, "l", "L", "list.example.org", "list@example.org"),),
            users=(User(1, "kim", "pw", False, True, "kim@example.org", ()),),
            people=(Person(1, name, address, None),),
            patches=(PATCH,),
            comments=tuple(
                Comment(i, PATCH.id, f"<{i}@c>", datetime(2016, 3, i), 1, "", content)
                for i, content in enumerate(comments, 1)
            ),
        )
    )


def mail(on: str, /, *comments: str, **changes: Any) -> str:
    """The mail of PATCH with some changes, on that instance."""
    patch = msgspec.structs.replace(PATCH, **changes)
    return mbox(stored(*comments), patch, instance(on).traits)


def parts(text: str) -> tuple[list[str], str]:
    """The lines of a mail's head after the four that all mails share, and its body."""
    head, _, body = text.partition("\n\n")
    return head.split("\n")[4:], body


def body_of(on: str, /, *comments: str, **changes: Any) -> str:
    return parts(mail(on, *comments, **changes))[1]


# -- as recorded ---------------------------------------------------------------------------

_PAGE = re.compile(r"/(?:project/\w[\w-]*/)?patch/(?P<key>[^/]+)/(?P<kind>mbox|raw)/")


@kept
def held(dataset: str, instance: str = "") -> Store:
    return Store(msgspec.convert(recordings.dataset(dataset, instance), Dataset))


def asked(call: recordings.Call) -> tuple[Patch | None, str]:
    """The patch that a call wants to see as a mail or a diff, and by which door."""
    patches = {} if call.op else held(call.dataset).patches
    if call.called == "patch_get_mbox":
        ids = re.findall(r"<param>\n<value><int>(\d+)</int></value>\n</param>", call.body or "")
        if len(ids) == 1:
            return patches.get(int(ids[0])), "rpc"
    elif call.method == "GET" and (page := _PAGE.fullmatch(call.path)):
        for patch in patches.values():
            if page["key"] in (str(patch.id), patch.msgid.strip("<>")):
                return patch, page["kind"]
    return None, ""


@kept
def mails_asked() -> list[tuple[recordings.Call, Patch, str]]:
    wanted = ((call, *asked(call)) for call in recordings.calls())
    return [(call, patch, door) for call, patch, door in wanted if patch is not None]


def as_sent(answer: recordings.Answer) -> str | None:
    """The text of an answer with every CR in it, which XML parsers take for LF; None: no text."""
    body = answer.body or ""
    if not body.startswith("<?xml"):
        return {200: body, 500: "500"}.get(answer.status)
    fault = "<fault>" in body
    text = re.search(r"<string>(.*)</string></value>\n</(?:param|member)>", body, re.S)
    assert text is not None
    return "fault " * fault + html.unescape(text[1])


def as_made(store: Store, patch: Patch, door: str, traits: Traits) -> str:
    try:
        if door == "raw":
            return raw(patch)
        return (mbox if door == "rpc" else mbox_page)(store, patch, traits)
    except Fault as fault:
        if door == "mbox":
            return "500"
        text = f"fault <type 'exceptions.{fault.kind}'>:{fault.text}"
        return "" if traits.swallows_errors else text


@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_mail_and_raw_diff_is_the_same_to_the_byte(name: str) -> None:
    traits = instance(name).traits
    answers = recordings.answers(name)
    compared = 0
    for call, patch, door in mails_asked():
        expected = as_sent(answers[call.key])
        if expected is not None:
            store = held(call.dataset, name)
            made = as_made(store, store.patches[patch.id], door, traits)
            assert made == expected, call.key
            compared += 1
    assert compared >= 75


# -- head ----------------------------------------------------------------------------------


def test_the_from_line_holds_the_date_as_ctime_writes_it() -> None:
    assert from_line(PATCH) == "From patchwork Tue Mar  1 04:05:06 2016"


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("1.0-py2-sqlite", "Subject From X-Patchwork-Id Message-Id To Cc Date"),
        (
            "1.1-py2-sqlite",
            "Subject X-Patchwork-Submitter X-Patchwork-Id X-Patchwork-Delegate Message-Id "
            "To Cc Date From",
        ),
        (
            "2.0-py3-sqlite",
            "Subject X-Patchwork-Submitter X-Patchwork-Id X-Patchwork-Delegate Message-Id "
            "To Cc Date From List-Id",
        ),
        (
            "2.1-py3-sqlite",
            "X-Patchwork-Submitter X-Patchwork-Id X-Patchwork-Delegate "
            "List-Id From To X-Odd cc Date content-type",
        ),
    ],
)
def test_a_release_has_its_own_headers_in_its_own_order(name: str, head: str) -> None:
    headers = (
        "List-Id: l\nFrom: f\nTo: t\nX-Odd: o\ncc: c\nDate: d\nContent-Type: x\n"
        "content-type: y\nContent-Transfer-Encoding: z\n"
    )
    lines, _ = parts(mail(name, headers=headers, delegate_id=1))
    assert " ".join(line.partition(":")[0] for line in lines) == head


def test_without_a_delegate_no_header_speaks_of_one() -> None:
    assert "X-Patchwork-Delegate: kim@example.org\n" in mail("3.2-py3-sqlite", delegate_id=1)
    assert "X-Patchwork-Delegate" not in mail("3.2-py3-sqlite")


@pytest.mark.parametrize("spelt", ["Date", "date", "DATE"])
def test_a_date_is_added_only_where_there_is_none(spelt: str) -> None:
    assert "Date: Tue, 01 Mar 2016 04:05:06 -0000\n" in mail("3.2-py3-sqlite", headers="A: b\n")
    assert "-0000" not in mail("3.2-py3-sqlite", headers=f"{spelt}: today\n")


@pytest.mark.parametrize("value", ["L <list@example.org>", "list@example.org", '"a, b" <{}>'])
def test_from_2_2_on_a_from_of_the_list_becomes_the_submitters(value: str) -> None:
    value = value.format("list@example.org")
    munged = {"headers": f"From: {value}\nDate: d\n"}
    kept, _ = parts(mail("2.1-py3-sqlite", **munged))
    put_right, _ = parts(mail("2.2-py3-sqlite", **munged))
    assert kept[2:] == [f"From: {value}", "Date: d"]
    assert put_right[2:] == [
        f"X-Patchwork-Original-From: {value}",
        "From: Ann <ann@example.org>",
        "Date: d",
    ]


def test_a_from_of_somebody_else_stays() -> None:
    assert "Original-From" not in mail("3.2-py3-sqlite", headers="From: x@example.org\n")


@pytest.mark.parametrize("value", ["list@example.org (a \\( b)", '"a ( b" <list@example.org>'])
def test_python_3_13_does_not_mind_brackets_that_are_quoted(value: str) -> None:
    assert "Original-From" in mail("main-py3-sqlite", headers=f"From: {value}\n")


def test_a_name_that_would_be_read_as_a_header_is_a_fault() -> None:
    with pytest.raises(Fault) as refused:
        mail("2.0-py3-sqlite", name="x\nBcc: y")
    assert (refused.value.kind, refused.value.text) == (
        "email.errors.HeaderParseError",
        "header value appears to contain an embedded header: 'x\\nBcc: y'",
    )


# -- body ----------------------------------------------------------------------------------

EVERY = pytest.mark.parametrize("name", RECORDED)


@EVERY
def test_the_message_is_stripped_and_a_blank_line_precedes_the_diff(name: str) -> None:
    assert body_of(name, content=" \n  a\n\nb \n\n", diff="diff") == "a\n\nb\n\ndiff"


@EVERY
@pytest.mark.parametrize("diff", [None, ""])
def test_without_a_diff_the_message_ends_the_mail(name: str, diff: str | None) -> None:
    assert body_of(name, content="a", diff=diff) == "a\n"


@pytest.mark.parametrize("content", [None, ""])
def test_an_empty_message_is_a_line_on_1_x_and_nothing_later(content: str | None) -> None:
    line = "\n" * (content is not None)
    assert body_of("1.0-py2-sqlite", content=content, diff="diff") == "\n\ndiff"
    assert body_of("1.1-py3-sqlite", content=content, diff="diff") == line + "\ndiff"
    assert body_of("2.0-py3-sqlite", content=content, diff="diff") == "\ndiff"
    assert body_of("2.0-py3-sqlite", content=content, diff=None) == ""


@EVERY
@pytest.mark.parametrize("line", ["---", "--", "--- ", "-- "])
def test_tags_go_between_the_message_and_the_first_postscript(name: str, line: str) -> None:
    body = body_of(name, "Acked-by: a", content=f"msg\n\n{line}\nps\n---\nps 2", diff=None)
    assert body == "msg\nAcked-by: a\n---\nps\n---\nps 2\n"


@EVERY
@pytest.mark.parametrize("line", ["----", "---  ", " ---", "-", "--- a", "---\r"])
def test_other_lines_of_dashes_begin_no_postscript(name: str, line: str) -> None:
    body = body_of(name, "Acked-by: a", content=f"msg\n{line}\nps", diff=None)
    assert re.sub(r"\r?\n+", "\n", body) == f"msg\n{line.rstrip(chr(13))}\nps\nAcked-by: a\n"


def test_from_3_1_on_the_first_line_of_a_message_may_be_that_of_the_postscript() -> None:
    content = "-- \nps"
    assert body_of("3.0-py3-sqlite", "Acked-by: a", content=content, diff="d") == (
        "-- \nps\nAcked-by: a\n\nd"
    )
    assert body_of("3.1-py3-sqlite", "Acked-by: a", content=content, diff="d") == (
        "\nAcked-by: a\n---\nps\n\nd"
    )


@EVERY
@pytest.mark.parametrize("tag", ["Tested", "Reviewed", "Acked", "Signed-off", "Nacked", "Reported"])
def test_each_tag_counts_in_any_case_with_all_that_follows_it(name: str, tag: str) -> None:
    line = f"{tag.upper()}-by: 佐藤 <a@b> # (x)  "
    read = email.message_from_bytes(
        mail(name, f"well\n{line}\nindeed", content="msg", diff=None).encode()
    )
    assert read.get_payload(decode=True) == f"msg\n{line}\n".encode()


@EVERY
@pytest.mark.parametrize(
    "line", ["> Acked-by: a", " Acked-by: a", "Cc: a", "Acked by: a", "Fixes: a", "XAcked-by: a"]
)
def test_quoted_indented_and_other_lines_are_no_tags(name: str, line: str) -> None:
    assert body_of(name, line, content="msg", diff=None) == "msg\n"


def test_a_tag_needs_a_blank_on_1_x_alone() -> None:
    assert body_of("1.1-py3-sqlite", "Acked-by:a", content="msg", diff=None) == "msg\n"
    assert body_of("2.0-py3-sqlite", "Acked-by:a", content="msg", diff=None) == "msg\nAcked-by:a\n"


def test_python_2_knows_no_other_letters_for_those_of_a_tag() -> None:
    long_s = "Te\u017fted-by: a"
    assert body_of("2.2-py2-sqlite", long_s, content="msg", diff=None) == "msg\n"
    assert body_of("2.2-py3-sqlite", long_s, content="msg", diff=None) == f"msg\n{long_s}\n"


@EVERY
def test_tags_come_in_the_order_of_their_comments_dates_then_ids(name: str) -> None:
    store = stored("Acked-by: a", "Acked-by: b\nAcked-by: c", "Acked-by: d")
    days = {1: 2, 2: 1, 3: 1}
    comments = tuple(
        msgspec.structs.replace(comment, date=datetime(2016, 1, days[comment.id]))
        for comment in store.dataset.comments
    )
    store = Store(msgspec.structs.replace(store.dataset, comments=comments))
    text = mbox(store, PATCH, instance(name).traits)
    assert re.findall("^Acked-by: (.)$", text, re.M) == ["b", "c", "d", "a"]


@EVERY
def test_raw_is_the_diff_as_it_is_stored(name: str) -> None:
    assert raw(msgspec.structs.replace(PATCH, diff="a\r\nb\r\fc")) == "a\r\nb\r\fc"
    assert raw(msgspec.structs.replace(PATCH, diff=None)) == "None"


# -- the marker before a postscript --------------------------------------------------------


@EVERY
@pytest.mark.parametrize("line", ["---", "--", "--- ", "-- "])
@pytest.mark.parametrize("behind", ["", "\n", "\n\n  \n", " \n\t\n"])
def test_a_marker_with_nothing_behind_it_is_not_written(name: str, line: str, behind: str) -> None:
    assert body_of(name, content=f"a\n{line}{behind}", diff="d") == "a\n\nd"
    assert body_of(name, "Acked-by: b", content=f"a\n{line}{behind}", diff=None) == (
        "a\nAcked-by: b\n"
    )


@EVERY
def test_a_message_that_is_nothing_but_a_marker(name: str) -> None:
    first = instance(name).traits.mbox_postscript.startswith("(?:^")
    assert body_of(name, content="---", diff="d") == ("\n\nd" if first else "---\n\nd")
    both = body_of(name, content="---\n---", diff="d")
    assert both == ("\n---\n---\n\nd" if first else "---\n\nd")


_LINES = st.lists(
    st.sampled_from(
        ["a", "", " ", "---", "--", "--- ", "-- ", "----", " ---", "---  ", "-", "b c"]
    ),
    max_size=7,
)


def _told(lines: list[str], first_counts: bool) -> str:
    """The body of a message of these lines, line by line: servers.md 1.9 in other words."""
    text = "\n".join(lines).strip()
    if not lines or not "\n".join(lines):
        return ""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if re.fullmatch("-{2,3} ?", line) and (at or first_counts):
            behind = "\n".join(lines[at + 1 :])
            before = "\n".join(lines[:at]).strip() + "\n"
            return before + (f"---\n{behind}\n" if behind.rstrip() else "")
    return text + "\n"


@given(
    _LINES,
    st.sampled_from(
        ["2.0-py2-sqlite", "2.1-py3-sqlite", "3.0-py3-sqlite", "3.1-py3-sqlite", "main-py3-mariadb"]
    ),
)
def test_the_marker_is_written_before_what_is_something(lines: list[str], name: str) -> None:
    first_counts = instance(name).traits.mbox_postscript.startswith("(?:^")
    assert body_of(name, content="\n".join(lines), diff=None) == _told(lines, first_counts)


# -- a From that the list rewrote ----------------------------------------------------------

_LIST = "list@example.org"
UNMUNGING = [name for name in RECORDED if instance(name).traits.mbox_unmunges]
REPLACED = [
    _LIST,
    f"<{_LIST}>",
    f"Ann <{_LIST}>",
    f"Ann via list <{_LIST}>",
    f'"Ann, B" <{_LIST}>',
    f'"Ann (x)" <{_LIST}>',
    f"other@x <{_LIST}>",
    "list at example.org (Ann)",
    f"{_LIST} (Ann)",
    f"{_LIST}(Ann)",
    f"Ann <{_LIST}> x",
    f"<{_LIST}> Ann",
    f"Ann <{_LIST}> <b@x>",
    f"Ann <{_LIST}>, Bob <b@x>",
    f"Ann <> <{_LIST}>",
    f"Ann\n <{_LIST}>",
    f"{_LIST}\n\tcont",
]
KEPT = [
    f"Ann via\n mails <{_LIST}>",
    f"Ann < {_LIST} >",
    f"Ann <{_LIST}",
    f"{_LIST} <other@x>",
    f"Bob <b@x>, Ann <{_LIST}>",
    f"Ann {_LIST}",
    f"{_LIST}, b@x",
    f"{_LIST} (",
    f"{_LIST} )(",
    "list at example.org",
    "Ann <LIST@example.org>",
    f"Ann <mailto:{_LIST}>",
    "",
]


@pytest.mark.parametrize("name", UNMUNGING)
@pytest.mark.parametrize("value", REPLACED)
def test_a_from_that_is_the_lists_becomes_the_submitters(name: str, value: str) -> None:
    head, _ = parts(mail(name, headers=f"From: {value}\nSubject: s\n"))
    assert f"X-Patchwork-Original-From: {value}".split("\n")[0] in head
    assert "From: Ann <ann@example.org>" in head


@pytest.mark.parametrize("name", UNMUNGING)
@pytest.mark.parametrize("value", KEPT)
def test_any_other_from_is_kept(name: str, value: str) -> None:
    text = mail(name, headers=f"From: {value}\nSubject: s\n")
    assert "X-Patchwork-Original-From" not in text
    assert re.search("^From: ", text, re.M) is not None


@pytest.mark.parametrize("name", [name for name in RECORDED if name not in UNMUNGING])
def test_before_2_2_no_from_is_looked_at(name: str) -> None:
    assert "Original-From" not in mail(name, headers=f"From: Ann <{_LIST}>\n")


@given(st.sampled_from(UNMUNGING), st.text(st.sampled_from('<>() at@"l\\,'), max_size=12))
def test_who_is_meant_by_any_from_is_said_by_the_first_brackets_in_it(
    name: str, value: str
) -> None:
    """In its first line: what is between `<` and `>`, else what is before a comment."""
    from fakepw.patchwork.mail.mbox import _address

    found = _address(value)
    angle = re.search("<([^>]+)>", value)
    if angle:
        assert found == angle[1]
    elif not re.search(r"\([^)]+\)", value):
        assert found == value


# -- a delegate ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("aö@example.org", "character u'\\xf6' in position 1"),
        ("aöü@example.org", "characters in position 1-2"),
        ("佐@x", "character u'\\u4f50' in position 0"),
    ],
)
def test_a_delegates_address_that_is_not_ascii_breaks_python_2(
    name: str, address: str, told: str
) -> None:
    store = stored()
    user = msgspec.structs.replace(store.users[1], email=address)
    store = Store(msgspec.structs.replace(store.dataset, users=(user,)))
    patch = msgspec.structs.replace(PATCH, delegate_id=1)
    traits = instance(name).traits
    says = "X-Patchwork-Delegate" in traits.mbox_says
    for make in (mbox, mbox_page):
        if traits.py2 and says:
            with pytest.raises(Fault) as raised:
                make(store, patch, traits)
            assert raised.value.kind == "UnicodeEncodeError"
            assert raised.value.text == (
                f"'ascii' codec can't encode {told}: ordinal not in range(128)"
            )
        elif says:
            assert "X-Patchwork-Delegate: =?utf-8?" in make(store, patch, traits)
        else:
            assert "Delegate" not in make(store, patch, traits)


# -- whatever the patch --------------------------------------------------------------------

_BREAKS = ["\n", "\r", "\r\n", "\n ", "\x0b", "\x85", "\u2028", "\n---\n", "-- \n"]
_WORDS = ["From: ", "From ", "Date: ", "list@example.org", "Acked-by: x", ": ", ", ", "=?utf-8?q?"]
_PIECES = st.sampled_from([*_BREAKS, *_WORDS, "é", "佐藤", "𝄞", "x" * 40])
ANY = st.lists(st.text(max_size=8) | _PIECES, max_size=12).map("".join)
NAMES = st.sampled_from([*RECORDED, "1.1-py3-mariadb", "main-py3-django5.0-mariadb"])
PATCHES = st.builds(
    msgspec.structs.replace,
    st.just(PATCH),
    name=ANY,
    msgid=ANY,
    headers=ANY | ANY.map(lambda text: "Subject: " + text),
    content=st.none() | ANY,
    diff=st.none() | ANY,
    date=st.datetimes(),
    delegate_id=st.none() | st.just(1),
)


def normalised(diff: str, traits: Traits) -> str:
    if traits.py2:
        return re.sub("(?m)^From ", ">From ", diff)
    return re.sub("\r\n|\r", "\n", diff)


@given(NAMES, PATCHES, st.lists(ANY, max_size=3), st.none() | ANY, ANY)
def test_any_patch_gives_a_mail_that_ends_with_its_diff_or_else_a_fault(
    name: str, patch: Patch, comments: list[str], submitter: str | None, address: str
) -> None:
    traits = instance(name).traits
    store = stored(*comments, name=submitter, address=address)
    kinds: set[str] = set()
    for make in (mbox, mbox_page):
        try:
            text = make(store, patch, traits)
        except Fault as fault:
            kinds.add(fault.kind)
            continue
        assert text.startswith(from_line(patch) + "\nContent-Type: text/plain;")
        if patch.diff and "\nContent-Transfer-Encoding: base64\n" not in text:
            # a CR before it would be taken together with the LF that sets the diff off
            assert text.endswith(normalised("\n" + patch.diff, traits))
    assert kinds <= {"UnicodeEncodeError", "email.errors.HeaderParseError", "IndexError"}


LINE = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=60)
LINES = st.lists(LINE.map(lambda line: f" {line}"), max_size=6).map("\n".join)


@given(NAMES, LINE, LINES, LINES, st.none() | LINE)
def test_a_well_formed_patch_gives_a_mail_that_the_email_package_reads_back(
    name: str, subject: str, content: str, diff: str, submitter: str | None
) -> None:
    traits = instance(name).traits
    headers = "" if traits.py2 else f"Subject: {subject}\n"
    patch = msgspec.structs.replace(
        PATCH, name=subject, headers=headers, content=content, diff=diff + "\n"
    )
    text = mbox(stored(name=submitter), patch, traits)
    read = email.message_from_bytes(text.encode())
    assert not read.defects
    assert read.get_unixfrom() == from_line(patch)
    assert read["X-Patchwork-Id"] == "7"
    assert read["Date"] == "Tue, 01 Mar 2016 04:05:06 -0000"
    if read["Subject"] is not None:
        decoded = email.header.decode_header(read["Subject"].replace("\n ", " "))
        words = [w.decode(c or "ascii") if isinstance(w, bytes) else w for w, c in decoded]
        assert "".join(words) == subject
    payload = read.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().endswith(f"\n{diff}\n")


@given(st.sampled_from(RECORDED), ANY)
def test_the_pages_mail_is_that_of_xml_rpc_but_on_1_1_under_python_3(
    name: str, content: str
) -> None:
    traits = instance(name).traits
    patch = msgspec.structs.replace(PATCH, content=content)
    same = mbox(stored(), patch, traits) == mbox_page(stored(), patch, traits)
    assert same or (name == "1.1-py3-sqlite" and not content.isascii())
