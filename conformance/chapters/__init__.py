"""The tests, one module per chapter. Each names the requirement that it decides.

May know how decisions are made and what a server is; knows neither commands nor reports.
"""

import importlib
from pathlib import Path


def load() -> None:
    """Import every chapter, so that `decisions.DECISIONS` is whole."""
    for module in sorted(Path(__file__).parent.glob("test_*.py")):
        importlib.import_module(f"{__name__}.{module.stem}")
