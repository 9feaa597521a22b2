"""PW-HTTP: how calls and pages travel."""

from __future__ import annotations

import gzip
from dataclasses import replace
from urllib.parse import urlsplit

from ..deciding.decisions import OK, Finding, Observation, Step, Together, decides
from ..deciding.judging import answered, deviates, expect, faults, fixed, same, with_header
from ..target.exchange import ABSOLUTE, BASE, ENDPOINT, NOWHERE, Exchange, Request, call, page
from ..target.knowing.profile import VERSIONS, parameters
from ..target.knowing.world import Lacking, World
from ..target.wire import NotXmlRpc
from ..verdicts.verdicts import Deviation
from .asking.fronts import cookies, no_cookies, refused, stands_in, walled
from .asking.methods import DOCUMENTATION, public
from .asking.rows import getters, linkname
from .asking.unpacking import unzipped
from .asking.writing import WIDE

VERSION = call("pw_rpc_version")
VERSION_BODY = VERSION.body

#: A session that cannot be: Django's keys have eight characters at least.
COOKIES = "sessionid=abc; csrftoken=x"
#: Django's limit for bodies, in bytes (servers.md 1.1).
LIMIT = 2_621_440


def ran(exchange: Exchange) -> bool:
    """Whether the call was run: any XML-RPC comes back."""
    return not isinstance(unzipped(exchange).reply, NotXmlRpc)


def advised(found: Finding, advice: str) -> Finding:
    """The finding with an advice, if it is a deviation."""
    return replace(found, advice=advice) if isinstance(found, Deviation) else found


def versions(world: World, *exchanges: Exchange) -> Finding:
    """Each answers a version as if nothing odd had been asked."""
    for exchange in exchanges:
        found = answered(exchange)
        if isinstance(found, Deviation):
            return found
        if exchange.method == "pw_rpc_version" and exchange.value is None:
            return deviates(exchange, f"the version, {VERSIONS[world.profile.api]}")
    return OK


def head(**headers: str) -> Request:
    """The version, asked with further headers."""
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return replace(VERSION, headers=(("Content-Type", "text/xml"), *more))


@decides("HTTP-001", fixed(DOCUMENTATION, page(f"{ENDPOINT}?x=1")), silence=True)
def test_get_is_the_documentation(world: World, answer: Exchange) -> Finding:
    if stands_in(world, answer):
        return None  # a front end that lets calls through only
    right = answer.answer.status == 200 and "patch_list" in answer.answer.documented
    return expect(right, answer, "the documentation page")


@decides("HTTP-002", fixed(DOCUMENTATION), silence=True)
def test_get_leads_to_the_help_page(world: World, answer: Exchange) -> Finding:
    if stands_in(world, answer):
        return None  # a front end that lets calls through only
    location = answer.answer.header("location") or ""
    right = answer.answer.status == 302 and location.endswith("/help/pwclient/")
    return expect(right, answer, "a redirect to /help/pwclient/")


def _not_run(answer: Exchange) -> Finding:
    right = not ran(answer) and (answer.answer.status < 500 or refused(answer))
    return expect(right, answer, "no XML-RPC answer and no error of the server")


OTHERS = ("PUT", "DELETE", "PATCH", "PROPFIND")


@decides("HTTP-003", fixed(*(replace(VERSION, method=m) for m in OTHERS)), silence=True)
def test_other_methods_run_nothing(world: World, answer: Exchange) -> Finding:
    return _not_run(answer)


@decides("HTTP-004", fixed(page(ENDPOINT, "HEAD"), page(ENDPOINT, "OPTIONS")), silence=True)
def test_head_and_options_are_answered(world: World, answer: Exchange) -> Finding:
    return expect(answer.answer.status < 500 or refused(answer), answer, "no error of the server")


@decides("HTTP-005", fixed(replace(VERSION, target=f"{BASE}/xmlrpc")))
def test_a_missing_slash_is_redirected(world: World, answer: Exchange) -> Finding:
    location = (answer.answer.header("location") or "").split("?")[0]
    right = answer.answer.status in (301, 308) and location.endswith("/xmlrpc/")
    found = expect(right and not ran(answer), answer, "a permanent redirect to /xmlrpc/")
    if location:
        return found
    return advised(
        found,
        "if a front end answers for Patchwork here, users who forget the slash may not learn of it",
    )


GOOD = (VERSION, call("state_list", "", 1), call("project_list", "", 1))


@decides("HTTP-006", fixed(*GOOD), on="pw_rpc_version state_list")
def test_success_is_http_200(world: World, answer: Exchange) -> Finding:
    if answer.params not in ((), ("", 1)):
        return None
    right = answer.answer.status == 200 and answer.value is not None
    return expect(right, answer, "a value over HTTP 200")


