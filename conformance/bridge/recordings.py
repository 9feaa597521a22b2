"""The corpus: recorded answers of real servers, in a folder (fixtures/recorded/README.md)."""

from __future__ import annotations

import base64
import difflib
import lzma
import re
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..target.exchange import WRITES

HOST = "pw.example.org"
DATASETS = ("a", "b", "c")

#: Servers that were seeded with an empty comment for a message that is null in the dataset, where
#: 1.1-py2-postgresql was given none (README.md).
_NULL_AS_EMPTY = ("1.1-py2-sqlite", "1.1-py3-sqlite")

#: Servers repeat themselves: of what is equal in these, which is seven eighths, one copy is kept.
_ALIKE = {"headers", "body", "body_b64"}

#: Dataset and id of a call.
Key = tuple[str, str]


class NoCorpus(ValueError):
    """A folder holds no corpus, or not such an instance; the text says so in one sentence."""


@dataclass(frozen=True)
class Call:
    """One recorded request, or (`op == "reset"`) the re-seeding of the server at that point."""

    dataset: str
    id: str
    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    body_b64: str | None = None
    big: int | None = None
    raw_length: bool = False
    http10: bool = False
    op: str | None = None

    @property
    def key(self) -> Key:
        """What its answer is found by."""
        return self.dataset, self.id

    @property
    def sent(self) -> bytes:
        """The bytes that followed the request's head."""
        if self.big is not None:
            return xmlrpc.client.dumps(("x" * self.big,), "state_list").encode()
        if self.body_b64 is not None:
            return base64.b64decode(self.body_b64)
        return (self.body or "").encode()

    @property
    def called(self) -> str:
        """The XML-RPC method, as far as the text of the body shows it."""
        found = re.search(r"<methodName>(\w+)</methodName>", self.body or "")
        return found[1] if found else ""

    @property
    def writes(self) -> bool:
        """Whether a server that lets it through could change something."""
        return any(name.encode() in self.sent for name in WRITES)

    @property
    def head(self) -> list[tuple[str, str]]:
        """The header fields that were sent."""
        headers = list(self.headers.items())
        if "Host" not in self.headers:
            headers.insert(0, ("Host", HOST))
        if not self.raw_length and (self.sent or self.body is not None):
            headers.append(("Content-Length", str(len(self.sent))))
        return headers

    def as_bytes(self, prefix: str = "") -> bytes:
        """The request as it went over the wire; `prefix` goes before its path."""
        path = f"{prefix}{self.path}" if self.path.startswith("/") else self.path
        lines = [f"{self.method} {path} HTTP/{'1.0' if self.http10 else '1.1'}"]
        lines += [f"{name}: {value}" for name, value in self.head]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.sent


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a real server answered to the call of the same dataset and id."""

    dataset: str
    id: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str | None = None
    body_b64: str | None = None
    html: bool = False
    json: bool = False
    script: bool = False
    documented: dict[str, str] | None = None
    api_status: dict[str, str] | None = None
    comments_left_out: bool = False

    @property
    def key(self) -> Key:
        """What its call is found by."""
        return self.dataset, self.id

    @property
    def received(self) -> bytes | None:
        """The body, or None where the recording leaves it out."""
        if self.body_b64 is not None:
            return base64.b64decode(self.body_b64)
        return None if self.body is None else self.body.encode()


Line = TypeVar("Line", Call, Recorded)


class Corpus:
    """A folder of recordings. Raises NoCorpus if it is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._datasets: dict[str, bytes] = {}
        if not (folder / "calls.jsonl.xz").is_file() or not (folder / "answers").is_dir():
            raise NoCorpus(f"{folder} holds no recordings: no calls.jsonl.xz, or no answers")

    @cached_property
    def instances(self) -> tuple[str, ...]:
        """The recorded servers, sorted."""
        found = (self.folder / "answers").glob("*.jsonl.xz")
        return tuple(sorted(path.name.removesuffix(".jsonl.xz") for path in found))

    @cached_property
    def _calls(self) -> tuple[Call, ...]:
        return tuple(self._lines("calls", Call))

    def calls(self, dataset: str | None = None) -> tuple[Call, ...]:
        """All calls (of one dataset) in the order sent, resets among them."""
        return tuple(call for call in self._calls if dataset in (None, call.dataset))

    def answers(self, instance: str) -> dict[Key, Recorded]:
        """The answers of one server by dataset and id. Raises NoCorpus if there is no such."""
        if instance not in self.instances:
            near = difflib.get_close_matches(instance, self.instances, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise NoCorpus(f"no server called {instance!r} was recorded{hint}")
        lines = self._lines(f"answers/{instance}", Recorded)
        return {answer.key: answer for answer in lines}

    def path_of(self, dataset: str) -> Path:
        """The file of a dataset: a fixture in canonical form."""
        return self.folder / "datasets" / f"{dataset}.json"

    def dataset(self, name: str, instance: str = "") -> dict[str, Any]:
        """What a server held."""
        if name not in self._datasets:
            self._datasets[name] = self.path_of(name).read_bytes()
        rows: dict[str, Any] = msgspec.json.decode(self._datasets[name])
        if instance in _NULL_AS_EMPTY:
            for patch in rows["patches"]:
                patch["content"] = patch["content"] or ""
        return rows

    def _lines(self, file_name: str, kind: type[Line]) -> Iterator[Line]:
        path = self.folder / f"{file_name}.jsonl.xz"
        known = {each.name for each in fields(kind)}
        same: dict[Any, Any] = {}
        try:
            with lzma.open(path) as file:
                for text in file:
                    line = msgspec.json.decode(text)
                    if strange := set(line) - known:
                        raise ValueError(f"nobody knows what {sorted(strange)[0]!r} is")
                    if kind is Recorded:
                        line["headers"] = tuple((k, v) for k, v in line["headers"])
                        alike = _ALIKE & line.keys()
                        line |= {name: same.setdefault(line[name], line[name]) for name in alike}
                    yield kind(**line)
        except (OSError, EOFError, lzma.LZMAError, ValueError, TypeError, KeyError) as error:
            raise NoCorpus(f"{path} is damaged ({error})") from None
