"""What kind of server answers: API generation, Python, and likely database and Django."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..exchange import Exchange
from ..wire import Fault, Node

#: API generations, each named after the release that brought it (servers.md 2).
API = ("1.0", "1.1", "2.0")

#: Every release that was recorded (servers.md 0).
RELEASES = ("1.0", "1.1", "2.0", "2.1", "2.2", "3.0", "3.1", "3.2", "main")

#: The releases that share an API generation.
GENERATIONS = {"1.0": RELEASES[:1], "1.1": RELEASES[1:2], "2.0": RELEASES[2:]}

#: What `pw_rpc_version` says in each (servers.md 2).
VERSIONS: dict[str, int | list[int]] = {"1.0": 1, "1.1": [1, 2, 0], "2.0": [1, 3, 0]}

CHECK_METHODS = ("check_create", "check_get", "check_list", "patch_check_get")

#: Method -> its signature as the documentation page lists it (servers.md 1.4, 1.11).
SIGNATURES = {
    "check_create": "(user, patch_id, context, state, target_url='', description='')",
    "check_get": "(check_id)",
    "check_list": "(filt=None)",
    "patch_check_get": "(patch_id)",
    "patch_get": "(patch_id)",
    "patch_get_by_hash": "(hash)",
    "patch_get_by_project_hash": "(project, hash)",
    "patch_get_diff": "(patch_id)",
    "patch_get_mbox": "(patch_id)",
    "patch_list": "(filt=None)",
    "patch_set": "(user, patch_id, params)",
    "person_get": "(person_id)",
    "person_list": "(search_str=None, max_count=0)",
    "project_get": "(project_id)",
    "project_list": "(search_str=None, max_count=0)",
    "pw_rpc_version": "()",
    "state_get": "(state_id)",
    "state_list": "(search_str=None, max_count=0)",
}


@dataclass(frozen=True)
class Profile:
    """What the judges may know of a server besides its rows."""

    api: str = "2.0"
    python: int = 3
    database: str | None = None
    django: str | None = None
    #: The releases that it may be, by what they show themselves; () if nobody looked.
    releases: tuple[str, ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that a server of this generation has."""
        return tuple(m for m in SIGNATURES if self.api != "1.0" or m not in CHECK_METHODS)

    @property
    def swallows(self) -> bool:
        """Whether read methods turn every error into an empty answer (servers.md 2)."""
        return self.api == "1.0"

    @property
    def misses_fault(self) -> bool:
        """Whether looking up what is not there is a fault (servers.md 2)."""
        return self.api == "1.1"

    @property
    def locked_out(self) -> bool:
        """Whether no one can log in: 1.1 on Python 3 reads no credentials (servers.md 2)."""
        return self.api == "1.1" and self.python == 3

    @property
    def likely(self) -> str:
        """The likely release, or the range of releases."""
        first, *more = self.possible
        if not more:
            return first
        if len(more) == 1:
            return f"{first} or {more[0]}"
        return f"{first} or later" if more[-1] == RELEASES[-1] else f"{first} to {more[-1]}"

    @property
    def possible(self) -> tuple[str, ...]:
        """The releases that nothing which was seen tells it from."""
        return self.releases or GENERATIONS[self.api]

    def may_be(self, release: str) -> bool:
        """Whether nothing that was seen tells it from that release."""
        return release in self.possible

    def describe(self) -> str:
        """For people: the likely release, Python and database."""
        parts = [f"Patchwork {self.likely}", f"Python {self.python}"]
        if self.django:
            parts.append(f"Django {self.django}")
        parts.append(self.database or "database unknown")
        return ", ".join(parts)


def generation(evidence: dict[str, Exchange]) -> str:
    """The API generation that most of the evidence speaks for.

    Behaviour outvotes the version response, which is itself under test.
    """
    votes: Counter[str] = Counter()
    if (version := evidence.get("version")) and version.value:
        for api, expected in VERSIONS.items():
            if version.value.plain == expected:
                votes[api] += 1
    checks = evidence.get("check_list")
    if checks and checks.fault and '" is not supported' in checks.fault.text:
        votes["1.0"] += 2
    for key in ("miss patch", "miss project", "miss state"):
        if (miss := evidence.get(key)) is None:
            continue
        if isinstance(miss.reply, Fault):
            votes["1.1"] += 1
        elif isinstance(miss.reply, Node):
            votes["2.0"] += 1 if checks is None or checks.value or checks.fault else 0
    if (row := evidence.get("row")) and row.value and row.value.members:
        votes["2.0" if "hash" in row.value.members else "1.1"] += 1
    if votes["1.0"] > 1:
        return "1.0"
    return votes.most_common(1)[0][0] if votes else "2.0"


