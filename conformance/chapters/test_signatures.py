"""PW-SIG: which methods there are, what they take and what they give."""

from __future__ import annotations

import re

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import array, calls, deviates, expect, faults, fixed, poisoned, refused
from ..target.counting import counted
from ..target.exchange import ENDPOINT, NOWHERE, Exchange, call
from ..target.knowing.profile import ANSWERS, CHECK_METHODS, SIGNATURES, members, parameters
from ..target.knowing.world import World, structs_of
from ..target.login import NO_CREDENTIALS as REFUSED
from ..verdicts.verdicts import Deviation
from .asking.fronts import stands_in
from .asking.methods import DOCUMENTATION, PUBLIC, most, public, surplus
from .asking.rows import linkname


def supported(exchange: Exchange) -> bool:
    """Whether the method was found."""
    absent = f'method "{exchange.method}" is not supported'
    return not (exchange.fault and absent in exchange.fault.text)


@decides("SIG-001", lambda world: surplus(world), on=" ".join(PUBLIC))
def test_every_public_method_exists(world: World, answer: Exchange) -> Finding:
    if answer.method not in world.profile.methods:
        return None
    if world.profile.python == 2 and not answer.request.body.isascii():
        return None  # a fault that is not ASCII is a bare 500 there (servers.md 2)
    right = supported(answer) and (answer.value or answer.fault) is not None
    return expect(right, answer, f"an answer by the method {answer.method}")


def _write_calls(world: World) -> list[Step]:
    found: list[Step] = [call("patch_set", NOWHERE, {})]
    if "check_create" in world.profile.methods:
        found.append(call("check_create", NOWHERE, "pw-conformance", "success"))
    return found


@decides("SIG-002", _write_calls, on="patch_set check_create")
def test_the_methods_that_write_exist(world: World, answer: Exchange) -> Finding:
    if answer.method not in world.profile.methods:
        return None
    if world.profile.python == 2 and not answer.request.body.isascii():
        return None  # a fault that is not ASCII is a bare 500 there (servers.md 2)
    right = supported(answer) and answer.answer.status == 200
    return expect(right, answer, f"an answer by the method {answer.method}")


@decides("SIG-003", fixed(*(call(m, NOWHERE) for m in CHECK_METHODS)), on=" ".join(CHECK_METHODS))
def test_a_first_generation_server_has_no_checks(world: World, answer: Exchange) -> Finding:
    return faults(answer, "Exception", text="is not supported")


@decides("SIG-004", fixed(DOCUMENTATION), silence=True)
def test_the_documentation_lists_every_method(world: World, answer: Exchange) -> Finding:
    if stands_in(world, answer):
        return None  # a front end that lets calls through only
    listed = set(answer.answer.documented)
    wrong = sorted(listed ^ set(world.profile.methods))
    if not wrong and list(answer.answer.documented) != sorted(listed):
        return Deviation(
            "the methods in alphabetical order", f"GET {ENDPOINT} lists them otherwise"
        )
    return (
        OK
        if not wrong
        else Deviation(
            "a documentation page that lists the 18 methods",
            f"GET {ENDPOINT} answered HTTP {answer.answer.status}; wrong: {', '.join(wrong)}",
        )
    )


@decides("SIG-005", fixed(DOCUMENTATION), silence=True)
def test_the_documentation_lists_the_parameters(world: World, answer: Exchange) -> Finding:
    for name, signature in answer.answer.documented.items():
        if SIGNATURES.get(name) not in (None, signature):
            return Deviation(f"{name}{SIGNATURES[name]}", f"the page lists {name}{signature}")
    return OK if answer.answer.documented else None


@decides("SIG-006", fixed(DOCUMENTATION), silence=True)
def test_the_documentation_shows_the_hidden_user(world: World, answer: Exchange) -> Finding:
    for name, signature in answer.answer.documented.items():
        hidden = re.match(r"\(user\b", signature) is not None
        if hidden != (name in ("patch_set", "check_create")):
            return Deviation(
                "`user` as the first parameter of patch_set and check_create only",
                f"the page lists {name}{signature}",
            )
    return OK if answer.answer.documented else None


