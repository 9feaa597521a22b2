"""Requests are answered as each release, Python and Django answers them."""

from __future__ import annotations

import re
import xmlrpc.client
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakepw.patchwork.instances.instances import RECORDED, instance, names
from fakepw.patchwork.patchwork import Patchwork
from fakepw.patchwork.rows.rows import Dataset
from fakepw.protocol import Request, Response, respond
from fakepw.protocol.page import Cookies, Page, finish
from tests import recordings

NOW = datetime(2026, 11, 23, 7, 1, 46)
NEW = "3.2-py3-postgresql"

ROWS = msgspec.convert(
    {
        "states": [{"id": 1, "name": "<New>", "ordering": 0, "action_required": True}],
        "projects": [
            {"id": 1, "linkname": "Linux", "name": "<b>Linux", "listid": "l", "listemail": "l@h"},
            {"id": 2, "linkname": "other", "name": "", "listid": "o", "listemail": "o@h"},
        ],
        "users": [
            {
                "id": 1,
                "username": "<script>",
                "password": "p",
                "is_superuser": False,
                "is_active": True,
                "email": "",
                "maintainer_of": [1],
            }
        ],
        "people": [{"id": 1, "name": "<i>&", "email": "a@h", "user_id": None}],
        "patches": [
            {
                "id": number,
                "project_id": 1,
                "msgid": msgid,
                "name": name,
                "date": "2016-01-31T23:59:59",
                "submitter_id": 1,
                "delegate_id": 1,
                "state_id": None if number == 3 else 1,
                "archived": False,
                "commit_ref": None,
                "hash": None,
                "headers": "",
                "content": "<script>\f",
                "diff": diff,
            }
            for number, msgid, name, diff in (
                (1, "<p1@h>", "[PATCH] <one>", "+<script>\n"),
                (2, "<a/b+c=d/e@h>", "", None),
                (3, "<ü%&?#<>@h>", "ctrl \x1b", "+ü\r\n"),
                (4, "<mbox/@h>", "x", ""),
                (5, "bare", "y", ""),
            )
        ],
        "comments": [
            {
                "id": 7,
                "patch_id": 1,
                "msgid": "<c@h>",
                "date": "2016-02-01T00:00:00",
                "submitter_id": 1,
                "headers": "",
                "content": "</pre><script>",
            }
        ],
        "checks": [
            {
                "id": 1,
                "patch_id": 1,
                "user_id": 1,
                "date": "2016-02-01T00:00:00",
                "state": "fail",
                "target_url": None,
                "description": "<script>",
                "context": None,
            }
        ],
    },
    Dataset,
)


def ask(
    target: str,
    method: str = "GET",
    like: str = NEW,
    body: bytes | None = None,
    enabled: bool = True,
    **headers: str,
) -> Response:
    patchwork = Patchwork(ROWS, like, clock=lambda: NOW, enabled=enabled)
    sent = [(b"host", b"h.example")] if "host" not in headers else []
    sent += [(n.replace("_", "-").encode(), v.encode("latin-1")) for n, v in headers.items()]
    if body is not None:
        sent.append((b"content-length", b"%d" % len(body)))
    request = Request(method.encode(), target.encode(), sent, body or b"")
    return respond(request, patchwork)


def call(method: str, *params: Any) -> Any:
    body = xmlrpc.client.dumps(params, method, allow_none=True).encode()
    answer = ask("/xmlrpc/", "POST", body=body)
    assert answer.status == 200
    return xmlrpc.client.loads(b"".join(answer.body))[0][0]


def header(answer: Response, name: str) -> str | None:
    return dict(answer.headers).get(name)


def text(answer: Response) -> str:
    return b"".join(answer.body).decode()


# What was recorded.

READS = {"http", "page", "body", "enc"}


