"""The page as it comes over the wire: bounded, escaped, and for nobody's page but its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlencode
from xmlrpc.client import ServerProxy

import pytest

import fakepw
from fakepw.serving.people import NAMES
from fakepw.serving.people.desk import THINGS

from ..wire import Answer, Wire

TOKEN = "correct-horse.battery~staple"


@pytest.fixture(scope="module")
def pw() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("hostile") as pw:
        yield pw


@pytest.fixture(scope="module")
def locked() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("tiny", control=TOKEN) as pw:
        yield pw


def get(pw: fakepw.LiveServer, path: str, *lines: str, body: str = "", verb: str = "GET") -> Answer:
    host = [] if any(line.startswith("Host:") for line in lines) else [f"Host: 127.0.0.1:{pw.port}"]
    head = [f"{verb} {path} HTTP/1.1", *host, f"Content-Length: {len(body)}", *lines]
    with Wire(pw.port) as wire:
        wire.send(("\r\n".join([*head, "", ""]) + body).encode())
        return wire.answer(to=verb)


class Tags(HTMLParser):
    """The tags of a page and their attributes."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_it_is_for_nobody_to_store_frame_or_script(pw: fakepw.LiveServer) -> None:
    answer = get(pw, "/_fakepw/")
    assert (answer.status, answer.get("Content-Type")) == (200, "text/html; charset=utf-8")
    policy = answer.get("Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    for name, value in (
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ):
        assert answer.get(name) == value


def test_whatever_is_in_rows_and_calls_is_text(pw: fakepw.LiveServer) -> None:
    evil = "\"'><script>alert(1)</script>\u202e\x00{url}"
    pw.reset()
    pw.add_person("evil@x.example", name="<img src=x onerror=alert(1)>")
    pw.add_patch(evil, submitter="evil@x.example")
    pw.fault("patch_get", body=evil, optional=True)
    get(pw, "/<script>alert(1)</script>?x='\"")
    get(pw, "/x", "Authorization: Basic PGI+OmI=")  # <b>:b
    page = get(pw, "/_fakepw/?page=%3Cscript%3E").body
    tags = Tags(page).found
    scripts = [attributes for tag, attributes in tags if tag == "script"]
    assert scripts == [{"src": "page.js", "defer": None}]
    assert not [tag for tag, _ in tags if tag in ("img", "b", "i", "iframe", "object", "style")]
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    text = page.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e\\x00{url}" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]", text)
    assert len(page) < 100_000


def test_a_host_that_others_give_is_text_too(locked: fakepw.LiveServer) -> None:
    bearer = f"Authorization: Bearer {TOKEN}"
    answer = get(locked, "/_fakepw/", bearer, "Host: a\"'><script>x</script>")
    assert b"<script>x" not in answer.body


def test_rows_come_by_the_page_and_the_newest_first() -> None:
    rows = {"patches": [{"id": n, "name": f"p{n}"} for n in range(1, 121)]}
    with fakepw.serve(rows) as pw:
        seen = []
        for page in ("", "?page=2", "?page=3"):
            body = get(pw, f"/_fakepw/{page}").body
            seen += [int(n) for n in re.findall(rb'<td data-label="Id">(\d+)', body)]
        assert seen == list(range(120, 0, -1))
        for odd in (
            "?page=99",
            "?page=0",
            "?page=x",
            "?page=-1",
            f"?page={'9' * 50}",
            "?page=%C2%B2",
        ):
            assert b"Page " in get(pw, f"/_fakepw/{odd}").body


def test_where_there_is_nothing_it_says_so() -> None:
    with fakepw.serve({"patches": []}, enabled=False) as pw:
        body = get(pw, "/_fakepw/").body.decode()
    for text in ("There are none.", "XML-RPC is switched off", "Nothing happens by itself"):
        assert text in body


def test_a_world_has_a_page_of_its_own(pw: fakepw.LiveServer) -> None:
    world = pw.world("tiny")
    path = world.control_url.partition(str(pw.port))[2]
    assert f'href="{path}"'.encode() in get(pw, "/_fakepw/").body
    body = get(pw, path).body.decode()
    assert world.url in body
    assert f"{world.control_url}reset" in body
    assert get(pw, path[:-1]).get("Location") == path
    world.close()


def test_without_its_slash_it_is_elsewhere_and_it_takes_no_post(pw: fakepw.LiveServer) -> None:
    answer = get(pw, "/_fakepw")
    assert (answer.status, answer.get("Location")) == (308, "/_fakepw/")
    answer = get(pw, "/_fakepw/", verb="POST")
    assert (answer.status, answer.get("Allow")) == (405, "GET")
    assert get(pw, "/_fakepw/", verb="HEAD").status == 200


@pytest.mark.parametrize("path", ["", "page.js", "page.css", "calls/events", "login"])
@pytest.mark.parametrize(
    "line",
    ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Host: evil.example"],
)
def test_no_other_sites_page_gets_any_of_it(pw: fakepw.LiveServer, path: str, line: str) -> None:
    verb = "POST" if path == "login" else "GET"
    answer = get(pw, f"/_fakepw/{path}", line, verb=verb)
    assert answer.status == 403
    assert answer.get("Content-Type") == "application/json"


