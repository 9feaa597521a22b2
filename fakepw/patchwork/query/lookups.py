"""Lookups: `field__lookup=value` as Django builds it and each database answers it.

In two steps, as on the server.  `build` resolves names and fits the value, and raises what Django
raises; `compile_condition` makes a predicate on rows, and raises what the database or its driver
raises, or `NothingMatches` where Django does not even ask the database.
Sources: servers.md 1.7, 1.8 and 3; the texts of older Djangos: section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from ..instances.traits import Traits
from ..words.faults import RUNNING, Fault, Refusal, Stumble
from ..words.remarks import Words, as_text, remark
from ..words.text import to_str, type_name
from . import arrays, date_lookups
from .collation import COLLATIONS
from .doubts import told_of_id, told_of_null
from .fields import Field, equal_text, prepare, to_int, truth, year_bounds
from .parameters import (
    Characters,
    all_bound,
    bound,
    check_zone,
    count_of,
    parameter,
    too_big,
)
from .patterns import BadPattern, Pattern
from .texts import text_of

Predicate = Callable[[Any], bool]
_MIDNIGHT = time()


class NothingMatches(Exception):
    """No row can match, so that no query is made and nothing after this is looked at."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: the prepared `value` that `lookup` holds against `field`.

    `part` is year, month or day where it looks into a date.
    """

    field: Field
    lookup: str
    value: Any
    part: str | None = None


PATTERNS: dict[str, tuple[bool, Callable[[str, str], bool]]] = {
    # lookup: (case-insensitive, test of text and fragment)
    "contains": (False, lambda text, fragment: fragment in text),
    "icontains": (True, lambda text, fragment: fragment in text),
    "startswith": (False, str.startswith),
    "istartswith": (True, str.startswith),
    "endswith": (False, str.endswith),
    "iendswith": (True, str.endswith),
    "iexact": (True, str.__eq__),
}
#: What is left of a pattern that ends early, before the wildcard behind the text.
_WITHOUT_OPEN_END: dict[str, Callable[[str, str], bool]] = {
    **dict.fromkeys(("contains", "icontains"), str.endswith),
    **dict.fromkeys(("startswith", "istartswith"), str.__eq__),
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": lambda a, b: bool(a == b),
    "gt": lambda a, b: bool(a > b),
    "gte": lambda a, b: bool(a >= b),
    "lt": lambda a, b: bool(a < b),
    "lte": lambda a, b: bool(a <= b),
}
_LOOKUPS = (*_COMPARISONS, *PATTERNS, "in", "range", "isnull", "regex", "iregex")
DATE_PARTS = ("year", "month", "day")
#: What Django's date fields can be looked into by, for its suggestions.
_TRANSFORMS = (
    *("year", "iso_year", "month", "day", "week", "week_day", "iso_week_day", "quarter"),
    *("hour", "minute", "second", "date", "time"),
)
#: Bits of an integer that a row may hold. A client's larger ones are kept out of sets, where any
#: number of them can be made to collide.
_SMALL = 60
_FIELD_ERROR = "django.core.exceptions.FieldError"
_TAKES_NONE = ("exact", "iexact")


# -- building ------------------------------------------------------------------------------


def build(field: Field, parts: Sequence[str], value: Any, traits: Traits) -> Condition:
    """The condition that `field__PARTS=value` means; no parts mean `exact`.

    Raises the Fault of a lookup that the field does not have or a value that does not fit.
    """
    if value is None and traits.null_replaces is not None:
        if parts and parts[-1] not in _TAKES_NONE:
            raise Fault("ValueError", "Cannot use None as a query value")
        parts = [*(parts[:-1] if traits.null_replaces == "lookup" else ()), "isnull"]
        value = True
    part, lookup = _resolve(field, parts, traits)
    if part == "year" and not traits.date_parts_are_transforms:
        return Condition(field, "exact", date_lookups.to_year(value, traits), part)
    if field.kind == "BooleanField" and traits.truthy_booleans:
        value = _read_bool(value, traits)
    if lookup in DATE_PARTS:
        if lookup == "year":
            value = date_lookups.to_year(value, traits)
        return Condition(field, lookup, value)
    target = field if part is None else Field("None", "IntegerField", field.get)
    if value is None and lookup in _TAKES_NONE:
        return Condition(field, "isnull", True, part)
    if value is None and lookup not in ("in", "range"):
        raise Fault("ValueError", "Cannot use None as a query value")
    if lookup in ("in", "range"):
        value = _items(target, value, lookup, traits)
    elif lookup in _COMPARISONS:
        given = value
        value = prepare(target, value, traits, ceil=lookup in ("gte", "lt") and part != "year")
        if target.kind == "DateTimeField" and lookup == "exact" and value.time() == _MIDNIGHT:
            remark(
                "matches", "{} means midnight, and no moment after; a day is from gte to lt", given
            )
    return Condition(field, lookup, value, part)


def _items(field: Field, value: Any, lookup: str, traits: Traits) -> list[Any]:
    """The values of a list, a text's characters or a struct's names as the field takes them.

    A text of megabytes has but few different characters: each is looked at once.
    """
    if not isinstance(value, str):
        if isinstance(value, dict):
            remark(
                "values",
                "{} takes a list; of {} it is the names of the members",
                Words([lookup]),
                value,
            )
        return [prepare(field, item, traits) for item in iterate(value, traits.py2)]
    remark("values", "{} takes a list; of {} it is the characters", Words([lookup]), value)
    prepared = [prepare(field, char, traits) for char in dict.fromkeys(value)]
    if lookup == "range" and len(value) == 2:
        return [prepared[0], prepared[-1]]
    return Characters(prepared, len(value))


def _read_bool(value: Any, traits: Traits) -> Any:
    """What Django < 1.10 makes of the two texts that it does not take by their truth."""
    return bool(to_int(value, "", traits)) if equal_text(value, traits) in ("0", "1") else value


def _resolve(field: Field, parts: Sequence[str], traits: Traits) -> tuple[str | None, str]:
    """The part of a date that is looked into, if any, and the lookup."""
    if field.kind == "ForeignKey":
        if parts and (len(parts) > 1 or parts[0] not in traits.related_lookups):
            raise _unsupported(field.kind, parts, 0, traits)
        return None, parts[0] if parts else "exact"
    if not parts:
        return None, "exact"
    dated = field.kind == "DateTimeField"
    if len(parts) == 1:
        if parts[0] in DATE_PARTS:
            if not dated and not traits.date_parts_are_transforms:
                return None, parts[0]
            if not dated:
                raise _unsupported(field.kind, parts, 0, traits)
            return parts[0], "exact"
        return None, parts[0]
    if not (dated and parts[0] in DATE_PARTS and traits.date_parts_are_transforms):
        raise _unsupported(field.kind, parts, 0, traits)
    if len(parts) > 2 or parts[1] not in _LOOKUPS:
        raise _unsupported("IntegerField", parts, 1, traits)
    return parts[0], parts[1]


def _unsupported(kind: str, parts: Sequence[str], at: int, traits: Traits) -> Fault:
    """Django's FieldError for the part at index `at`, with the names that it suggests."""
    name = parts[at]
    if kind == "ForeignKey" and traits.related_lookup_text is not None:
        kinds = traits.nested_relation_text if len(parts) > 1 else traits.related_lookup_text
        error, text = kinds or ("", "")
        return Fault(error, text.format(name=name))
    shown = "__".join(parts[at:]) if traits.names_lookup_chain else name
    text = f"Unsupported lookup '{shown}' for {kind} or join on the field not permitted"
    known = _known_lookups(kind, traits)
    near: list[str] = []
    if traits.suggests_lookups:
        import difflib  # only now: it is slow to import

        near = difflib.get_close_matches(name, known)
    hint = f", perhaps you meant {' or '.join(near)}?" if near else "."
    return Fault(_FIELD_ERROR, text + hint)