@decides(
    "HTTP-007",
    fixed(call("nosuch"), call("patch_get"), call("state_get", 1, 2, 3)),
    on="nosuch patch_get",
)
def test_failure_is_http_200(world: World, answer: Exchange) -> Finding:
    if answer.method == "patch_get" and answer.params:
        return None
    right = answer.answer.status == 200 and answer.fault is not None
    return expect(right, answer, "a fault over HTTP 200")


def _of_each_method(world: World) -> list[Step]:
    """A value and a fault of each kind: some that every server gives, and rows where there are."""
    windows = [w.read("patch_list") for w in world.patches[:1]]
    windows += [w.read("check_list") for w in world.checks[:1]]
    rows = [(m, world.table(m)) for m in getters(world)]
    gets = [call(m, found[0]["id"]) for m, found in rows if found]
    more = [call("person_list", "", 1), *windows, *gets]
    return [VERSION, call("nosuch"), *GOOD[1:], *([] if world.thrifty else more)]


@decides("HTTP-008", _of_each_method, on="pw_rpc_version nosuch")
def test_answers_are_text_html(world: World, answer: Exchange) -> Finding:
    kind = (answer.answer.header("content-type") or "").lower().replace(" ", "")
    if kind == "text/html;charset=utf-8":
        return OK
    return with_header(answer, "Content-Type", kind, "Content-Type: text/html; charset=utf-8")


@decides(
    "HTTP-009",
    fixed(
        *(
            replace(VERSION, headers=(("Content-Type", kind),) if kind else ())
            for kind in (
                *("text/plain", "application/xml", "application/json", "garbage", ""),
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
            )
        )
    ),
)
def test_the_content_type_does_not_matter(world: World, answer: Exchange) -> Finding:
    return advised(
        versions(world, answer),
        "Patchwork itself looks at no Content-Type: a firewall in front may refuse some",
    )


@decides("HTTP-010", fixed(replace(VERSION, version="1.0")), hang=True)
def test_http_1_0_is_answered(world: World, answer: Exchange) -> Finding:
    return advised(
        versions(world, answer),
        "some front ends speak HTTP/1.1 only (Envoy needs accept_http_10)",
    )


@decides("HTTP-011", fixed((VERSION, VERSION)), hang=True)
def test_connections_may_be_kept(world: World, first: Exchange, second: Exchange) -> Finding:
    return versions(world, first, second)


@decides("HTTP-012", fixed(replace(VERSION, target=ABSOLUTE)))
def test_absolute_targets_are_answered(world: World, answer: Exchange) -> Finding:
    return advised(
        versions(world, answer),
        "pwclient cannot talk to this server: let the front end accept targets in absolute form,"
        " as RFC 9112 (3.2.2) demands",
    )


@decides("HTTP-013", fixed(replace(VERSION, target=f"{ENDPOINT}?x=1")))
def test_a_query_does_not_matter(world: World, answer: Exchange) -> Finding:
    return versions(world, answer)


@decides(
    "HTTP-014",
    fixed(
        head(Cookie=COOKIES),
        head(Origin="https://elsewhere.example", Referer="https://elsewhere.example/"),
    ),
)
def test_origin_and_cookies_do_not_matter(world: World, answer: Exchange) -> Finding:
    return advised(
        versions(world, answer),
        "Patchwork's calls are exempt from CSRF checks: a firewall in front may check for itself",
    )


@decides(
    "HTTP-029",
    lambda w: [
        head(User_Agent=name)
        for name in ("Python-xmlrpc/3.12", "xmlrpclib.py/1.0.1")[: 1 if w.thrifty else None]
    ],
    hang=True,
)
def test_who_asks_does_not_matter(world: World, answer: Exchange) -> Finding:
    return advised(
        versions(world, answer),
        "pwclient cannot talk to this server: a bot wall in front takes it for a robot",
    )


@decides("HTTP-015", fixed(head(Accept_Encoding="gzip")))
def test_gzip_may_be_accepted(world: World, answer: Exchange) -> Finding:
    plain = unzipped(answer)
    if plain is answer and (packed := answer.answer.header("content-encoding")):
        expected = "a body that can be unpacked as its Content-Encoding says"
        return with_header(answer, "Content-Encoding", packed, expected)
    return versions(world, plain)


@decides("HTTP-016", fixed(head(Expect="100-continue")), hang=True)
def test_expect_continue_is_answered(world: World, answer: Exchange) -> Finding:
    return advised(
        versions(world, answer), "a front end may refuse it with 417; curl then sends without"
    )


