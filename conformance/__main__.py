"""`pw-conformance`, also as `python -m conformance`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say what it needs where that is not installed."""
    try:
        from .cli import main as run
    except ModuleNotFoundError as error:
        need = "pip install 'fakepw[conformance]'"
        sys.exit(_usage(f"pw-conformance needs {error.name}, which is not installed: {need}"))
    run()


def _usage(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