def _known_lookups(kind: str, traits: Traits) -> tuple[str, ...]:
    """The names among which Django looks for one to suggest."""
    if kind == "ForeignKey":
        return traits.related_lookups
    dated = kind == "DateTimeField"
    numeric = kind == "IntegerField" or (kind == "AutoField" and traits.auto_fields_are_integers)
    ranged = traits.has_range_lookups and (numeric or dated)
    return (
        *_LOOKUPS,
        *(_TRANSFORMS if dated else ()),
        *(("contained_by",) if ranged else ()),
    )


def iterate(value: Any, py2: bool) -> list[Any]:
    """What iterating over a parameter yields: a text's characters, a struct's names."""
    if isinstance(value, str | list | dict):
        return list(value)
    name = type_name(value, py2)
    text = (
        "iteration over non-sequence" if name == "instance" else f"'{name}' object is not iterable"
    )
    raise Fault("TypeError", text)


def _null_flag(value: Any, traits: Traits) -> bool:
    if traits.isnull_needs_boolean and not isinstance(value, bool):
        text = "The QuerySet value for an isnull lookup must be True or False."
        raise Fault("ValueError", text)
    if not isinstance(value, bool):
        remark("values", "isnull takes {} for {}, by its truth", value, truth(value))
    return truth(value)


