"""How it runs: a server on a socket, in a thread or in the foreground, and how it is controlled.

This room ties all others together and is the one that knows the machine: sockets, threads,
processes, signals.  What a Patchwork answers is decided below it.
"""