def python(evidence: dict[str, Exchange]) -> int:
    """2 or 3, by the class names in faults; 3 if no fault tells."""
    votes = Counter(
        exchange.fault.python
        for exchange in evidence.values()
        if exchange.fault and exchange.fault.python
    )
    return votes.most_common(1)[0][0] or 3 if votes else 3


def database(evidence: dict[str, Exchange]) -> str | None:
    """The database, by what it says to a date with a zone (servers.md 3)."""
    zone = evidence.get("date with zone")
    if zone is None:
        return None
    if fault := zone.fault:
        for word, name in (("SQLite", "SQLite"), ("MySQL", "MariaDB or MySQL")):
            if word in fault.text:
                return name
        return None
    return "PostgreSQL" if zone.value and zone.value.kind == "array" else None


def django(evidence: dict[str, Exchange]) -> str | None:
    """A range of Django versions, by texts that changed with them (servers.md 2, 6.3)."""
    word, flag, big = (evidence.get(k) for k in ("id a word", "isnull a word", "year chain"))
    if word is None or word.fault is None:
        return None
    if "expected a number" not in word.fault.text:
        return "before 3.0"
    if flag is None or big is None or big.fault is None:
        return "3.0 or later"
    if flag.fault is None:
        return "3.x"
    return "5.2 or later" if "year__" in big.fault.text else "4.0 to 5.1"


def parameters(method: str) -> tuple[list[str], list[str]]:
    """The required and the optional parameters of a method, as SIGNATURES has them."""
    words = [word.strip() for word in SIGNATURES[method].strip("()").split(",") if word.strip()]
    return (
        [word for word in words if "=" not in word],
        [word.partition("=")[0] for word in words if "=" in word],
    )


#: Struct -> its members in the order that Python 3 servers send, with their wire types. `text`
#: is <base64> from Python 3 and <string> from Python 2 (servers.md 1.3, 2).
STRUCTS: dict[str, tuple[tuple[str, str], ...]] = {
    "project": (("id", "int"), ("linkname", "string"), ("name", "string")),
    "person": (("id", "int"), ("email", "string"), ("name", "string"), ("user", "text")),
    "state": (("id", "int"), ("name", "string")),
    "patch": (
        ("id", "int"),
        ("date", "text"),
        ("filename", "string"),
        ("msgid", "string"),
        ("name", "string"),
        ("project", "text"),
        ("project_id", "int"),
        ("state", "text"),
        ("state_id", "int"),
        ("archived", "boolean"),
        ("submitter", "text"),
        ("submitter_id", "int"),
        ("delegate", "text"),
        ("delegate_id", "int"),
        ("commit_ref", "string"),
        ("hash", "string"),
    ),
    "check": (
        ("id", "int"),
        ("date", "text"),
        ("patch", "text"),
        ("patch_id", "int"),
        ("user", "text"),
        ("user_id", "int"),
        ("state", "string"),
        ("target_url", "string"),
        ("description", "string"),
        ("context", "string"),
    ),
    "combined check": (("state", "string"), ("total", "int"), ("checks", "array")),
}

#: Method -> the struct that it answers, or an array of.
ANSWERS = {
    "project_get": "project",
    "project_list": "project",
    "person_get": "person",
    "person_list": "person",
    "state_get": "state",
    "state_list": "state",
    "patch_get": "patch",
    "patch_list": "patch",
    "patch_get_by_hash": "patch",
    "patch_get_by_project_hash": "patch",
    "check_get": "check",
    "check_list": "check",
    "patch_check_get": "combined check",
}


def members(struct: str, profile: Profile) -> dict[str, str]:
    """The members of a struct and their wire types, as a server of that kind sends them."""
    text = "base64" if profile.python == 3 else "string"
    return {
        name: text if kind == "text" else kind
        for name, kind in STRUCTS[struct]
        if name != "hash" or profile.api == "2.0"
    }
