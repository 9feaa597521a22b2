"""methodCall, the long way: any body, as the Python under an instance reads it (servers.md 1.2).

`_Reader` is the Unmarshaller of the standard library, which real servers use, with our values and
the texts of the instance's Python.
"""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Callable
from typing import Any, NoReturn
from xml.parsers import expat

from ..patchwork.faults import Fault
from ..patchwork.instances.traits import Traits
from ..patchwork.text import type_name
from ..patchwork.values import Binary, DateTime
from .entities import Guard, declares
from .literals import readers
from .messages import Echo

Params = tuple[Any, ...]


def reader(traits: Traits) -> Callable[[bytes], tuple[str | None, Params]]:
    """What decodes bodies for instances with these traits.

    It raises Fault for a body that loads() refuses, Echo for one that is a fault.
    """
    new = _Reader2 if traits.py2 else _Reader
    dispatch = _dispatch(traits)

    def read(body: bytes) -> tuple[str | None, Params]:
        unmarshaller = new()
        unmarshaller._encoding = None  # expat hands over text, not bytes
        unmarshaller.traits = traits
        unmarshaller.dispatch = dispatch  # hides the class's
        parser = expat.ParserCreate(None, None)
        parser.buffer_text = True
        parser.StartElementHandler = unmarshaller.start
        parser.EndElementHandler = unmarshaller.end
        parser.CharacterDataHandler = unmarshaller.data
        if declares(body):
            Guard(parser, body)
        try:
            parser.Parse(body, False)
            parser.Parse(b"", True)
            params = unmarshaller.close()
        except expat.ExpatError as error:
            raise Fault("xml.parsers.expat.ExpatError", str(error)) from None
        except xmlrpc.client.ResponseError as error:
            raise Fault("xmlrpc.client.ResponseError", _shown(error, traits)) from None
        except (IndexError, LookupError, TypeError, ValueError) as error:
            raise Fault(type(error).__name__, str(error)) from None
        return unmarshaller.getmethodname(), params

    return read


def _shown(error: xmlrpc.client.ResponseError, traits: Traits) -> str:
    """Its repr, with the comma after a lone argument that Python had until 3.6."""
    shown = repr(error)
    return f"{shown[:-1]},)" if error.args and traits.lone_argument_comma else shown


Handler = Callable[[Any, str], None]


def _dispatch(traits: Traits) -> dict[str, Handler]:
    """The Unmarshaller's table of end tags, with our readers for the texts of typed values."""
    known = xmlrpc.client.Unmarshaller.dispatch
    names = ("nil", "string", "name", "array", "value", "params", "fault", "methodName")
    table: dict[str, Handler] = {name: known[name] for name in names}
    table["struct"] = _Reader2.end_struct if traits.py2 else _Reader.end_struct
    for name, read in readers(traits).items():
        table[name] = _typed(read, ends_value=name != "dateTime.iso8601")
    return table


def _typed(read: Callable[[str], Any], ends_value: bool) -> Handler:
    def end(reader: _Reader, text: str) -> None:
        reader.append(read(text))
        if ends_value:
            reader._value = False

    return end


class _Reader(xmlrpc.client.Unmarshaller):
    """Python 3's Unmarshaller, with the texts of the instance's Python."""

    traits: Traits
    append: Callable[[Any], None]
    _stack: list[Any]
    _marks: list[int]
    _data: list[str]
    _type: str | None
    _value: bool
    _encoding: str | None  # type: ignore[assignment]  # None once a parser is connected

    def close(self) -> Params:
        """The parameters. Raises ResponseError for no call at all, Echo for a fault."""
        if self._type is None or self._marks:
            raise xmlrpc.client.ResponseError
        if self._type == "fault":
            self._raise_echo(self._stack[0])
        return tuple(self._stack)

    def end_struct(self, text: str) -> None:
        mark = self._marks.pop()
        items = self._stack[mark:]
        struct = {}
        for at in range(0, len(items), 2):
            struct[self._key(items[at])] = items[at + 1]
        self._stack[mark:] = [struct]
        self._value = False

    def _key(self, key: Any) -> Any:
        if isinstance(key, (Binary, DateTime)):  # theirs define == and so have no hash
            raise Fault("TypeError", f"unhashable type: '{type(key).__name__}'")
        return key

    def _raise_echo(self, members: Any) -> NoReturn:
        """What `Fault(**members)` raises, be it the fault or an error."""
        traits = self.traits
        if not isinstance(members, dict):
            kind = type_name(members, traits.py2)
            called = f"{traits.fault_class_text} argument after **"
            raise Fault("TypeError", f"{called} must be a mapping, not {kind}")
        if not all(isinstance(name, str) for name in members):
            raise Fault("TypeError", traits.keywords_text)
        if "self" in members:
            keyword = "keyword argument" if traits.py2 else "argument"
            complaint = f"got multiple values for {keyword} 'self'"
            raise Fault("TypeError", f"{traits.fault_init_text} {complaint}")
        given = sum(name in members for name in _FAULT)
        if given < 2:
            complaint = _missing2(given) if traits.py2 else _missing3(members)
            raise Fault("TypeError", f"{traits.fault_init_text} {complaint}")
        raise Echo(members["faultCode"], members["faultString"])


_FAULT = ("faultCode", "faultString")


def _missing2(given: int) -> str:
    return f"takes exactly 3 arguments ({1 + given} given)"


def _missing3(members: dict[str, Any]) -> str:
    missing = [repr(name) for name in _FAULT if name not in members]
    plural = "s" if len(missing) > 1 else ""
    return f"missing {len(missing)} required positional argument{plural}: {' and '.join(missing)}"


class _Reader2(_Reader):
    """Python 2's: knows no namespaces, and takes any struct member's name for text."""

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        if tag in ("array", "struct"):
            self._marks.append(len(self._stack))
        self._data = []
        if self._value and tag not in self.dispatch:
            raise xmlrpc.client.ResponseError(f"unknown tag u{tag!a}")
        self._value = tag == "value"

    def end(self, tag: str) -> None:
        handler = self.dispatch.get(tag)
        if handler is not None:
            handler(self, "".join(self._data))

    def _key(self, key: Any) -> Any:
        if isinstance(key, str):
            return key
        if isinstance(key, (Binary, DateTime)):  # whose `encode` is another thing
            raise Fault("AttributeError", "'str' object has no attribute 'write'")
        raise Fault("AttributeError", f"'{type(key).__name__}' object has no attribute 'encode'")
