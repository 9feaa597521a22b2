"""The control API over HTTP: its routes, and the page for people beside them.

Knows requests, the table of operations and who may ask; knows no socket and no connection.
"""
