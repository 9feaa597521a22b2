"""Servers that know a look-up or the spelling of a value less well than a Patchwork does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.target.exchange import Answer, Request, call

from .common import EMPTY, LIST
from .operators import Alter, Mutant, fault, filters, ignore, instead, rename, revalue, rows

CHECKS = "check_list"
Decides = Callable[[str, Any], bool]


def _found(method: str, decides: Decides, answer: Answer) -> Alter:
    """This answer where an entry of the filter is of the kind."""

    def asks(request: Request) -> bool:
        match request.rpc:
            case (_, (dict() as filt, *_)):
                return any(decides(key, value) for key, value in filt.items())
        return False

    return instead(method, answer, asks)


def _digits(value: Any) -> bool:
    return isinstance(value, str) and value.isdigit()


def _by(*keys: str) -> Decides:
    return lambda key, value: key in keys


def _in_digits(*keys: str) -> Decides:
    return lambda key, value: (
        key in keys and (any(map(_digits, value)) if isinstance(value, list) else _digits(value))
    )


def _counted_first(request: Request, answer: Answer) -> Answer:
    """The oldest of all patches, and of those whatever the filter selects."""
    match request.rpc:
        case ("patch_list", ({"max_count": int(count), **rest},)) if count > 0 and rest:
            return rows(LIST, lambda found: tuple(n for n in found if n.plain["id"] <= count))(
                request, answer
            )
    return answer


def _a_number(request: Request) -> Request:
    """A value without a type that is all digits is a number."""
    if request.rpc_name != LIST or b"<value>98765</value>" not in request.body:
        return request
    return replace(call(LIST, 98765), authorization=request.authorization)


def _mutants(method: str, number: str, *entries: tuple[str, Decides, Answer]) -> tuple[Mutant, ...]:
    return tuple(
        Mutant(name, number, said=_found(method, decides, answer))
        for name, decides, answer in entries
    )


INVALID = fault("<class 'django.core.exceptions.ValidationError'>:['value must be True or False.']")
NUMBER = fault("<class 'ValueError'>:Field 'id' expected a number but got '1'.")

LOOKUPS = (
    *_mutants(
        LIST,
        "LIST-026",
        ("no id begins with a text", _by("id__startswith", "id__istartswith"), EMPTY),
        ("no id holds a text in any case", _by("id__icontains"), EMPTY),
        ("no id is a text in any case", _by("id__iexact"), EMPTY),
    ),
    *_mutants(
        LIST,
        "LIST-100",
        ("no date holds a text", _by("date__contains"), EMPTY),
        ("a date is no text", _by("date__startswith"), fault("<class 'FieldError'>:Unsupported")),
    ),
    Mutant(
        "a T is a blank in a date's text",
        "LIST-100",
        asked=filters(
            LIST,
            lambda f: {
                k: v.replace("T", " ") if k.startswith("date__") and isinstance(v, str) else v
                for k, v in f.items()
            },
        ),
    ),
    Mutant("a date's text is a day", "LIST-100", asked=rename(LIST, "date__startswith", "date")),
    *_mutants(LIST, "LIST-024", ("ids in digits are none", _in_digits("id__in"), NUMBER)),
    *_mutants(
        LIST,
        "LIST-045",
        ("a truth is no text", lambda k, v: k == "archived" and isinstance(v, str), INVALID),
        ("t is no truth", lambda k, v: k == "archived" and v == "t", INVALID),
    ),
    Mutant(
        "any text is true",
        "LIST-045",
        asked=revalue(LIST, "archived", lambda v: bool(v) if isinstance(v, str) else v),
    ),
    Mutant(
        "projects by linkname",
        "LIST-069",
        asked=filters(
            LIST,
            lambda f: (
                {"project_id" if isinstance(f.get("project"), str) else k: 1 for k in f}
                if "project" in f
                else f
            ),
        ),
    ),
    Mutant("counted before filtered", "LIST-062", said=_counted_first),
    Mutant("digits without a type are a number", "XML-038", asked=_a_number),
    *_mutants(
        CHECKS,
        "CHK-012",
        ("check ids are numbers", _in_digits("id"), NUMBER),
        ("lists of check ids are numbers", _in_digits("id__in"), NUMBER),
    ),
    Mutant(
        "a range of checks without its end",
        "CHK-012",
        asked=revalue(CHECKS, "id__range", lambda v: [v[0], v[1] - 1]),
    ),
    *_mutants(CHECKS, "CHK-010", ("a check's patch is a number", _in_digits("patch_id"), EMPTY)),
    *_mutants(CHECKS, "CHK-011", ("a check's user is a number", _in_digits("user"), NUMBER)),
    *_mutants(CHECKS, "CHK-014", ("0 checks for 0", lambda k, v: v == 0 and "max" in k, EMPTY)),
    Mutant("users from one on", "CHK-032", asked=rename(CHECKS, "user__gt", "user__gte")),
    Mutant("any of some users", "CHK-032", asked=ignore(CHECKS, "user__in")),
    *_mutants(CHECKS, "CHK-032", ("users are not compared", _by("user__lt", "user__gte"), EMPTY)),
    *_mutants(CHECKS, "CHK-033", ("isnull of ids gives none", _by("id__isnull"), EMPTY)),
    Mutant("isnull of users is ignored", "CHK-033", asked=ignore(CHECKS, "user__isnull")),
)