# -- compiling -----------------------------------------------------------------------------


def compile_condition(condition: Condition, traits: Traits) -> Predicate:
    """A predicate on rows.

    Raises the Fault of a database that cannot run the query, or NothingMatches.
    """
    lookup, value = condition.lookup, condition.value
    get = _getter(condition)
    if lookup in DATE_PARTS:
        return date_lookups.compile_part(lookup, value, get, traits)
    if lookup == "isnull":
        wanted = _null_flag(value, traits)
        told_of_null(condition.field, wanted)
        return lambda row: (get(row) is None) is wanted
    if lookup in PATTERNS:
        return _pattern(condition, get, traits)
    if lookup in ("regex", "iregex"):
        return _regex(condition, get, traits)
    if condition.part == "year" and lookup in _COMPARISONS:
        year_bounds(value, traits)  # the query is one between two dates, which have to exist
    if lookup == "in":
        return _membership(condition, get, traits)
    if lookup == "range":
        return _between(condition, get, traits)
    return _comparison(condition, get, traits)


def _shown(condition: Condition, traits: Traits) -> Callable[[Any], str]:
    return str if condition.part is not None else text_of(condition.field.kind, traits)


def _getter(condition: Condition) -> Callable[[Any], Any]:
    get, part = condition.field.get, condition.part
    if part is None:
        return get

    def extract(row: Any) -> Any:
        moment = get(row)
        return None if moment is None else getattr(moment, part)

    return extract


def _key(condition: Condition, traits: Traits, which: str) -> Callable[[Any], Any]:
    """What values of the field are compared by: text by the database's rules."""
    kind = condition.field.kind
    if condition.part is not None or kind not in ("CharField", "HashField"):
        return lambda value: value
    by_rule: Callable[[str], Any] = getattr(COLLATIONS[traits.database], which)
    if kind == "HashField" and traits.hash_storage == "padded":
        return lambda value: by_rule(value.rstrip(" "))
    return by_rule


def _comparison(condition: Condition, get: Callable[[Any], Any], traits: Traits) -> Predicate:
    lookup, value = condition.lookup, condition.value
    bounded = traits.knows_integer_ranges and condition.field.kind != "ForeignKey"
    if bounded and too_big(value, traits.integer_bits):
        if lookup == "exact" or (lookup in ("gt", "gte")) == (value > 0):
            remark("matches", "the column holds no such number as {}: no row can match", value)
            raise NothingMatches
        remark("matches", "the column holds no such number as {}: every row matches", value)
        return lambda row: get(row) is not None
    value = bound(value, traits)
    if value is None:
        return lambda row: False
    told_of_id(condition.field, lookup, value)
    key = _key(condition, traits, "exact" if lookup == "exact" else "order")
    compare, wanted = _COMPARISONS[lookup], key(value)

    def matches(row: Any) -> bool:
        found = get(row)
        return found is not None and compare(key(found), wanted)

    return matches


def _membership(condition: Condition, get: Callable[[Any], Any], traits: Traits) -> Predicate:
    values = [value for value in condition.value if value is not None]
    if len(values) < len(condition.value):
        remark("matches", "nil in a list stands for no row, and for none without a value")
    if not values:
        remark("matches", "there is nothing in the list: no row can match")
        raise NothingMatches
    key = _key(condition, traits, "exact")
    wanted = {key(value) for each in values if not too_big(value := bound(each, traits), _SMALL)}

    def matches(row: Any) -> bool:
        found = get(row)
        return found is not None and key(found) in wanted

    return matches


