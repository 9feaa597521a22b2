"""What a generated patch says: its name, its mail, its diff; and what is answered to it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..patchwork.words.text import internet_date
from . import words
from .chance import SUBJECT, Chance
from .people import Somebody
from .shapes import Project
from .threads import Arrival


class Subject(NamedTuple):
    """What a patch is about, the same in each of its versions."""

    text: str
    path: str


def subject(project: Project, arrival: Arrival, seed: int) -> Subject:
    """What the patch at that place of its series is about."""
    series = arrival.series
    of_series = Chance(seed, SUBJECT, series.number << 10)
    subsystem = of_series.one(project.subsystems)
    chance = Chance(seed, SUBJECT, (series.number << 10) + arrival.place)
    text = f"{subsystem}: {chance.one(words.VERBS)} {chance.one(words.OBJECTS)}"
    folder = "/".join(subsystem.replace(":", "").split())
    return Subject(text, f"{folder}/{chance.one(words.FILES)}")


def _marks(arrival: Arrival) -> list[str]:
    marks = ["RFC"] if arrival.series.rfc else []
    if arrival.version > 1:
        marks.append(f"v{arrival.version}")
    if arrival.series.length > 1:
        marks.append(f"{arrival.place}/{arrival.series.length}")
    return marks


def name(arrival: Arrival, about: Subject) -> str:
    """A patch's name: `[v2,1/3] tcp: fix dead code`."""
    marks = ",".join(_marks(arrival))
    return f"[{marks}] {about.text}" if marks else about.text


def msgid(date: datetime, number: int, place: int, email: str) -> str:
    """A message id as git send-email makes them: no two are equal."""
    return f"<{date:%Y%m%d%H%M%S}.{number}-{place}-{email}>"


def headers(
    arrival: Arrival, about: Subject, project: Project, sender: Somebody, list_: str
) -> str:
    """The head of a patch's mail; from the second of a series on it answers the first."""
    marks = " ".join(["PATCH", *([project.tree] if project.tree else []), *_marks(arrival)])
    own = msgid(arrival.date, arrival.number, arrival.place, sender.email)
    lines = [
        f"From: {sender.sender}",
        f"To: {list_}",
        f"Subject: [{marks}] {_encoded(about.text)}",
        f"Date: {internet_date(arrival.date, '+0000')}",
        f"Message-Id: {own}",
    ]
    if arrival.place > 1:
        first = msgid(arrival.begun, arrival.first, 1, sender.email)
        lines += [f"In-Reply-To: {first}", f"References: {first}"]
    lines += ["X-Mailer: git-send-email 2.47.1", ""]
    return "\n".join(lines)


def content(arrival: Arrival, about: Subject, sender: Somebody, chance: Chance) -> str:
    """The commit message, and what has changed since the last version."""
    said = [chance.one(words.REASONS)]
    if chance.so(0.4):
        said.append(chance.one(words.REASONS))
    tags = f"Signed-off-by: {sender.mailbox}\n"
    if chance.so(0.2):
        tags = f'Fixes: {chance.hexadecimal(12)} ("{about.text}")\n{tags}'
    changes = f"---\nv{arrival.version}: rebased\n" if arrival.version > 1 else ""
    return "\n\n".join([*said, tags + changes])


def diff(arrival: Arrival, about: Subject, chance: Chance) -> str:
    """A diff of a hunk or two, whose numbers of lines are right."""
    path = about.path
    head = (
        f"diff --git a/{path} b/{path}\n"
        f"index {chance.hexadecimal(12)}..{chance.hexadecimal(12)} 100644\n"
        f"--- a/{path}\n+++ b/{path}\n"
    )
    at = chance.between(3, 400)
    hunk, added = _hunk(arrival, at, at, chance)
    if not chance.so(0.3):
        return head + hunk
    later = at + chance.between(20, 300)
    return head + hunk + _hunk(arrival, later, later + added, chance)[0]


def _hunk(arrival: Arrival, old: int, new: int, chance: Chance) -> tuple[str, int]:
    """A hunk at these lines, and by how many lines the file grew with it."""
    one = chance.one
    before = f" \t{one(words.STATEMENTS)}\n \t{one(words.STATEMENTS)}\n"
    removed, added = chance.below(3), chance.between(1, 4)
    gone = "".join(f"-\t{one(words.STATEMENTS)}\n" for _ in range(removed))
    come = "".join(f"+\t{one(words.STATEMENTS)}\n" for _ in range(added - 1))
    come += f"+\t/* {arrival.series.number}.{arrival.place}.{chance.below(10_000)} */\n"
    after = f" \t{one(words.STATEMENTS)}\n }}\n"
    head = f"@@ -{old},{4 + removed} +{new},{4 + added} @@ static int step(struct dev *dev)\n"
    return head + before + gone + come + after, added - removed


def terse_diff(arrival: Arrival, path: str) -> str:
    """A diff of two lines."""
    told = f"{arrival.series.number}.{arrival.place}.{arrival.version}"
    return f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-old {told}\n+new {told}\n"


def answer(about: Subject, author: Somebody, said: str, tag: str | None, sender: Somebody) -> str:
    """The text of a reply: what it is about, what it says, and a tag if it ends with one."""
    quoted = f"{author.name or author.email} wrote:\n> {about.text}\n\n{said}\n"
    return f"{quoted}\n{tag}: {sender.mailbox}\n" if tag else quoted


def _encoded(text: str) -> str:
    """A subject in a header: each word that is not ASCII as RFC 2047 has it."""
    if text.isascii():
        return text
    return " ".join(word if word.isascii() else _q(word) for word in text.split(" "))


def _q(word: str) -> str:
    octets = "".join(
        char if char.isascii() and char.isalnum() else "".join(f"={b:02X}" for b in char.encode())
        for char in word
    )
    return f"=?utf-8?q?{octets}?="
