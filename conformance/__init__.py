"""The conformance suite: what any Patchwork server's XML-RPC API is held to, and the tests of it.

Nothing in here knows how fakepw computes its answers: what is right comes from the catalogue in
`requirements`, whose every line is proved against recorded answers of real servers.
"""
