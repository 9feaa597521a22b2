"""In a checkout, the name by which the command `pw-conformance` finds the suite.

A wheel has the folder `conformance` under this name instead (see pyproject.toml).
"""

from conformance import main

__all__ = ["main"]
