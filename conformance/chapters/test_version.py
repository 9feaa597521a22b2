"""PW-VER: what the server says of itself."""

from __future__ import annotations

from ..deciding.decisions import OK, Finding, Observation, decides
from ..deciding.judging import deviates, expect, faults, fixed, same
from ..deciding.lookups import YES, selects
from ..requirements.catalogue import relying
from ..target.counting import counted, plural
from ..target.exchange import NOWHERE, Exchange, call
from ..target.knowing.profile import VERSIONS
from ..target.knowing.world import Lacking, World
from ..verdicts.symptoms import wrong_rows

VERSION = call("pw_rpc_version")


@decides("VER-001", fixed(VERSION), on="pw_rpc_version")
def test_the_version_is_one_that_real_servers_send(world: World, version: Exchange) -> Finding:
    if version.params:
        return None
    node = version.value
    if node is not None and node.plain in VERSIONS.values():
        return OK
    advice = ""
    if node is not None and node.plain in ("1.1", 1.1, [1, 1]):
        advice = (
            "1.1 is the sample value of Patchwork's documentation; no real server has ever sent it"
        )
    return deviates(version, "1, [1, 2, 0] or [1, 3, 0]", advice)


@decides("VER-002", fixed(VERSION), on="pw_rpc_version")
def test_the_version_is_made_of_ints(world: World, version: Exchange) -> Finding:
    if version.params:
        return None
    node = version.value
    if node is None:
        return deviates(version, "an int or an array of ints")
    kinds = [item.kind for item in node]
    right = node.kind == "int" or (node.kind == "array" and kinds == ["int"] * 3)
    return expect(right, version, f"<int>, or an array of three <int>, not {[node.kind, *kinds]}")


@decides("VER-003", fixed((VERSION, VERSION, VERSION)))
def test_the_version_stays_the_same(world: World, first: Exchange, *more: Exchange) -> Finding:
    other = next((exchange for exchange in more if not same(first, exchange)), None)
    if other is None:
        return OK
    return deviates(other, f"the same as before: {first.answer.describe()}")


def claimed(version: Exchange) -> str | None:
    """The generation that the version claims; None if it claims none."""
    plain = version.value.plain if version.value else None
    return next((api for api, said in VERSIONS.items() if said == plain), None)


@decides(
    "VER-004",
    fixed(
        (
            VERSION,
            call("check_list", {"id": NOWHERE}),
            call("check_get", NOWHERE),
            call("patch_check_get", NOWHERE),
        )
    ),
)
def test_the_check_methods_come_with_the_version(
    world: World, version: Exchange, *checks: Exchange
) -> Finding:
    api = claimed(version)
    if api is None:
        return deviates(version, "a version that says whether there are checks")
    for exchange in checks:
        absent = exchange.fault is not None and '" is not supported' in exchange.fault.text
        if absent != (api == "1.0"):
            state = "no" if api == "1.0" else "a"
            return deviates(exchange, f"{state} method {exchange.method} in version {api}")
    return OK


def _version_and_a_patch(world: World) -> list[tuple[object, ...]]:
    return [(VERSION, call("patch_get", row["id"])) for row in world.need_patches()[:1]]


@decides("VER-005", _version_and_a_patch, data=True)  # type: ignore[arg-type]
def test_the_hash_member_comes_with_the_version(
    world: World, version: Exchange, patch: Exchange
) -> Finding:
    api = claimed(version)
    if patch.value is None or not patch.value.members:
        return None
    if api is None:
        return deviates(version, "a version that says whether patches have a hash")
    wanted = "a" if api == "2.0" else "no"
    return expect(
        ("hash" in patch.value.members) == (api == "2.0"),
        patch,
        f"{wanted} member `hash` with the version {version.answer.describe()}",
    )


@decides("VER-006", fixed((VERSION, call("patch_get", NOWHERE))))
def test_a_miss_is_told_as_the_version_says(
    world: World, version: Exchange, absent: Exchange
) -> Finding:
    api = claimed(version)
    if api is None:
        return deviates(version, "a version that says how a miss is told")
    if api == "1.1":
        return faults(absent, "IndexError")
    right = absent.value is not None and absent.value.plain == {}
    return expect(right, absent, f"{{}} with the version {version.answer.describe()}")


def _last_of_a_window(method: str):  # type: ignore[no-untyped-def]
    def probe(world: World) -> list[object]:
        windows = world.patches if method == "patch_list" else world.checks
        found = [w for w in windows if len(w.rows) > 1]
        if not found:
            rows = plural(method.removesuffix("_list"))
            raise Lacking(f"this server shows no two {rows}, of which one would be the last")
        return [call(method, {**found[0].bounds, "max_count": -1})]

    return probe


@decides("VER-007", _last_of_a_window("patch_list"), on="patch_list", data=True)
def test_a_negative_max_count_of_patches_is_heeded(world: World, answer: Exchange) -> Finding:
    return _heeded(world, answer)


@decides("VER-008", _last_of_a_window("check_list"), on="check_list", data=True)
def test_a_negative_max_count_of_checks_is_heeded(world: World, answer: Exchange) -> Finding:
    return _heeded(world, answer)


def _heeded(world: World, answer: Exchange) -> Finding:
    filt = answer.params[0] if answer.params else None
    if not isinstance(filt, dict) or type(filt.get("max_count")) is not int:
        return None
    count = -filt["max_count"]
    rest = {k: v for k, v in filt.items() if k != "max_count"}
    rows = world.universe(answer.method, rest)
    if rows is None or count <= 0:
        return None
    selected = [row for row in rows if selects(row, rest) is YES]
    ignored = answer.method == "check_list" and world.profile.api == "1.1"
    if len(selected) <= count or "project_id" in rest:
        return None
    if answer.value is None:
        return deviates(answer, "an array")
    wanted = len(selected) if ignored else count
    more = wrong_rows(answer, ["max_count"])
    return expect(len(list(answer.value)) == wanted, answer, counted(wanted, "row"), more)


@decides("VER-009", fixed(call("pw_rpc_version", 1)), on="pw_rpc_version")
def test_the_version_takes_no_argument(world: World, answer: Exchange) -> Finding:
    return faults(answer, "TypeError") if answer.params else None


@decides("VER-010", fixed(call("nosuch")), on="nosuch")
def test_what_the_server_likely_is(world: World, answer: Exchange) -> Finding:
    return Observation(f"likely {world.profile.describe()}")


@decides("VER-011", fixed(VERSION), on="pw_rpc_version")
def test_how_long_xmlrpc_is_there(world: World, version: Exchange) -> Finding:
    whom = f"requirements here name who relies on it: {', '.join(relying(world.profile))}"
    if world.profile.api != "2.0":
        return Observation(f"XML-RPC is all there is: REST came with Patchwork 2.0; {whom}")
    return Observation(
        f"XML-RPC is deprecated since Patchwork 2.0 and gone in 4.0; {whom}; docs/rest.md says"
        " what replaces each call"
    )