@pytest.mark.parametrize("name", recordings.INSTANCES)
def test_what_was_recorded_of_the_http_layer_is_answered_alike(name: str) -> None:
    like = name.removesuffix("-disabled")
    enabled = like == name
    answers, wrong, compared = recordings.answers(name), [], 0
    for which in "ab":
        rows = msgspec.convert(recordings.dataset(which, name), Dataset, strict=False)
        patchwork = Patchwork(rows, like, enabled=enabled)
        for sent in recordings.calls(which):
            answer = answers.get(sent.key)
            if sent.id.split("/")[0] not in READS or answer is None:
                continue
            response = recordings.framed(sent, respond(recordings.as_request(sent), patchwork))
            compared += 1
            if reason := recordings.compare(sent, answer, response):
                wrong.append(f"{sent.id}: {reason}")
    assert wrong == []
    assert compared == (114 if not enabled else 254)


# The API.


def test_the_plain_call_is_answered() -> None:
    assert call("pw_rpc_version") == [1, 3, 0]


@pytest.mark.parametrize("name", RECORDED)
def test_a_call_with_cookies_has_the_same_body(name: str) -> None:
    body = xmlrpc.client.dumps((1,), "patch_get").encode()
    plain = ask("/xmlrpc/", "POST", name, body)
    with_cookie = ask("/xmlrpc/", "POST", name, body, cookie="a=b; sessionid=unknown1")
    assert plain.body == with_cookie.body or text(plain) == text(with_cookie)
    assert header(plain, "Content-Length") == header(with_cookie, "Content-Length")


@pytest.mark.parametrize(
    "target",
    [
        "/xmlrpc/",
        "/xmlrpc/?a=b",
        "/%78mlrpc/",
        "http://h/xmlrpc/",
        "HTTPS://x:1/xmlrpc/?q",
        "/xmlrpc/#f",
    ],
)
def test_every_way_to_write_the_target_reaches_the_api(target: str) -> None:
    body = xmlrpc.client.dumps((), "pw_rpc_version").encode()
    assert b"<methodResponse>" in b"".join(ask(target, "POST", body=body).body)


@pytest.mark.parametrize("target", ["/xmlrpc//", "/xmlrpc/x", "/XMLRPC/", "/RPC2", "/xmlrpc/%2F"])
def test_no_other_path_does(target: str) -> None:
    assert ask(target, "POST", body=b"").status == 404


def test_a_body_without_a_length_is_not_read() -> None:
    body = xmlrpc.client.dumps((), "pw_rpc_version").encode()
    request = Request(b"POST", b"/xmlrpc/", [(b"host", b"h")], body)
    answer = respond(request, Patchwork(ROWS, NEW))
    assert "no element found: line 1, column 0" in text(answer)


@pytest.mark.parametrize("name", RECORDED)
def test_django_refuses_long_bodies_since_1_10(name: str) -> None:
    limit = instance(name).traits.body_limit
    long = b"<a>" + b" " * 2_621_438
    answer = text(ask("/xmlrpc/", "POST", name, long))
    assert ("RequestDataTooBig" in answer) == (limit is not None)
    assert "RequestDataTooBig" not in text(ask("/xmlrpc/", "POST", name, long[:-1]))


def test_a_disabled_api_is_not_there() -> None:
    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        for target in ("/xmlrpc/", "/xmlrpc"):
            assert ask(target, method, body=b"", enabled=False).status == 404


def test_a_fault_that_python_2_cannot_write_is_an_empty_500() -> None:
    body = xmlrpc.client.dumps((), "ünknown").encode()
    answer = ask("/xmlrpc/", "POST", "2.2-py2-sqlite", body)
    assert (answer.status, text(answer), header(answer, "Content-Length")) == (500, "", "0")
    assert ask("/xmlrpc/", "POST", "2.2-py3-sqlite", body).status == 200


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("<i8>7</i8>", 200),
        (f"<i8>{2**31}</i8>", 500),
        ("<nil/>", 500),
        ("<array>" * 5000 + "</array>" * 5000, 500),
    ],
    ids=["small", "large", "none", "deep"],
)
def test_a_fault_is_echoed_if_it_can_be_written(code: str, status: int) -> None:
    body = (
        f"<m><fault><value><struct><name>faultCode</name>{code}"
        "<name>faultString</name><string>x</string></struct></value></fault></m>"
    )
    assert ask("/xmlrpc/", "POST", body=body.encode()).status == status


