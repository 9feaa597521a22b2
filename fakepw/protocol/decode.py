"""methodCall: bytes to a method's name and its parameters (servers.md 1.2).

What a body means is what `xmlrpc.client.loads` (or Python 2.7's xmlrpclib) makes of it, as real
servers call just that: see `reader`.  A call in the plain form that most clients send takes `_fast`
instead, which a property test proves to be equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from ..patchwork.instances.traits import Traits
from ..patchwork.words.faults import Fault
from ..patchwork.words.remarks import met_again

Params = tuple[Any, ...]

_TOO_BIG = (
    "django.core.exceptions.RequestDataTooBig",
    "Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.",
)

#: Calls that are remembered, as clients make the same ones again and again, and the longest body
#: of one, in bytes.
_MOST_KNOWN = 1024
_LONGEST_KNOWN = 1024


class Decoder:
    """Decodes bodies as the Python under an instance does."""

    def __init__(self, traits: Traits) -> None:
        self._traits = traits
        self._slow: Callable[[bytes], tuple[str | None, Params]] | None = None
        self._known: dict[bytes, tuple[str, Params]] = {}

    def __call__(self, body: bytes) -> tuple[str | None, Params]:
        """The method's name, None if the body has none, and the parameters.

        Text is `str`, the rest int, float, Decimal, bool, None, list, dict, Binary and DateTime.
        Raises Fault for a body that loads() refuses, or that is longer than Django reads, and Echo
        for one that is a fault.
        The parameters of equal bodies may be the same objects: nobody may change them.
        """
        known = self._known.get(body)
        if known is not None:
            return known
        limit = self._traits.body_limit
        if limit is not None and len(body) > limit:
            raise Fault(*_TOO_BIG)
        fast = _fast(body)
        if fast is None:
            return self.slow(body)
        if len(body) <= _LONGEST_KNOWN:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[body] = fast
        return fast

    def anew(self, body: bytes) -> tuple[str | None, Params]:
        """The same for a body that was read before, remarking on what is passed over in it."""
        return _fast(body) or self.slow(body)

    def slow(self, body: bytes) -> tuple[str | None, Params]:
        """The same for any body whatever, without the short cut."""
        if self._slow is None:
            from .reader import reader  # only now: xmlrpc.client is slow to import

            self._slow = reader(self._traits)
        return self._slow(body)


# The short cut: just the form that xmlrpc.client.dumps gives, in ASCII, in one match.

_TEXT = rb"[\t\n -%'-;=?-\x7f]*+(?:&(?:amp|lt|gt);[\t\n -%'-;=?-\x7f]*+)*"
_SCALAR = (
    rb"<value>(?:<string>" + _TEXT + rb"</string></value>\n"
    rb"|<int>-?[0-9]{1,18}</int></value>\n"
    rb"|<boolean>[01]</boolean></value>\n"
    rb"|<nil/></value>)"
)
_MEMBER = rb"<member>\n<name>" + _TEXT + rb"</name>\n" + _SCALAR + rb"</member>\n"
_VALUE = _SCALAR + rb"|<value><struct>\n(?:" + _MEMBER + rb")*</struct></value>\n"
_CALL = re.compile(
    rb"<\?xml version='1\.0'\?>\n<methodCall>\n<methodName>([A-Za-z0-9_.]*+)</methodName>\n"
    rb"<params>\n((?:<param>\n(?:" + _VALUE + rb")</param>\n)*)</params>\n</methodCall>\n"
)
_TOKEN = re.compile(r"<(string|int|boolean|nil/|name|struct|/struct)>([^<]*+)")


def _fast(body: bytes) -> tuple[str, Params] | None:
    """The same for the commonest form of call; None for every other."""
    found = _CALL.fullmatch(body)
    if found is None:
        return None
    name, text = found.groups()
    return name.decode(), _values(text.decode()) if text else ()


def _values(text: str) -> Params:
    params: list[Any] = []
    struct: dict[str, Any] | None = None
    key = ""
    value: Any
    for kind, data in _TOKEN.findall(text):
        if kind == "string":
            value = unescape(data) if "&" in data else data
        elif kind == "int":
            value = int(data)
        elif kind == "name":
            key = unescape(data) if "&" in data else data
            continue
        elif kind == "boolean":
            value = data == "1"
        elif kind == "nil/":
            value = None
        elif kind == "struct":
            struct = {}
            continue
        else:
            value, struct = struct, None
        if struct is None:
            params.append(value)
        else:
            if key in struct:
                met_again(key)
            struct[key] = value
    return tuple(params)
