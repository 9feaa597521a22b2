"""What a rule says, as data: one form for Python, text, fixtures and the control API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ..patchwork.words.brief import brief, cut, within
from ..telling.wording import near, plain, quoted, refusal
from .presets import PRESETS

__tracebackhide__ = refusal

#: The longest that a rule may let anybody wait, in seconds.
LONGEST = 3600


class Spec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a rule says, under the names by which Python, text, fixtures and the control API say it.

    method, params, user
        Which requests: a method (`*` and `?` as in file names; `*` alone is every request, pages
        too), what its params begin with, and whose credentials it has. Left out: any.
    first, nth, every
        Of those that match the first so many, just that one, or every so many-th.
    chance, seed
        Of those, this share, drawn from a generator of the rule's own: the same for the same seed.
    when
        `before` Patchwork carries the call out, which it then never does; or `after`: it was
        carried out, and the answer is lost or another one.
    latency
        Seconds to wait first, while everybody else is answered.
    status, headers, body
        Answer this. Left out beside another of them: 200, text/html, and an empty body.
    fault
        Answer a fault with this faultString and code 1.
    cut
        Carry the call out, send this much of the answer's body, and hang up: a number of bytes, or
        below 1 a share of it.
    reset, drop
        Reset the connection; or never answer, and never hang up.
    preset
        What stands before real servers: see `PRESETS`.
    rate, burst, retry_after
        Answer with `status` (503) what comes quicker than the rate (`20/s`, `300/m`) allows beyond
        a burst; as nginx's limit_req counts.
    optional
        A test that ends without this rule ever having had an effect is not failed for it.
    """

    method: str = "*"
    params: tuple[Any, ...] = ()
    user: str | UnsetType | None = UNSET
    first: int | None = None
    nth: int | None = None
    every: int | None = None
    chance: float | None = None
    seed: int = 0
    when: Literal["before", "after"] = "before"
    latency: float = 0
    status: int | None = None
    headers: dict[str, str] = {}
    body: Any = None  # text, or bytes
    fault: str | None = None
    cut: float | None = None
    reset: bool = False
    drop: bool = False
    preset: str | None = None
    rate: str | None = None
    burst: int = 0
    retry_after: int | None = None
    optional: bool = False

    def __repr__(self) -> str:
        members = ((name, getattr(self, name)) for name in self.__struct_fields__)
        said = [f"{name}={brief(value)}" for name, value in members if value and value is not UNSET]
        return f"<Spec: {cut(', '.join(said), 200)}>"

    @property
    def effect(self) -> str:
        """Its one effect, a name of EFFECTS; empty if all it does is to let wait."""
        return next(iter(_effects(self)), "")


#: Effects of which a rule has one at most; `latency` goes with any of them and stands alone, too.
EFFECTS = ("status", "fault", "cut", "reset", "drop", "preset", "rate")
_COUNTS = ("first", "nth", "every")
_PER = {"s": 1.0, "m": 60.0, "h": 3600.0}


def spec_of(members: Mapping[str, Any]) -> Spec:
    """A rule from its members. Raises ValueError with one sentence for what is no rule."""
    given = {name: value for name, value in members.items() if value is not UNSET}
    unknown = [name for name in given if name not in Spec.__struct_fields__]
    if unknown:
        names = Spec.__struct_fields__
        hint = f"{near(unknown[0], names)}; it has {', '.join(names)}"
        raise ValueError(f"a rule has no {quoted(unknown[0])}{hint}")
    raw_params = given.pop("params", ())
    body = given.pop("body", None)
    if body is not None and not isinstance(body, (str, bytes)):
        raise ValueError(f"body is text or bytes, not {quoted(body)}")
    if not isinstance(raw_params, (list, tuple)):
        raise ValueError(f"params is a list of values, not {quoted(raw_params)}")
    try:
        spec = msgspec.convert(given, Spec)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        raise ValueError(f"{place.rstrip('`') or 'a rule'}: {within(plain(message))}") from None
    spec = msgspec.structs.replace(spec, params=tuple(raw_params), body=body)
    _check(spec)
    return spec


