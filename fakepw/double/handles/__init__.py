"""The handle of a double as a test sees it: rows, calls, rules, clock, claims.

What it asks for is carried out by `steering`, here or elsewhere.
"""
