"""The server under test: how requests reach it, within which budget, and what is known of it.

May know bytes, rows and what kind of server answers; knows no requirement and no verdict.
"""
