"""Results, faults and echoes to bytes, as `xmlrpc.client.dumps` writes them (servers.md 1.3).

A record keeps its bytes, so that a list of ten thousand of them is ten thousand look-ups; what is
returned is a list of chunks that are never joined here.
"""

from __future__ import annotations

import binascii
from typing import Any

from ..patchwork.instances.traits import Traits
from ..patchwork.words.faults import Fault
from ..patchwork.words.hash_order import reordered
from ..patchwork.words.values import Array, Binary, DateTime, Record, Text

_MAX_INT = 2**31 - 1
_MIN_INT = -(2**31)

_HEAD = b"<?xml version='1.0'?>\n<methodResponse>\n"
_VALUE_HEAD = _HEAD + b"<params>\n<param>\n"
_VALUE_TAIL = b"</param>\n</params>\n</methodResponse>\n"
_FAULT_HEAD = _HEAD + b"<fault>\n"
_FAULT_TAIL = b"</fault>\n</methodResponse>\n"


#: Arrays within arrays that a server is sure to write into a fault.  CPython's limit is 1000 calls,
#: of which each takes two, less what the server itself has on its stack.  How much of ours is left
#: depends on who calls, and on the Python: it may not show.
_DEEPEST = 400


class Unprintable(Exception):
    """A fault that the server failed to write, answering HTTP 500 (servers.md 2)."""


def response(value: Any) -> list[bytes]:
    """The methodResponse that holds the value, in chunks.

    Takes None nowhere, int of 32 bits, bool, str, bytes (sent as base64), list, tuple and dict;
    also float, Binary and DateTime, which no method returns but an echoed fault can hold.
    Raises Fault with the exception of the real marshaller for anything else.
    """
    chunks = [_VALUE_HEAD]
    _write(value, chunks)
    chunks.append(_VALUE_TAIL)
    return chunks


def fault_response(fault: Fault, traits: Traits) -> list[bytes]:
    """The methodResponse of a fault, in chunks. Raises Unprintable where the server could not."""
    if traits.py2 and fault.kind in _UNICODE_KINDS and not fault.text.isascii():
        raise Unprintable
    return echo_response(fault.code, fault_string(fault, traits), traits)


def echo_response(code: Any, string: Any, traits: Traits) -> list[bytes]:
    """The methodResponse of a fault of any code and string, in chunks.

    Raises Unprintable if they hold what cannot be marshalled: by then the server is already
    answering with a fault, and nothing catches another.
    """
    if _depth(code) > _DEEPEST or _depth(string) > _DEEPEST:
        raise Unprintable
    chunks = [_FAULT_HEAD]
    if traits.py2:
        code, string = _walked(code), _walked(string)
    try:
        _write({"faultCode": code, "faultString": string}, chunks)
    except Fault:
        raise Unprintable from None
    chunks.append(_FAULT_TAIL)
    return chunks


def _depth(value: Any) -> int:
    """How deep arrays and structs lie within one another, as far as that matters."""
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        depth += 1
        inner = (i.values() if isinstance(i, dict) else i for i in level if type(i) in (list, dict))
        level = [item for items in inner for item in items]
    return depth


def _walked(value: Any) -> Any:
    """A value that a client sent, its structs in the order in which Python 2 walks them."""
    if isinstance(value, dict):
        return reordered({name: _walked(member) for name, member in value.items()})
    if isinstance(value, list):
        return [_walked(item) for item in value]
    return value


# Fault strings.

#: Exceptions whose text is `unicode` on Python 2, which str() of them cannot take beyond ASCII:
#: what Patchwork itself raises about a client's text, and Django about a lookup's name.
_UNICODE_KINDS = ("Exception", "django.core.exceptions.FieldError")