def _between(condition: Condition, get: Callable[[Any], Any], traits: Traits) -> Predicate:
    values = condition.value
    for value in values:
        check_zone(value, traits)
    if not values:
        raise Fault(*(traits.empty_range or ("ValueError", traits.cannot_unpack_text)))
    if count_of(values) == 1:
        raise Fault("IndexError", traits.single_range_text)
    values = all_bound(values, traits)
    if None in values:
        remark("matches", "nil is no end of a range: no row can match")
        return lambda row: False
    key = _key(condition, traits, "order")
    least, most = key(values[0]), key(values[1])
    if most < least:
        remark("matches", "a range from {} to {} holds nothing: no row can match", *values)

    def matches(row: Any) -> bool:
        found = get(row)
        return found is not None and least <= key(found) <= most

    return matches


def _pattern(condition: Condition, get: Callable[[Any], Any], traits: Traits) -> Predicate:
    """LIKE: on text, and on the text that the database makes of any other column."""
    insensitive, test = PATTERNS[condition.lookup]
    fragment = _fragment(condition, traits)
    fold = COLLATIONS[traits.database].ilike if insensitive else COLLATIONS[traits.database].like
    show = _shown(condition, traits)
    too_long = traits.longest_pattern and _pattern_size(condition, fragment) > (
        traits.longest_pattern
    )
    if traits.nul_ends_pattern and "\0" in fragment:
        remark("values", "the text ends at its first NUL")
        fragment, _, _ = fragment.partition("\0")
        test = _WITHOUT_OPEN_END.get(condition.lookup, test)
    wanted = fold(fragment)
    if not fragment and test("x", ""):
        remark("matches", "{} of an empty text lets every row come", Words([condition.lookup]))

    def matches(row: Any) -> bool:
        found = get(row)
        if found is None:
            return False
        if too_long:  # SQLite finds out at the first row that it looks at
            raise Stumble("django.db.utils.OperationalError", "LIKE or GLOB pattern too complex")
        return test(fold(show(found)), wanted)

    return matches


def _pattern_size(condition: Condition, fragment: str) -> int:
    """Bytes of the LIKE pattern: the text with its wildcards escaped, and one at each open end."""
    wildcards = {"iexact": 0, "contains": 2, "icontains": 2}.get(condition.lookup, 1)
    escapes = sum(fragment.count(char) for char in "\\%_")
    return len(fragment.encode()) + escapes + wildcards


def _fragment(condition: Condition, traits: Traits) -> str:
    typed = condition.lookup == "iexact" and traits.keeps_types
    return _typed_text(condition.value, traits) if typed else _text(condition.value, traits)


def _text(value: Any, traits: Traits) -> str:
    text = as_text(value, to_str(value, traits.py2, traits.unicode))
    parameter(text, traits)
    return text


def _typed_text(value: Any, traits: Traits) -> str:
    """A value as the text that the database, to which it goes as it is, takes it for."""
    literal = arrays.as_text(value, traits) if isinstance(value, list) else value
    if not isinstance(literal, str):
        raise arrays.refusal(value)
    return _text(literal, traits)


def _regex(condition: Condition, get: Callable[[Any], Any], traits: Traits) -> Predicate:
    """regex and iregex, which clients reach only behind a part of a date (servers.md 1.7)."""
    show = _shown(condition, traits)
    if traits.keeps_types:
        pattern = _typed_text(condition.value, traits)
    else:
        pattern = to_str(condition.value, traits.py2, traits.unicode)
    if not isinstance(condition.value, str) and traits.untyped_regex is not None:
        return _failing_regex(Refusal(*traits.untyped_regex, RUNNING), get, traits)
    refusal = Refusal(*traits.bad_regex, RUNNING)
    try:
        compiled = Pattern(pattern)  # in numbers upper and lower case are one
    except BadPattern:
        return _failing_regex(refusal, get, traits)

    def matches(row: Any) -> bool:
        found = get(row)
        try:
            return found is not None and compiled.found_in(show(found))
        except BadPattern:
            raise refusal from None

    return matches


def _failing_regex(refusal: Refusal, get: Callable[[Any], Any], traits: Traits) -> Predicate:
    if not traits.regex_fails_by_row:
        raise refusal

    def matches(row: Any) -> bool:
        if get(row) is not None:
            raise Stumble(refusal.kind, refusal.text)
        return False

    return matches


def exact(field: Field, value: Any) -> Condition:
    """The condition that a column equals a value that is known to fit it."""
    return Condition(field, "exact", value)
