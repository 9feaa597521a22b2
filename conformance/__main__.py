"""`pw-conformance`, also as `python -m pw_conformance`, and how it ends when it is told to stop."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress

from .target import signals

#: What a run ends with that could not be done, or not to the end.
INCONCLUSIVE = 3
#: The seconds within which it ends that was told to stop. Putting back may take two minutes; what
#: could not be put back by then is remembered on disk, as after any crash.
WITHIN = 300


def main() -> None:
    """Run the command line, or say what it needs where that is not installed.

    Ctrl-C and SIGTERM end it in one line, with the status of a run that is inconclusive.
    """
    with signals.heeded(WITHIN):
        try:
            status = _command()
            if status != INCONCLUSIVE:  # or it was told already
                signals.check()
        except KeyboardInterrupt:
            status = _told("interrupted", INCONCLUSIVE)
    sys.exit(status)


def _command() -> int:
    try:
        import click  # importing takes longest, and may be interrupted, too

        from .commands.asked.leaving import CannotWrite, guarded
        from .commands.cli import main as run
    except ModuleNotFoundError as error:
        return _told(f"pw-conformance needs {error.name}, which is not installed: {_need()}", 2)
    try:
        with guarded():
            try:
                return run(standalone_mode=False, prog_name="pw-conformance") or 0
            except click.ClickException as error:
                error.show()
                return error.exit_code
            except SystemExit as ended:
                return ended.code if isinstance(ended.code, int) else 0
            except (click.Abort, EOFError):
                raise KeyboardInterrupt from None
            except Exception:  # a mistake of ours; what it quotes may be secret
                traceback.print_exc()
                return 4
    except CannotWrite as error:
        return _told(f"pw-conformance: {error}", INCONCLUSIVE)


def _need() -> str:
    """The command that installs what the suite needs, from whatever index pip is set to use."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        needed = [line.partition(";") for line in requires("fakepw") or ()]
    except PackageNotFoundError:
        needed = []
    names = [repr(name.strip()) for name, _, when in needed if "extra == 'conformance'" in when]
    return f"pip install {' '.join(names)}" if names else "pip install -e '.[conformance]'"


def _told(text: str, status: int) -> int:
    with suppress(OSError):  # whose disk is full, too: the status says it
        print(text, file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
