"""Lets `pytest conformance --pw-url URL` work without further ado."""

pytest_plugins = [f"{__package__}.commands.plugin"]
