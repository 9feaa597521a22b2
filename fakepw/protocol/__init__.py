"""How a Patchwork speaks: HTTP and XML-RPC as values, Request to Response, no socket in sight."""

from .messages import Request, Response
from .site import respond

__all__ = ["Request", "Response", "respond"]
