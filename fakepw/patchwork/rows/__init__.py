"""The rows that a Patchwork holds, and the store that indexes, changes and resets them.

Knows nothing of instances, methods or callers.
"""