def fault_string(fault: Fault, traits: Traits) -> str:
    """`CLASS:TEXT`, as the Python of the instance writes a class (servers.md 1.2, 2)."""
    if not traits.py2:
        return f"<class '{fault.kind}'>:{fault.text}"
    module, _, name = fault.kind.rpartition(".")
    if not module:
        return f"<type 'exceptions.{name}'>:{fault.text}"
    if module == "xmlrpc.client":
        module = "xmlrpclib"
    return f"<class '{module}.{name}'>:{fault.text}"


# Values.


def _write(value: Any, chunks: list[bytes]) -> None:
    write = _WRITERS.get(type(value))
    if write is None:
        raise Fault("TypeError", f"cannot marshal {type(value)} objects")
    write(value, chunks)


def to_bytes(text: str) -> bytes:
    """UTF-8; a lone surrogate stands for a byte of one of Python 2's byte strings."""
    return text.encode("utf-8", "surrogateescape")


def escape(text: str) -> str:
    """XML-RPC's escaping: of `& < >` only (servers.md 1.3)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _none(value: None, chunks: list[bytes]) -> None:
    raise Fault("TypeError", "cannot marshal None unless allow_none is enabled")


def _bool(value: bool, chunks: list[bytes]) -> None:
    chunks.append(b"<value><boolean>%d</boolean></value>\n" % value)


def _int(value: int, chunks: list[bytes]) -> None:
    if not _MIN_INT <= value <= _MAX_INT:
        raise Fault("OverflowError", "int exceeds XML-RPC limits")
    chunks.append(b"<value><int>%d</int></value>\n" % value)


def _float(value: float, chunks: list[bytes]) -> None:
    chunks.append(f"<value><double>{value!r}</double></value>\n".encode())


def _str(value: str, chunks: list[bytes]) -> None:
    chunks.append(to_bytes(f"<value><string>{escape(value)}</string></value>\n"))


def _bytes(value: bytes, chunks: list[bytes]) -> None:
    lines = [binascii.b2a_base64(value[at : at + 57]) for at in range(0, len(value), 57)]
    chunks.append(b"<value><base64>\n" + b"".join(lines) + b"</base64></value>\n")


def _binary(value: Binary, chunks: list[bytes]) -> None:
    _bytes(value.data, chunks)


def _date(value: DateTime, chunks: list[bytes]) -> None:  # unescaped, as theirs
    text = f"<value><dateTime.iso8601>{value.value}</dateTime.iso8601></value>\n"
    chunks.append(to_bytes(text))


def _list(value: list[Any] | tuple[Any, ...], chunks: list[bytes]) -> None:
    chunks.append(b"<value><array><data>\n")
    for item in value:
        # The loop of a long list of records, which are nearly always written already.
        if type(item) is Record and item.encoded is not None:
            chunks.append(item.encoded)
        else:
            _write(item, chunks)
    chunks.append(b"</data></array></value>\n")


def _dict(value: dict[Any, Any], chunks: list[bytes]) -> None:
    chunks.append(b"<value><struct>\n")
    for name, member in value.items():
        if not isinstance(name, str):
            raise Fault("TypeError", "dictionary key must be string")
        chunks.append(to_bytes(f"<member>\n<name>{escape(name)}</name>\n"))
        _write(member, chunks)
        chunks.append(b"</member>\n")
    chunks.append(b"</struct></value>\n")


def _kept(value: Record | Array, chunks: list[bytes]) -> None:
    """What keeps its bytes once they are written."""
    if value.encoded is None:
        own: list[bytes] = []
        if isinstance(value, Record):
            _dict(value, own)
        else:
            _list(value, own)
        value.encoded = b"".join(own)
    chunks.append(value.encoded)


#: Values that keep the whole answer in which they were sent.
KEPT = frozenset({Record, Array, Text})

_WRITERS: dict[type, Any] = {
    type(None): _none,
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    bytes: _bytes,
    Binary: _binary,
    DateTime: _date,
    list: _list,
    tuple: _list,
    dict: _dict,
    Record: _kept,
    Array: _kept,
    Text: _str,
}
