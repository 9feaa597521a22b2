"""Servers that break HTTP or XML in one way each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from xml.sax.saxutils import escape

from fakepw.patchwork.patchwork import Patchwork
from fakepw.protocol import Request, Response

from .harness import Break, Mutant, Respond

Test = Callable[[Request], bool]
Rewrite = Callable[[Request], Request]
Alter = Callable[[Request, Response], Response]

#: As Patchwork heads its own pages (servers.md 1.1): without it, a front would have answered.
HTML = (("Content-Type", "text/html; charset=utf-8"), ("X-Frame-Options", "DENY"))
XMLRPC = b"/xmlrpc/"


def asked(rewrite: Rewrite) -> Break:
    """Take another request for the one that came."""
    return lambda respond: lambda request, patchwork: respond(rewrite(request), patchwork)


def said(alter: Alter) -> Break:
    """Give another answer than the right one."""
    return lambda respond: lambda request, patchwork: alter(request, respond(request, patchwork))


def read(rewrite: Callable[[bytes], bytes]) -> Break:
    """Read another body than the one that came."""
    return asked(lambda request: replace(request, body=rewrite(request.body)))


def status(code: int, test: Test) -> Break:
    """Answer this status and a page where the test holds."""
    page = Response(code, HTML, [b"<!DOCTYPE html><title>no</title>"])
    return said(lambda request, response: page if test(request) else response)


def now_and_then(turn: int) -> Break:
    """Fail every so many times."""
    turns = count(1)
    return status(500, lambda request: next(turns) % turn == 0)


def every(request: Request) -> bool:
    """Whatever is asked."""
    return True


def written(rewrite: Callable[[bytes], bytes], test: Test = every) -> Break:
    """Change the bodies of answers where the test holds."""

    def alter(request: Request, response: Response) -> Response:
        if not test(request):
            return response
        body = rewrite(b"".join(response.body))
        headers = tuple(h for h in response.headers if h[0] != "Content-Length")
        return Response(response.status, (*headers, ("Content-Length", str(len(body)))), [body])

    return said(alter)


def fault(text: str, test: Test) -> Break:
    """Answer this fault where the test holds."""
    members = (
        "<member><name>faultCode</name><value><int>1</int></value></member>"
        f"<member><name>faultString</name><value><string>{escape(text)}</string></value></member>"
    )
    body = (
        "<?xml version='1.0'?>\n<methodResponse><fault><value><struct>"
        f"{members}</struct></value></fault></methodResponse>"
    )
    answer = Response(200, (*HTML, ("Content-Length", str(len(body)))), [body.encode()])
    return said(lambda request, response: answer if test(request) else response)


def unreadable(pattern: bytes) -> Break:
    """Refuse bodies in which this is found."""
    found = re.compile(pattern, re.S)
    text = (
        "<class 'xml.parsers.expat.ExpatError'>:not well-formed (invalid token): line 1, column 0"
    )
    return fault(text, lambda request: found.search(request.body) is not None)


def forgiving(pattern: bytes) -> Break:
    """Take bodies in which this is found for a call of pw_rpc_version."""
    found = re.compile(pattern, re.S)
    call = b"<methodCall><methodName>pw_rpc_version</methodName></methodCall>"
    return read(lambda body: call if found.search(body) else body)


def crashing(pattern: bytes) -> Break:
    """Fail with a 500 at bodies in which this is found."""
    found = re.compile(pattern, re.S)
    return status(500, lambda q: q.method == b"POST" and found.search(q.body) is not None)


def sends(name: bytes, value: bytes | None = None) -> Test:
    """Whether a header is sent, with this value if one is given."""
    return lambda request: any(k == name and value in (None, v) for k, v in request.headers)


def method(*names: bytes) -> Test:
    """Whether the HTTP method is one of these."""
    return lambda request: request.method in names


def target(text: bytes) -> Test:
    """Whether the target is just this."""
    return lambda request: request.target == text


def named(name: bytes) -> Test:
    """Whether that method seems to be called."""
    return lambda request: b"<methodName>%b</methodName>" % name in request.body


def as_posted(test: Test) -> Break:
    """Run as a call to the endpoint whatever the test holds for."""
    return asked(lambda q: replace(q, method=b"POST", target=XMLRPC) if test(q) else q)


def headed(name: str, value: str | None, test: Test = every) -> Break:
    """Send this header in place of its namesakes; none if there is no value."""

    def alter(request: Request, response: Response) -> Response:
        if not test(request):
            return response
        kept = tuple(h for h in response.headers if h[0] != name)
        return replace(response, headers=(*kept, (name, value)) if value else kept)

    return said(alter)


def every_other(respond: Respond) -> Respond:
    """Answer every second call of pw_rpc_version with nothing."""
    counter = count(1)

    def answer(request: Request, patchwork: Patchwork) -> Response:
        if named(b"pw_rpc_version")(request) and next(counter) % 2 == 0:
            return Response(200, (*HTML, ("Content-Length", "0")))
        return respond(request, patchwork)

    return answer


def waited_for(respond: Respond) -> Respond:
    """Say that lists of people are longer than they are: the client waits for the rest."""

    def answer(request: Request, patchwork: Patchwork) -> Response:
        response = respond(request, patchwork)
        if not named(b"person_list")(request):
            return response
        kept = tuple(h for h in response.headers if h[0] != "Content-Length")
        length = sum(map(len, response.body)) + 8
        return Response(200, (*kept, ("Content-Length", str(length))), response.body)

    return answer


def mixed_up(respond: Respond) -> Respond:
    """Answer every second call of what there is not as if it were another call."""
    turns = count(1)

    def answer(request: Request, patchwork: Patchwork) -> Response:
        if named(b"nosuch")(request) and next(turns) % 2 == 0:
            return respond(
                request.with_body(request.body.replace(b"nosuch", b"state_list")), patchwork
            )
        return respond(request, patchwork)

    return answer


def spoilt(respond: Respond) -> Respond:
    """After a body that is no call, the next call is answered with what was left over."""
    broken = [False]

    def answer(request: Request, patchwork: Patchwork) -> Response:
        left, broken[0] = broken[0], b"<methodCall" not in request.body
        return respond(replace(request, body=b"<oops") if left else request, patchwork)

    return answer


def lower(body: bytes) -> bytes:
    """The body with its tags in lower case."""
    return body.replace(b"METHODCALL", b"methodCall").replace(b"METHODNAME", b"methodName")


def as_latin_1(body: bytes) -> bytes:
    """Bodies that are no UTF-8 read as Latin-1."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1").encode()
    return body


