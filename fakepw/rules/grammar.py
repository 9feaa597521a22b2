"""Rules in text, for command lines, fixtures and logs: `check_create: when=after status=504`."""

from __future__ import annotations

import re
import shlex
from typing import Any

import msgspec
from msgspec import UNSET

from ..telling.wording import near, quoted, refusal
from .spec import Spec, spec_of

__tracebackhide__ = refusal

_CALL = re.compile(r"\s*([\w.*?]+)\s*(\(.*?\))?\s*:(?!//)(.*)", re.DOTALL)
_FLAGS = ("reset", "drop", "optional")
_INTEGERS = ("first", "nth", "every", "seed", "status", "burst", "retry_after")
_NUMBERS = ("chance", "latency", "cut")


def parse(text: str) -> Spec:
    """A rule from its text. Raises ValueError with one sentence for what is no rule.

    `METHOD: WORD…`, or `METHOD(PARAM, …): WORD…` with the params as JSON, or the words alone; a
    word is a flag (reset, drop, optional) or `name=value`, quoted as in a shell. `header=` may be
    given several times: `header='Retry-After: 5'`.
    """
    members: dict[str, Any] = {}
    found = _CALL.fullmatch(text)
    words = text
    if found is not None and "=" not in found[1]:
        members["method"], params, words = found.groups()
        if params is not None:
            members["params"] = _params(params)
    try:
        split = shlex.split(words)
    except ValueError as error:
        raise ValueError(f"{quoted(words.strip())}: {str(error).lower()}") from None
    for word in split:
        name, equals, value = word.partition("=")
        if name == "header":
            field, colon, content = value.partition(":")
            if not colon:
                raise ValueError(f"{quoted(value)} is no header; write header='Name: value'")
            members.setdefault("headers", {})[field.strip()] = content.strip()
        elif name in members:
            raise ValueError(f"{name} is given twice")
        else:
            members[name] = _value(name, value) if equals else _flag(word)
    return spec_of(members)


def _params(text: str) -> Any:
    try:
        return msgspec.json.decode(f"[{text[1:-1]}]".encode())
    except msgspec.DecodeError:
        raise ValueError(f"{quoted(text)} are no params; write them as JSON") from None


def _flag(word: str) -> bool:
    if word in _FLAGS:
        return True
    names = [*_FLAGS, *(f"{name}=" for name in Spec.__struct_fields__)]
    raise ValueError(
        f"{quoted(word)} is neither name=value nor one of {', '.join(_FLAGS)}{near(word, names)}"
    )


def _value(name: str, value: str) -> Any:
    kinds: dict[str, Any] = dict.fromkeys(_INTEGERS, int) | dict.fromkeys(_NUMBERS, float)
    kind = kinds.get(name)
    if name in _FLAGS:
        if value not in ("yes", "no", "true", "false"):
            raise ValueError(f"{name} stands alone, or is yes or no, not {quoted(value)}")
        return value in ("yes", "true")
    if kind is None:
        return value
    try:
        return kind(value)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise ValueError(f"{name} is {what}, not {quoted(value)}") from None


def written(spec: Spec) -> str:
    """A rule as text that `parse` takes, unless its params are no JSON."""
    members = msgspec.structs.asdict(spec)
    default = msgspec.structs.asdict(Spec())
    method, params = members.pop("method"), members.pop("params")
    headers = members.pop("headers").items()
    words = [f"header={shlex.quote(f'{name}: {value}')}" for name, value in headers]
    for name, value in members.items():
        if value is UNSET or value == default[name]:
            continue
        if value is True:
            words.append(name)
        else:
            shown = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            shown = f"{shown:g}" if isinstance(shown, float) else str(shown)
            words.append(f"{name}={shlex.quote(shown)}")
    called = f"{method}({', '.join(map(_json, params))})" if params else method
    return f"{called}: {' '.join(words)}"


def _json(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except TypeError:
        return repr(value)
