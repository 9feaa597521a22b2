"""`fakepw health`: whether a double answers, for a container's HEALTHCHECK and scripts that wait.

It runs beside the server again and again, so it imports next to nothing: no asyncio, no
http.client; ssl where https is spoken. An engine that asks often knows soon that a double is there,
but each time costs it a process: with --watch, one look lasts.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click

from ...patchwork.words.brief import within
from ..guarding.addresses import is_loopback, reached, url_host

#: Bytes of an answer that are read at most.
MOST = 64 * 1024
#: Seconds between two looks at what does not answer yet, and at what does; and for which a
#: container is young: its first looks are not to take longer than they must.
SOON, LATER, YOUNG = 0.02, 1.0, 2.0
_PATH = "/_fakepw/health"
#: Where a world is, and what is before it.
_WORLD = re.compile(r".*?/w/[0-9a-z]+(?=/|\Z)")
_HEAD = re.compile(rb"HTTP/1\.[01] (\d{3})[^\n]*\n(.*?\n)??\r?\n(.*)", re.DOTALL)
_OURS = re.compile(rb"^server: fakepw\s*$", re.IGNORECASE | re.MULTILINE)
_SWITCHES = {"1": True, "true": True, "yes": True, "on": True, "t": True, "y": True}


class Ill(Exception):
    """Why a double is not well, in words that come behind its URL."""


class Asked(NamedTuple):
    """Whom to ask, and what to know for it."""

    host: str
    port: int
    tls: bool
    prefix: str  # of the path, where it is not alone on its host
    token: str | None
    ca_file: str | None

    def __repr__(self) -> str:
        return f"<Asked {self.url}>"  # a token is no one's business

    @property
    def url(self) -> str:
        """As people write it."""
        return f"http{'s' * self.tls}://{url_host(self.host)}:{self.port}{self.prefix}/"


@click.command()
@click.argument("url", required=False)
@click.option("--token", envvar="FAKEPW_CONTROL", help="What `serve --control TOKEN` was given.")
@click.option("--ca-file", metavar="FILE", help="The authority of its certificate, for https.")
@click.option(
    "--timeout",
    default=5.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Seconds in which it must have answered.",
)
@click.option(
    "--watch",
    metavar="SECONDS",
    type=click.FloatRange(0, min_open=True),
    help="For HEALTHCHECK: wait for it until --timeout; once it is there, look for so long.",
)
@click.option("--host", envvar="FAKEPW_HOST", default="127.0.0.1", hidden=True)
@click.option("--port", envvar="FAKEPW_PORT", default="8000", hidden=True)
@click.option("--tls", envvar="FAKEPW_TLS", default="", hidden=True)
@click.option("--tls-cert", envvar="FAKEPW_TLS_CERT", default="", hidden=True)
def health(
    url: str | None,
    token: str | None,
    ca_file: str | None,
    timeout: float,
    watch: float | None,
    host: str,
    port: str,
    tls: str,
    tls_cert: str,
) -> None:
    """Say in one line whether a double answers, and exit with 0 or 1.

    Without a URL it is the one that `fakepw serve` starts with the same environment: the variables
    FAKEPW_HOST, FAKEPW_PORT, FAKEPW_TLS, FAKEPW_TLS_CERT and FAKEPW_CONTROL say where it is. On
    this machine's own addresses a certificate is not looked at unless --ca-file is given.
    """
    control = (token or "on").strip()
    shown = url or "fakepw"
    try:
        known = _token(control)
        asked = _from_variables(host, port, tls, tls_cert) if url is None else _from_url(url)
        asked = asked._replace(token=known, ca_file=ca_file)
        shown = asked.url
        state = _watched(asked, timeout, control.lower() == "off", watch)
        click.echo(f"ok: {shown} {state}")
    except Ill as error:
        click.echo(f"fakepw health: {shown} {error}", err=True)
        sys.exit(1)


def _token(control: str) -> str | None:
    """What steering takes, as the server was told; None if that is nothing, or not known."""
    if control.lower() in ("on", "off"):
        return None
    if not re.fullmatch("[!-~]+", control):
        raise Ill("cannot be asked with what is no token")
    return control


def _from_variables(host: str, port: str, tls: str, certificate: str) -> Asked:
    if not (port.isascii() and port.isdecimal() and 0 < int(port[:9]) < 65536):
        raise Ill(f"has no port to ask at: FAKEPW_PORT is {port!r}, not 1 to 65535; give its URL")
    secure = bool(certificate) or _SWITCHES.get(tls.strip().lower(), False)
    return Asked(reached(host.strip("[]")), int(port), secure, "", None, None)


def _from_url(url: str) -> Asked:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("http", "https") or port == 0:
        raise Ill("is no URL of a double: http://HOST:PORT/")
    tls = parts.scheme == "https"
    path = parts.path.partition("/_fakepw")[0].rstrip("/").removesuffix("/xmlrpc")
    if not (path.isascii() and path.isprintable() and " " not in path):
        raise Ill("is no URL of a double: http://HOST:PORT/")
    return Asked(host, port or (443 if tls else 80), tls, path, None, None)


def _watched(asked: Asked, timeout: float, switched_off: bool, seconds: float | None) -> str:
    """How it is at last. Raises Ill once it does not answer for longer than the timeout; at once
    if there are no seconds to watch it."""
    if seconds is None:
        return _state(asked, timeout, switched_off)
    until, came = time.monotonic() + seconds, _age() < YOUNG
    while True:
        end, pause = time.monotonic() + timeout, SOON
        while True:
            try:
                state = _state(asked, _left(end), switched_off)
                break
            except Ill:
                if time.monotonic() > end:
                    raise
                came = True
                time.sleep(pause)
                pause = min(pause * 1.5, LATER)
        if came or time.monotonic() + LATER > until:
            return state
        time.sleep(LATER)


def _age() -> float:
    """Seconds since the first process of this container, or of this machine, began; 0 where the
    kernel does not tell."""
    try:
        with open("/proc/1/stat", "rb") as stat, open("/proc/uptime", "rb") as uptime:
            # the second field is the name, in brackets, and may hold anything
            begun = int(stat.read().rpartition(b")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
            return float(uptime.read().split()[0]) - begun
    except (OSError, ValueError, IndexError):
        return 0.0


def _state(asked: Asked, timeout: float, switched_off: bool) -> str:
    """How it is, in words. Raises Ill."""
    end = time.monotonic() + timeout
    if switched_off:
        _connected(asked, end).close()
        return "takes connections; its control API is off"
    world = _WORLD.match(asked.prefix)
    status, ours, found = _answer(asked, world[0] + _PATH if world else _PATH, end)
    if world and ours and status == 404 and "error" in found:
        raise Ill(f"is not there: {_said(found['error'])}")
    if asked.prefix and not (ours and status != 404):  # behind somebody's proxy
        status, ours, found = _answer(asked, asked.prefix + _PATH, end)
    if status == 200 and found.get("status") == "ok":
        instance, patches, xmlrpc = (_said(found.get(n)) for n in ("instance", "patches", "xmlrpc"))
        state = "" if xmlrpc == "enabled" else f", XML-RPC {xmlrpc}"
        return f"answers as {instance}: {patches} patches{state}"
    if status == 401 and ours and asked.token is None:
        return "answers, and wants a token to be steered"
    if status == 404 and ours:
        return "answers; its control API is off"
    why = f": {_said(found['error'])}" if "error" in found else ""
    raise Ill(f"answered {status}{why}")


def _said(value: object) -> str:
    """What a peer said, within one line."""
    return "".join(c if c.isprintable() else " " for c in str(value)[:300])


def _answer(asked: Asked, path: str, end: float) -> tuple[int, bool, dict[str, Any]]:
    """Status, whether it is a fakepw that answered, and the JSON that it sent, if any."""
    where = f"{url_host(asked.host)}:{asked.port}"
    lines = [f"GET {path} HTTP/1.0", f"Host: {where}"]
    if asked.token is not None:
        lines.append(f"Authorization: Bearer {asked.token}")
    data = b""
    with _connected(asked, end) as sock:
        try:
            sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
            while len(data) < MOST:
                sock.settimeout(_left(end))
                part = sock.recv(MOST)
                if not part:
                    break
                data += part
        except OSError as error:
            raise Ill(f"does not answer: {_why(error)}") from None
    found = _HEAD.fullmatch(data)
    if found is None:
        what = "answers with what is no HTTP" if data else "hangs up without an answer"
        raise Ill(what if asked.tls else f"{what}; does it speak https?")
    try:
        content = json.loads(found[3])
    except (ValueError, RecursionError):
        content = None
    ours = _OURS.search(found[2] or b"") is not None
    return int(found[1]), ours, content if isinstance(content, dict) else {}


def _connected(asked: Asked, end: float) -> socket.socket:
    sock = None
    try:
        sock = socket.create_connection((asked.host, asked.port), _left(end))
        if not asked.tls:
            return sock
        import ssl  # slow to import, and only for https

        if asked.ca_file and os.path.exists(asked.ca_file) and not os.path.isfile(asked.ca_file):
            raise ValueError(f"{asked.ca_file} is no regular file")  # a pipe is waited for
        context = ssl.create_default_context(cafile=asked.ca_file)
        if asked.ca_file is None and is_loopback(asked.host):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        sock.settimeout(_left(end))
        return context.wrap_socket(sock, server_hostname=asked.host)
    except (OSError, ValueError) as error:
        if sock is not None:
            sock.close()
        raise Ill(f"does not answer: {_why(error)}") from None


def _left(end: float) -> float:
    return max(0.001, end - time.monotonic())


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it takes too long"
    if getattr(error, "reason", "") in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return "what it speaks is no TLS"
    text = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or str(error)
    return " ".join(within(text).split())