def test_deeply_nested_parameters_end_in_a_fault() -> None:
    deep = b"<array>" * 5000 + b"</array>" * 5000
    for name in ("patch_get", "patch_list", "state_list", "patch_get_by_hash"):
        body = b"<m><methodName>%b</methodName>%b</m>" % (name.encode(), deep)
        answer = ask("/xmlrpc/", "POST", body=body)
        assert answer.status == 200
        assert "<methodResponse>" in text(answer)


@pytest.mark.parametrize("name", names())
def test_composed_instances_speak_too(name: str) -> None:
    body = xmlrpc.client.dumps((), "pw_rpc_version").encode()
    answer = ask("/xmlrpc/", "POST", name, body)
    (version,), _ = xmlrpc.client.loads(text(answer))
    assert version in (1, [1, 2, 0], [1, 3, 0])
    for target in ("/", "/xmlrpc/", "/patch/1/", "/patch/1/mbox/", "/about", "/nosuch/"):
        assert ask(target, like=name).status in (200, 301, 302, 404)


# Refusals and redirects.


@pytest.mark.parametrize("host", ["bad_host!", "a b", "", "h/", "h:x", "h, h"])
def test_a_bad_host_is_refused(host: str) -> None:
    assert ask("/xmlrpc/", "POST", body=b"", host=host).status == 400


@pytest.mark.parametrize("host", ["h", "h:80", "H.Example.", "127.0.0.1:8000", "[::1]", "[::1]:80"])
def test_a_good_host_is_not(host: str) -> None:
    assert ask("/", host=host).status == 200


@pytest.mark.parametrize(
    ("host", "before", "since"),
    [("[::ffff:1.2.3.4]", 400, 200), (".", 200, 400), (".:80", 200, 400), ("..", 200, 200)],
)
def test_django_1_11_has_another_idea_of_hosts(host: str, before: int, since: int) -> None:
    for name in ("1.1-py2-sqlite", "1.1-py3-sqlite", "2.0-py3-sqlite"):
        assert ask("/", host=host, like=name).status == before
    for name in ("2.1-py3-sqlite", "2.2-py2-sqlite", NEW, "main-py3-sqlite"):
        assert ask("/", host=host, like=name).status == since


def test_the_front_joins_headers_of_one_name() -> None:
    """As gunicorn from 19.7 to 27 does."""
    body = xmlrpc.client.dumps((1, {}), "patch_set").encode()
    head = [(b"host", b"h"), (b"content-length", b"%d" % len(body))]

    def answer(*headers: tuple[bytes, bytes]) -> Response:
        return respond(Request(b"POST", b"/xmlrpc/", [*head, *headers], body), Patchwork(ROWS, NEW))

    basic = (b"authorization", b"Basic PHNjcmlwdD46cA==")
    assert "<boolean>1" in text(answer(basic))
    assert "scheme not supported" in text(answer((b"authorization", b"Bearer x"), basic))
    cookies = (b"cookie", b"a=b"), (b"cookie", b"sessionid=abc")
    assert set_cookies(answer(*cookies)) == []
    assert len(set_cookies(answer(*reversed(cookies)))) == 1


def test_no_host_at_all_is_fine() -> None:
    request = Request(b"GET", b"/", [], version="1.0")
    assert respond(request, Patchwork(ROWS, NEW)).status == 200


@pytest.mark.parametrize("method", ["get", "Post", "GE", "G" * 21, "G#T", "G T"])
def test_what_is_no_method_is_refused_by_the_front(method: str) -> None:
    answer = ask("/", method)
    assert answer.status == 400
    assert [name for name, _ in answer.headers] == ["Content-Type", "Content-Length"]


