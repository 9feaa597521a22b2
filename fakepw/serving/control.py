"""The control API: JSON over HTTP under `/_fakepw/`, a path that no Patchwork has.

    GET  /_fakepw/health    200 once serving
    POST /_fakepw/reset     back to the seed
    GET  /_fakepw/state     the current rows as a canonical fixture

Every answer is a JSON object; of a refusal, `{"error": …}` with the status 404 or 405.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..fixtures import dumps
from ..patchwork.patchwork import Patchwork
from ..protocol.messages import Request, Response

PREFIX = b"/_fakepw/"


class Control:
    """The control API of one Patchwork."""

    def __init__(self, patchwork: Patchwork) -> None:
        self.patchwork = patchwork

    def owns(self, request: Request) -> bool:
        """Whether a request is for this API and not for Patchwork."""
        path = _path(request.target)
        return path.startswith(PREFIX) or path == PREFIX[:-1]

    def answer(self, request: Request) -> Response:
        """The answer to a request that `owns` is true of."""
        name = _path(request.target)[len(PREFIX) :].decode("latin-1")
        methods = ROUTES.get(name)
        if methods is None:
            known = ", ".join(sorted(ROUTES))
            return _error(404, f"there is no /_fakepw/{name}; there is: {known}")
        method = request.method.decode("latin-1")
        run = methods.get("GET" if method == "HEAD" else method)
        if run is None:
            allowed = ", ".join(methods)
            text = f"/_fakepw/{name} takes {allowed}, not {method}"
            return _error(405, text, ("Allow", allowed))
        return _json(200, run(self))

    def health(self) -> Any:
        """That the server is there, and what it is."""
        return {
            "status": "ok",
            "instance": self.patchwork.instance.name,
            "xmlrpc": self._xmlrpc(),
            "patches": len(self.patchwork.store.patches),
        }

    def _xmlrpc(self) -> str:
        if not self.patchwork.traits.has_xmlrpc:
            return "none"
        return "enabled" if self.patchwork.enabled else "disabled"

    def reset(self) -> Any:
        """Every write undone."""
        self.patchwork.reset()
        return {"status": "ok"}

    def state(self) -> bytes:
        """The rows as they are now."""
        served = self.patchwork
        return dumps(served.store.rows(), served.instance.name, served.settings)


#: What is under `/_fakepw/`: by name and method, what gives the answer (JSON already, or values).
ROUTES: dict[str, dict[str, Callable[[Control], Any]]] = {
    "health": {"GET": Control.health},
    "reset": {"POST": Control.reset},
    "state": {"GET": Control.state},
}


def _path(target: bytes) -> bytes:
    """The path of a request-target in origin or absolute form, without its query."""
    path = target.partition(b"?")[0]
    if not path.startswith(b"/") and b"://" in path:
        path = b"/" + path.partition(b"://")[2].partition(b"/")[2]
    return path


def _json(status: int, content: Any, *headers: tuple[str, str]) -> Response:
    body = content if isinstance(content, bytes) else msgspec.json.encode(content) + b"\n"
    length = ("Content-Length", str(len(body)))
    return Response(status, (("Content-Type", "application/json"), *headers, length), [body])


def _error(status: int, text: str, *headers: tuple[str, str]) -> Response:
    return _json(status, {"error": text}, *headers)
