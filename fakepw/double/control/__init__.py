"""The control API as a table of operations: their shapes, their OpenAPI, lines of calls.

Each operation is one of `steering` or `worlds`; no HTTP is known here.
"""
