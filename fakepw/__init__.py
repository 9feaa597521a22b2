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
    from .double.handle import Double
    from .double.journal.calls import Call, Calls
    from .double.journal.matching import including
    from .double.parts import Rule
    from .double.strictness import FakepwWarning
    from .fixtures import FixtureError, dumps, load
    from .patchwork.faults import Fault
    from .patchwork.instances.instances import RECORDED, Instance, instance
    from .patchwork.patchwork import Patchwork
    from .patchwork.rows.rows import Dataset
    from .protocol import respond
    from .protocol.messages import Request, Response
    from .serving.connecting import DoubleUnreachable, connect
    from .serving.limits import Limits
    from .serving.thread import LiveServer, serve
    from .serving.transport import Transport

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
    "Double": "double.handle",
    "DoubleUnreachable": "serving.connecting",
    "FakepwWarning": "double.strictness",
    "Fault": "patchwork.faults",
    "FixtureError": "fixtures",
    "Instance": "patchwork.instances.instances",
    "Limits": "serving.limits",
    "LiveServer": "serving.thread",
    "Patchwork": "patchwork.patchwork",
    "Request": "protocol.messages",
    "Response": "protocol.messages",
    "Rule": "double.parts",
    "Transport": "serving.transport",
    "connect": "serving.connecting",
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