@pytest.mark.parametrize(
    ("target", "where"),
    [
        ("/xmlrpc", "/xmlrpc/"),
        ("/xmlrpc?a=b&c=%3C", "/xmlrpc/?a=b&c=%3C"),
        ("/about", "/about/"),
        ("/project/Linux", "/project/Linux/"),
        ("/patch/1", "/patch/1/"),
        ("/project/a%20b%C3%BC/list", "/project/a%20b%C3%BC/list/"),
        ("http://elsewhere/about", "/about/"),
        ("/project/a'b;c~/list", "/project/a'b%3Bc~/list/"),
        ("/project/a:b@c&d=e,f+g/list", "/project/a:b@c&d%3De,f+g/list/"),
        ("/project/a$b!c*d(e)/list", "/project/a$b!c*d(e)/list/"),
        ("/project/%FFa%C3%28/list", "/project/%25FFa%25C3(/list/"),
    ],
)
def test_a_missing_slash_is_put_behind(target: str, where: str) -> None:
    for method in ("GET", "POST", "HEAD", "DELETE"):
        answer = ask(target, method)
        assert (answer.status, header(answer, "Location")) == (301, where)


def test_redirects_are_absolute_on_django_1_8() -> None:
    answer = ask("/xmlrpc", like="1.1-py2-sqlite", host="pw.example:8000")
    assert header(answer, "Location") == "http://pw.example:8000/xmlrpc/"


def test_django_1_8_quotes_all_that_it_can_in_a_redirect() -> None:
    where = header(
        ask("/project/a'b;c:d@e&f=g,h+i$j!k*l(m)n~o/list", like="1.1-py2-sqlite"), "Location"
    )
    assert where == (
        "http://h.example/project/a%27b%3Bc%3Ad%40e%26f%3Dg%2Ch%2Bi%24j%21k%2Al%28m%29n%7Eo/list/"
    )


@pytest.mark.parametrize("name", ["1.1-py2-sqlite", "1.1-py3-sqlite", "2.0-py3-sqlite"])
def test_django_before_1_11_refuses_a_path_that_is_no_utf_8(name: str) -> None:
    for target in ("/%FF/", "/project/%C3%28/list"):
        answer = ask(target, like=name, host="bad host")
        assert (answer.status, text(answer)) == (400, "")
        assert answer.headers == (("Content-Type", "text/html; charset=utf-8"),)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "FOO"])
def test_pages_take_no_writes(method: str) -> None:
    assert ask("/", method).status == 403
    assert ask("/nosuch/", method).status == 404


@pytest.mark.parametrize("target", ["/", "/about/", "/project/Linux/list/", "/patch/1/mbox/"])
def test_head_tells_what_get_would_send(target: str) -> None:
    get, head = ask(target), ask(target, "HEAD")
    assert head.body == []
    assert (
        header(head, "Content-Length")
        == header(get, "Content-Length")
        == str(len(text(get).encode()))
    )
    assert header(head, "Vary") == "Cookie"


# Cookies.


def set_cookies(answer: Response) -> list[str]:
    return [value for name, value in answer.headers if name == "Set-Cookie"]


def test_a_session_that_is_none_is_deleted() -> None:
    for cookie in ("sessionid=abc", "x=y; sessionid=", 'sessionid="abc"'):
        (deleted,) = set_cookies(ask("/xmlrpc/", "POST", body=b"", cookie=cookie))
        assert deleted.startswith('sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0')


@pytest.mark.parametrize("cookie", ["sessionid", "a; sessionid; b=c", "sessionid; sessionid x"])
def test_a_name_without_a_value_is_no_cookie(cookie: str) -> None:
    for target in ("/", "/xmlrpc/"):
        assert set_cookies(ask(target, cookie=cookie)) == []


@pytest.mark.parametrize("name", RECORDED)
def test_a_deleted_session_varies_by_cookie_since_django_3(name: str) -> None:
    answer = ask("/", like=name, cookie="sessionid=0123456789abcdef")
    assert len(set_cookies(answer)) == 1
    since = instance(name).traits.varies_on_dropped_sessions
    assert header(answer, "Vary") == ("Cookie" if since else None)
    assert header(ask("/", like=name), "Vary") == "Cookie"


