"""The control API: JSON over HTTP under `/_fakepw/`, a path that no Patchwork has.

What there is, `double.api` says; here a request finds its route, and its body becomes what the
route takes. Every answer is a JSON object; a refusal is `{"error": …}` with a status of 400 to 499.
Beside that there is a page for people, and the calls as they come.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec.structs import fields

from ...double.control.api import ROUTES, Asked, Route
from ...double.outcome import Stream
from ...double.steering import Steering
from ...fixtures import FixtureError
from ...patchwork.words.brief import cut
from ...protocol.messages import Request, Response, origin_form
from ...telling.wording import allowed, plain
from ..guarding.guard import Guard
from ..guarding.json_answers import error as _error
from ..guarding.json_answers import json as _json
from ..people import NAMES

PREFIX = "/_fakepw/"
OPENAPI, EVENTS = "openapi.json", "calls/events"


class Control:
    """The control API of one double, below `root` if that is a world."""

    def __init__(
        self, steering: Steering, guard: Guard, root: str = "", ca_file: str | None = None
    ) -> None:
        self.steering = steering
        self.ca_file = ca_file  # of the authority that clients are to trust
        self.guard = guard
        self.prefix = root + PREFIX

    def owns(self, request: Request) -> bool:
        """Whether a request is for this API and not for Patchwork."""
        if b"/_fakepw" not in request.target:
            return False
        path = _path(request.target)[0]
        return path.startswith(self.prefix) or path == self.prefix[:-1]

    def gone(self, request: Request, why: str) -> Response:
        """The answer to a request where there is no double."""
        refused = self.guard.refusal(request)
        if refused is not None:
            return _error(refused.status, refused.text, *refused.headers)
        return _error(404, why)

    def answer(self, request: Request) -> Response | Stream:
        """The answer to a request that `owns` is true of."""
        path, query = _path(request.target)
        name = path[len(self.prefix) :]
        if name in NAMES:
            from ..people.desk import Desk  # what few ask for is imported when they do

            desk = Desk(self.steering, self.guard, self.prefix, self.ca_file)
            return desk.answer(request, path, name, query)
        refused = self.guard.refusal(request)
        if refused is not None:
            return _error(refused.status, refused.text, *refused.headers)
        if name == OPENAPI:
            return _described()
        fitting = [(route, words) for route in ROUTES if (words := _words(route, name)) is not None]
        if not fitting:
            known = ", ".join([*dict.fromkeys(route.path for route in ROUTES), EVENTS, OPENAPI])
            return _error(404, f"there is no {self.prefix}{name[:200]}; there is: {known}")
        method = request.method.decode("latin-1")
        method = "GET" if method == "HEAD" else method
        for route, words in fitting:
            if route.method == method:
                return self._run(route, words, query, request.body)
        allowed = ", ".join(dict.fromkeys(route.method for route, _ in fitting))
        text = f"{self.prefix}{name[:200]} takes {allowed}, not {method}"
        return _error(405, text, ("Allow", allowed))

    def _run(
        self, route: Route, words: tuple[str, ...], query: Mapping[str, str], data: bytes
    ) -> Response:
        try:
            body = _body(route, data)
            return _json(200, route.run(Asked(self.steering, words, query, body)))
        except FixtureError as error:
            content = {"error": "; ".join(error.errors), "errors": error.errors}
            return _json(400, content)
        except LookupError as error:
            return _error(404, str(error.args[0]))
        except ValueError as error:
            return _error(400, str(error))
        except RecursionError:
            return _error(400, "the body is nested too deeply")


def _body(route: Route, data: bytes) -> Any:
    """A request's body as what its route takes. Raises ValueError with one sentence."""
    if route.body is None:
        return None
    try:
        return msgspec.json.decode(data or b"{}", type=route.body)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        name = place.rstrip("`")
        text = plain(message)
        if value := re.match("Invalid enum value (.*)", message, re.DOTALL):
            kinds = {each.encode_name: each.type for each in fields(route.body)}
            text = f"{cut(value[1], 200)} is not allowed, only {', '.join(allowed(kinds[name]))}"
        raise ValueError(f"{name or 'the body'}: {text}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"the body is no JSON: {error}") from None


def _words(route: Route, name: str) -> tuple[str, ...] | None:
    """The words that stand in a path where a route has `{}`; None if it is another route's."""
    pattern, parts = route.path.split("/"), name.split("/")
    if len(pattern) != len(parts):
        return None
    if any(want not in ("{}", got) for want, got in zip(pattern, parts, strict=True)):
        return None
    return tuple(unquote(got) for want, got in zip(pattern, parts, strict=True) if want == "{}")


def _path(target: bytes) -> tuple[str, dict[str, str]]:
    """The path of a request-target in origin or absolute form, and its query."""
    path, _, query = origin_form(target).decode("latin-1").partition("?")
    return path, dict(parse_qsl(query, keep_blank_values=True))


def _described() -> Response:
    """The control API in OpenAPI's words."""
    from importlib.metadata import version  # both are slow to import, and seldom asked for

    from ...double.control.openapi import openapi

    return _json(200, openapi(version("fakepw")))
