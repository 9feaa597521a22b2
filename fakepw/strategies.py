"""Hypothesis strategies for calls to Patchwork's XML-RPC API: every method, every filter.

For testing clients, proxies and servers.  `method_calls(dataset)` draws from what a dataset holds
(ids, names, hashes, fragments of them) and from what clients get wrong, so that many of the calls
find something:

    @given(method_calls(fakepw.load("fixture.json")))
    def test_my_proxy_hands_calls_through(call): ...

Needs `hypothesis` (`pip install hypothesis`).  Values are those of `xmlrpc.client`.
What a method or filter takes: servers.md 1.4 to 1.10.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from xmlrpc.client import Binary, DateTime, Marshaller

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    hint = "fakepw.strategies needs Hypothesis: pip install hypothesis"
    raise ModuleNotFoundError(hint, name=error.name) from None

from .patchwork.patchwork import METHODS
from .patchwork.query.filters import CHECK_KEYS, LOOKUP_NAMES, PATCH_KEYS
from .patchwork.rows.rows import CHECK_STATES, Dataset

__all__ = [
    "MethodCall",
    "check_filters",
    "counts",
    "dates",
    "ids",
    "method_calls",
    "odd_values",
    "patch_filters",
    "texts",
]

Values = st.SearchStrategy[Any]


class _Marshaller(Marshaller):
    """The standard library's, with `i8` for the integers that it refuses."""

    def _dump_any_int(self, value: int, write: Any) -> None:
        tag = "int" if -(2**31) <= value < 2**31 else "i8"
        write(f"<value><{tag}>{value}</{tag}></value>\n")

    dispatch = {**Marshaller.dispatch, int: _dump_any_int}  # type: ignore[dict-item] # noqa: RUF012


@dataclass(frozen=True)
class MethodCall:
    """One call: the method's name and its positional parameters."""

    method: str
    params: tuple[Any, ...]

    def body(self) -> bytes:
        """The methodCall as XML, in UTF-8; integers of any size, nil as `<nil/>`."""
        params = _Marshaller(allow_none=True).dumps(self.params)
        name = f"<methodName>{self.method}</methodName>\n"
        return f"<?xml version='1.0'?>\n<methodCall>\n{name}{params}</methodCall>\n".encode()


# -- values --------------------------------------------------------------------------------

#: Characters that servers, databases or XML treat unlike others, among some that nobody minds.
_CHARACTERS = (
    "abcXYZ 019-_.,:/@'\"<>&%\\#[](){}\t\n"
    + "äÄßéÑøŁıİſſΣςЙй가佐藤ﬁ½ａ\u0301\u00a0\u2028\ufeff☃𝄞😀"
)

#: Text that XML 1.0 can carry.
xml_text = st.text(st.sampled_from(_CHARACTERS), max_size=12)


def odd_values() -> Values:
    """What clients send by mistake: values of every type of XML-RPC."""
    return st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from([0, -1, 1, 2, 2**31, -(2**31), 2**63, -(2**63) - 1, 2**70]),
        st.sampled_from([0.0, 1.0, 1.5, -1.5, 1e300]),
        st.sampled_from(["", " ", "1", " 1 ", "１", "1.0", "abc", "True", "0", "%", "_", "\\"]),
        xml_text,
        st.lists(st.one_of(st.integers(0, 9), xml_text), max_size=3),
        st.dictionaries(st.sampled_from(["a", "id", "name"]), st.integers(0, 3), max_size=2),
        st.binary(max_size=4).map(Binary),
        st.sampled_from(["20160301T00:00:00", "", "fail"]).map(DateTime),
    )


_ODD = odd_values()


@st.composite
def _mostly(draw: st.DrawFn, usual: Values, others: Values = _ODD) -> Any:
    """Mostly a usual value, else one of the others.

    (`one_of` would not do: it takes what it is given apart, and then each odd value weighs as
    much as all the usual ones.)
    """
    return draw(others if draw(_NOW_AND_THEN) else usual)