@decides("HTTP-017", fixed(call("state_list", "x" * 100_000)), hang=True)
def test_large_bodies_are_answered(world: World, answer: Exchange) -> Finding:
    if answer.answer.status == 413 or walled(world, answer):
        return None  # a front end's own limit
    return answered(answer)


def _elsewhere(world: World) -> list[Step]:
    targets = [f"{ENDPOINT}x", f"{ENDPOINT}index.html", f"{BASE}/"]
    targets += [] if world.thrifty else [f"{BASE}/RPC2", f"{BASE}/XMLRPC/"]
    return [replace(VERSION, target=target) for target in targets]


@decides("HTTP-018", _elsewhere, silence=True)
def test_calls_to_other_pages_are_not_run(world: World, answer: Exchange) -> Finding:
    return _not_run(answer)


@decides("HTTP-019", fixed(page(f"{BASE}/about/")), silence=True)
def test_the_about_page_says_enabled(world: World, answer: Exchange) -> Finding:
    status = answer.answer.api_status.get("XML-RPC")
    if status is None:
        return None  # instances may have pages of their own
    if status == "enabled":
        return OK
    return Deviation("XML-RPC enabled on /about/", f"/about/ says {status}")


@decides(
    "HTTP-021",
    lambda w: [*_of_each_method(w)[:2], call("patch_get", NOWHERE), *_of_each_method(w)[2:]],
    on="pw_rpc_version nosuch",
)
def test_a_call_starts_no_session(world: World, answer: Exchange) -> Finding:
    if any(name.lower() == "cookie" for name, _ in answer.request.headers):
        return None
    return no_cookies(answer)


def _again_and_again(world: World) -> list[Step]:
    """Calls whose answers no rows can change, many times on one connection."""
    asked = (VERSION, call("nosuch"), call("patch_get", NOWHERE))
    return [asked[:1] * 3 if world.thrifty else asked * 18]


@decides("HTTP-027", _again_and_again, hang=True)
def test_the_same_call_is_answered_alike_each_time(world: World, *answers: Exchange) -> Finding:
    first: dict[Request, Exchange] = {}
    for answer in answers:
        known = first.setdefault(answer.request, answer)
        if (known.answer.status, known.reply) != (answer.answer.status, answer.reply):
            return deviates(answer, f"the same as before: {known.answer.describe()}")
    return OK


def _of_every_kind(world: World) -> list[Step]:
    """Answers of every public method, most of which others ask for, too; with rows in them, where
    there are rows; and one that says what is not ASCII."""
    listed = [world.evidence[n].request for n in ("patches", "checks") if n in world.evidence]
    asked = [*map(call, ("state_list", "project_list")), call("person_list", "", 61), *listed]
    for method in public(world):
        required, _ = parameters(method)
        if rows := world.table(method):
            row = rows[0]
            known = {"hash": row.get("hash"), "project": linkname(world, row.get("project_id", 0))}
            wanted = [known.get(name, row["id"]) for name in required]
            asked += [call(method, *wanted)] if required and all(wanted) else []
    wide = call(f"{WIDE} \U0001d11e")
    return list(dict.fromkeys([*asked, wide]))


@decides("HTTP-035", _of_every_kind, on="project_list person_list state_list patch_list", hang=True)
def test_answers_are_as_long_as_they_say(world: World, answer: Exchange) -> Finding:
    lengths = [v for k, v in answer.answer.headers if k.lower() == "content-length"]
    if not lengths:
        return OK  # old releases, and front ends that compress, send chunks instead
    said = next((v for v in lengths if v != lengths[0]), lengths[0])  # one that is not the others
    if answer.fault is not None and " at 0x" in answer.fault.message:
        return None  # recordings leave the address out
    return expect(said == str(len(answer.answer.body)), answer, f"{said} bytes, as its head says")


def _at_once(world: World) -> list[Step]:
    """Unlike calls, one after another, all at the same moment, and one after another again."""
    if world.thrifty:
        raise Lacking("calls at the same moment are made where requests are many")
    asked = (VERSION, call("nosuch"), *map(world.listing, ("state_list", "project_list")))
    turned = [asked[n:] + asked[:n] for n in range(3)]
    return [Together(some, some, some) for some in turned]


@decides("HTTP-036", _at_once)
def test_calls_at_once_are_each_answered(world: World, *answers: Exchange) -> Finding:
    count = len(answers) // 3
    before, at_once, after = (answers[n : n + count] for n in (0, count, 2 * count))
    for one, answer, other in zip(before, at_once, after, strict=True):
        if same(one, other) and not same(one, answer):
            return deviates(answer, f"what it is alone: {one.answer.describe()}")
    return OK


