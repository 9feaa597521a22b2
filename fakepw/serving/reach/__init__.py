"""How one reaches a double: in this process, over HTTP, or without any socket.

Knows doubles and their handles; knows no server of ours.
"""
