"""What stands at an address in Patchwork's stead, recognised by name: another Patchwork, a wall."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..exchange import BASE, Answer, Request, page
from ..sending.transport import Endpoint

#: REST versions of Patchwork 4, which has no XML-RPC (servers.md 6.5): 1.4 and later.
_REST_4 = re.compile(r"/api/1\.(?:[4-9]|\d\d+)/")

LET_THROUGH = "let XML-RPC clients through to /xmlrpc/, which no browser asks for"


def wall(answer: Answer) -> str:
    """The wall that answered in Patchwork's stead, in words; '' if none is recognised.

    The JavaScript wall of the nginx guide that Patchwork 4 publishes (servers.md 6.4): a page
    titled Verifying, over HTTP 200 and not to be kept, whose script sets the cookie _js_ok.
    """
    if answer.status != 200 or not answer.html:
        return ""
    titled = re.search(rb"<title>\s*Verifying\b", answer.body, re.I)
    unkept = "no-store" in (answer.header("cache-control") or "").lower()
    if (titled and unkept) or b"_js_ok" in answer.body:
        return "the JavaScript wall of Patchwork's nginx guide (a page titled Verifying)"
    return ""


def instead(endpoint: Endpoint, send: Callable[[Request], Answer]) -> str:
    """What there is where /xmlrpc/ is not found (HTTP 404), and what to do, in a sentence."""
    about = send(page(f"{BASE}/about/"))
    if about.api_status.get("XML-RPC") == "disabled":
        return (
            "XML-RPC is switched off there (404, and /about/ says so);"
            " set ENABLE_XMLRPC = True in Patchwork's settings"
        )
    rest = send(page(f"{BASE}/api/"))
    shown = (rest.header("location") or "") + rest.body[:65_536].decode("utf-8", "replace")
    if found := _REST_4.search(shown):
        return (
            f"{endpoint.base}/ is a Patchwork 4, which has no XML-RPC any more: its clients speak"
            f" REST, at {endpoint.base}{found[0]}, and this suite is for releases 1.0 to 3.x"
        )
    if rest.status == 200 and (rest.header("content-type") or "").startswith("application/json"):
        return (
            f"there is a Patchwork at {endpoint.base}/, but {endpoint.url} is 404: set"
            " ENABLE_XMLRPC = True in its settings, and let the front pass /xmlrpc/ on"
        )
    return f"there is no XML-RPC API at {endpoint.url} (404); check the path"


def refusal(endpoint: Endpoint, answer: Answer) -> str:
    """What is in the way of a call that no XML-RPC came back from, and what to do; '' if it is
    nothing that a front is known to say."""
    status, url = answer.status, endpoint.url
    if name := wall(answer):
        return f"{name} is before {url}: {LET_THROUGH}"
    if status == 403:
        return (
            f"{url} refuses XML-RPC calls (HTTP 403), as a bot wall does that keeps some user"
            f" agents out: {LET_THROUGH}, whatever they call themselves"
        )
    if status == 503:
        return (
            f"the front at {url} answers HTTP 503: it limits how often it is asked (as nginx's"
            " limit_req does), or Patchwork is down; try again later, with --rate 1"
        )
    if status in (502, 504):
        return f"the gateway in front answers HTTP {status}: Patchwork itself is down"
    if answer.html and status in (200, 202):
        return (
            f"{url} answers an HTML page (HTTP {status}) to an XML-RPC call: a bot wall or a login"
            f" page is in the way; {LET_THROUGH}"
        )
    return ""
