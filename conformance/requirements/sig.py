"""PW-SIG: which methods there are, what they take and what they give."""

from .catalogue import MUST, row

MEMBERS = "pwclient info and list -f print these members by name"
TYPES = "pwcli reads `.data` of what Python 3 sends as base64; clients break where a type differs"
#: The members that a Python 3 server sends as <base64> (docs/servers.md 1.3).
WRAPPED = {
    "person": "user",
    "patch": "date, project, state, submitter and delegate",
    "check": "date, patch and user",
}

#: (number, struct, recorded calls)
STRUCTS = [
    (1, "project", ("project_get/1", "project_list")),
    (2, "person", ("person_get/1", "person_list")),
    (3, "state", ("state_get/1", "state_list")),
    (
        4,
        "patch",
        (
            "patch_get/1",
            "patch_list",
            "patch_get_by_hash/present",
            "patch_get_by_project_hash/linux-kernel,present",
        ),
    ),
    (5, "check", ("check_get/1", "check_list")),
    (6, "combined check", ("patch_check_get/1",)),
]

REQUIREMENTS = [
    row(
        "SIG-001",
        MUST,
        "all",
        text="Every public method of the server's generation exists.",
        why="pwclient, pwcli, sktm and sup call these methods by name and end in a fault",
        facts="docs/servers.md 1.4, 2",
        recorded=[
            *(
                f"{m}/9999"
                for m in (
                    "project_get",
                    "person_get",
                    "state_get",
                    "patch_get",
                    "patch_get_mbox",
                    "patch_get_diff",
                )
            )
        ],
    ),
    row(
        "SIG-002",
        MUST,
        "all",
        text="patch_set exists, and from release 1.1 on check_create, too.",
        why="pwclient update and check-create call them by name and end in a fault",
        facts="docs/servers.md 1.4, 2",
        recorded=["auth/patch_set/none", "auth/check_create/none"],
    ),
    row(
        "SIG-003",
        MUST,
        "1.0",
        text="A 1.0 server has no check methods.",
        why="a client that finds check_list relies on checks",
        facts="docs/servers.md 2",
        recorded=["check_get/1"],
    ),
    row(
        "SIG-004",
        MUST,
        "1.1+",
        text="The documentation page lists every method, and no other.",
        why="client authors read the page to learn what there is",
        facts="docs/servers.md 1.11",
        recorded=["http/GET /xmlrpc/"],
    ),
    row(
        "SIG-005",
        MUST,
        "1.1+",
        text="The documentation page lists each method's parameters, order and defaults.",
        why="client authors read the page to learn how to call",
        facts="docs/servers.md 1.11",
        recorded=["http/GET /xmlrpc/"],
    ),
    row(
        "SIG-006",
        MUST,
        "1.1+",
        text="The documentation page shows the hidden first parameter `user` of the two methods"
        " that"
        " need credentials, and of no other.",
        why="scripts that read the page must leave it out",
        facts="docs/servers.md 1.11",
        recorded=["http/GET /xmlrpc/"],
    ),
    row(
        "SIG-007",
        MUST,
        "all",
        text="One argument too many is a TypeError that names the method and how many it takes.",
        why="a client written for other parameters must learn of it",
        facts="docs/servers.md 1.4, 2",
        recorded=[
            "pw_rpc_version/1arg",
            "patch_get/2args",
            "patch_list/2args",
            "person_list/3args",
        ],
    ),
    row(
        "SIG-008",
        MUST,
        "all",
        text="A missing required argument is a TypeError that names the method.",
        why="a client written for other parameters must learn of it",
        facts="docs/servers.md 1.4, 2",
        recorded=["patch_get/noargs", "project_get/noargs"],
    ),
    row(
        "SIG-009",
        MUST,
        "all",
        text="On Python 3 the fault for missing arguments names them all, in order.",
        why="it is the one way to learn parameter names over the wire",
        facts="docs/servers.md 1.4",
        recorded=["patch_get/noargs", "project_get/noargs"],
        python=3,
    ),
    row(
        "SIG-010",
        MUST,
        "all",
        text="project_list and state_list may be called without arguments.",
        why="sktm leaves out the count, and scripts leave out both arguments",
        facts="docs/servers.md 1.4",
        recorded=["project_list", "state_list"],
    ),
    row(
        "SIG-011",
        MUST,
        "all",
        text="project_list, state_list and person_list take a search string and a count.",
        why="pwclient calls project_list('name', 0)",
        facts="docs/servers.md 1.4",
        recorded=[
            "project_list/search+max=1",
            "state_list/search+max=1",
            "person_list/search+max=1",
        ],
    ),
    row(
        "SIG-012",
        MUST,
        "all",
        text="patch_list takes one struct.",
        why="pwclient passes every filter in one struct",
        facts="docs/servers.md 1.4",
        recorded=["patch_list/id=1"],
    ),
    row(
        "SIG-013",
        MUST,
        "1.1+",
        text="check_list takes one struct.",
        why="pwclient passes every filter in one struct",
        facts="docs/servers.md 1.4",
        recorded=["check_list/id=1"],
    ),
    row(
        "SIG-014",
        MUST,
        "all",
        text="A call of a method that does not exist is an Exception that says it is not"
        " supported.",
        why="the pwclient that shipped inside Patchwork falls back to patch_get_by_hash on that"
        " fault",
        facts="docs/servers.md 1.4",
        recorded=["unknown/'nosuch'", "unknown/'bundle_list'"],
    ),
    row(
        "SIG-015",
        MUST,
        "all",
        text="Method names are matched exactly: case and blanks count.",
        why="a client that works by an alias here fails on every real server",
        facts="docs/servers.md 1.4",
        recorded=[
            "unknown/'PW_RPC_VERSION'",
            "unknown/' pw_rpc_version'",
            "unknown/'pw_rpc_version '",
        ],
    ),
    row(
        "SIG-016",
        MUST,
        "all",
        text="There are no system.* methods.",
        why="generic clients must not think that they can introspect or multicall",
        facts="docs/servers.md 1.4",
        recorded=[
            "unknown/'system.listMethods'",
            "unknown/'system.multicall'",
            "unknown/'system.methodHelp'",
        ],
    ),
    row(
        "SIG-017",
        MUST,
        "all",
        text="An empty method name is not supported.",
        why="a broken client must get a fault",
        facts="docs/servers.md 1.4",
        recorded=["unknown/''"],
    ),
    row(
        "SIG-018",
        MUST,
        "all",
        text="Python's own attributes cannot be called.",
        why="what is reachable by accident is a hole",
        facts="docs/servers.md 1.4",
        recorded=["unknown/'__class__'", "unknown/'_dispatch'", "unknown/'patch_to_dict'"],
    ),
    row(
        "SIG-019",
        MUST,
        "all",
        text="Dotted names are not split: patch.get is not patch_get.",
        why="a client that works by an alias here fails on every real server",
        facts="docs/servers.md 1.4",
        recorded=["unknown/'patch.get'", "unknown/'xmlrpc.patch_get'"],
    ),
    *(
        row(
            f"SIG-{20 + n:03}",
            MUST,
            "1.1+" if "check" in struct else "all",
            text=f"A {struct} has exactly the members that real servers of its generation send.",
            why=MEMBERS,
            facts="docs/servers.md 1.3",
            recorded=[*recorded],
        )
        for n, struct, recorded in STRUCTS
    ),
    *(
        row(
            f"SIG-{30 + n:03}",
            MUST,
            "1.1+" if "check" in struct else "all",
            text=f"The members of a {struct} have the wire types that real servers send"
            + (f": on Python 3 <base64> for {WRAPPED[struct]}." if struct in WRAPPED else "."),
            why=TYPES,
            facts="docs/servers.md 1.3",
            recorded=[*recorded],
        )
        for n, struct, recorded in STRUCTS
    ),
    *(
        row(
            f"SIG-{40 + n:03}",
            MUST,
            "1.1+" if "check" in struct else "all",
            text=f"On Python 3 the members of a {struct} come in the order in which real"
            " servers send them.",
            why="scripts that print a whole struct print it in this order",
            facts="docs/servers.md 1.3",
            recorded=[*recorded],
            python=3,
        )
        for n, struct, recorded in STRUCTS
    ),
    row(
        "SIG-050",
        MUST,
        "all",
        text="A caller cannot pass the hidden `user` argument instead of credentials.",
        why="else anyone could write as anyone",
        facts="docs/servers.md 1.4, 1.10",
        recorded=["auth/patch_set-4args/none"],
    ),
]
