"""What a client depends on, by the journal of a double: `fakepw usage`.

May know all that is below the command line; reads journals, serves Patchworks to their calls, and
opens no socket.
"""
