"""PW-VER: what the server says of itself."""

from .catalogue import INFO, MUST, row

WHY = "sktm compares pw_rpc_version() with [1, 3, 0] and 1 and gives up on anything else"

REQUIREMENTS = [
    row(
        "VER-001",
        MUST,
        "all",
        text="pw_rpc_version() answers one of the three versions that real servers send:"
        " 1, [1, 2, 0] or [1, 3, 0].",
        why=WHY,
        facts="docs/servers.md 1.4, 2",
        recorded=["pw_rpc_version"],
    ),
    row(
        "VER-002",
        MUST,
        "all",
        text="On the wire the version is one <int>, or an array of three.",
        why=WHY,
        facts="docs/servers.md 1.4, 2",
        recorded=["pw_rpc_version"],
    ),
    row(
        "VER-003",
        MUST,
        "all",
        text="The version is the same every time it is asked for.",
        why="sktm asks once and decides for good what it talks to",
        facts="docs/servers.md 1.4",
        recorded=["pw_rpc_version + auth/public-method/none + http/ctype text/plain"],
    ),
    row(
        "VER-004",
        MUST,
        "all",
        text="A version of 1.2.0 or later comes with the four check methods, version 1 without"
        " them.",
        why="pwclient's check-list and check-info call methods that the version promises",
        facts="docs/servers.md 2",
        recorded=["pw_rpc_version + check_list/positional={} + check_get/1 + patch_check_get/1"],
    ),
    row(
        "VER-005",
        MUST,
        "all",
        text="A version of 1.3.0 comes with a `hash` member in every patch, an earlier one"
        " without.",
        why="scripts that match commits by `hash` end in a KeyError where it is missing",
        facts="docs/servers.md 2",
        recorded=["pw_rpc_version + patch_get/1"],
    ),
    row(
        "VER-006",
        MUST,
        "all",
        text="Version 1.2.0 tells a missing id by a fault, versions 1 and 1.3.0 by an empty"
        " answer.",
        why="sktm takes 'index out of range' in a fault for a vendor fork",
        facts="docs/servers.md 2",
        recorded=["pw_rpc_version + patch_get/9999"],
    ),
    row(
        "VER-007",
        MUST,
        "1.1+",
        text="From version 1.2.0 on, a negative max_count of patch_list is not ignored.",
        why="pwclient list -N sends a negative max_count",
        facts="docs/servers.md 2",
        recorded=["patch_list/max_count=-1", "patch_list/max_count=-2"],
    ),
    row(
        "VER-008",
        MUST,
        "1.1+",
        text="A negative max_count of check_list is heeded from version 1.3.0 on and ignored in"
        " 1.2.0.",
        why="a client that asks for the last check must not get all of them",
        facts="docs/servers.md 2",
        recorded=["check_list/max_count=-1"],
    ),
    row(
        "VER-009",
        MUST,
        "all",
        text="pw_rpc_version refuses arguments with a TypeError.",
        why="git-pw's prototypes and sktm call it bare to learn whether this is Patchwork",
        facts="docs/servers.md 1.4",
        recorded=["pw_rpc_version/1arg"],
    ),
    row(
        "VER-010",
        INFO,
        "all",
        text="The answers show what the server likely is: release, Python, Django, database.",
        why="what varies between servers varies with these",
        facts="docs/servers.md 0, 2, 3",
        recorded=["unknown/'nosuch'"],
    ),
    row(
        "VER-011",
        INFO,
        "all",
        text="XML-RPC is deprecated from Patchwork 2.0 on and gone in 4.0: who relies on it.",
        why="pwclient, pwcli, sktm and all else that speaks XML-RPC stop on the day of the upgrade",
        facts="docs/servers.md 6.5",
        recorded=["pw_rpc_version"],
    ),
]
