"""What a failed assertion or a log prints of fakepw's objects: short, and never a password."""

from __future__ import annotations

import base64
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from xmlrpc.client import Fault as ClientFault
from xmlrpc.client import ServerProxy

import msgspec
import pytest

import fakepw
from fakepw.patchwork.words.brief import LINE, brief
from fakepw.patchwork.words.faults import Fault
from fakepw.patchwork.words.values import Array, Binary, DateTime, Record
from fakepw.protocol.messages import Called, Echo
from tests.memory import kept

LONGEST = 450
PASSWORD = "earl-grey-and-no-sugar"
CREDENTIALS = base64.b64encode(f"kim:{PASSWORD}".encode()).decode()
SECRETS = (PASSWORD, CREDENTIALS, CREDENTIALS[:12])
LONG = "long and longer " * 500

FIXTURE = {
    "projects": [{"linkname": f"netdev{LONG}", "name": LONG}],
    "users": [{"username": "kim", "password": PASSWORD, "email": f"{LONG}@x.org"}],
    "people": [{"email": f"{LONG}@example.org", "name": LONG}],
    "patches": [
        {"name": LONG, "content": LONG, "diff": LONG, "msgid": f"<{i}{LONG}>"} for i in "abc"
    ],
    "comments": [{"patch_id": 1, "content": LONG, "msgid": LONG}],
    "checks": [{"patch_id": 1, "context": LONG, "description": LONG}],
}
HEADERS = [(b"content-length", b"9"), (b"authorization", b"Basic " + CREDENTIALS.encode())]


@kept
def specimens() -> list[Any]:
    """An object of every kind that people are handed, with much in it, and something secret."""
    return list(_specimens())


def _specimens() -> Iterator[Any]:
    dataset = fakepw.load(FIXTURE)
    patchwork = fakepw.Patchwork(dataset)
    yield dataset
    yield patchwork
    yield fakepw.instance()
    yield fakepw.Limits()
    target = f"http://kim:{PASSWORD}@host/xmlrpc/?{LONG}".encode()
    request = fakepw.Request(b"POST", target, HEADERS, LONG.encode())
    yield request
    yield fakepw.respond(request, patchwork)
    yield fakepw.Response(200, (("Content-Type", LONG),), [LONG.encode()] * 100)
    yield fakepw.Fault("ValueError", LONG)
    yield fakepw.FixtureError([LONG] * 1000)
    yield fakepw.Transport(patchwork)
    yield from steered(patchwork)
    yield Called("patch_set", (LONG, [LONG] * 99, {LONG: LONG}), "kim", Fault("Exception", LONG))
    yield Called(LONG, (), LONG, {str(i): LONG for i in range(999)})
    yield Binary(LONG.encode())
    yield DateTime(LONG)


def steered(patchwork: fakepw.Patchwork) -> Iterator[Any]:
    """What steers a double, and what it keeps."""
    with fakepw.serve(patchwork) as pw:
        url = pw.url.replace("//", f"//kim:{PASSWORD}@")
        with ServerProxy(url) as client, suppress(ClientFault):
            client.patch_set(1, {"nothing": LONG})
            client.patch_set(1, {"commit_ref": LONG})
        yield pw
        yield pw.calls
        yield pw.calls[0]
        yield pw.clock
        yield pw.snapshot("a")
        yield pw.fault("patch_get", LONG, body=LONG, optional=True)
        yield fakepw.connect(pw.control_url)
    yield fakepw.including(state=LONG, also=[LONG] * 99)
    yield fakepw.DoubleUnreachable("there is no double at http://127.0.0.1:1/")
    yield fakepw.FakepwWarning("patch_get(): there is no such method")


def ours(kind: type) -> bool:
    return kind.__module__.split(".")[0] == "fakepw"


def reachable(start: Any) -> dict[int, Any]:
    """All objects of fakepw's classes that can be reached from one, itself among them."""
    found: dict[int, Any] = {}
    seen: dict[int, Any] = {}
    ahead = [start]
    while ahead:
        each = ahead.pop()
        if id(each) in seen or inspect.isroutine(each) or inspect.ismodule(each):
            continue
        seen[id(each)] = each
        if isinstance(each, dict):
            ahead += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple | set):
            ahead += each
        if ours(type(each)):
            found[id(each)] = each
            names = set(getattr(each, "__dict__", ()))
            for kind in type(each).__mro__:
                slots = kind.__dict__.get("__slots__", ())
                names |= {slots} if isinstance(slots, str) else set(slots)
            if isinstance(each, msgspec.Struct):
                names |= set(each.__struct_fields__)
            ahead += [getattr(each, name) for name in names if hasattr(each, name)]
    return found


KINDS = [type(each).__name__ for each in specimens()]


