"""What passes over the control API, as types: the bodies of requests, and of answers.

They are written as JSON, and OpenAPI is written from them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from ..journal.calls import Noted
from ..steering import RuleState
from ..strictness import Noticed, Strict
from ..worlds import WorldState


class Form(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a request's body holds."""


class Done(Struct):
    """That it is done."""

    status: str = "ok"


class Health(Struct):
    """That the double is there, and what it is; `xmlrpc` is enabled, disabled or none.

    `script_name` and `api` say where its XML-RPC API is, below the double's own root.
    """

    status: str
    instance: str
    xmlrpc: str
    patches: int
    script_name: str
    api: str


class Load(Form):
    """A fixture, as an object or the name of a packaged one, left out: that of before; instance and
    settings, if not those that it names; and the path of the API, if not that of before."""

    fixture: dict[str, Any] | str | None = None
    instance: str | None = None
    settings: dict[str, Any] | None = None
    at: str | None = None


class WorldForm(Form):
    """What a world starts from; all that is left out is as the server started, or the world whose
    id is `beside`.

    `fixture`, `instance`, `settings` and `at` are as in `Load`; `faults`, `in_front` and `limit`
    are rules, by text or by their members; `clock` is the moment at which its clock stands;
    `strict` how strict it is; `idle` is the seconds for which it may be left alone.
    """

    fixture: dict[str, Any] | str | None = None
    instance: str | None = None
    settings: dict[str, Any] | None = None
    at: str | None = None
    faults: list[str | dict[str, Any]] = []
    in_front: str | dict[str, Any] | list[str | dict[str, Any]] | None = None
    limit: str | dict[str, Any] | None = None
    clock: str | None = None
    strict: Strict = False
    idle: float | None = None
    beside: str | None = None


class WorldList(Struct):
    """The worlds that there are."""

    worlds: list[WorldState]


class Named(Form):
    """The name of a snapshot; left out: one is made up."""

    name: str | None = None


class Snapshots(Struct):
    """The names of the snapshots that there are."""

    snapshots: list[str]


class CallView(Noted, frozen=True, kw_only=True):
    """A request of the journal: decoded, and as it passed on the wire, in base64.

    In params and result, base64 is `{"base64": …}`.
    """

    verb: str
    target: str
    method: str | None
    params: list[Any]
    result: Any
    fault: str | None
    request: bytes
    answer: bytes


class CallList(Struct):
    """The journal: how many earlier requests are gone, and those that are kept."""

    dropped: int
    calls: list[CallView]


class RuleForm(Form):
    """A rule: as text under `rule`, or by its members (README, "What goes wrong")."""

    rule: str | UnsetType = UNSET


class RuleList(Struct):
    """The rules at work."""

    rules: list[RuleState]


class Steps(Form):
    """How far a clock is moved on: all of these together."""

    days: float = 0
    hours: float = 0
    minutes: float = 0
    seconds: float = 0


class ClockForm(Form):
    """What to do with the clock: stop it at `set`, move it on by `advance`, or let it `run`."""

    set: str | None = None
    advance: Steps | None = None
    run: bool = False


class ClockState(Struct):
    """The clock's time, naive UTC, and whether it runs by itself."""

    now: datetime
    running: bool


class StepForm(Form):
    """One step of a scenario: `add` (patch, comment, check, person) or `change` (which patch)."""

    row: dict[str, Any]
    add: str | None = None
    change: int | str | None = None


class ScenarioForm(Form):
    """What happens by itself, and when: after `calls` of method `of`, or `seconds` of the clock."""

    steps: list[StepForm]
    calls: int | None = None
    of: str = "*"
    seconds: float | None = None
    optional: bool = False


class ScenarioState(Struct):
    """A scenario: its number, what it says, and whether it has come to pass."""

    id: int
    scenario: str
    come: bool


class ScenarioList(Struct):
    """The scenarios."""

    scenarios: list[ScenarioState]


class StrictForm(Form):
    """How strict to be: `false`, `true`, or `"error"`."""

    strict: Strict


class Strictness(Struct):
    """How strict it is, and what it has noticed since the last reset."""

    strict: Strict
    remarks: list[Noticed]


class Unmet(Struct):
    """What was set up and never came to pass, and what strict mode does not let pass."""

    unmet: list[str]
