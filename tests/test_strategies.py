"""What `fakepw.strategies` draws is what a client's author wants to try: all, and sensible."""

from __future__ import annotations

import base64
import xmlrpc.client
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

import fakepw
from fakepw.patchwork.patchwork import METHODS
from fakepw.patchwork.query.filters import CHECK_KEYS, LOOKUP_NAMES, PATCH_KEYS
from fakepw.strategies import MethodCall, check_filters, method_calls, patch_filters
from tests.memory import kept

DEMO = fakepw.load("demo")
KIM = b"Basic " + base64.b64encode(b"kim:earl-grey")
#: The same examples every time: what is asked of them here is a matter of numbers.
drawn = settings(
    max_examples=800,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@kept
def calls() -> list[MethodCall]:
    found: list[MethodCall] = []

    @drawn
    @given(method_calls(DEMO, list(METHODS)))
    def draw(call: MethodCall) -> None:
        found.append(call)

    draw()
    return found


def test_no_method_is_neglected() -> None:
    count = Counter(call.method for call in calls())
    assert count.keys() == METHODS.keys()
    assert min(count.values()) > 800 / len(METHODS) / 8


def outcome(call: MethodCall) -> str:
    body = call.body()
    headers = [(b"content-length", b"%d" % len(body)), (b"authorization", KIM)]
    response = fakepw.respond(
        fakepw.Request(b"POST", b"/xmlrpc/", headers, body), fakepw.Patchwork(DEMO)
    )
    try:
        ((result,), _) = xmlrpc.client.loads(b"".join(response.body))
    except xmlrpc.client.Fault:
        return "fault"
    return "nothing" if result in ([], {}, "") else "found"


def test_many_find_something_some_find_nothing_some_are_wrong() -> None:
    count = Counter(map(outcome, calls()))
    assert count["found"] > 0.4 * count.total()
    assert count["nothing"] > 0.1 * count.total()
    assert count["fault"] > 0.1 * count.total()


def test_every_method_finds_something() -> None:
    found = {(call.method, outcome(call)) for call in calls()}
    assert {method for method, what in found if what == "found"} == METHODS.keys()


@pytest.mark.parametrize(
    ("filters", "keys"), [(patch_filters(DEMO), PATCH_KEYS), (check_filters(DEMO), CHECK_KEYS)]
)
def test_filters_name_every_field_and_lookup(filters, keys) -> None:
    found: Counter[tuple[str, str]] = Counter()
    kinds: Counter[bool] = Counter()

    @drawn
    @given(filters)
    def draw(value: object) -> None:
        kinds[isinstance(value, dict)] += 1
        for key in value if isinstance(value, dict) else ():
            found[tuple([*key.split("__"), ""][:2])] += 1

    draw()
    assert {field for field, _ in found} >= set(keys)
    assert {lookup for _, lookup in found} >= {"", *LOOKUP_NAMES}
    assert len(found) > 0.6 * len(keys) * (1 + len(LOOKUP_NAMES))
    assert kinds[True] > 0.6 * kinds.total()


def test_a_body_is_what_the_standard_library_would_send_and_read() -> None:
    read = 0
    for call in calls():
        params, method = xmlrpc.client.loads(call.body())
        assert method == call.method
        assert len(params) == len(call.params)
        try:
            text = xmlrpc.client.dumps(call.params, method, allow_none=True)
        except OverflowError:  # it refuses integers over four bytes, which servers take
            continue
        assert xmlrpc.client.loads(text)[0] == params
        read += 1
    assert read > len(calls()) / 2


def test_methods_can_be_chosen_and_must_exist() -> None:
    @drawn
    @given(method_calls(DEMO, ["state_get"]))
    def draw(call: MethodCall) -> None:
        assert call.method == "state_get"

    draw()
    with pytest.raises(ValueError, match="Patchwork has no method 'patch_lst'; it has check_crea"):
        method_calls(DEMO, ["patch_lst"])


def test_nothing_that_writes_is_drawn_unless_asked_for() -> None:
    @drawn
    @given(method_calls(DEMO))
    def draw(call: MethodCall) -> None:
        assert not METHODS[call.method].auth

    draw()


def test_an_empty_patchwork_has_calls_too() -> None:
    empty = fakepw.Dataset()

    @settings(max_examples=100, deadline=None)
    @given(method_calls(empty, list(METHODS)))
    def draw(call: MethodCall) -> None:
        assert call.method in METHODS

    draw()
