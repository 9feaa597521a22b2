"""What recording uses of the conformance suite, under the name by which it is installed.

A wheel has the folder `conformance` as `pw_conformance`; in a checkout that name is a module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["budget", "exchange", "profile", "releases", "secrecy", "signals", "sockets"]
__all__ += ["survey", "transport", "walls", "wire", "world"]

if TYPE_CHECKING:
    from conformance.target import exchange, secrecy, signals, wire
    from conformance.target.knowing import profile, releases, survey, walls, world
    from conformance.target.sending import budget, sockets, transport
else:
    from importlib import import_module

    try:
        _TARGET = import_module("pw_conformance.target").__name__
    except ModuleNotFoundError:
        _TARGET = import_module("conformance.target").__name__
    _ROOMS = {
        "": ("exchange", "secrecy", "signals", "wire"),
        ".knowing": ("profile", "releases", "survey", "walls", "world"),
        ".sending": ("budget", "sockets", "transport"),
    }
    for _room, _names in _ROOMS.items():
        for _name in _names:
            globals()[_name] = import_module(f"{_TARGET}{_room}.{_name}")
