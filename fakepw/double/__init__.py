"""How a test steers a Patchwork: journal, rules, clock, scenarios. Sans-I/O: Request to Outcome.

It may know what a Patchwork is, how it speaks and how fixtures are read; never a socket or a
thread. It waits for nobody: an `Outcome` says what is to happen, and `serving` carries it out.
"""
