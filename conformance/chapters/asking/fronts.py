"""What web servers, proxies and firewalls answer in Patchwork's stead: none of it is Patchwork's
failure, as long as no client breaks (servers.md 6.4)."""

from __future__ import annotations

from ...deciding.decisions import OK, Finding
from ...deciding.judging import with_header
from ...target.exchange import Exchange
from ...target.knowing.walls import wall
from ...target.knowing.world import World
from ...target.wire import NotXmlRpc

#: What fronts answer themselves where they take no such method, body, framing or header.
REFUSED = frozenset({400, 401, 403, 405, 406, 408, 411, 413, 414, 415, 417, 422, 426, 431, 501})


def refused(exchange: Exchange) -> bool:
    """Whether a front end may have refused the request before Patchwork saw it."""
    return exchange.answer.status in REFUSED and isinstance(exchange.reply, NotXmlRpc)


def walled(world: World, exchange: Exchange) -> bool:
    """Whether a firewall in front refused the request: safe, and not Patchwork's doing."""
    told = exchange.answer.status in (403, 406) and isinstance(exchange.reply, NotXmlRpc)
    return told or another(world, exchange)


def another(world: World, exchange: Exchange) -> bool:
    """Whether somebody else answered: what Patchwork says itself carries X-Frame-Options there
    (servers.md 1.1), and this page does not."""
    known, answer = world.evidence.get("version"), exchange.answer
    if known is None or known.answer.header("x-frame-options") is None:
        return False
    page = isinstance(exchange.reply, NotXmlRpc) and 200 <= answer.status < 500
    return page and answer.header("x-frame-options") is None


def stands_in(world: World, exchange: Exchange) -> bool:
    """Whether a front may have answered in Patchwork's stead what is no call."""
    answer = exchange.answer
    echoed = (answer.header("content-type") or "").startswith("message/http")  # TRACE
    return (
        refused(exchange)
        or echoed
        or bool(wall(answer))
        or another(world, exchange)
        or _of_its_own(exchange)
    )


def _of_its_own(exchange: Exchange) -> bool:
    """Whether it is what caches make of HEAD, what fronts say to OPTIONS for browsers, or the
    nothing that some answer to what they do not pass on."""
    method, answer = exchange.request.method, exchange.answer
    if answer.status == 200 and not answer.body.strip() and not answer.html:
        return True
    if method == "HEAD":  # made of a page that was asked for before
        return answer.status == 200
    if method == "OPTIONS" and answer.status in (200, 204):
        return not answer.body or answer.header("access-control-allow-origin") is not None
    return False


def cookies(exchange: Exchange) -> list[str]:
    """The Set-Cookie headers that are Django's; balancers and firewalls set their own."""
    return [
        value
        for name, value in exchange.answer.headers
        if name.lower() == "set-cookie" and value.startswith(("sessionid=", "csrftoken="))
    ]


def no_cookies(exchange: Exchange) -> Finding:
    """Whether an answer sets none of Django's."""
    found = cookies(exchange)
    wanted = "no session and no CSRF cookie"
    return with_header(exchange, "Set-Cookie", found[0], wanted) if found else OK
