"""methodCall, the long way: any body, as the Python under an instance reads it (servers.md 1.2).

`_Reader` does what the standard library's Unmarshaller does, which real servers use, with our
values and the texts of the instance's Python.  It is spelt out here because the library's differs
from one Python to the next, and ours may be any.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn
from xml.parsers import expat

from ..patchwork.instances.traits import Traits
from ..patchwork.words.characters import quoted
from ..patchwork.words.faults import Fault
from ..patchwork.words.remarks import met_again
from ..patchwork.words.text import type_name
from ..patchwork.words.values import Binary, DateTime
from .entities import Guard, declares
from .literals import Read, readers
from .messages import Echo
from .older_expat import readable

Params = tuple[Any, ...]


def reader(traits: Traits) -> Callable[[bytes], tuple[str | None, Params]]:
    """What decodes bodies for instances with these traits.

    It raises Fault for a body that loads() refuses, Echo for one that is a fault.
    """
    new = _Reader2 if traits.py2 else _Reader
    literals = readers(traits)

    def read(body: bytes) -> tuple[str | None, Params]:
        found = new(traits, literals)
        parser = expat.ParserCreate(None, None)
        parser.buffer_text = True
        parser.StartElementHandler = found.start
        parser.EndElementHandler = found.end
        parser.CharacterDataHandler = found.data
        sent = readable(body)
        if declares(sent.data):
            Guard(parser, sent.data)
        try:
            parser.Parse(sent.data, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Fault("xml.parsers.expat.ExpatError", sent.placed(str(error))) from None
        except (LookupError, ValueError) as error:  # an encoding that Python does not have
            raise Fault(type(error).__name__, str(error)) from None
        return found.method, found.close()

    return read


class _Reader:
    """Python 3's Unmarshaller.

    `literals` reads the text of each typed element, by the element's name.
    """

    def __init__(self, traits: Traits, literals: dict[str, Read]) -> None:
        self.method: str | None = None
        self._traits = traits
        self._literals = literals
        self._known = self._ENDS.keys() | literals.keys()
        self._kind: str | None = None  # the last of params, fault, methodName
        self._stack: list[Any] = []
        self._marks: list[int] = []  # where the arrays and structs that are open begin
        self._text: list[str] = []
        self._in_value = False  # whether nothing was found in the <value> that is open

    # what the parser calls

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._start(tag.rpartition(":")[2])

    def _start(self, tag: str) -> None:
        if tag in ("array", "struct"):
            self._marks.append(len(self._stack))
        self._text = []
        if self._in_value and tag not in self._known:
            raise self._refusal(f"unknown tag {self._quoted(tag)}")
        self._in_value = tag == "value"

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        self._end(tag if tag in self._known else tag.rpartition(":")[2])

    def _end(self, tag: str) -> None:
        text = "".join(self._text)
        read = self._literals.get(tag)
        if read is not None:
            self._stack.append(read(text))
            if tag != "dateTime.iso8601":
                self._in_value = False
        elif tag in self._ENDS:
            self._ENDS[tag](self, text)

    def close(self) -> Params:
        """The parameters. Raises the Fault of what is no call at all, Echo for a fault."""
        if self._kind is None or self._marks:
            raise self._refusal()
        if self._kind == "fault":
            if not self._stack:
                raise Fault("IndexError", "list index out of range")
            self._raise_echo(self._stack[0])
        return tuple(self._stack)

    # what an end tag does

    def _nil(self, _: str) -> None:
        self._stack.append(None)
        self._in_value = False

    def _string(self, text: str) -> None:
        self._stack.append(text)
        self._in_value = False

    def _value(self, text: str) -> None:
        if self._in_value:  # without a type it is a string
            self._string(text)

    def _opened(self) -> int:
        if not self._marks:
            raise Fault("IndexError", "pop from empty list")
        return self._marks.pop()

    def _array(self, _: str) -> None:
        mark = self._opened()
        self._stack[mark:] = [self._stack[mark:]]
        self._in_value = False

    def _struct(self, _: str) -> None:
        mark = self._opened()
        items = self._stack[mark:]
        struct = {}
        for at in range(0, len(items), 2):
            if at + 1 == len(items):
                raise Fault("IndexError", "list index out of range")
            key = self._key(items[at])
            if key in struct:
                met_again(key)
            struct[key] = items[at + 1]
        self._stack[mark:] = [struct]
        self._in_value = False

    def _key(self, key: Any) -> Any:
        if isinstance(key, list | dict | Binary | DateTime):  # the last two define ==, and no hash
            raise Fault("TypeError", f"unhashable type: '{type(key).__name__}'")
        return key

    def _params(self, _: str) -> None:
        self._kind = "params"

    def _fault(self, _: str) -> None:
        self._kind = "fault"

    def _method_name(self, text: str) -> None:
        self.method = text
        self._kind = "methodName"

    _ENDS: ClassVar[dict[str, Callable[[Any, str], None]]] = {
        "nil": _nil,
        "string": _string,
        "name": _string,
        "array": _array,
        "struct": _struct,
        "value": _value,
        "params": _params,
        "fault": _fault,
        "methodName": _method_name,
    }

    # what it says

    def _quoted(self, tag: str) -> str:
        return quoted(tag, self._traits.unicode)

    def _refusal(self, text: str | None = None) -> Fault:
        """The Fault of a ResponseError, whose text is its repr: with the comma after a lone
        argument that Python had until 3.6."""
        comma = "," if self._traits.lone_argument_comma else ""
        said = "" if text is None else self._argument(text) + comma
        return Fault("xmlrpc.client.ResponseError", f"ResponseError({said})")

    def _argument(self, text: str) -> str:
        return quoted(text, self._traits.unicode)

    def _raise_echo(self, members: Any) -> NoReturn:
        """What `Fault(**members)` raises, be it the fault or an error."""
        traits = self._traits
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

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._start(tag)

    def end(self, tag: str) -> None:
        self._end(tag)

    def _quoted(self, tag: str) -> str:
        return f"u{tag!a}"

    def _argument(self, text: str) -> str:
        return ascii(text)

    def _key(self, key: Any) -> Any:
        if isinstance(key, str):
            return key
        if isinstance(key, Binary | DateTime):  # whose `encode` is another thing
            raise Fault("AttributeError", "'str' object has no attribute 'write'")
        raise Fault("AttributeError", f"'{type(key).__name__}' object has no attribute 'encode'")
