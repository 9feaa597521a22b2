"""A request as one line of shell around curl, and as one line of Python: both send it again.

The lines are ASCII and can be pasted into any terminal. What they send is what was sent: the same
method, target, header fields and bytes of the body; only fields that say nothing (`Connection`) and
the order of fields are curl's own. Credentials of the operator are taken from the environment,
`PW_USER` and `PW_PASSWORD`, and so are values of header fields that they added (`variable`).
"""

from __future__ import annotations

import math
import re
import shlex
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

from ..target.exchange import ENDPOINT, Basic, Raw, Request, call, redacted
from ..target.sending.transport import TAIL, USER_AGENT, Endpoint, compose, target_of

#: So many equal bytes in a row are said by their number.
RUN = 500

#: Where a run begins. All of a long one in one match would take 80 bytes of memory for each of its.
_RUN = re.compile(rb"(.)\1{%d}" % (RUN - 1), re.S)
_PLAIN_TARGET = re.compile(r"/(?!\.\.?(/|$))([\w.~%?=&+,;@!$'()*:-]+(/(?!\.\.?(/|$))|$))*")
_PRINTF = {ord("%"): "%%", ord("\\"): "\\\\", 10: "\\n", 13: "\\r", 9: "\\t"}
_LOGIN = "PW_USER", "PW_PASSWORD"


@dataclass(frozen=True)
class Trust:
    """Which certificates the run trusted: any, or those of a file; else those of the system.

    `headers` are the names of the header fields that the operator added.
    """

    insecure: bool = False
    ca: str | None = None
    headers: tuple[str, ...] = ()


def variable(name: str) -> str:
    """The environment variable that holds the value of a header field of the operator's own."""
    return "PW_HEADER_" + re.sub(r"\W", "_", name, flags=re.A).upper()


def curl(request: Request, endpoint: Endpoint, trust: Trust | None = None) -> str:
    """A line for any POSIX shell. It needs curl 7.55 or newer."""
    trust = trust or Trust()
    body = _unframed(request)
    data = bool(request.body) or (request.method == "POST" and request.content_length)
    words = ["curl -sS", "-I" if request.method == "HEAD" else "-i"]
    if request.method not in ("POST" if data else "GET", "HEAD"):
        words.append(f"-X {shlex.quote(request.method)}")
    words += _protocol(request, endpoint, trust)
    words += [f"-H {_quoted(field)}" for field in _fields(request, data, trust)]
    words += [f'-H "{name}: ${variable(name)}"' for name in trust.headers]
    if request.authorization is not None:
        words.append(_authorization(request.authorization, redacted(request)))
    if data:
        words.append("--data-binary @-" if body else "--data-binary ''")
    target, origin = target_of(request, endpoint), f"{endpoint.scheme}://{endpoint.netloc}"
    if _PLAIN_TARGET.fullmatch(target):
        words.append(shlex.quote(origin + target))
    else:
        words.append(f"--request-target {_quoted(target)} {shlex.quote(origin + '/')}")
    return " ".join([f"{_printed(body)} |", *words] if body else words)


def _protocol(request: Request, endpoint: Endpoint, trust: Trust) -> list[str]:
    words = []
    if request.version == "1.0":
        words.append("--http1.0")
    elif endpoint.scheme == "https":
        words.append("--http1.1")
    if endpoint.scheme == "https" and trust.insecure:
        words.append("-k")
    elif endpoint.scheme == "https" and trust.ca:
        words.append(f"--cacert {shlex.quote(trust.ca)}")
    return words


def _fields(request: Request, data: bool, trust: Trust) -> Iterator[str]:
    """Header fields as curl's -H wants them, and those that it would add by itself taken away."""
    given = {name.lower() for name in (*(name for name, _ in request.headers), *trust.headers)}
    for name, value in request.headers:
        yield _field(name, value)
    if "user-agent" not in given:
        yield f"User-Agent: {USER_AGENT}"
    added = {"Accept": True, "Content-Type": data, "Expect": len(request.body) > 1_000_000}
    added["Content-Length"] = bool(
        request.body and not request.content_length and "transfer-encoding" not in given
    )
    yield from (f"{name}:" for name, would in added.items() if would and name.lower() not in given)


