"""HTTP/1.x: bytes to requests, and responses to bytes, within bounds.

It knows the messages of `protocol` and what a server puts up with; no socket, no event loop and
nothing of what a request means.
"""
