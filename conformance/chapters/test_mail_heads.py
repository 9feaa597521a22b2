"""PW-READ, the head of a patch's mail, and the pages on which people get the same mail and diff."""

from __future__ import annotations

import re
from email import message_from_string
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from urllib.parse import quote

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import deviates, expect
from ..target.exchange import BASE, Exchange, call, page
from ..target.knowing.world import World
from ..verdicts.verdicts import Deviation
from .asking.mailing import mail_of, of_each_mbox
from .asking.rows import linkname, spread

MIME = (
    'Content-Type: text/plain; charset="utf-8"\nMIME-Version: 1.0\nContent-Transfer-Encoding: {}\n'
)


def _encoding(world: World, mbox: str) -> str | None:
    """What the mbox's own body asks for; None where one Python decides otherwise."""
    if world.profile.api == "1.1" and world.profile.python == 3:
        return None  # writes base64 where there is more than ASCII (servers.md 2)
    _, gap, body = mbox.partition("\n\n")
    return ("7bit" if body.isascii() else "8bit") if gap else None


@of_each_mbox("READ-053")
def test_the_mbox_begins_with_mime_headers(world: World, answer: Exchange) -> Finding:
    found = mail_of(world, answer)
    if found is None or not found[1]:
        return None
    encoding = _encoding(world, found[1])
    rest = found[1].partition("\n")[2]
    choices = [encoding] if encoding else ["7bit", "8bit", "base64"]
    if answer.answer.flaw is not None:
        choices = ["7bit", "8bit", "base64"]  # what was ASCII there is not known any more
    right = any(rest.startswith(MIME.format(choice)) for choice in choices)
    return expect(right, answer, f"{MIME.format(choices[0])!r} behind the From_ line")


@of_each_mbox("READ-054")
def test_patchwork_s_headers_come_first(world: World, answer: Exchange) -> Finding:
    found = mail_of(world, answer)
    if found is None or not found[1]:
        return None
    row, mbox = found
    names = ["X-Patchwork-Submitter", "X-Patchwork-Id"]
    names += ["X-Patchwork-Delegate"] if row["delegate_id"] else []
    if re.search(r"[\r\n\ufffd]", row["submitter"]):
        return None
    got = re.findall(r"^([^\s:]+):", mbox.split("\n", 4)[-1], re.M)
    if got[:1] == ["Subject"]:  # 1.1 and 2.0 write it themselves (servers.md 2)
        got = got[1:]
    return expect(got[: len(names)] == names, answer, f"{', '.join(names)} behind the MIME headers")


@of_each_mbox("READ-055")
def test_the_delegate_is_an_address(world: World, answer: Exchange) -> Finding:
    found = mail_of(world, answer)
    if found is None or not found[0]["delegate_id"]:
        return None
    value = re.search(r"^X-Patchwork-Delegate:(.*)$", found[1], re.M)
    if value is None:
        return None
    return expect(
        not value[1].strip() or "@" in value[1], answer, "the delegate's address in the header"
    )


@of_each_mbox("READ-056")
def test_the_mbox_has_a_date(world: World, answer: Exchange) -> Finding:
    found = mail_of(world, answer)
    if found is None or not found[1]:
        return None
    dated = re.search(r"^Date:", found[1], re.M | re.I)  # a stored one may be blank
    return expect(dated is not None, answer, "a Date header")


def _mail(exchange: Exchange) -> Message | None:
    text = exchange.value.plain if exchange.value else None
    return message_from_string(text.partition("\n")[2]) if isinstance(text, str) and text else None


#: What Patchwork itself may write, so that it says nothing of the mail that was stored.
_OWN = frozenset({"content-type", "mime-version", "content-transfer-encoding", "date"})


def _stored(mail: Message) -> bool:
    """Whether the head holds anything of the mail that the patch came in."""
    names = {name.lower() for name in mail}
    return any(not n.startswith("x-patchwork-") for n in names - _OWN)


def _said(mail: Message, name: str) -> str:
    try:
        return " ".join(str(make_header(decode_header(mail[name] or ""))).split())
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return ""


