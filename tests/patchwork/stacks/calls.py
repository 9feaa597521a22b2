"""Datasets and calls that nobody recorded: odd values of every type, for every field and lookup.

`fakepw.strategies` is for clients' mistakes; what is here looks for those of databases and Djangos.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xmlrpc.client import Binary, DateTime

from fakepw import Dataset, load
from fakepw.patchwork.query.filters import LOOKUP_NAMES
from fakepw.strategies import MethodCall


def _words(text: str) -> list[str]:
    return text.split("|")


_CHARACTERS = (
    "abcXYZabcXYZ 019-_.,:/@'\"<>&%\\#[](){}*?^$+|\t\n"
    "äÄßẞéÑøŁıİſΣσςЙйԱև가佐藤ﬁ½ａＡ\u212a\u212b\u0301\u0308\xa0\u2028\u3000\ufeff☃𝄞😀ǅǆᾳᾼŉ\u0345"
)
_NAMES = _words(
    "Abc|abc|ABC | abc|àbc|ÀBC|straße|STRASSE|K|\u212a|k|ı|İ|i|I|ſ|%|_|\\|a%b|a\\b|😀|𝄞|e\u0301|é|"
    "| |abc\tx|x\xa0|Å|\u212b|\ufffd|\uffff|\x7f|ab\ncd|1|10|True"
)
_HASHES = ("", "a" * 40, "A" * 40, "abc", "abc  ", "aBc", None, "0" * 40, "é" * 5, " ", "abc%", "ı")
_MOMENTS = _words(
    "0001-01-01T00:00:00|0001-12-31T23:59:59.999999|9999-12-31T23:59:59.999999|"
    "1970-01-01T00:00:00|2016-02-29T00:00:00|2016-04-03T02:30:00|1895-02-01T00:10:00|"
    "2017-06-15T08:00:00.000001|2017-06-15T08:00:00.100000|2038-01-19T03:14:08"
)
_NUMBERS = (
    *(0, -1, 1, 2, 3, 5, 10, 2**31 - 1, 2**31, -(2**31) - 1, 2**32, 2**63 - 1, 2**63, -(2**63)),
    *(-(2**63) - 1, 2**64, 2**70, 10**400, 0.0, -0.0, 1.0, 1.5, 2.999999, -1.5, 1e16, 1e300),
    *(float("nan"), float("inf"), float("-inf"), 2.0**63, 1e22, 123456789.123456789, 1e-7),
)
_TEXTS = _words(
    "| |1| 1 |01|+1|-1|１|1\u0660|²|1_0|1.0|1e3|0x1|abc|True|False|t|f|0|%|_|\\|None|nan|"
    "2147483648|1L|é|true|9223372036854775808|\xa01|1\n"
)
_DATES = _words(
    "2016|2016-03|2016-03-01|2016-3-1|20160301|20160301T080000|2016-03-01T08|2016-03-01T08:00|"
    "2016-03-01 08:00:00.5|2016-03-01 08:00:00.1234567|2016-W09-2|2016-03-01 08:00:00,5|"
    "2016-03-01T08:00:00Z|2016-03-01 08:00:00 Z|2016W092|2016-061|2016-03-01T08:00:00z|"
    "2016-03-01 08:00+10:00|2016-03-01 08:00:00+1000|2016-02-30|2016-03-01T08:00:00-25:00|"
    "2016-03-01T08:00:00+24:00|2016-03-01T08:00:00+23:59:59|2016-02-30 10:00|2016-13-01|"
    "0000-01-01|0001-01-01|9999-12-31|10000-01-01|2016-03-01 24:00|2016-03-01 08:60|"
    "2016-03-01 8:0|2016-03-01  08:00| 2016-03-01|2016-03-01\n|2016-03-01T08:00:00\n|"
    "２０１６-03-01|"
    "2016-03-01x08:00:00|now|0001-01-01T00:00:00+10:00|9999-12-31T23:59:59-10:00|"
    "2016-04-03T02:30:00+10:00|2016-03-01T08:00:00+10:00:00.5|2016-03-01T|"
    "2016-03-01T08:00:00 +10|2016-03-01T24:00"
)
_BYTES = b"|1|abc|\0|a\0b|\xc3\xa9|\xff\xfe|success|2016-03-01|%".split(b"|")
_OPAQUE = _words("|20160301T00:00:00|fail|success|1|True|2016-03-01|t|é")
_BEHIND = _words(
    "gt|gte|lt|lte|exact|in|range|isnull|iexact|contains|icontains|startswith|endswith|regex|"
    "iregex|foo||year|month|hour|date|é|gt__gt|gt__lt|in__foo|YEAR|contain|is_null|isnull__exact|"
    "week|time"
)
_PARTS = ("year", "month", "day")
_PATCH_KEYS = _words(
    "id|id|name|name|date|date|hash|hash|commit_ref|msgid|archived|project_id|submitter_id|"
    "delegate_id|state_id|max_count"
)
_CHECK_KEYS = ("id", "user", "user", "project_id", "patch_id", "max_count")


class Maker:
    """Makes a dataset, and calls for it, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pick = self.random.choice
        self.rows = self._dataset()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # -- rows ------------------------------------------------------------------------------

    def _dataset(self) -> Dataset:
        pick = self.pick
        users = [{"id": i, "username": f"u{i}", "password": "p"} for i in self._ids(4)]
        projects = [
            {"id": i, "linkname": self._text("abcXYZ_-%0") + str(i), "name": self._text() or "x"}
            for i in self._ids(4)
        ]
        people = [
            {
                "id": i,
                "name": pick([None, "", self._text(), "Ünï B"]),
                "email": f"{self._text('abcXYZ_%')}{i}@x",
                "user_id": pick([None, pick(users)["id"]]),
            }
            for i in self._ids(5)
        ]
        states = [{"id": i, "name": f"{self._text()} {i}", "ordering": i} for i in self._ids(5)]
        users[0]["maintainer_of"] = [project["id"] for project in projects[:3]]
        patches = [
            {
                "id": i,
                "project_id": pick(projects)["id"],
                "msgid": f"<{pick('Aaé%')}{i}@x>",
                "name": pick([*_NAMES, "z" * 255]),
                "date": self._moment(),
                "submitter_id": pick(people)["id"],
                "delegate_id": pick([None, pick(users)["id"]]),
                "state_id": pick(states)["id"],
                "archived": self.chance(0.4),
                "commit_ref": pick([None, "", self._text(), "ABC", "abc ", "5", "True"]),
                "hash": pick(_HASHES),
                "diff": None,
                "content": "",
                "headers": "",
            }
            for i in self._ids(14)
        ]
        checks = [
            {
                "id": i + 1,
                "patch_id": pick(patches)["id"],
                "user_id": pick(users)["id"],
                "date": self._moment(),
                "state": pick(["pending", "success", "warning", "fail"]),
                "target_url": "http://x",
                "description": "d",
                "context": pick(["a", "b", "A", "a "]),
            }
            for i in range(8)
        ]
        tables: dict[str, Any] = {"users": users, "projects": projects, "people": people}
        return load({**tables, "states": states, "patches": patches, "checks": checks})

    def _ids(self, count: int) -> list[int]:
        ids = [i * self.pick([1, 3]) for i in range(1, count + 1)]
        return sorted({*ids[:-1], self.pick([ids[-1], 2**31 - 1])})

    def _text(self, characters: str = _CHARACTERS) -> str:
        return "".join(self.pick(characters) for _ in range(self.random.randint(0, 8)))

    def _moment(self) -> str:
        if self.chance(0.3):
            return self.pick(_MOMENTS)
        between = self.random.randint
        when = datetime(self.pick([1999, 2015, 2016, 2024]), between(1, 12), between(1, 28), 5, 59)
        return when.replace(microsecond=self.pick([0, 0, 1, 100000, 123456])).isoformat()

    # -- values ----------------------------------------------------------------------------

    def value(self, known: Sequence[Any] = (), deep: bool = True) -> Any:
        """A value of any type of XML-RPC; a known one now and then."""
        if deep and self.chance(0.1):
            items = [self.value(known, deep=False) for _ in range(self.random.randint(0, 3))]
            return self.pick([items, dict(zip("a1é", items, strict=False))])
        if known and self.chance(0.3):
            return self.pick(known)
        kind = self.pick(["none", "bool", "number", "number", "text", "text", "date", "own", "odd"])
        match kind:
            case "none":
                return None
            case "bool":
                return self.chance(0.5)
            case "number":
                return self.pick(_NUMBERS)
            case "text":
                return self.pick([*_TEXTS, "a" * 300])
            case "date":
                return self.pick(_DATES)
            case "own":
                return self._text()
        return self.pick([Binary(self.pick(_BYTES)), DateTime(self.pick(_OPAQUE))])

    def _pieces(self, texts: Sequence[str | None]) -> list[Any]:
        pieces: list[Any] = []
        for text in filter(None, texts):
            at = self.random.randrange(len(text))
            pieces += [text, text.upper(), text.swapcase(), text + " ", text[at:], text[: at + 1]]
        sendable = ["".join(c for c in piece if c.isprintable() or c in "\t\n") for piece in pieces]
        return [*sendable, *(Binary(text.encode()) for text in texts if text)] or [""]

    def _known(self, name: str) -> list[Any]:
        rows = self.rows
        ids: dict[str, Sequence[Any]] = {
            **dict.fromkeys(("id", "patch_id"), rows.patches),
            "project_id": rows.projects,
            "state_id": rows.states,
            "user": rows.users,
            **dict.fromkeys(("submitter_id", "delegate_id"), rows.people),
        }
        if name in ids:
            return [row.id for row in ids[name]] + [str(row.id) for row in ids[name][:2]]
        match name:
            case "max_count":
                return [0, 1, 2, 3, -1, -2, -100, 100, 1.5, -1.5, True]
            case "archived":
                return [True, False, 1, 0, "1", "0", "t", "f", "True", "False"]
            case "date":
                return [*_DATES, *(str(row.date) for row in rows.patches)]
        return self._pieces([getattr(row, name) for row in rows.patches])

    # -- filters ---------------------------------------------------------------------------

    def _entry(self, names: Sequence[str]) -> tuple[str, Any]:
        name = self.pick(names)
        known = self._known(name)
        if self.chance(0.3):
            return name, self._mostly(known)
        lookup = self.pick([*sorted(LOOKUP_NAMES), self.pick(["exact", "lte", "GT", "", "regex"])])
        last, key = lookup, f"{name}__{lookup}"
        if self.chance(0.6 if lookup in _PARTS else 0.15):
            last = self.pick(_BEHIND)
            key = f"{key}__{last}"
        if lookup in _PARTS:
            known = [
                2016,
                2015,
                1,
                3,
                9999,
                "2016",
                "01",
                0,
                -1,
                10000,
                12,
                29,
                2016.5,
                2**31,
                2**63,
            ]
        if last == "isnull":
            known = [True, False]
        if last in ("in", "range") and self.chance(0.8):
            return key, [self._mostly(known) for _ in range(self.pick([0, 1, 2, 2, 2, 3]))]
        return key, self._mostly(known)

    def _mostly(self, known: Sequence[Any]) -> Any:
        return self.pick(known) if self.chance(0.65) else self.value(known)

    def _filter(self, names: Sequence[str]) -> Any:
        if self.chance(0.02):
            return self.value()
        entries = dict(self._entry(names) for _ in range(self.pick([1, 1, 1, 2, 2, 3])))
        # Which row Django 1.8's date functions fail for first is up to SQLite's planner.
        alone = {
            k: v for k, v in entries.items() if "date" not in k and {*_PARTS} & {*k.split("__")}
        }
        return alone if len(alone) == 1 else {k: v for k, v in entries.items() if k not in alone}

    # -- calls -----------------------------------------------------------------------------

    def reading(self) -> MethodCall:
        """A call that changes nothing."""
        rows = self.rows
        texts: dict[str, Sequence[str | None]] = {
            "project": [row.linkname for row in rows.projects],
            "person": [text for row in rows.people for text in (row.name, row.email)],
            "state": [row.name for row in rows.states],
        }
        counts, hashes = self._known("max_count"), self._known("hash")
        table = self.pick(["project", "person", "state"])
        match self.pick(
            [*["patch_list"] * 10, *["check_list"] * 3, "search", "search", "get", "hash"]
        ):
            case "patch_list":
                return MethodCall("patch_list", (self._filter(_PATCH_KEYS),))
            case "check_list":
                return MethodCall("check_list", (self._filter(_CHECK_KEYS),))
            case "search":
                params = (self._mostly(self._pieces(texts[table])), self._mostly(counts))
                return MethodCall(f"{table}_list", params[: self.pick([1, 2])])
            case "get":
                table = self.pick([table, "patch", "check"])
                return MethodCall(f"{table}_get", (self.value([row.id for row in rows.patches]),))
        if self.chance(0.5):
            return MethodCall("patch_get_by_hash", (self._mostly(hashes),))
        names = self._pieces(texts["project"])
        params = (self._mostly(names), self._mostly(hashes))
        return MethodCall("patch_get_by_project_hash", params)

    def writing(self) -> MethodCall:
        """A call that may change a patch, or add a check to one."""
        patch_id = self._mostly([row.id for row in self.rows.patches])
        if self.chance(0.5):
            columns: dict[str, list[Any]] = {
                "state": [row.id for row in self.rows.states],
                "archived": self._known("archived"),
                "commit_ref": ["x", "é" * 255, "y" * 256, "z" * 255 + "  ", ""],
                "name": [1],
            }
            names = self.random.sample(sorted(columns), self.random.randint(0, 2))
            return MethodCall("patch_set", (patch_id, {n: self._mostly(columns[n]) for n in names}))
        params = (
            self._mostly(["ctx", "y" * 256, "y" * 255 + " "]),
            self._mostly(["pending", "success", "fail", "warning"]),
            self._mostly(["http://x", "u" * 201, "u" * 200 + " "]),
            self.value(),
        )
        return MethodCall("check_create", (patch_id, *params[: self.pick([2, 3, 4])]))


def settled(call: MethodCall) -> bool:
    """Whether models of our own tell what Patchwork answers: not for a check's state in base64
    that is no ASCII, out of which Python 2 makes a text by rules of Patchwork's source."""
    state = call.params[2] if call.method == "check_create" and len(call.params) > 2 else None
    return not isinstance(state, Binary) or state.data.isascii()