def as_utf_32(body: bytes) -> bytes:
    """Bodies in UTF-32 read for what they are."""
    return body.decode("utf-32").encode() if body.startswith(b"\xff\xfe\0\0") else body


def cut(pattern: bytes) -> Break:
    """Read bodies without what is found by this; of a group, that alone is kept."""
    found = re.compile(pattern, re.S)
    return read(lambda body: found.sub(lambda m: m[1] if found.groups else b"", body))


def swap(one: bytes, other: bytes) -> Break:
    """Read this in bodies for that."""
    return read(lambda body: body.replace(one, other))


#: Two members of one name.
TWICE = (
    rb"(<member><name>id</name>(?:(?!</member>).)*</member>)"
    rb"<member><name>id</name>(?:(?!</member>).)*</member>"
)


def changed(old: bytes, new: bytes) -> Break:
    """Write this in answers for that."""
    return written(lambda body: body.replace(old, new))


HTTP = (
    Mutant("no page", "PW-HTTP-001", status(404, method(b"GET"))),
    Mutant("a page of no methods", "PW-HTTP-001", written(lambda b: b"<html>", method(b"GET"))),
    Mutant("a page in 1.0", "PW-HTTP-002", status(200, method(b"GET")), "1.0-py2-sqlite"),
    Mutant("PUT runs calls", "PW-HTTP-003", as_posted(method(b"PUT"))),
    Mutant("PROPFIND runs calls", "PW-HTTP-003", as_posted(method(b"PROPFIND"))),
    Mutant("DELETE fails", "PW-HTTP-003", status(500, method(b"DELETE"))),
    Mutant("HEAD fails", "PW-HTTP-004", status(500, method(b"HEAD"))),
    Mutant("OPTIONS fails", "PW-HTTP-004", status(500, method(b"OPTIONS"))),
    Mutant("the slash may be left out", "PW-HTTP-005", as_posted(target(b"/xmlrpc"))),
    Mutant("404 without the slash", "PW-HTTP-005", status(404, target(b"/xmlrpc"))),
    Mutant("led elsewhere", "PW-HTTP-005", headed("Location", "/about/", target(b"/xmlrpc"))),
    Mutant("success is 201", "PW-HTTP-006", said(lambda q, a: replace(a, status=201))),
    Mutant("faults are 500", "PW-HTTP-007", status(500, named(b"nosuch"))),
    Mutant("faults are 400", "PW-HTTP-007", status(400, named(b"patch_get"))),
    Mutant("text/xml", "PW-HTTP-008", headed("Content-Type", "text/xml")),
    Mutant(
        "lists as text/xml", "PW-HTTP-008", headed("Content-Type", "text/xml", named(b"state_list"))
    ),
    Mutant("no charset", "PW-HTTP-008", headed("Content-Type", "text/html")),
    Mutant("JSON refused", "PW-HTTP-009", status(415, sends(b"content-type", b"application/json"))),
    Mutant("a type needed", "PW-HTTP-009", status(400, lambda q: not sends(b"content-type")(q))),
    Mutant("HTTP/1.0 refused", "PW-HTTP-010", status(505, lambda q: q.version == "1.0")),
    Mutant("every second call lost", "PW-HTTP-011", every_other),
    Mutant(
        "absolute targets unknown", "PW-HTTP-012", status(404, lambda q: q.target[:4] == b"http")
    ),
    Mutant("queries refused", "PW-HTTP-013", status(404, lambda q: b"?" in q.target)),
    Mutant("CSRF checked", "PW-HTTP-014", status(403, sends(b"origin"))),
    Mutant("unknown sessions refused", "PW-HTTP-014", status(403, sends(b"cookie"))),
    Mutant(
        "gzip that is none",
        "PW-HTTP-015",
        headed("Content-Encoding", "gzip", sends(b"accept-encoding")),
    ),
    Mutant("Expect refused", "PW-HTTP-016", status(417, sends(b"expect"))),
    Mutant("large bodies fail", "PW-HTTP-017", status(500, lambda q: len(q.body) > 65536)),
    Mutant("calls run below", "PW-HTTP-018", as_posted(target(b"/xmlrpc/index.html"))),
    Mutant("calls run at the root", "PW-HTTP-018", as_posted(target(b"/"))),
    Mutant("said to be disabled", "PW-HTTP-019", changed(b"enabled", b"disabled")),
    Mutant("a session for each call", "PW-HTTP-021", headed("Set-Cookie", "sessionid=x; Path=/")),
    Mutant("a CSRF cookie", "PW-HTTP-021", headed("Set-Cookie", "csrftoken=x; Path=/")),
    Mutant("empty bodies fail", "PW-HTTP-022", status(500, lambda q: not q.body)),
    Mutant("empty bodies answer nothing", "PW-HTTP-022", status(200, lambda q: not q.body)),
    Mutant("chunked bodies fail", "PW-HTTP-023", status(500, sends(b"transfer-encoding"))),
    Mutant("chunked bodies unknown", "PW-HTTP-023", status(404, sends(b"transfer-encoding"))),
    Mutant("gzipped bodies fail", "PW-HTTP-024", status(500, sends(b"content-encoding"))),
    Mutant("JSON if asked for", "PW-HTTP-025", written(lambda b: b"{}", sends(b"accept"))),
    Mutant("406 for JSON", "PW-HTTP-025", status(406, sends(b"accept", b"application/json"))),
    Mutant(
        "robots in Python are kept out",
        "PW-HTTP-029",
        status(403, sends(b"user-agent", b"Python-xmlrpc/3.12")),
    ),
    Mutant("a length that never comes", "PW-HTTP-035", waited_for, timeout=0.5),
    Mutant("answers are mixed up", "PW-HTTP-036", mixed_up),
    Mutant("a broken body spoils the next", "PW-HTTP-026", spoilt),
    Mutant("no X-Frame-Options", "PW-HTTP-030", headed("X-Frame-Options", None)),
    Mutant("a front's limit", "PW-HTTP-031", status(413, lambda q: len(q.body) > 1 << 20)),
    Mutant("long bodies fail", "PW-HTTP-031", status(500, lambda q: len(q.body) > 2_621_440)),
    Mutant("HEAD answered", "PW-HTTP-032", status(200, method(b"HEAD"))),
    Mutant("a second slash merged", "PW-HTTP-033", as_posted(target(b"//xmlrpc/"))),
    Mutant("sessions not looked at", "PW-HTTP-034", headed("Set-Cookie", None)),
    Mutant("every tenth call fails", "PW-HTTP-027", now_and_then(10)),
    Mutant("every fortieth call fails", "PW-HTTP-027", now_and_then(40)),
    Mutant("PUT is a page", "PW-HTTP-028", status(200, lambda q: q.method == b"PUT")),
    Mutant("TRACE crashes", "PW-HTTP-028", status(500, lambda q: q.method == b"TRACE")),
)