def _field(name: str, value: str) -> str:
    """A header field as curl's -H wants it: an empty one needs a semicolon."""
    return f"{name}: {value}" if value.strip() else f"{name};"


def _authorization(value: str | Basic, shown: Request) -> str:
    if not isinstance(value, Basic):
        return f"-H {_quoted(_field('Authorization', str(shown.authorization)))}"
    if value.form == "Basic {token}":
        return '-u "$PW_USER:$PW_PASSWORD"'
    tail = "" if "{token}" in value.form else TAIL
    login = f'"$PW_USER:${{PW_PASSWORD}}{tail}"' if tail else '"$PW_USER:$PW_PASSWORD"'
    token = f"$(printf %s {login} | base64 | tr -d '\\n')"
    return f'-H "Authorization: {value.form.format(token=token, wrong=token)}"'


def _unframed(request: Request) -> bytes:
    """The body without the chunks' own framing, which curl puts around it again."""
    chunked = any(n.lower() == "transfer-encoding" and "chunked" in v for n, v in request.headers)
    found = re.fullmatch(rb"([0-9a-f]+)\r\n(.*)\r\n0\r\n\r\n", request.body, re.S | re.I)
    if chunked and found and int(found[1], 16) == len(found[2]):
        return found[2]
    return request.body


def _quoted(text: str) -> str:
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    return f'"$(printf {_format(text.encode("latin-1", "replace"))})"'


def _format(data: bytes) -> str:
    """A quoted format with which printf writes just these bytes."""
    text = "".join(
        _PRINTF.get(byte) or (chr(byte) if 32 <= byte < 127 and byte != 39 else f"\\{byte:03o}")
        for byte in data
    )
    if text.startswith("-"):
        text = f"\\055{text[1:]}"
    return f"'{text}'"


def _printed(data: bytes) -> str:
    parts = [
        f"head -c {number} /dev/zero | tr '\\0' {_format(piece)}"
        if number > 1
        else f"printf {_format(piece)}"
        for piece, number in _pieces(data)
    ]
    return parts[0] if len(parts) == 1 else f"{{ {'; '.join(parts)}; }}"


