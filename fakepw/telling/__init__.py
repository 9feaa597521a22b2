"""What people are told: what is wrong with what they hand in, and how far something has come.

Knows values, and nothing of who tells whom.
"""