@decides(
    "SIG-007",
    lambda world: surplus(world),
    on=" ".join(PUBLIC),
)
def test_too_many_arguments_fault(world: World, answer: Exchange) -> Finding:
    name, given = answer.method, len(answer.params)
    if name not in world.profile.methods or given <= most(name):
        return None
    found = faults(answer, "TypeError", text=f"{name}() takes")
    if found is not OK or answer.fault is None:
        return found
    numbers = [int(n) for n in re.findall(r"\b\d+\b", answer.fault.message)]
    if "takes no arguments" in answer.fault.message:
        numbers.insert(0, 0)
    return expect(
        numbers[-2:] == [most(name), given],
        answer,
        f"{counted(most(name), 'argument')} at most, {given} given",
    )


def _with_required(world: World) -> list[str]:
    return [m for m in public(world) if parameters(m)[0]]


@decides("SIG-008", lambda world: calls_without(world), on=" ".join(PUBLIC))
def test_too_few_arguments_fault(world: World, answer: Exchange) -> Finding:
    name = answer.method
    if name not in world.profile.methods or len(answer.params) >= len(parameters(name)[0]):
        return None
    return faults(answer, "TypeError", text=f"{name}() ")


def calls_without(world: World) -> list[Step]:
    """Every public method that needs an argument, without one."""
    return [call(m) for m in _with_required(world)]


@decides("SIG-009", lambda world: calls_without(world), on=" ".join(PUBLIC))
def test_the_fault_names_missing_arguments(world: World, answer: Exchange) -> Finding:
    name = answer.method
    required = parameters(name)[0]
    if name not in world.profile.methods or len(answer.params) >= len(required):
        return None
    missing = required[len(answer.params) :]
    named = re.findall(r"'(\w+)'", answer.fault.message) if answer.fault else []
    return expect(named == missing, answer, f"a fault that names {' and '.join(missing)}")


@decides("SIG-010", fixed(call("project_list"), call("state_list")), on="project_list state_list")
def test_lists_need_no_argument(world: World, answer: Exchange) -> Finding:
    if answer.params:
        return None
    found = array(answer)
    return found if isinstance(found, Deviation) else OK


@decides(
    "SIG-011",
    fixed(*(call(m, "e", 1) for m in ("project_list", "state_list", "person_list"))),
    on="project_list state_list person_list",
)
def test_lists_take_a_search_and_a_count(world: World, answer: Exchange) -> Finding:
    match answer.params:
        case (str(search), int(count)) if search and 0 < count < 1 << 31:
            found = array(answer)
            if isinstance(found, Deviation):
                return found
            return expect(len(list(found)) <= count, answer, f"at most {counted(count, 'row')}")
    return None


@decides("SIG-012", fixed(call("patch_list", {"id": NOWHERE})), on="patch_list")
def test_patch_list_takes_a_struct(world: World, answer: Exchange) -> Finding:
    return _takes_a_struct(world, answer)


@decides("SIG-013", fixed(call("check_list", {"id": NOWHERE})), on="check_list")
def test_check_list_takes_a_struct(world: World, answer: Exchange) -> Finding:
    return _takes_a_struct(world, answer)


def _takes_a_struct(world: World, answer: Exchange) -> Finding:
    match answer.params:
        case ({"id": int(number)} as filt,) if len(filt) == 1 and abs(number) < 1 << 31:
            if poisoned(answer):
                return None
            found = array(answer)
            return found if isinstance(found, Deviation) else OK
    return None


def _unsupported(answer: Exchange) -> Finding:
    return faults(answer, "Exception", text=f'method "{answer.method}" is not supported')


@decides("SIG-014", fixed(call("nosuch"), call("bundle_list")), on="nosuch bundle_list")
def test_an_unknown_method_is_not_supported(world: World, answer: Exchange) -> Finding:
    return _unsupported(answer)


SPELLINGS = (
    *("PW_RPC_VERSION", "pw_rpc_version ", " pw_rpc_version", "Pw_rpc_version"),
    *("pw-rpc-version", "pw_rpc_version\n", "pw_rpc_version.", "pwRpcVersion"),
)


@decides("SIG-015", fixed(*map(call, SPELLINGS)))
def test_method_names_are_exact(world: World, answer: Exchange) -> Finding:
    return _unsupported(answer)


@decides(
    "SIG-016",
    fixed(
        *(
            call(f"system.{m}")
            for m in ("listMethods", "methodHelp", "methodSignature", "multicall")
        )
    ),
    on="system.listMethods system.methodHelp system.methodSignature system.multicall"
    " system.getCapabilities",
)
def test_there_are_no_system_methods(world: World, answer: Exchange) -> Finding:
    return _unsupported(answer)