def _heads(world: World) -> list[Step]:
    rows = spread(world.need_patches(), 3 if world.thrifty else 8)
    return [tuple(call("patch_get_mbox", row["id"]) for row in rows)]


@decides("READ-057", _heads, data=True)
def test_mails_keep_their_headers(world: World, *answers: Exchange) -> Finding:
    """Hand-made rows may lack or belie any header, but not each of them the same."""
    seen = []
    for answer in answers:
        row, mail = world.patch(answer.params[0]), _mail(answer)
        if row is not None and mail is not None and _stored(mail):
            seen.append((row, mail))
    if len(seen) < 3:
        return None
    told = {
        "Subject with the patch's name": any(
            row["name"].rpartition("]")[2].strip() in _said(mail, "Subject") for row, mail in seen
        ),
        "From with the submitter's address": any(
            parseaddr(str(mail["From"]))[1].lower() in row["submitter"].lower()
            for row, mail in seen
            if mail["From"]
        ),
        "Message-Id with the patch's msgid": any(
            str(mail["Message-Id"]).strip() == row["msgid"] for row, mail in seen
        ),
        "To": any(mail["To"] for _, mail in seen),
    }
    missing = [name for name, there in told.items() if not there]
    if not missing:
        return OK
    return deviates(answers[0], f"in the mbox of one patch at least: {', '.join(missing)}")


SIMPLE = re.compile(r"<[\w.+=@$-]+>\Z", re.A)


def _pages(what: str, method: str):  # type: ignore[no-untyped-def]
    """A call, and the pages that hold the same: the patch's, by its id and by its message id."""

    def probe(world: World) -> list[Step]:
        rows = [r for r in world.need_patches() if SIMPLE.match(r["msgid"])]
        # where there is no hash there may be no diff, which the page tells by `None`
        bare = [r for r in rows if not r.get("hash", "").strip()][: 0 if world.thrifty else 2]
        asked = {r["id"]: r for r in (*spread(rows, 1 if world.thrifty else 12), *bare)}
        return [
            (
                call(method, row["id"]),
                page(f"{BASE}/patch/{row['id']}/{what}/"),
                page(
                    f"{BASE}/project/{quote(linkname(world, row['project_id']))}"
                    f"/patch/{quote(row['msgid'].strip('<>'))}/{what}/"
                ),
            )
            for row in asked.values()
        ]

    return probe


def _text(exchange: Exchange) -> str | None:
    kind = exchange.answer.header("content-type") or ""
    if exchange.answer.status != 200 or not kind.startswith(("text/plain", "text/x-patch")):
        return None
    try:
        return exchange.answer.body.decode()
    except UnicodeDecodeError:
        return None


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _as_shown(world: World, said: Exchange, *shown: Exchange) -> Finding:
    texts = [text for text in map(_text, shown) if text is not None]
    if said.value is None or not isinstance(said.value.plain, str) or not texts:
        return None
    if said.answer.flaw is not None or (world.profile.api == "1.1" and world.profile.python == 3):
        return None
    if _lines(texts[0]) == _lines(said.value.plain):
        return OK
    got = next(
        (
            f"line {number}: {one!r:.120} in the call, {other!r:.120} on the page"
            for number, (one, other) in enumerate(
                zip(said.value.plain.split("\n"), _lines(texts[0]).split("\n"), strict=False), 1
            )
            if one != other
        ),
        f"{len(said.value.plain)} characters in the call, {len(texts[0])} on the page",
    )
    return Deviation("what the patch's page offers", f"{said.request.describe()} differs: {got}")


@decides("READ-058", _pages("mbox", "patch_get_mbox"), data=True)
def test_the_mbox_is_that_of_the_page(world: World, said: Exchange, *shown: Exchange) -> Finding:
    return _as_shown(world, said, *shown)


@decides("READ-059", _pages("raw", "patch_get_diff"), data=True)
def test_the_diff_is_that_of_the_page(world: World, said: Exchange, *shown: Exchange) -> Finding:
    return _as_shown(world, said, *shown)
