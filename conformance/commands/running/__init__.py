"""One run, from URL to exit status: what comes before it, pytest, and what it came to.

Knows how a session is opened and hands it to the plugin; knows no command.
"""
