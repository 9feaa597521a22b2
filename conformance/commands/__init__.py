"""What people run: `pw-conformance`, its commands, and the pytest plugin. The top of the suite.

May know every other room; no other room may know it.
"""
