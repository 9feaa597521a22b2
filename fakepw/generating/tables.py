"""The tables of one generated fixture, each by itself, row after row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from ..patchwork.mail.diffs import diff_hash
from ..patchwork.rows.rows import Check, Comment, Patch, Person, Project, User
from ..patchwork.words.text import internet_date
from . import mails, threads, words
from .chance import CHECK, COMMENT, PATCH, Chance
from .fates import fate
from .people import People
from .shapes import Shape
from .threads import Arrival, arrivals
from .troubles import Troubles

_CHECK_STATES = (*("success",) * 7, *("warning",) * 2, "fail", "pending")


class Tables:
    """`each` has the tables in the order of a fixture: a name and what gives its rows."""

    def __init__(self, shape: Shape, count: int, seed: int, hostile: bool) -> None:
        self.shape, self.count, self.seed = shape, count, seed
        self.people = People(shape, seed)
        self.troubles = Troubles(seed) if hostile else None
        self.each: dict[str, Callable[[], Iterator[Any]]] = {
            "projects": self._projects,
            "users": self._users,
            "people": self._people,
            "patches": self._patches,
            "comments": self._comments,
            "checks": self._checks,
        }

    def _arrivals(self) -> Iterator[Arrival]:
        return arrivals(self.shape, self.count, self.seed)

    def _projects(self) -> Iterator[Project]:
        for number, project in enumerate(self.shape.projects, 1):
            host = "lists.example.org"
            link = project.linkname
            yield Project(number, link, project.name, f"{link}.{host}", f"{link}@{host}")

    def _users(self) -> Iterator[User]:
        yield from map(self.people.user, range(self.people.accounts))

    def _people(self) -> Iterator[Person]:
        yield from map(self.people.row, range(threads.people(self.shape, self.count)))

    def _patches(self) -> Iterator[Patch]:
        troubles = self.troubles
        for arrival in self._arrivals():
            row = self._patch(arrival)
            yield troubles.patch(row) if troubles else row

    def _patch(self, arrival: Arrival) -> Patch:
        chance = Chance(self.seed, PATCH, arrival.number)
        series, terse = arrival.series, self.shape.terse
        project, sender = self.shape.projects[series.project], self.people.somebody(series.author)
        about = mails.subject(project, arrival, self.seed)
        decided = fate(arrival, chance, self.shape.maintainers)
        if terse:
            headers, content = "", f"{about.text}\n"
            diff = mails.terse_diff(arrival, about.path)
        else:
            list_ = f"{project.linkname}@lists.example.org"
            headers = mails.headers(arrival, about, project, sender, list_)
            content = mails.content(arrival, about, sender, chance)
            diff = mails.diff(arrival, about, chance)
        return Patch(
            id=arrival.number,
            project_id=series.project + 1,
            msgid=mails.msgid(arrival.date, arrival.number, arrival.place, sender.email),
            name=mails.name(arrival, about),
            date=arrival.date,
            submitter_id=series.author + 1,
            delegate_id=None
            if decided.delegate is None
            else self.people.maintainer(series.project, decided.delegate),
            state_id=decided.state_id,
            archived=decided.archived,
            commit_ref=decided.commit_ref,
            hash=diff_hash(diff),
            headers=headers,
            content=content,
            diff=diff,
        )

    def _comments(self) -> Iterator[Comment]:
        shape, number = self.shape, 0
        if not shape.answered:
            return
        authors = threads.people(shape, self.count)
        for arrival in self._arrivals():
            chance = Chance(self.seed, COMMENT, arrival.number)
            if not chance.so(shape.answered):
                continue
            for _ in range(1 + chance.early(shape.most_comments)):
                number += 1
                yield self._comment(arrival, number, authors, chance)

    def _comment(self, arrival: Arrival, number: int, authors: int, chance: Chance) -> Comment:
        project = self.shape.projects[arrival.series.project]
        about = mails.subject(project, arrival, self.seed)
        author = self.people.somebody(arrival.series.author)
        place = chance.early(authors)
        sender = self.people.somebody(place)
        date = arrival.date + timedelta(minutes=chance.between(5, 10_000))
        msgid = f"<{number}.{date:%Y%m%d}.{sender.email}>"
        parent = mails.msgid(arrival.date, arrival.number, arrival.place, author.email)
        tag = chance.one(words.TAGS) if chance.so(0.5) else None
        said = chance.one(words.ANSWERS)
        return Comment(
            id=number,
            patch_id=arrival.number,
            msgid=msgid,
            date=date,
            submitter_id=place + 1,
            headers=f"From: {sender.sender}\nDate: {internet_date(date, '+0000')}\n"
            f"Message-Id: {msgid}\nIn-Reply-To: {parent}\n",
            content=mails.answer(about, author, said, tag, sender),
        )

    def _checks(self) -> Iterator[Check]:
        shape, number = self.shape, 0
        for arrival in self._arrivals():
            chance = Chance(self.seed, CHECK, arrival.number)
            if not chance.so(shape.checked):
                continue
            again = chance.so(0.1)  # a second run of everything
            for context in shape.contexts * (1 + again):
                number += 1
                row = self._check(arrival, number, context, chance)
                yield self.troubles.check(row) if self.troubles else row

    def _check(self, arrival: Arrival, number: int, context: str, chance: Chance) -> Check:
        state = chance.one(_CHECK_STATES)
        minutes = number % 7 + chance.between(2, 240)
        return Check(
            id=number,
            patch_id=arrival.number,
            user_id=self.people.accounts,
            date=arrival.date + timedelta(minutes=minutes),
            state=state,
            target_url=f"https://ci.example.org/{context}/{number}",
            description=f"{context}: {state} after {minutes} minutes",
            context=context,
        )
