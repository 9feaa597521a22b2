"""From what the operator asked for to a session with a server: options, discovery, what is noted.

Knows no pytest and no command.
"""