@pytest.mark.parametrize("name", RECORDED)
def test_no_session_is_looked_at_before_a_redirect_to_the_slash(name: str) -> None:
    for cookie in ("sessionid=", "sessionid=abc"):
        assert set_cookies(ask("/xmlrpc", like=name, cookie=cookie)) == []
        assert set_cookies(ask("/", like=name, cookie=cookie, host="a_b")) == []


def test_an_unknown_session_is_deleted_once_something_looks_at_it() -> None:
    cookie = "sessionid=0123456789abcdef0123456789abcdef"
    assert set_cookies(ask("/xmlrpc/", "POST", body=b"", cookie=cookie)) == []
    assert len(set_cookies(ask("/", cookie=cookie))) == 1
    assert set_cookies(ask("/about", cookie=cookie)) == []


def test_a_form_comes_with_a_token_that_lasts_a_year() -> None:
    first, second = (ask("/project/Linux/list/") for _ in range(2))
    pattern = (
        r"csrftoken=(\w{32}); expires=Mon, 22 Nov 2027 07:01:46 GMT; Max-Age=31449600; Path=/; "
        "SameSite=Lax"
    )
    tokens = [re.fullmatch(pattern, set_cookies(answer)[0]) for answer in (first, second)]
    assert tokens[0] is not None
    assert tokens[1] is not None
    assert tokens[0][1] != tokens[1][1]


def token_for(csrf: str | None, name: str, target: str = "/user/login/", host: str = "h") -> str:
    """The CSRF token that is set when the client sends this one; '' for none."""
    sent = "" if csrf is None else f"csrftoken={csrf}"
    cookies = set_cookies(ask(target, like=name, cookie=sent, host=host))
    return "".join(re.findall(r"^csrftoken=(\w+);", "\n".join(cookies)))


@pytest.mark.parametrize(
    ("name", "new", "kept"),
    [
        ("1.1-py2-sqlite", 32, (1, 31, 32)),
        ("1.1-py3-sqlite", 32, (1, 31, 32)),
        ("2.0-py3-sqlite", 64, (64,)),
        ("2.2-py2-sqlite", 64, (64,)),
        ("3.1-py3-sqlite", 64, (64,)),
        (NEW, 32, (32,)),
        ("main-py3-sqlite", 32, (32,)),
    ],
)
def test_a_token_that_the_client_has_is_kept_if_that_django_made_it(
    name: str, new: int, kept: tuple[int, ...]
) -> None:
    assert len(token_for(None, name)) == new
    for length in (0, 1, 31, 32, 33, 63, 64, 65):
        token = token_for("a" * length, name)
        assert (token == "a" * length) == (length in kept)
        assert token in ("a" * length, token[:new])
    assert len(token_for("-" * new, name)) == new


@pytest.mark.parametrize("name", RECORDED)
def test_a_bad_token_is_renewed_wherever_django_4_looks_at_it(name: str) -> None:
    since = instance(name).traits.renews_bad_csrf_tokens
    for target, host in (("/", "h"), ("/xmlrpc/", "h"), ("/", "a_b")):
        assert bool(token_for("x", name, target, host=host)) == since
    assert token_for("x", name, "/xmlrpc") == ""
    assert bool(token_for("x" * 32, name, "/")) == (name == "3.1-py3-sqlite")


def test_python_2_walks_cookies_and_headers_in_hash_order() -> None:
    traits = instance("2.2-py2-sqlite").traits
    sent = Cookies(session="", csrf=None)
    answer = finish(Page(form=True, session=True), b"GET", sent, traits, NOW)
    names = [name for name, _ in answer.headers]
    assert names[:4] == ["Vary", "X-Frame-Options", "Content-Type", "Content-Length"]
    assert [value.split("=")[0] for value in set_cookies(answer)] == ["csrftoken", "sessionid"]


# Pages.