def test_whatever_is_named_is_there() -> None:
    assert THINGS.keys() == NAMES


def test_a_link_may_lead_here(pw: fakepw.LiveServer) -> None:
    followed = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"]
    assert get(pw, "/_fakepw/", *followed, "Sec-Fetch-Dest: document").status == 200
    assert get(pw, "/_fakepw/", *followed, "Sec-Fetch-Dest: iframe").status == 403


# With a token.


def enter(pw: fakepw.LiveServer, token: str, *lines: str) -> Answer:
    form = "Content-Type: application/x-www-form-urlencoded"
    body = urlencode({"token": token})
    return get(pw, "/_fakepw/login", *(lines or (form,)), body=body, verb="POST")


def cookie_of(answer: Answer) -> str:
    return (answer.get("Set-Cookie") or "").partition(";")[0]


def test_a_browser_is_asked_for_the_token_and_then_known(
    locked: fakepw.LiveServer, caplog: pytest.LogCaptureFixture
) -> None:
    asked = get(locked, "/_fakepw/")
    assert (asked.status, asked.get("WWW-Authenticate")) == (401, 'Bearer realm="fakepw"')
    assert b'action="/_fakepw/login"' in asked.body
    assert b"tiny" not in asked.body
    assert get(locked, "/_fakepw/page.css").status == 200
    for path in ("calls/events", "state"):
        assert get(locked, f"/_fakepw/{path}").status == 401
    wrong = enter(locked, "wrong")
    assert (wrong.status, wrong.get("Set-Cookie")) == (401, None)
    assert b"That is not the token of this server." in wrong.body
    entered = enter(locked, TOKEN)
    assert (entered.status, entered.get("Location")) == (303, "/_fakepw/")
    given = entered.get("Set-Cookie") or ""
    assert given.endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert TOKEN not in given
    known = f"Cookie: a=b; {cookie_of(entered)}"
    assert get(locked, "/_fakepw/", known).status == 200
    assert get(locked, "/_fakepw/state", known).status == 200
    json = "Content-Type: application/json"
    assert get(locked, "/_fakepw/reset", known, json, verb="POST").status == 200
    get(locked, "/xmlrpc/", known)  # a browser sends it everywhere on that host
    session = cookie_of(entered).partition("=")[2]
    for text in (caplog.text, repr(list(locked.calls)), str(locked.calls[-1].request)):
        assert TOKEN not in text
        assert session not in text


def test_a_cookie_is_no_reason_to_trust_another_site(locked: fakepw.LiveServer) -> None:
    known = f"Cookie: {cookie_of(enter(locked, TOKEN))}"
    assert get(locked, "/_fakepw/state", known, "Origin: http://evil.example").status == 403
    assert get(locked, "/_fakepw/reset", known, verb="POST").status == 415
    form = "Content-Type: application/x-www-form-urlencoded"
    assert enter(locked, TOKEN, form, "Origin: null").status == 403
    assert enter(locked, TOKEN, "Content-Type: text/plain").status == 415


def test_a_made_up_cookie_opens_nothing(locked: fakepw.LiveServer) -> None:
    name, _, session = cookie_of(enter(locked, TOKEN)).partition("=")
    for made_up in (
        f"{name}={session}x",
        f"{name}=",
        f"fakepw={session}",
        name,
        f"x{name}={session}",
    ):
        assert get(locked, "/_fakepw/state", f"Cookie: {made_up}").status == 401
    with fakepw.serve("tiny", control=TOKEN) as other:
        assert get(other, "/_fakepw/state", f"Cookie: {name}={session}").status == 401


def test_where_there_is_no_token_there_is_nothing_to_enter(pw: fakepw.LiveServer) -> None:
    assert enter(pw, "x").status == 303
    assert enter(pw, "x").get("Set-Cookie") is None


def test_over_https_the_cookie_stays_there() -> None:
    with fakepw.serve("tiny", control=TOKEN, tls=True) as pw:
        import http.client
        import ssl

        context = ssl.create_default_context(cafile=pw.ca_file)
        client = http.client.HTTPSConnection("127.0.0.1", pw.port, context=context)
        own = {
            "Origin": f"https://127.0.0.1:{pw.port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        client.request("POST", "/_fakepw/login", urlencode({"token": TOKEN}), own)
        answer = client.getresponse()
        assert (answer.getheader("Set-Cookie") or "").endswith("; Secure")
        client.close()
        client.request(
            "POST", "/_fakepw/login", "", own | {"Origin": own["Origin"].replace("s:", ":")}
        )
        assert client.getresponse().status == 403
        client.close()


@pytest.mark.filterwarnings("ignore::fakepw.FakepwWarning")
def test_what_strict_mode_says_of_a_call_is_beside_it() -> None:
    with fakepw.serve("tiny", strict=True) as pw, ServerProxy(pw.url) as proxy:
        assert proxy.patch_list({"series": "7"}) == []
        page = get(pw, "/_fakepw/").body.decode()
        assert "</code><p>&#x27;series&#x27; is no key to filter by" in page
        assert "is no key to filter by" not in get(pw, "/_fakepw/?calls=no").body.decode()