XML = (
    Mutant("an empty body is a call", "PW-XML-001", forgiving(rb"^$")),
    Mutant("no XML is a call", "PW-XML-002", forgiving(rb"^(hello|{)")),
    Mutant("no XML crashes", "PW-XML-002", crashing(rb"^hello")),
    Mutant("400 for no XML", "PW-XML-002", status(400, lambda q: q.body[:5] == b"hello")),
    Mutant("a truncated body is a call", "PW-XML-003", forgiving(rb"<meth$")),
    Mutant("any end tag closes", "PW-XML-004", swap(b"</b>", b"</a>")),
    Mutant("junk is read over", "PW-XML-005", cut(rb"(</methodCall>).+")),
    Mutant("leading blanks are cut", "PW-XML-006", read(bytes.lstrip)),
    Mutant("HTML is a call", "PW-XML-007", forgiving(rb"^<html>")),
    Mutant("the case of tags does not matter", "PW-XML-008", read(lower)),
    Mutant("undefined entities are dropped", "PW-XML-009", cut(rb"&nosuch;")),
    Mutant("control characters are dropped", "PW-XML-010", cut(rb"[\x01-\x08]|&#[01];")),
    Mutant("surrogates are dropped", "PW-XML-011", cut(rb"&#xD800;")),
    Mutant("unknown tags are strings", "PW-XML-012", cut(rb"</?foo>")),
    Mutant("true is a boolean", "PW-XML-013", swap(b">true<", b">1<")),
    Mutant("2 is a boolean", "PW-XML-013", swap(b"n>2<", b"n>1<")),
    Mutant("0x10 is an int", "PW-XML-014", swap(b">0x10<", b">16<")),
    Mutant("no digits are 0", "PW-XML-014", swap(b"<int></", b"<int>0</")),
    Mutant("words are 0", "PW-XML-014", swap(b"<int>abc</", b"<int>0</")),
    Mutant("abc is a double", "PW-XML-015", swap(b">abc<", b">0<")),
    Mutant(
        "a member needs no name",
        "PW-XML-016",
        swap(b"<member><value>", b"<member><name>id</name><value>"),
    ),
    Mutant("unknown encodings are UTF-8", "PW-XML-017", swap(b"nosuch", b"utf-8")),
    Mutant("other bytes are Latin-1", "PW-XML-018", read(as_latin_1)),
    Mutant("NULs are dropped", "PW-XML-019", swap(b"pw\0", b"pw_")),
    Mutant("no name is a call", "PW-XML-020", forgiving(rb"<methodCall><params>")),
    Mutant("no name crashes", "PW-XML-020", crashing(rb"<methodCall><params>")),
    Mutant("UTF-32 is read", "PW-XML-021", read(as_utf_32)),
    Mutant("a declaration is needed", "PW-XML-030", unreadable(rb"^<methodCall>")),
    Mutant("params are needed", "PW-XML-031", unreadable(rb"</methodName></methodCall>")),
    Mutant("comments are refused", "PW-XML-032", unreadable(rb"<!--")),
    Mutant("a mark is refused", "PW-XML-033", unreadable(rb"^\xef\xbb\xbf")),
    Mutant("CRLF is refused", "PW-XML-034", unreadable(rb"\r\n")),
    Mutant("ASCII only", "PW-XML-035", unreadable(rb"[\x80-\xff]")),
    Mutant("encodings are ignored", "PW-XML-036", cut(rb' encoding="(?:iso|win)[^"]*"')),
    Mutant("UTF-16 is refused", "PW-XML-037", unreadable(rb"^\xff\xfe")),
    Mutant("values need a type", "PW-XML-038", unreadable(rb"<value>[^<]")),
    Mutant("nil is refused", "PW-XML-039", unreadable(rb"<nil/>")),
    Mutant("nil is text", "PW-XML-039", swap(b"<nil/>", b"<string>None</string>")),
    Mutant("i8 is refused", "PW-XML-040", unreadable(rb"<i8>")),
    Mutant("doubles are refused", "PW-XML-041", unreadable(rb"<double>")),
    Mutant("dates must be dates", "PW-XML-041", unreadable(rb">garbage<")),
    Mutant("base64 is refused", "PW-XML-042", unreadable(rb"<base64>")),
    Mutant("the basic plane only", "PW-XML-043", unreadable(rb"[\xf0-\xf4]")),
    Mutant("deep nesting crashes", "PW-XML-044", crashing(rb"(<array><data><value>){50}")),
    Mutant("the name must come first", "PW-XML-045", unreadable(rb"</params>\s*<methodName>")),
    Mutant("the first name counts", "PW-XML-046", cut(rb"(</methodName>)<methodName>.*e>(?=<)")),
    Mutant("a DOCTYPE is refused", "PW-XML-047", unreadable(rb"<!DOCTYPE")),
    Mutant("external entities are resolved", "PW-XML-048", swap(b"&e;</s", b"root:x:0:0</s")),
    Mutant("external entities crash", "PW-XML-048", crashing(rb"SYSTEM")),
    Mutant("the first member counts", "PW-XML-049", cut(TWICE)),
    Mutant("CDATA is markup", "PW-XML-050", cut(rb"<!\[CDATA\[|\]\]>")),
    Mutant("entities are empty", "PW-XML-051", swap(b'"pw_rpc_version"', b'"state_list"')),
    Mutant("internal entities crash", "PW-XML-051", crashing(rb"<!ENTITY")),
    Mutant("nested entities crash", "PW-XML-052", crashing(rb"&x;")),
    Mutant("blanks are refused", "PW-XML-053", unreadable(rb"<value>\s+<int>")),
    Mutant("responses are answered", "PW-XML-054", forgiving(rb"<methodResponse><params>")),
    Mutant("responses crash", "PW-XML-054", crashing(rb"<methodResponse><fault>")),
    Mutant(
        "mangled bodies crash",
        "PW-XML-090",
        status(500, lambda q: q.body[-13:].strip() != b"</methodCall>"),
    ),
    Mutant(
        "a DOCTYPE in answers",
        "PW-XML-091",
        changed(b"<methodResponse>", b"<!DOCTYPE m><methodResponse>"),
    ),
    Mutant("another root", "PW-XML-091", changed(b"methodResponse>", b"response>")),
    Mutant("markup left as it is", "PW-XML-092", changed(b"&lt;", b"<")),
    Mutant("markup escaped twice", "PW-XML-092", changed(b"&amp;", b"&amp;amp;")),
    Mutant("code 100", "PW-XML-093", changed(b"<int>1</int>", b"<int>100</int>")),
    Mutant(
        "no class in faults",
        "PW-XML-093",
        written(lambda b: re.sub(rb"&lt;class '.*?'&gt;:", b"", b)),
    ),
    Mutant("a blank before the declaration", "PW-XML-094", written(lambda b: b"\n" + b)),
    Mutant("no declaration", "PW-XML-094", changed(b"<?xml version='1.0'?>\n", b"")),
    Mutant("i1 is refused", "PW-XML-055", unreadable(rb"<i1>")),
    Mutant("ex:nil is refused", "PW-XML-055", unreadable(rb"<ex:nil/>")),
    Mutant("the root is looked at", "PW-XML-056", unreadable(rb"<foo>")),
    Mutant("namespaces are refused", "PW-XML-056", unreadable(rb"xmlns")),
    Mutant("standalone is refused", "PW-XML-057", unreadable(rb"standalone")),
    Mutant(
        "faults begin with their text",
        "PW-XML-096",
        written(
            lambda b: re.sub(
                rb"(?s)(<member>\n<name>faultCode.*?</member>\n)(<member>.*?</member>\n)",
                rb"\2\1",
                b,
            )
        ),
    ),
    Mutant(
        "a class of the other Python",
        "PW-XML-093",
        changed(b"&lt;class 'TypeError'", b"&lt;type 'exceptions.TypeError'"),
    ),
    Mutant("booleans in words", "PW-XML-097", changed(b"<boolean>1<", b"<boolean>true<")),
    Mutant("people crash", "PW-XML-097", status(500, named(b"person_list"))),
    Mutant("the basic plane alone comes back", "PW-XML-098", cut(rb"[\xf0-\xf4][\x80-\xbf]{3}")),
    Mutant("accents are taken off", "PW-XML-098", changed("\u00fc".encode(), b"u")),
    Mutant("Latin-1", "PW-XML-095", changed(b"</name>", b"</name><!--\xfc-->")),
)

MUTANTS = (*HTTP, *XML)
