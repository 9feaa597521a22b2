"""Where on its host a Patchwork is."""

from __future__ import annotations

import re
from typing import NamedTuple

from .brief import brief

#: Where Patchwork itself has its XML-RPC API, below its script name (servers.md 1.1).
API = "/xmlrpc/"
_ROOT = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_PATH = re.compile(r"/|(/[A-Za-z0-9._~-]+)+/?")
#: Where no API can be: what is there is fakepw's own.
_TAKEN = re.compile(r"/(_fakepw|w)(/|$)")


class Place(NamedTuple):
    """The paths by which a Patchwork is reached.

    script_name
        What stands before every path of it, as under a WSGI script name: nothing, or `/pw`.
    api
        The path below that which the front hands on as `/xmlrpc/`.
    """

    script_name: str = ""
    api: str = API

    @property
    def url_path(self) -> str:
        """The path in the URL of its API."""
        return self.script_name + self.api


def root_path(given: str) -> str:
    """A path below which all of a Patchwork is. Raises ValueError with what is allowed."""
    if not (isinstance(given, str) and _ROOT.fullmatch(given)):
        raise ValueError(f"under is a path such as /pw, or nothing, not {brief(given)}")
    return given


def api_path(given: str) -> str:
    """A path for an API as somebody gives it. Raises ValueError with what is allowed."""
    allowed = isinstance(given, str) and _PATH.fullmatch(given) and not _TAKEN.match(given)
    if not allowed:
        text = (
            "a path such as / or /RPC2, of letters, digits and -._~, and not below /_fakepw or /w"
        )
        raise ValueError(f"at is {text}, not {brief(given)}")
    return given
