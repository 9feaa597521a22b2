"""A patch as the mail that `patch_get_mbox` and `/patch/N/mbox/` give (servers.md 1.9 and 2).

Head: what Patchwork says of the patch, then headers of the mail that it came in.  Body: the
commit message, the tags that comments brought, the postscript, the diff.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email import utils
from functools import cache

from ..instances.traits import Traits
from ..rows.rows import Patch, Person
from ..rows.store import Store
from . import mails
from .mails import Email, Field

#: Headers of the original mail that speak of a body which is not this one's. Only if exactly so
#: spelt (servers.md 1.9).
_NOT_COPIED = frozenset({"Content-Type", "Content-Transfer-Encoding"})


#: How a From header is understood, by the first of these that matches it from its start: whose
#: name goes before the last blanks within one line (servers.md 1.9). The patterns are inferred
#: from which headers real servers were seen to replace and which to keep.
_SENDERS = (
    (re.compile(r".*?\s*<([^>]+)>"), "{0}"),  # Ann <ann@example.org>
    (re.compile(r"(.*?)\sat\s(.*?)\s*\([^)]+\)"), "{0}@{1}"),  # ann at example.org (Ann)
    (re.compile(r'"?(.*?)"?\s*\([^)]+\)'), "{0}"),  # ann@example.org (Ann)
    (re.compile(r"(.*)"), "{0}"),
)


def mbox(store: Store, patch: Patch, traits: Traits) -> str:
    """The mail that `patch_get_mbox` returns.

    Raises Fault where the server's Python cannot read or write a header (1.0 returns '' for it,
    as for every error in a read).
    """
    return _mail(store, patch, traits, as_text=traits.mbox_as_text)


def mbox_page(store: Store, patch: Patch, traits: Traits) -> str:
    """The mail that `/patch/N/mbox/` serves; 1.1 on Python 3 writes it unlike `mbox` does.

    Raises Fault where the server answers 500.
    """
    return _mail(store, patch, traits, as_text=False)


def raw(patch: Patch) -> str:
    """What `/patch/N/raw/` serves: the diff as stored, `None` for want of one (servers.md 1.1)."""
    return str(patch.diff)


def from_line(patch: Patch) -> str:
    """The From_ line that a patch's mail begins with, without its line end."""
    return f"From patchwork {patch.date.ctime()}"


def _mail(store: Store, patch: Patch, traits: Traits, *, as_text: bool) -> str:
    email = mails.PYTHON2 if traits.py2 else mails.PYTHON3
    body = _body(store, patch, traits, email)
    fields = _head(store, patch, traits, email)
    return email.write(from_line(patch), fields, body, as_text=as_text)


# -- head ----------------------------------------------------------------------------------


def _submitter(store: Store, patch: Patch, email: Email) -> str:
    person: Person = store.people[patch.submitter_id]
    return email.address(person.name, person.email)


def _delegate(store: Store, patch: Patch, email: Email) -> str | None:
    if patch.delegate_id is None:
        return None
    return email.plain(store.users[patch.delegate_id].email)


#: What Patchwork has to say in a header of that name; None: nothing, and no header.
_SAYS: dict[str, Callable[[Store, Patch, Email], str | None]] = {
    "Subject": lambda store, patch, email: patch.name,
    "From": _submitter,
    "X-Patchwork-Submitter": _submitter,
    "X-Patchwork-Id": lambda store, patch, email: str(patch.id),
    "X-Patchwork-Delegate": _delegate,
    "Message-Id": lambda store, patch, email: patch.msgid,
}


def _head(store: Store, patch: Patch, traits: Traits, email: Email) -> list[Field]:
    fields: list[Field] = []
    for name in traits.mbox_says:
        value = _SAYS[name](store, patch, email)
        if value is not None:
            fields.append((name, value))
    stored = email.fields(patch.headers)
    if traits.mbox_copies is not None:
        fields += _chosen(stored, traits.mbox_copies)
    else:
        listemail = store.projects[patch.project_id].listemail if traits.mbox_unmunges else None
        for name, value in stored:
            if name == "From" and _address(value) == listemail:
                fields.append(("X-Patchwork-Original-From", value))
                fields.append((name, _submitter(store, patch, email)))
            elif name not in _NOT_COPIED:
                fields.append((name, value))
    if not any(name.lower() == "date" for name, _ in fields):
        fields.append(("Date", utils.format_datetime(patch.date)))
    return fields


def _chosen(stored: list[Field], names: tuple[str, ...]) -> list[Field]:
    """The first header of each name, in the order of the names."""
    first: dict[str, str] = {}
    for name, value in stored:
        first.setdefault(name.lower(), value)
    return [(name, first[name.lower()]) for name in names if name.lower() in first]


def _address(value: str) -> str:
    """The address in the value of a From header, as Patchwork understands it."""
    for pattern, address in _SENDERS:
        if found := pattern.match(value):
            return address.format(*found.groups())
    return ""


# -- body ----------------------------------------------------------------------------------


@cache
def _tag_lines(pattern: str, py2: bool) -> re.Pattern[str]:
    # ignoring case, Python 2 knows ASCII's alone
    flags = re.MULTILINE | re.IGNORECASE | (re.ASCII if py2 else 0)
    return re.compile(pattern, flags)


def _body(store: Store, patch: Patch, traits: Traits, email: Email) -> str:
    message = ""
    if patch.content or _has_comment(patch, traits):
        message = email.stripped(patch.content or "") + "\n"
    message, *postscript = re.split(traits.mbox_postscript, message, maxsplit=1)
    if postscript:
        message = email.stripped(message) + "\n"
    # of what is stripped already, only nothing at all is blank: no marker then
    marked = ["---\n", *postscript] if "".join(postscript).strip("\n") else []
    diff = ["\n", patch.diff] if patch.diff else []
    return "".join([message, *_tags(store, patch, traits), *marked, *diff])


def _has_comment(patch: Patch, traits: Traits) -> bool:
    """Whether the message is a comment, of which an empty one still is a line (servers.md 0)."""
    return traits.message_is_comment and (
        patch.content is not None or traits.missing_message_is_line
    )


def _tags(store: Store, patch: Patch, traits: Traits) -> list[str]:
    """The lines with tags in a patch's comments, oldest comment first, each with its line end."""
    tag = _tag_lines(traits.mbox_tag, traits.py2)
    comments = sorted(store.comments_of(patch.id), key=lambda comment: (comment.date, comment.id))
    return [line + "\n" for comment in comments for line in tag.findall(comment.content)]
