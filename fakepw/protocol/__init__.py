"""How a Patchwork speaks: HTTP and XML-RPC as values, Request to Response.

It knows what a Patchwork is, and asks it; no socket, and nobody who serves or steers one.
"""

from .messages import Request, Response
from .site import respond

__all__ = ["Request", "Response", "respond"]