def _pieces(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The bytes in pieces, each with how often it comes."""
    start = 0
    while run := _RUN.search(data, start):
        other = re.compile(b"[^%s]" % re.escape(run[1])).search(data, run.end())
        end = other.start() if other else len(data)
        if start < run.start():
            yield data[start : run.start()], 1
        yield run[1], end - run.start()
        start = end
    if start < len(data):
        yield data[start:], 1


def python(request: Request, endpoint: Endpoint, trust: Trust | None = None) -> str:
    """A line of Python 3.8 or newer: through `xmlrpc.client` where that can, else over a socket."""
    trust = trust or Trust()
    proxied = _proxied(request, endpoint, trust)
    if proxied is not None:
        return proxied
    modules = ["http.client", "socket"]
    sent = _sent(request, endpoint, trust)
    if isinstance(request.authorization, Basic):
        modules += ["base64", "os"]
    elif trust.headers:
        modules.append("os")
    address = f"({endpoint.host!r}, {endpoint.port})"
    connection = f"socket.create_connection({address}, 30)"
    if endpoint.scheme == "https":
        modules.append("ssl")
        connection = (
            f"{_context(trust)}.wrap_socket({connection}, server_hostname={endpoint.host!r})"
        )
    return (
        f"import {', '.join(sorted(modules))}; s = {connection}; s.sendall({sent});"
        f" r = http.client.HTTPResponse(s, method={request.method!r}); r.begin();"
        " print(r.status, r.reason, r.headers, r.read(), sep='\\n')"
    )


def _context(trust: Trust) -> str:
    if trust.insecure:
        return "ssl._create_unverified_context()"
    authorities = f"cafile={trust.ca!r}" if trust.ca else ""
    return f"ssl.create_default_context({authorities})"


def _token(form: str) -> str:
    """An expression for the bytes of the operator's credentials in base64."""
    user, password = (f"os.environb[b'{name}']" for name in _LOGIN)
    if "{token}" not in form:
        password = f"{password} + {TAIL.encode()!r}"
    return f"base64.b64encode({user} + b':' + {password})"


def _proxied(request: Request, endpoint: Endpoint, trust: Trust) -> str | None:
    """The call through ServerProxy, if that sends the same call."""
    if request.rpc is None or request.target != ENDPOINT:
        return None
    name, params = request.rpc
    form = request.authorization
    ordinary = call(name, *map(_encodable, params), auth=form, login=request.login)
    if ordinary != request or not (form is None or isinstance(form, Basic)):
        return None
    if not name or name.startswith("_") or not _survives(name, params):
        return None
    modules, options = ["xmlrpc.client"], ["allow_none=True"]
    fields = [f"({name!r}, os.environ[{variable(name)!r}])" for name in trust.headers]
    if isinstance(form, Basic):
        modules.append("base64")
        before, after = re.split(r"\{\w+\}", form.form)
        value = f"{before!r} + {_token(form.form)}.decode()" + (f" + {after!r}" if after else "")
        fields.append(f"('Authorization', {value})")
    if fields:
        modules.append("os")
        options.append(f"headers=[{', '.join(fields)}]")
    if endpoint.scheme == "https" and (trust.insecure or trust.ca):
        modules.append("ssl")
        options.append(f"context={_context(trust)}")
    proxy = f"xmlrpc.client.ServerProxy({endpoint.url!r}, {', '.join(options)})"
    named = name.isidentifier() and name.isascii()
    method = f"{proxy}.{name}" if named else f"getattr({proxy}, {name!a})"
    given = ", ".join(literal(param) for param in params)
    return f"import {', '.join(sorted(modules))}; print({method}({given}))"


def _encodable(value: Any) -> Any:
    """A decoded value as `exchange.encode` takes it."""
    if isinstance(value, xmlrpc.client.Binary):
        return value.data
    if isinstance(value, xmlrpc.client.DateTime):
        return Raw(f"<dateTime.iso8601>{escape(value.value)}</dateTime.iso8601>")
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {name: _encodable(item) for name, item in value.items()}
    return value


def _survives(name: str, params: tuple[Any, ...]) -> bool:
    """Whether xmlrpc.client writes the call as it is."""
    try:
        written = xmlrpc.client.dumps(params, name, allow_none=True)
        return bool(xmlrpc.client.loads(written) == (params, name))
    except (OverflowError, TypeError, ValueError, xmlrpc.client.Error, ExpatError):
        return False


def literal(value: Any) -> str:
    """A value as Python that `xmlrpc.client` takes, in ASCII."""
    if isinstance(value, xmlrpc.client.Binary):
        return _bytes(value.data)
    if isinstance(value, xmlrpc.client.DateTime):
        return f"xmlrpc.client.DateTime({value.value!a})"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k!a}: {literal(v)}' for k, v in value.items())}}}"
    if isinstance(value, str) and value.isascii() and _RUN.search(value.encode()):
        return _joined(f"{p.decode()!a}{_times(n)}" for p, n in _pieces(value.encode()))
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value}')"
    return ascii(value)


def _bytes(data: bytes) -> str:
    return _joined(f"{piece!r}{_times(number)}" for piece, number in _pieces(data)) or "b''"


def _joined(parts: Iterator[str]) -> str:
    return " + ".join(parts)


def _times(number: int) -> str:
    return f" * {number}" if number > 1 else ""


def _sent(request: Request, endpoint: Endpoint, trust: Trust) -> str:
    """An expression for the bytes of the whole request."""
    form = request.authorization
    marks = {f"pw-conformance-mark-{n}": name for n, name in enumerate(trust.headers)}
    secret = {mark.encode(): f"os.environb[b'{variable(n)}']" for mark, n in marks.items()}
    value = redacted(request).authorization
    if isinstance(form, Basic):
        secret[b"pw-conformance-token"] = _token(form.form)
        mark = "pw-conformance-token"
        value = form.form.format(token=mark, wrong=mark)
    assert not isinstance(value, Basic)
    whole = compose(request, endpoint, value, [(name, mark) for mark, name in marks.items()])
    pieces = re.split(b"(" + b"|".join(secret) + b")", whole) if secret else [whole]
    return _joined(secret.get(piece) or _bytes(piece) for piece in pieces if piece)