@decides(
    "HTTP-028",
    lambda world: [
        replace(DOCUMENTATION, method=m)
        for m in ("HEAD", *OTHERS, "OPTIONS", "TRACE")[: 2 if world.thrifty else None]
    ],
    silence=True,
)
def test_other_methods_are_redirected(world: World, answer: Exchange) -> Finding:
    if stands_in(world, answer) or answer.answer.status == 404:
        return None  # front ends may refuse methods that they take for no one's
    return expect(answer.answer.status in (301, 302, 307, 308), answer, "a redirect to a page")


EMPTY = (Request(), replace(Request(), content_length=False))


@decides("HTTP-022", fixed(*EMPTY), silence=True)
def test_a_call_without_a_body_is_a_fault(world: World, answer: Exchange) -> Finding:
    return None if stands_in(world, answer) else faults(answer, "ExpatError")


def _or_a_fault(world: World, answer: Exchange) -> Finding:
    if stands_in(world, answer):
        return None
    return versions(world, answer) if answer.value else faults(answer, "ExpatError")


CHUNKED = replace(
    VERSION,
    body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(VERSION_BODY), VERSION_BODY),
    headers=(("Content-Type", "text/xml"), ("Transfer-Encoding", "chunked")),
    content_length=False,
)
GZIPPED = replace(head(Content_Encoding="gzip"), body=gzip.compress(VERSION_BODY, mtime=0))


@decides("HTTP-023", fixed(CHUNKED), silence=True)
def test_a_chunked_call_is_answered(world: World, answer: Exchange) -> Finding:
    return _or_a_fault(world, answer)


@decides("HTTP-024", fixed(GZIPPED), silence=True)
def test_a_gzipped_call_is_answered(world: World, answer: Exchange) -> Finding:
    return _or_a_fault(world, answer)


@decides("HTTP-025", fixed(head(Accept="application/json"), head(Accept="text/html")))
def test_the_accept_header_does_not_matter(world: World, answer: Exchange) -> Finding:
    return versions(world, answer)


@decides("HTTP-026", fixed((VERSION, Request(b"<oops"), VERSION), (VERSION, Request(), VERSION)))
def test_a_broken_call_does_not_spoil_the_next(
    world: World, first: Exchange, broken: Exchange, second: Exchange
) -> Finding:
    return versions(world, first, second)


@decides("HTTP-030", fixed(VERSION), on="pw_rpc_version")
def test_which_frame_options_there_are(world: World, answer: Exchange) -> Finding:
    if answer.params:
        return None
    return Observation(f"X-Frame-Options: {answer.answer.header('x-frame-options') or 'none'}")


LONG = replace(VERSION, body=b"<!--" + b"x" * LIMIT + b"-->" + VERSION_BODY.partition(b"\n")[2])


@decides("HTTP-031", fixed(LONG))
def test_what_becomes_of_long_bodies(world: World, answer: Exchange) -> Finding:
    status, fault = answer.answer.status, answer.fault
    if len(answer.request.body) <= LIMIT:
        return None
    if status == 413:
        return Observation("long bodies: refused by a front end (HTTP 413)")
    if isinstance(found := answered(answer), Deviation):
        return found
    if fault and fault.kind == "RequestDataTooBig":
        return Observation(f"long bodies: refused by Django beyond {LIMIT} bytes")
    return Observation("long bodies: read")


@decides("HTTP-032", fixed(page(ENDPOINT, "HEAD"), replace(VERSION, method="PUT")), silence=True)
def test_where_other_methods_lead(world: World, answer: Exchange) -> Finding:
    location = answer.answer.header("location")
    path = f" to {urlsplit(location).path}" if location else ""
    return Observation(f"{answer.request.method}: HTTP {answer.answer.status}{path}")


@decides("HTTP-033", fixed(replace(VERSION, target=f"/{ENDPOINT}")), silence=True)
def test_whether_a_second_slash_is_put_up_with(world: World, answer: Exchange) -> Finding:
    return Observation(f"//xmlrpc/: {'run' if ran(answer) else f'HTTP {answer.answer.status}'}")


@decides("HTTP-034", fixed(head(Cookie=COOKIES)))
def test_what_becomes_of_an_unknown_session(world: World, answer: Exchange) -> Finding:
    taken = any(value.startswith("sessionid=") for value in cookies(answer))
    return Observation(f"an unknown session cookie is {'taken back' if taken else 'ignored'}")