_NOW_AND_THEN = st.sampled_from([False, True, False])


def ids(rows: Sequence[Any]) -> Values:
    """Ids of rows and near misses, as numbers and as what servers take for numbers."""
    known = [row.id for row in rows]
    missing = st.sampled_from([0, -1, max(known, default=0) + 1])
    number = _mostly(st.sampled_from(known), missing) if known else missing
    return _mostly(_mostly(number, st.one_of(number.map(str), number.map(float))))


def texts(values: Sequence[str]) -> Values:
    """Texts of a column: whole, in parts, in another case, and texts that are not there."""
    missing = st.just("no such text")
    whole = _mostly(st.sampled_from(values), missing) if values else missing
    part = st.builds(
        lambda text, a, b: text[a : a + b], whole, st.integers(0, 9), st.integers(1, 5)
    )
    cased = st.builds(lambda text, how: how(text), whole, st.sampled_from([str.upper, str.lower]))
    return _mostly(st.one_of(whole, whole, part, cased).map(_without_controls))


def _without_controls(text: str) -> str:
    return "".join(char for char in text if char.isprintable() or char in "\t\n")


def counts() -> Values:
    """Values of max_count: few rows, many, from the end, none, and what is no number."""
    return _mostly(_mostly(st.integers(-5, 5), st.sampled_from([100, -100, 1.5, -1.5, True])))


def dates(dataset: Dataset) -> Values:
    """Dates in the forms that servers take, near those of the dataset's patches."""
    known = [patch.date for patch in dataset.patches][:50]
    if not known:
        return odd_values()
    moment = st.sampled_from(known)
    forms = [str, lambda d: d.isoformat(), lambda d: str(d.date()), lambda d: d.strftime("%Y")]
    text = st.builds(lambda d, form: form(d), moment, st.sampled_from(forms))
    return _mostly(_mostly(text, moment.map(lambda d: d.year)))


# -- filters -------------------------------------------------------------------------------


def _columns(dataset: Dataset) -> dict[str, Values]:
    patches = dataset.patches
    return {
        "id": ids(patches),
        "name": texts([patch.name for patch in patches]),
        "project_id": ids(dataset.projects),
        "submitter_id": ids(dataset.people),
        "delegate_id": ids(dataset.people),
        "archived": _mostly(_mostly(st.booleans(), st.sampled_from(["True", "0", "t", "true"]))),
        "state_id": ids(dataset.states),
        "date": dates(dataset),
        "commit_ref": texts([patch.commit_ref for patch in patches if patch.commit_ref]),
        "hash": texts([patch.hash for patch in patches if patch.hash]),
        "msgid": texts([patch.msgid for patch in patches]),
        "max_count": counts(),
        "patch_id": ids(patches),
        "user": ids(dataset.users),
    }


def _lookups(value: Values) -> dict[str, Values]:
    """What each lookup is given on a column of such values; "" is none."""
    pairs = st.lists(value, min_size=2, max_size=2)
    several = st.one_of(st.lists(value, max_size=3), pairs)
    part = _mostly(st.sampled_from([1, 2, 12, 2016, 2017, 2026, "2016"]))
    special = {
        "in": several,
        "range": several,
        "isnull": _mostly(st.booleans()),
        **dict.fromkeys(("year", "month", "day"), part),
    }
    return {"": value, **dict.fromkeys(sorted(LOOKUP_NAMES), value), **special}


@st.composite
def _entry(draw: st.DrawFn, lookups: dict[str, dict[str, Values]]) -> tuple[str, Any]:
    name = draw(st.sampled_from(sorted(lookups)))
    lookup = draw(_LOOKUP)
    key = f"{name}__{lookup}" if lookup else name
    return key + draw(_SUFFIX), draw(lookups[name][lookup])


_LOOKUP = st.sampled_from([*[""] * len(LOOKUP_NAMES), *sorted(LOOKUP_NAMES)])
#: Now and then what servers do not know, or let through.
_RARELY = st.sampled_from([*[False] * 14, True, *[False] * 15])
_SUFFIX = st.sampled_from([*[""] * 114, "__exact", "__lte", "__foo", "__gt", "_", "__year__gt"])


