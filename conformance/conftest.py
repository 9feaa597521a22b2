"""Lets `pytest conformance --pw-url URL` work without further ado."""

pytest_plugins = ["conformance.commands.plugin"]
