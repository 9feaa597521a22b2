"""The conformance suite: what any Patchwork server's XML-RPC API is held to, and the tests of it.

Nothing in here knows how fakepw computes its answers: what is right comes from the catalogue in
`requirements`, whose every line is proved against recorded answers of real servers.

What is installed is called `pw_conformance`, as many a project has a folder named `conformance`.
So all imports in here are relative, and nothing names the package by itself.
"""


def main() -> None:
    """`pw-conformance`."""
    from .__main__ import main as run

    run()
