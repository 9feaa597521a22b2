"""fakepw as a WSGI application, for servers that run one themselves: uWSGI, mod_wsgi, runserver.

The fixture and the instance come from the environment: FAKEPW_FIXTURE and FAKEPW_INSTANCE.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from http.client import responses
from typing import Any

import fakepw

_PATCHWORK = fakepw.Patchwork(
    fakepw.load(os.environ.get("FAKEPW_FIXTURE", "demo")),
    os.environ.get("FAKEPW_INSTANCE", "3.2-py3-postgresql"),
)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """One request, as Django would be given it."""
    length = environ.get("CONTENT_LENGTH") or "0"
    body = environ["wsgi.input"].read(int(length)) if length.isdigit() else b""
    headers = [
        (name[5:].replace("_", "-").lower().encode(), str(value).encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    headers.append((b"content-length", b"%d" % len(body)))
    if environ.get("CONTENT_TYPE"):
        headers.append((b"content-type", environ["CONTENT_TYPE"].encode("latin-1")))
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    target = path.encode("latin-1")
    if environ.get("QUERY_STRING"):
        target += b"?" + environ["QUERY_STRING"].encode("latin-1")
    method = environ["REQUEST_METHOD"].encode("latin-1")
    found = fakepw.respond(fakepw.Request(method, target, headers, body), _PATCHWORK)
    status = f"{found.status} {responses.get(found.status, 'Unknown')}"
    start_response(status, [(n, v) for n, v in found.headers if n.lower() != "transfer-encoding"])
    return found.body
