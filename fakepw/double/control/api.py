"""The control API, as data: what can be asked under `/_fakepw/`, of which type, and what it does.

The server routes by this table, `openapi` is written from it, and the handle of a double elsewhere
speaks it. Every answer is a JSON object; a refusal is `{"error": …}` in one sentence, and
`{"error": …, "errors": […]}` where a fixture has several faults.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from ...fixtures import PACKAGED, Source, dumps, packaged, read
from ...patchwork.patchwork import Patchwork
from ...rules.grammar import parse
from ...rules.spec import spec_of
from ...telling.wording import quoted
from ..journal.calls import Call
from ..rows import TABLES, told_of
from ..steering import RuleState, Steering, Step, wanted_of
from ..worlds import Host, WorldState
from .shapes import (
    CallList,
    CallView,
    ClockForm,
    ClockState,
    Done,
    Health,
    Load,
    Named,
    RuleList,
    ScenarioForm,
    ScenarioList,
    ScenarioState,
    Snapshots,
    StepForm,
    StrictForm,
    Strictness,
    Unmet,
    WorldForm,
    WorldList,
)


class Asked(NamedTuple):
    """What a request asks of a double: the words in its path, its query, and its body."""

    steering: Steering
    words: tuple[str, ...]
    query: Mapping[str, str]
    body: Any


class Route(NamedTuple):
    """One thing that can be asked: `{}` in a path stands for a word."""

    method: str
    path: str
    text: str
    body: type[Any] | None
    answer: type[Any]
    run: Callable[[Asked], Any]
    query: tuple[str, ...] = ()


def _health(asked: Asked) -> Health:
    patchwork: Patchwork = asked.steering.pipeline.patchwork
    return Health(
        "ok",
        patchwork.instance.name,
        _xmlrpc(patchwork),
        len(patchwork.store.patches),
        patchwork.traits.script_name,
        patchwork.place.api,
    )


def _xmlrpc(patchwork: Patchwork) -> str:
    if not patchwork.traits.has_xmlrpc:
        return "none"
    return "enabled" if patchwork.enabled else "disabled"


def _reset(asked: Asked) -> Done:
    asked.steering.reset()
    return Done()


def _load(asked: Asked) -> Health:
    form: Load = asked.body
    sources = [] if form.fixture is None else [_source(form.fixture)]
    asked.steering.load(sources, form.instance, form.settings, form.at)
    return _health(asked)


def _source(fixture: dict[str, Any] | str) -> Source:
    """What may be loaded over HTTP: no file of the machine that the server runs on."""
    if isinstance(fixture, str) and fixture not in PACKAGED:
        names = ", ".join(PACKAGED)
        raise ValueError(f"fixture: {quoted(fixture)} is no packaged one ({names}); send an object")
    return packaged(fixture) if isinstance(fixture, str) else fixture


def _state(asked: Asked) -> bytes:
    served = asked.steering.pipeline.patchwork
    return dumps(asked.steering.state(), served.instance.name, served.settings)


def _snapshots(asked: Asked) -> Snapshots:
    return Snapshots(list(asked.steering.snapshots))


def _snapshot(asked: Asked) -> Named:
    return Named(name=asked.steering.snapshot(asked.body.name).name)


def _restore(asked: Asked) -> Done:
    asked.steering.restore(asked.words[0])
    return Done()


def _calls(asked: Asked) -> CallList:
    since = _number(asked.query.get("since", "0"), "since")
    calls = asked.steering.calls()
    kept = [view(call) for call in calls[max(0, since - calls.dropped) :]]
    return CallList(calls.dropped, kept)


def _rules(asked: Asked) -> RuleList:
    return RuleList(asked.steering.rules())


def _add_rule(asked: Asked) -> RuleState:
    members = asked.body
    if "rule" in members:
        if len(members) > 1 or not isinstance(members["rule"], str):
            raise ValueError("`rule` is the whole rule as text; beside it nothing may be given")
        return asked.steering.fault(parse(members["rule"]))
    return asked.steering.fault(spec_of(members))


def _rule(asked: Asked) -> RuleState:
    return asked.steering.rule(_number(asked.words[0], "a rule's id"))


def _remove_rule(asked: Asked) -> Done:
    asked.steering.remove(_number(asked.words[0], "a rule's id"))
    return Done()


def _clock(asked: Asked) -> ClockState:
    clock = asked.steering.pipeline.clock
    return ClockState(clock.now, clock.running)


def _set_clock(asked: Asked) -> ClockState:
    form: ClockForm = asked.body
    given = [name for name in ("set", "advance", "run") if getattr(form, name) not in (None, False)]
    if len(given) != 1:
        raise ValueError(f"one of set, advance and run is needed, not {len(given)} of them")
    if form.set is not None:
        asked.steering.set_clock(form.set)
    elif form.advance is not None:
        asked.steering.advance_clock(msgspec.structs.asdict(form.advance))
    else:
        asked.steering.run_clock()
    return _clock(asked)


def _add_row(kind: str) -> Callable[[Asked], dict[str, Any]]:
    def run(asked: Asked) -> dict[str, Any]:
        return told_of(asked.steering.take((kind, None, asked.body)))

    return run


def _patch(asked: Asked) -> dict[str, Any]:
    return told_of(asked.steering.patch(_which(asked)))


def _change_row(asked: Asked) -> dict[str, Any]:
    return told_of(asked.steering.take(("change", _which(asked), asked.body)))


def _which(asked: Asked) -> int | str:
    word = asked.words[0]
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 20 else word


def _scenarios(asked: Asked) -> ScenarioList:
    every = asked.steering.pipeline.scenarios.all
    return ScenarioList([ScenarioState(each.number, each.text, each.come) for each in every])


def _add_scenario(asked: Asked) -> ScenarioState:
    form: ScenarioForm = asked.body
    steps = [_step(each) for each in form.steps]
    asked.steering.later(form.calls, form.of, form.seconds, form.optional, steps)
    return _scenarios(asked).scenarios[-1]


def _extend_scenario(asked: Asked) -> Done:
    number = _number(asked.words[0], "a scenario's id")
    asked.steering.then(number, _step(asked.body))
    return Done()


def _host(asked: Asked) -> Host:
    if isinstance(asked.steering, Host):
        return asked.steering
    raise LookupError("a world has no worlds: ask the server's own control API, at /_fakepw/")


def _worlds(asked: Asked) -> WorldList:
    return WorldList(_host(asked).worlds())


def _add_world(asked: Asked) -> WorldState:
    form: WorldForm = asked.body
    fixture = None if form.fixture is None else read(_source(form.fixture))
    wanted = wanted_of(
        fixture,
        form.instance,
        form.settings,
        form.at,
        form.idle,
        faults=form.faults,
        in_front=form.in_front,
        limit=form.limit,
        clock=form.clock,
        strict=form.strict,
    )
    return _host(asked).world(replace(wanted, beside=form.beside))


def _end_world(asked: Asked) -> Done:
    _host(asked).end_world(asked.words[0])
    return Done()


def _strict(asked: Asked) -> Strictness:
    since = _number(asked.query.get("since", "0"), "since")
    return Strictness(*asked.steering.strictness(since))


def _set_strict(asked: Asked) -> Strictness:
    asked.steering.set_strict(asked.body.strict)
    return _strict(asked)


def _unmet(asked: Asked) -> Unmet:
    return Unmet(asked.steering.unmet())


def _step(form: StepForm) -> Step:
    if (form.add is None) == (form.change is None):
        raise ValueError("a step has either `add` or `change`")
    return ("change", form.change, form.row) if form.add is None else (form.add, None, form.row)


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValueError(f"{what} is a whole number, not {text[:40]!r}")
    return int(text)


def view(call: Call) -> CallView:
    """A call as JSON tells it."""
    return CallView(
        **{name: getattr(call, name) for name in Call.__struct_fields__},
        verb=call.verb,
        target=call.target,
        method=call.method,
        params=[told(value) for value in call.params],
        result=told(call.result),
        fault=call.fault,
    )


def call_of(seen: CallView) -> Call:
    """The call that a view tells of."""
    return Call(**{name: getattr(seen, name) for name in Call.__struct_fields__})


def told(value: Any) -> Any:
    """A value as JSON can say it: base64 is `{"base64": …}`."""
    if isinstance(value, bytes):
        return {"base64": b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [told(item) for item in value]
    if isinstance(value, dict):
        return {str(name): told(item) for name, item in value.items()}
    return value


_Object = dict[str, Any]

#: Everything that can be asked, in the order in which people read of it.
ROUTES = (
    Route("GET", "health", "that it is there, and what it is", None, Health, _health),
    Route("POST", "reset", "everything as at the start", None, Done, _reset),
    Route("POST", "load", "serve another fixture, or as another instance", Load, Health, _load),
    Route("GET", "state", "the rows of now, as a canonical fixture", None, _Object, _state),
    Route("GET", "snapshots", "the snapshots that there are", None, Snapshots, _snapshots),
    Route("POST", "snapshots", "remember the rows of now", Named, Named, _snapshot),
    Route("POST", "snapshots/{}/restore", "the rows of a snapshot again", None, Done, _restore),
    *(
        Route("POST", table, f"add a {kind}; the row is answered", _Object, _Object, _add_row(kind))
        for kind, table in TABLES.items()
    ),
    Route("GET", "patches/{}", "a patch, by its id, message id or name", None, _Object, _patch),
    Route(
        "PATCH",
        "patches/{}",
        "change a patch; the row is answered",
        _Object,
        _Object,
        _change_row,
    ),
    Route(
        "GET",
        "calls",
        "the journal; `?since=N`: after the first N",
        None,
        CallList,
        _calls,
        ("since",),
    ),
    Route("GET", "rules", "the rules at work", None, RuleList, _rules),
    Route("POST", "rules", "put a rule to work", _Object, RuleState, _add_rule),
    Route("GET", "rules/{}", "a rule, and its hits", None, RuleState, _rule),
    Route("DELETE", "rules/{}", "take a rule away", None, Done, _remove_rule),
    Route("GET", "clock", "the double's time", None, ClockState, _clock),
    Route(
        "POST",
        "clock",
        "stop the clock, move it on, or let it run",
        ClockForm,
        ClockState,
        _set_clock,
    ),
    Route("GET", "scenarios", "what is to happen by itself", None, ScenarioList, _scenarios),
    Route(
        "POST",
        "scenarios",
        "let something happen later",
        ScenarioForm,
        ScenarioState,
        _add_scenario,
    ),
    Route("POST", "scenarios/{}/steps", "one step more", StepForm, Done, _extend_scenario),
    Route("GET", "worlds", "the worlds that there are", None, WorldList, _worlds),
    Route("POST", "worlds", "make a Patchwork beside this one", WorldForm, WorldState, _add_world),
    Route("DELETE", "worlds/{}", "let a world go", None, Done, _end_world),
    Route("GET", "strict", "strict mode, and its remarks", None, Strictness, _strict, ("since",)),
    Route("POST", "strict", "be so strict from now on", StrictForm, Strictness, _set_strict),
    Route("GET", "unmet", "what fails a test: what never came to pass", None, Unmet, _unmet),
)