PAGES = (
    *("/", "/about/", "/help/", "/user/login/", "/nosuch/", "/project/Linux/", "/patch/1/"),
    *("/project/Linux/list/", "/xmlrpc/", "/project/Linux/patch/p1@h/", "/<script>/"),
    *("/patch/3/", "/patch/2/"),
)


class Balance(HTMLParser):
    """Notes every tag that is closed in the wrong place, or never, or should not be there."""

    VOID = frozenset({"meta", "br", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "i", "b", "one"):
            self.wrong.append(f"<{tag}>")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


@pytest.mark.parametrize("name", ["1.1-py2-sqlite", "2.1-py3-sqlite", NEW])
@pytest.mark.parametrize("target", [page for page in PAGES if page != "/xmlrpc/"])
def test_pages_are_sound_html_whatever_rows_hold(target: str, name: str) -> None:
    answer = ask(target, like=name)
    if answer.status in (301, 302):
        return
    assert header(answer, "Content-Type") == "text/html; charset=utf-8"
    parser = Balance()
    parser.feed(text(answer))
    assert (parser.wrong, parser.open) == ([], [])
    assert not re.search(r"[\x00-\x08\x0b\x0e-\x1f]", text(answer))


@pytest.mark.parametrize("enabled", [True, False])
def test_the_about_page_says_which_api_is_on(enabled: bool) -> None:
    shown = recordings.api_status(text(ask("/about/", enabled=enabled)))
    assert shown == {"REST": "enabled", "XML-RPC": "enabled" if enabled else "disabled"}


@pytest.mark.parametrize("patch_id", [1, 2, 3, 4])
def test_a_patch_number_leads_to_the_patch_by_its_message_id(patch_id: int) -> None:
    for rest in ("", "mbox/", "raw/"):
        moved = ask(f"/patch/{patch_id}/{rest}")
        where = header(moved, "Location")
        assert moved.status == 302
        assert where is not None
        assert where.isascii()
        assert ask(where).status == 200


def test_a_message_id_without_brackets_leads_nowhere() -> None:
    where = header(ask("/patch/5/"), "Location")
    assert where == "/project/Linux/patch/bare/"
    assert ask(where).status == 404


def test_a_message_id_is_looked_for_in_its_project_alone() -> None:
    assert ask("/project/other/patch/p1@h/").status == 404
    assert ask("/project/nosuch/patch/p1@h/").status == 404


def test_mariadb_takes_names_in_any_case() -> None:
    assert ask("/project/LINUX/patch/P1@H/", like="3.2-py3-mariadb").status == 200
    assert ask("/project/LINUX/patch/P1@H/", like=NEW).status == 404


def test_downloads_are_named_after_the_patch() -> None:
    def name(target: str, like: str = NEW) -> str | None:
        return header(ask(target, like=like), "Content-Disposition")

    assert name("/project/Linux/patch/p1@h/mbox/") == "attachment; filename=PATCH-one.patch"
    assert name("/project/Linux/patch/p1@h/raw/") == "attachment; filename=PATCH-one.diff"
    assert name("/patch/1/raw/", "1.1-py3-sqlite") == "attachment; filename=PATCH-one.patch"
    assert name("/project/Linux/patch/a%252Fb+c=d%252Fe@h/mbox/") == "attachment; filename=.patch"


def test_a_raw_patch_is_the_diff_as_it_is_stored() -> None:
    where = header(ask("/patch/3/raw/"), "Location")
    assert where is not None
    assert b"".join(ask(where).body) == "+ü\r\n".encode()
    assert text(ask("/project/Linux/patch/a%252Fb+c=d%252Fe@h/raw/")) == "None"


@pytest.mark.parametrize("number", ["0", "6", "٨", str(2**63 - 1)])
def test_a_number_that_no_patch_has_is_not_found(number: str) -> None:
    number = quote(number)
    for rest in ("", "mbox/", "raw/"):
        assert ask(f"/patch/{number}/{rest}").status == 404
        assert ask(f"/patch/{number}/{rest}", like="2.1-py3-sqlite").status == 404
    assert ask(f"/comment/{number}/").status == 404


@pytest.mark.parametrize("name", RECORDED)
def test_a_number_that_sqlite_does_not_take_breaks_the_page_until_django_5(name: str) -> None:
    """As it does an XML-RPC call (servers.md 2, on 3.1.3 to 3.2.1)."""
    traits = instance(name).traits
    breaks = traits.big_integer_text is not None and not traits.knows_integer_ranges
    for target in (f"/patch/{2**63}/", f"/patch/{2**63}/mbox/", f"/patch/{'9' * 400}/raw/"):
        assert ask(target, like=name).status == (500 if breaks else 404)


PRINTABLE = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.sampled_from(["/", "/project/", "/patch/", "/api/", "//", "http://", "*"]), PRINTABLE)
def test_any_target_at_all_gets_an_answer(start: str, rest: str) -> None:
    """400 where the bytes that it stands for are no UTF-8: before any middleware."""
    target = (start + rest).encode().decode("latin-1")
    try:
        unquote_to_bytes(target.encode("latin-1")).decode()
    except UnicodeDecodeError:
        wrong = {400}
    else:
        wrong = set()
    for name in ("1.0-py2-sqlite", NEW):
        assert ask(target, like=name).status in {200, 301, 302, 403, 404} | wrong


