"""How a test steers the server: what becomes of a request beyond the answer of a Patchwork.

It may know how a Patchwork speaks, and never a socket, a thread or the machine's clock: it says
what is to happen, and `serving` carries it out.
"""