@decides("SIG-017", fixed(call("")))
def test_an_empty_method_name_is_not_supported(world: World, answer: Exchange) -> Finding:
    return _unsupported(answer)


@decides(
    "SIG-018",
    fixed(call("__class__"), call("_dispatch"), call("patch_to_dict")),
    on="__class__ _dispatch patch_to_dict",
)
def test_python_attributes_cannot_be_called(world: World, answer: Exchange) -> Finding:
    return _unsupported(answer)


@decides(
    "SIG-019",
    fixed(
        *(call(f"{name}", 1) for name in ("patch.get", "xmlrpc.patch_get", "patchwork.patch_get"))
    ),
    on="patch.get xmlrpc.patch_get",
)
def test_dotted_names_are_not_split(world: World, answer: Exchange) -> Finding:
    return _unsupported(answer)


def _of(struct: str):  # type: ignore[no-untyped-def]
    """Two calls that answer the struct: one by list, one by id."""

    def probe(world: World) -> list[Step]:
        if struct == "combined check":
            rows = world.need_checks()
            return [call("patch_check_get", rows[0]["patch_id"])]
        if struct in ("project", "state", "person"):
            table = {"project": world.projects, "state": world.states, "person": world.people}
            found = calls(f"{struct}_get", [(row["id"],) for row in table[struct][:1]])
            return [call(f"{struct}_list", "", 3), *found]
        rows = world.patch_rows if struct == "patch" else world.check_rows
        windows = world.patches if struct == "patch" else world.checks
        filt = windows[0].bounds if windows else {"max_count": 3}
        steps: list[Step] = [call(f"{struct}_list", filt)]
        steps += calls(f"{struct}_get", [(row["id"],) for row in rows[:2]])
        hashes = [r for r in rows if r.get("hash", "").strip()][:1]
        steps += calls("patch_get_by_hash", [(r["hash"],) for r in hashes])
        named = [(linkname(world, r["project_id"]), r["hash"]) for r in hashes]
        return [*steps, *calls("patch_get_by_project_hash", () if world.thrifty else named)]

    return probe


def _structs(answer: Exchange, struct: str):  # type: ignore[no-untyped-def]
    if ANSWERS.get(answer.method) != struct or answer.value is None:
        return []
    return (
        list(structs_of(answer.value))
        if struct != "combined check"
        else ([answer.value] if answer.value.value else [])
    )


def _judge_structs(struct: str, what: str):  # type: ignore[no-untyped-def]
    def judge(world: World, answer: Exchange) -> Finding:
        wanted = members(struct, world.profile)
        found = _structs(answer, struct)
        for node in found:
            sent = {name: value.kind for name, value in node.value}
            names = [name for name, _ in node.value]
            if what == "members" and sorted(names) != sorted(wanted):
                return deviates(answer, f"the members {', '.join(sorted(wanted))}")
            if what == "types":
                for name in set(sent) & set(wanted):
                    if sent[name] != wanted[name]:
                        return Deviation(
                            f"<{wanted[name]}> for {name}",
                            f"{answer.request.describe()} answered <{sent[name]}> for {name}",
                            symptoms=(f"<{sent[name]}> in place of <{wanted[name]}>",),
                        )
            if what == "order" and names != list(wanted) and sorted(names) == sorted(wanted):
                return Deviation(
                    f"the order {', '.join(wanted)}",
                    f"{answer.request.describe()} answered the order {', '.join(names)}",
                )
        return OK if found else None

    return judge


for _base, _what in ((20, "members"), (30, "types"), (40, "order")):
    for _offset, _struct in enumerate(
        ("project", "person", "state", "patch", "check", "combined check"), start=1
    ):
        _judge = _judge_structs(_struct, _what)
        _judge.__name__ = f"test_the_{_what}_of_a_{_struct.replace(' ', '_')}"
        _judge.__module__ = __name__
        globals()[_judge.__name__] = decides(
            f"SIG-{_base + _offset:03}",
            _of(_struct),
            on=" ".join(m for m, s in ANSWERS.items() if s == _struct),
        )(_judge)


@decides("SIG-050", fixed(call("patch_set", "admin", NOWHERE, {})), on="patch_set")
def test_the_hidden_user_cannot_be_passed(world: World, answer: Exchange) -> Finding:
    if len(answer.params) != 3 or answer.request.authorization:
        return None
    return refused(answer, REFUSED)