@given(st.binary(max_size=40), st.binary(max_size=20), st.binary(max_size=40))
def test_any_cookie_host_and_credentials_get_an_answer(
    cookie: bytes, host: bytes, credentials: bytes
) -> None:
    headers = [(b"host", host), (b"cookie", cookie), (b"authorization", b"Basic " + credentials)]
    body = xmlrpc.client.dumps((1, {}), "patch_set").encode()
    headers.append((b"content-length", b"%d" % len(body)))
    for name in ("2.0-py2-sqlite", NEW):
        answer = respond(Request(b"POST", b"/xmlrpc/", headers, body), Patchwork(ROWS, name))
        assert answer.status in (200, 400)


HEADS = st.lists(
    st.sampled_from(
        [
            (b"host", b"h.example"),
            (b"host", b"no host"),
            (b"content-length", b"1"),
            (b"authorization", b"Basic PHNjcmlwdD46cA=="),
            (b"authorization", b"Bearer x"),
            (b"cookie", b"sessionid=nosuch"),
        ]
    ),
    max_size=4,
)
BODIES = st.sampled_from(
    [
        xmlrpc.client.dumps(params, method).encode()
        for method, params in (
            ("pw_rpc_version", ()),
            ("patch_set", (1, {"archived": True})),
            ("patch_list", ({"archived": True, "max_count": 2},)),
            ("nosuch", ()),
        )
    ]
    + [b"", b"<"]
)


@given(
    st.sampled_from(["POST", "POST", "GET"]),
    st.sampled_from(["//xmlrpc/", "http://h/xmlrpc/"]),
    HEADS,
    st.lists(
        st.tuples(BODIES, st.sampled_from(["2.2-py2-sqlite", NEW]), st.booleans()),
        min_size=2,
        max_size=6,
    ),
)
def test_what_was_seen_of_a_head_changes_no_answer(
    method: str,
    target: str,
    headers: list[tuple[bytes, bytes]],
    calls: list[tuple[bytes, str, bool]],
) -> None:
    """The same head again: other bodies, other instances, the API on or off."""
    request = Request(method.encode(), target.encode(), headers)
    again, anew = (
        {name: Patchwork(ROWS, name, clock=lambda: NOW) for name in ("2.2-py2-sqlite", NEW)}
        for _ in range(2)
    )
    for body, name, enabled in calls:
        again[name].enabled = anew[name].enabled = enabled
        if body != request.body:  # otherwise the very same request comes once more
            request = request.with_body(body)
        fresh = Request(request.method, request.target, headers, body)
        assert respond(request, again[name]) == respond(fresh, anew[name])