def _effects(spec: Spec) -> list[str]:
    """The effects that a rule names; a sound one names one at most."""
    named = [name for name in EFFECTS if getattr(spec, name) is not None]
    effects = [name for name in named if getattr(spec, name) is not False]
    if "rate" in effects and "status" in effects:  # the status of what is refused
        effects.remove("status")
    elif "status" not in effects and (spec.body is not None or spec.headers):
        effects.insert(0, "status")
    return effects


def _check(spec: Spec) -> None:
    """Raise ValueError for members that do not go together, or are out of range."""
    for problem in _problems(spec):
        raise ValueError(problem)


def _problems(spec: Spec) -> Iterator[str]:
    effects = _effects(spec)
    if len(effects) > 1:
        yield f"a rule has one effect, not both {effects[0]} and {effects[1]}"
    if not effects and not spec.latency:
        yield f"a rule needs an effect: latency, body, {', '.join(EFFECTS)}"
    counts = [name for name in _COUNTS if getattr(spec, name) is not None]
    if len(counts) > 1:
        yield f"a rule counts in one way, not both {counts[0]} and {counts[1]}"
    for name in counts:
        if getattr(spec, name) < 1:
            yield f"{name} counts from 1, so it cannot be {getattr(spec, name)}"
    if spec.chance is not None and not 0 < spec.chance <= 1:
        yield f"chance is a share above 0 and up to 1, not {spec.chance}"
    if not 0 <= spec.latency <= LONGEST:
        yield f"latency is seconds from 0 to {LONGEST}, not {spec.latency}"
    if spec.status is not None and not 200 <= spec.status <= 599:
        yield f"status is a number from 200 to 599, not {spec.status}"
    if spec.cut is not None and (spec.cut < 0 or (spec.cut >= 1 and spec.cut != int(spec.cut))):
        yield f"cut is a number of bytes, or a share below 1, not {spec.cut}"
    if spec.preset is not None and spec.preset not in PRESETS:
        yield (
            f"there is no preset {quoted(spec.preset)}{near(spec.preset, PRESETS)};"
            f" there are {', '.join(PRESETS)}"
        )
    for name, value in spec.headers.items():
        if not name or not (f"{name}{value}").isprintable() or ":" in name or " " in name:
            yield f"{quoted(name)}: {quoted(value)} is no header"
        elif not f"{name}{value}".isascii():
            yield f"the header {quoted(name)} holds what is not ASCII"
    if spec.rate is not None:
        try:
            rate_of(spec.rate)
        except ValueError as error:
            yield str(error)
    elif spec.burst or spec.retry_after is not None:
        yield "burst and retry_after belong to a rate"
    if spec.burst < 0 or (spec.retry_after or 0) < 0:
        yield "burst and retry_after are not negative"
    if spec.when == "after" and effects == ["rate"]:
        yield "when=after does not go with a rate: what is refused is not carried out"


def allowed(spec: Spec) -> tuple[float, int]:
    """Requests a second, and the burst beyond, that a rule allows, or the preset that it names."""
    preset = PRESETS.get(spec.preset or "")
    if preset is not None and preset.rate is not None:
        return rate_of(preset.rate), preset.burst
    return rate_of(spec.rate or "1/s"), spec.burst


def rate_of(text: str) -> float:
    """Requests a second: `20/s`, `300/m`, `1/h`. Raises ValueError."""
    count, slash, per = text.partition("/")
    try:
        number = float(count)
    except ValueError:
        number = 0.0
    if not slash or per not in _PER or not 0 < number < 1e9:
        raise ValueError(f"{quoted(text)} is no rate; write 20/s, 300/m or 1/h")
    return number / _PER[per]
