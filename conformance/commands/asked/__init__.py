"""What may be asked for on the command line, and how it is read.

Knows no command and no run: what is asked for is handed on as values, or refused in one sentence.
"""
