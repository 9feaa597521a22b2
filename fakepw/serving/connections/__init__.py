"""Connections: bytes come in at one end, the application is asked, bytes go out at the other.

A connection knows what all of one server share (`Commons`), never the server; what the application
is, nobody here knows.
"""
