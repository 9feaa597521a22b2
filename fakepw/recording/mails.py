"""A mail as `patch_get_mbox` gave it -> the headers and the message that it was made from.

What comes of a patch's mail is known (fakepw.patchwork.mail, servers.md 1.9). So nothing here is
taken on trust: a mail is taken apart as its instance puts it together, and that is believed only
if the parts, put together again, are the mail. Where they are not, the caller is told.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from email import utils
from itertools import islice, product
from typing import NamedTuple

from msgspec.structs import replace

from ..patchwork.instances.traits import Traits
from ..patchwork.mail.mbox import mbox
from ..patchwork.rows.rows import Comment, Dataset, Patch, Person, Project, State, User
from ..patchwork.rows.store import Store
from ..patchwork.words.faults import Fault

_LINE_END = re.compile(r"\r\n|\r|\n")
_FIELD = re.compile(r"^([^\s:]*+):[ \t]*+(.*(?:\n[ \t].*)*)(?:\n|\Z)", re.MULTILINE)
#: The list's address in the From header of a mail that it had made its own.
_MUNGED, _DELEGATE = "X-Patchwork-Original-From", "X-Patchwork-Delegate"
#: Tag lines that are looked at, and folded headers that each may have been one line, at most.
_TAGS, _FOLDED = 40, 4
#: How often a mail is put together to see how it was, at most, and of how many characters.
_TRIES, _CHARACTERS = 500, 20_000_000
#: A mail's own headers, which any mail has, whatever it was made from.
_MIME = ("Content-Type", "MIME-Version", "Content-Transfer-Encoding")


class Message(NamedTuple):
    """A patch's message, and tag lines that only a comment can have brought."""

    content: str | None
    comment: str = ""


class Apart(NamedTuple):
    """What a mail was made from, as far as it shows."""

    headers: str
    message: Message
    #: Addresses that only mails show: the delegate's, and the list's; None where it shows none.
    delegate_email: str | None
    listemail: str | None
    #: Whether it comes out just so again.
    alike: bool


class Rows(NamedTuple):
    """The rows that a mail is made from."""

    patch: Patch
    project: Project
    submitter: Person
    delegate: User | None