@pytest.mark.parametrize("number", range(len(KINDS)), ids=KINDS)
def test_no_repr_is_long_or_tells_a_password(number: int) -> None:
    objects = reachable(specimens()[number])
    assert objects
    for each in objects.values():
        if isinstance(each, Record | Array):
            continue  # results of calls: what a test compares, as a dict or a list shows itself
        shown = repr(each)
        assert len(shown) <= LONGEST, type(each)
        assert "\n" not in shown
        assert not [secret for secret in SECRETS if secret in shown], type(each)


def test_every_public_class_is_tried() -> None:
    public = [getattr(fakepw, name) for name in fakepw.__all__]
    kinds = {each for each in public if inspect.isclass(each)} - {fakepw.Double}  # the protocol
    tried = {type(each) for specimen in specimens() for each in reachable(specimen).values()}
    assert kinds - tried == set()
    rows = importlib.import_module("fakepw.patchwork.rows.rows")
    structs = {
        rows.State,
        rows.Project,
        rows.User,
        rows.Person,
        rows.Patch,
        rows.Comment,
        rows.Check,
    }
    assert structs <= tried


def shows_all(kind: type) -> bool:
    if issubclass(kind, msgspec.Struct):
        return kind.__repr__ is msgspec.Struct.__repr__
    params = getattr(kind, "__dataclass_params__", None)
    return params is not None and params.repr and "__repr__" in vars(kind)


def test_what_shows_its_members_is_known_to_be_short() -> None:
    """A dataclass or Struct that writes its own repr shows all of its members, so each is known."""
    automatic = set()
    for module in pkgutil.walk_packages(fakepw.__path__, "fakepw."):
        if module.name.endswith("__main__") or module.name.startswith(COMMANDS):
            continue
        for kind in vars(importlib.import_module(module.name)).values():
            if not inspect.isclass(kind) or not ours(kind):
                continue
            if shows_all(kind) and kind.__module__ != FORMS:
                automatic.add(kind.__name__)
    assert automatic - KNOWN == set()


#: Those whose members are few and short, or that never leave the module that makes them; and the
#: forms of the control API, which are written as JSON and not shown.
KNOWN = {
    *("Backend", "Collation", "Condition", "Cookies", "Field", "Filter", "Limits", "_Markup"),
    *("_Version", "_Index"),
    *("Method", "MethodCall", "Entry", "Canonical", "Fixture", "Head", "Form", "FixtureForm"),
    *("StateForm", "ProjectForm", "UserForm", "PersonForm", "PatchForm", "CommentForm"),
    *("CheckForm", "_Beyond", "_Open", "Body", "Outcome", "Later", "Arrived", "Preset"),
    *(
        "Scenario",
        "Snapshot",
        "RuleState",
        "World",
        "WorldState",
        "Noted",
        "Noticed",
        "Line",
        "Stream",
    ),
}
FORMS = "fakepw.double.control.shapes"
#: What commands alone work with: nobody is handed it.
COMMANDS = ("fakepw.usage", "fakepw.recording", "fakepw.generating")


def test_values_are_cut_and_stay_on_one_line() -> None:
    assert brief("a\nb") == r"'a\nb'"
    assert brief("x" * 100) == f"'{'x' * 60}'… and 40 more"
    assert brief([1, 2, 3, 4, 5, 6]) == "[1, 2, 3, 4, … and 2 more]"
    assert brief([[[[1]]]]) == "[[[[… 1 items]]]]"
    assert brief({"a": b"\xff", "b": None, "c": True}) == r"{'a': b'\xff', 'b': None, 'c': True}"
    assert brief(10**6000) == "<an integer of 19932 bits>"


def test_a_call_is_shown_as_one_would_write_it() -> None:
    assert repr(Called("patch_set", [5, {"state": 3}], "kim", True)) == (
        "patch_set(5, {'state': 3}) by kim -> True"
    )
    fault = Fault("Exception", "No permissions to edit this patch")
    assert repr(Called("patch_set", [5, {}], "kim", fault)) == (
        "patch_set(5, {}) by kim -> fault Exception: 'No permissions to edit this patch'"
    )
    assert repr(Called("patch_list", [], None, [{}] * 12)) == "patch_list() -> 12 items"
    assert repr(Called("a b\n", [], "k\x1b", [])) == r"'a b\n'() by 'k\x1b' -> []"
    assert repr(Called(None, [], None, Echo(7, "x"))) == "no methodCall -> its own fault, 7: 'x'"


def test_a_line_of_a_request_is_cut_and_without_credentials() -> None:
    request = fakepw.Request(b"POST", f"http://kim:{PASSWORD}@h/xmlrpc/".encode())
    assert repr(request) == "<Request: POST http://h/xmlrpc/, 0 headers, 0 bytes>"
    assert len(repr(fakepw.Request(b"GET", b"/" + b"\x1b" * 10_000))) < LINE + 60
