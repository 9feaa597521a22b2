"""What makes text safe to show: no secret is left in it, and nothing in it is invisible.

Knows verdicts and secrets; knows no format.
"""