def _filters(dataset: Dataset, keys: Collection[str]) -> Values:
    columns = _columns(dataset)
    lookups = {name: _lookups(columns[name]) for name in keys}
    struct = st.lists(_entry(lookups), max_size=3).map(dict)
    return _mostly(struct)


def patch_filters(dataset: Dataset) -> Values:
    """What patch_list is given: structs of up to three entries, and what is no struct."""
    return _filters(dataset, PATCH_KEYS)


def check_filters(dataset: Dataset) -> Values:
    """What check_list is given."""
    return _filters(dataset, CHECK_KEYS)


# -- calls ---------------------------------------------------------------------------------


def _patch_changes(dataset: Dataset) -> Values:
    known = st.fixed_dictionaries(
        {},
        optional={
            "state": ids(dataset.states),
            "commit_ref": _mostly(xml_text),
            "archived": _mostly(st.booleans()),
            "name": xml_text,
        },
    )
    return _mostly(known)


def _parameters(dataset: Dataset) -> dict[str, dict[str, Values]]:
    """For each method and parameter: where its values come from."""
    patch, check = ids(dataset.patches), ids(dataset.checks)
    hashes = texts([row.hash for row in dataset.patches if row.hash])
    linknames = texts([row.linkname for row in dataset.projects])
    names = texts([row.name for row in dataset.states])
    people = texts([text for row in dataset.people for text in (row.name, row.email) if text])
    of_patch = {"patch_id": patch}
    return {
        "check_create": of_patch
        | {
            "context": _mostly(xml_text),
            "state": _mostly(st.sampled_from(CHECK_STATES)),
            "target_url": _mostly(st.just("https://ci.example.org/1")),
            "description": _mostly(xml_text),
        },
        "check_get": {"check_id": check},
        "check_list": {"filt": check_filters(dataset)},
        "patch_check_get": of_patch,
        "patch_get": of_patch,
        "patch_get_by_hash": {"hash": hashes},
        "patch_get_by_project_hash": {"project": linknames, "hash": hashes},
        "patch_get_diff": of_patch,
        "patch_get_mbox": of_patch,
        "patch_list": {"filt": patch_filters(dataset)},
        "patch_set": of_patch | {"params": _patch_changes(dataset)},
        "person_get": {"person_id": ids(dataset.people)},
        "person_list": {"search_str": people, "max_count": counts()},
        "project_get": {"project_id": ids(dataset.projects)},
        "project_list": {"search_str": linknames, "max_count": counts()},
        "pw_rpc_version": {},
        "state_get": {"state_id": ids(dataset.states)},
        "state_list": {"search_str": names, "max_count": counts()},
    }


@st.composite
def _call(draw: st.DrawFn, method: str, parameters: dict[str, Values]) -> MethodCall:
    required = len(METHODS[method].required) - METHODS[method].auth
    count = draw(st.integers(required, len(parameters)))
    params = [draw(values) for values in list(parameters.values())[:count]]
    if draw(_RARELY):  # one too many, or one too few
        params = [*params, draw(odd_values())] if draw(st.booleans()) else params[:-1]
    return MethodCall(method, tuple(params))


def method_calls(
    dataset: Dataset, methods: Collection[str] | None = None
) -> st.SearchStrategy[MethodCall]:
    """Calls of `methods` (default: all that only read) that make sense for a dataset, mostly.

    Raises ValueError for a method that Patchwork does not have.
    """
    parameters = _parameters(dataset)
    wanted = [name for name, method in METHODS.items() if not method.auth]
    if methods is not None:
        wanted = list(methods)
        if unknown := [name for name in wanted if name not in parameters]:
            raise ValueError(
                f"Patchwork has no method {unknown[0]!r}; it has {', '.join(parameters)}"
            )
    return st.one_of([_call(name, parameters[name]) for name in wanted])
