"""How requests reach a server: transport, connections, within one budget and a bounded memory.

Knows requests and answers as values; knows nothing of what they mean.
"""
