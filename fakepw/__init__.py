"""A fake Patchwork server that speaks XML-RPC so that clients cannot tell.

    with fakepw.serve("fixture.json") as pw:
        client = xmlrpc.client.ServerProxy(pw.url)

The names below, and `fakepw.docker`, `fakepw.strategies` and `fakepw.testing`, are all there is to
import; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .double.handles.handle import Double
    from .double.handles.parts import Rule
    from .double.journal.calls import Call, Calls
    from .double.journal.matching import including
    from .double.strictness import FakepwWarning
    from .fixtures import FixtureError, dumps, load
    from .patchwork.instances.instances import RECORDED, Instance, instance
    from .patchwork.patchwork import Patchwork
    from .patchwork.rows.rows import Dataset
    from .patchwork.words.faults import Fault
    from .protocol import respond
    from .protocol.messages import Request, Response
    from .serving.limits import Limits
    from .serving.reach.connecting import DoubleUnreachable, connect
    from .serving.reach.transport import Transport
    from .serving.thread import LiveServer, serve

    __version__: str

__all__ = [
    "RECORDED",
    "Call",
    "Calls",
    "Dataset",
    "Double",
    "DoubleUnreachable",
    "FakepwWarning",
    "Fault",
    "FixtureError",
    "Instance",
    "Limits",
    "LiveServer",
    "Patchwork",
    "Request",
    "Response",
    "Rule",
    "Transport",
    "__version__",
    "connect",
    "dumps",
    "including",
    "instance",
    "load",
    "respond",
    "serve",
]

_MODULES = {
    "RECORDED": "patchwork.instances.instances",
    "Call": "double.journal.calls",
    "Calls": "double.journal.calls",
    "Dataset": "patchwork.rows.rows",
    "Double": "double.handles.handle",
    "DoubleUnreachable": "serving.reach.connecting",
    "FakepwWarning": "double.strictness",
    "Fault": "patchwork.words.faults",
    "FixtureError": "fixtures",
    "Instance": "patchwork.instances.instances",
    "Limits": "serving.limits",
    "LiveServer": "serving.thread",
    "Patchwork": "patchwork.patchwork",
    "Request": "protocol.messages",
    "Response": "protocol.messages",
    "Rule": "double.handles.parts",
    "Transport": "serving.reach.transport",
    "connect": "serving.reach.connecting",
    "dumps": "fixtures",
    "including": "double.journal.matching",
    "instance": "patchwork.instances.instances",
    "load": "fixtures",
    "respond": "protocol",
    "serve": "serving.thread",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("fakepw")
    elif name in _MODULES:
        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