def apart(mail: str, rows: Rows, traits: Traits) -> Apart:
    """Take the mail of a patch apart whose other columns are known."""
    head, _, body = mail.partition("\n\n")
    fields, encoding = _fields(head)
    fields, delegate_email = _without_patchworks(fields, traits)
    fields, listemail = _unmunged(fields)
    if encoding == "base64":
        body = _decoded(body)
    if listemail is not None:
        rows = rows._replace(project=replace(rows.project, listemail=listemail))
    if delegate_email is not None and rows.delegate is not None:
        rows = rows._replace(delegate=replace(rows.delegate, email=delegate_email))
    heads = list(_heads(fields, rows.patch))
    messages = list(_messages(body, rows.patch.diff, traits))
    tries = min(_TRIES, max(4, _CHARACTERS // (len(mail) + 1)))
    for headers, message in islice(product(heads, messages), tries):
        if _together(headers, message, rows, traits) == mail:
            return Apart(headers, message, delegate_email, listemail, True)
    return Apart(heads[0], messages[0], delegate_email, listemail, False)


def comment_of(patch: Patch, text: str, number: int) -> Comment:
    """A comment that nobody wrote, for tag lines that some comment brought."""
    msgid = f"<tags-of-{patch.id}@recorded.invalid>"
    return Comment(number, patch.id, msgid, patch.date, patch.submitter_id, "", text)


def _together(headers: str, message: Message, rows: Rows, traits: Traits) -> str | None:
    """The mail that comes of these; None if none does."""
    patch = replace(rows.patch, headers=headers, content=message.content)
    dataset = Dataset(
        states=(State(patch.state_id or 1, "", 0, False),),
        projects=(rows.project,),
        users=() if rows.delegate is None else (rows.delegate,),
        people=(rows.submitter,),
        patches=(patch,),
        comments=(comment_of(patch, message.comment, 1),) if message.comment else (),
    )
    try:
        return mbox(Store(dataset), patch, traits)
    except Fault:
        return None


def _heads(fields: list[tuple[str, str]], patch: Patch) -> Iterator[str]:
    """Headers that a mail's may have been made from: a Date at their end may be Patchwork's, and
    what is folded may have been one line."""
    last = fields[-1] if fields else ("", "")
    added = last == ("Date", utils.format_datetime(patch.date))
    unfolded = [(name, value.replace("\n", "")) for name, value in fields]
    for these in (fields, unfolded):
        yield _written(these)
        if added:
            yield _written(these[:-1])
    folded = [number for number, (_, value) in enumerate(fields) if "\n" in value]
    if 1 < len(folded) <= _FOLDED:
        for choice in product((True, False), repeat=len(folded)):
            unfold = {number for number, so in zip(folded, choice, strict=True) if so}
            yield _written(
                [unfolded[n] if n in unfold else field for n, field in enumerate(fields)]
            )


def _written(fields: list[tuple[str, str]]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields)


def _fields(head: str) -> tuple[list[tuple[str, str]], str]:
    """The headers but for the first three, which are of the mail itself, and how it is encoded."""
    _, _, rest = head.partition("\n")  # the From_ line
    found = [(match[1], match[2]) for match in _FIELD.finditer(rest)]
    names = [name for name, _ in found[: len(_MIME)]]
    if names != list(_MIME):
        return found, ""
    return found[len(_MIME) :], found[len(_MIME) - 1][1]


def _without_patchworks(
    fields: list[tuple[str, str]], traits: Traits
) -> tuple[list[tuple[str, str]], str | None]:
    """Without what Patchwork itself says in them, in the order in which it does; the delegate's
    address is among that."""
    email: str | None = None
    at = 0
    for name in traits.mbox_says:
        if at < len(fields) and fields[at][0] == name:
            if name == _DELEGATE:
                email = fields[at][1]
            at += 1
    return fields[at:], email


def _unmunged(fields: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], str | None]:
    """With the From header as it came, and the list's address if it was that."""
    kept: list[tuple[str, str]] = []
    listemail: str | None = None
    replaced = False
    for name, value in fields:
        if name == _MUNGED:
            kept.append(("From", value))
            found = re.search(r"<([^>]+)>", value) or re.search(r"(\S+@\S+)", value)
            listemail, replaced = found[1] if found else value, True
        elif name == "From" and replaced:
            replaced = False
        else:
            kept.append((name, value))
    return kept, listemail


def _decoded(body: str) -> str:
    try:
        return base64.b64decode(body).decode()
    except (binascii.Error, ValueError):
        return body


def _messages(body: str, diff: str | None, traits: Traits) -> Iterator[Message]:
    """Messages that a mail's body may have been made from, the likeliest first."""
    tail = f"\n{diff}" if diff else ""
    if traits.py2:
        tail = re.sub(r"^From ", ">From ", tail, flags=re.MULTILINE)
    elif not traits.mbox_as_text or body.isascii():
        tail = _LINE_END.sub("\n", tail)
    text = body.removesuffix(tail)
    if traits.py2:
        text = re.sub(r"^>From ", "From ", text, flags=re.MULTILINE)
    yield Message(text)
    if not text.strip():
        yield Message("")
        yield Message(None)
    yield from _with_comments(text, traits)


def _with_comments(text: str, traits: Traits) -> Iterator[Message]:
    """The same with the tag lines before the postscript, or the last of them, in a comment."""
    marker = re.search(r"^---?-? ?$", text, re.MULTILINE)
    message, rest = (text[: marker.start()], text[marker.start() :]) if marker else (text, "")
    lines = message.splitlines(keepends=True)
    tag = re.compile(traits.mbox_tag, re.MULTILINE | re.IGNORECASE)
    for count in range(1, min(len(lines), _TAGS) + 1):
        if not tag.search(lines[-count]):
            break
        kept = "".join(lines[:-count]) + rest
        brought = "".join(lines[-count:])
        yield Message(kept, brought)
        if not kept.strip():
            yield Message("", brought)
            yield Message(None, brought)
