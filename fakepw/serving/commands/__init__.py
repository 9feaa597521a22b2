"""`fakepw serve` and `fakepw health`: what is asked for on the command line, and what is said.

May know all of `serving`; nothing of it may know them.
"""
