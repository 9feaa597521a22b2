"""PW-SIG: which methods there are, what they take and what they give."""

from .catalogue import MUST, row

MEMBERS = "pwclient info and list -f print these members by name"
TYPES = "pwcli reads `.data` of what Python 3 sends as base64; clients break where a type differs"
#: The members that a Python 3 server sends as <base64> (SERVER.md 1.3).
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
        "Every public method of the server's generation exists.",
        "pwclient, pwcli, sktm and sup call these methods by name and end in a fault",
        "SERVER.md 1.4, 2",
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
        ),
    ),
    row(
        "SIG-002",
        MUST,
        "all",
        "patch_set exists, and from release 1.1 on check_create, too.",
        "pwclient update and check-create call them by name and end in a fault",
        "SERVER.md 1.4, 2",
        "auth/patch_set/none",
        "auth/check_create/none",
    ),
    row(
        "SIG-003",
        MUST,
        "1.0",
        "A 1.0 server has no check methods.",
        "a client that finds check_list relies on checks",
        "SERVER.md 2",
        "check_get/1",
    ),
    row(
        "SIG-004",
        MUST,
        "1.1+",
        "The documentation page lists every method, and no other.",
        "client authors read the page to learn what there is",
        "SERVER.md 1.11",
        "http/GET /xmlrpc/",
    ),
    row(
        "SIG-005",
        MUST,
        "1.1+",
        "The documentation page lists each method's parameters, order and defaults.",
        "client authors read the page to learn how to call",
        "SERVER.md 1.11",
        "http/GET /xmlrpc/",
    ),
    row(
        "SIG-006",
        MUST,
        "1.1+",
        "The documentation page shows the hidden first parameter `user` of the two methods that"
        " need credentials, and of no other.",
        "scripts that read the page must leave it out",
        "SERVER.md 1.11",
        "http/GET /xmlrpc/",
    ),
    row(
        "SIG-007",
        MUST,
        "all",
        "One argument too many is a TypeError that names the method and how many it takes.",
        "a client written for other parameters must learn of it",
        "SERVER.md 1.4, 2",
        "pw_rpc_version/1arg",
        "patch_get/2args",
        "patch_list/2args",
        "person_list/3args",
    ),
    row(
        "SIG-008",
        MUST,
        "all",
        "A missing required argument is a TypeError that names the method.",
        "a client written for other parameters must learn of it",
        "SERVER.md 1.4, 2",
        "patch_get/noargs",
        "project_get/noargs",
    ),
    row(
        "SIG-009",
        MUST,
        "all",
        "On Python 3 the fault for missing arguments names them all, in order.",
        "it is the one way to learn parameter names over the wire",
        "SERVER.md 1.4",
        "patch_get/noargs",
        "project_get/noargs",
        python=3,
    ),
    row(
        "SIG-010",
        MUST,
        "all",
        "project_list and state_list may be called without arguments.",
        "sktm leaves out the count, and scripts leave out both arguments",
        "SERVER.md 1.4",
        "project_list",
        "state_list",
    ),
    row(
        "SIG-011",
        MUST,
        "all",
        "project_list, state_list and person_list take a search string and a count.",
        "pwclient calls project_list('name', 0)",
        "SERVER.md 1.4",
        "project_list/search+max=1",
        "state_list/search+max=1",
        "person_list/search+max=1",
    ),
    row(
        "SIG-012",
        MUST,
        "all",
        "patch_list takes one struct.",
        "pwclient passes every filter in one struct",
        "SERVER.md 1.4",
        "patch_list/id=1",
    ),
    row(
        "SIG-013",
        MUST,
        "1.1+",
        "check_list takes one struct.",
        "pwclient passes every filter in one struct",
        "SERVER.md 1.4",
        "check_list/id=1",
    ),
    row(
        "SIG-014",
        MUST,
        "all",
        "A call of a method that does not exist is an Exception that says it is not supported.",
        "the pwclient that shipped inside Patchwork falls back to patch_get_by_hash on that fault",
        "SERVER.md 1.4",
        "unknown/'nosuch'",
        "unknown/'bundle_list'",
    ),
    row(
        "SIG-015",
        MUST,
        "all",
        "Method names are matched exactly: case and blanks count.",
        "a client that works by an alias here fails on every real server",
        "SERVER.md 1.4",
        "unknown/'PW_RPC_VERSION'",
        "unknown/' pw_rpc_version'",
        "unknown/'pw_rpc_version '",
    ),
    row(
        "SIG-016",
        MUST,
        "all",
        "There are no system.* methods.",
        "generic clients must not think that they can introspect or multicall",
        "SERVER.md 1.4",
        "unknown/'system.listMethods'",
        "unknown/'system.multicall'",
        "unknown/'system.methodHelp'",
    ),
    row(
        "SIG-017",
        MUST,
        "all",
        "An empty method name is not supported.",
        "a broken client must get a fault",
        "SERVER.md 1.4",
        "unknown/''",
    ),
    row(
        "SIG-018",
        MUST,
        "all",
        "Python's own attributes cannot be called.",
        "what is reachable by accident is a hole",
        "SERVER.md 1.4",
        "unknown/'__class__'",
        "unknown/'_dispatch'",
        "unknown/'patch_to_dict'",
    ),
    row(
        "SIG-019",
        MUST,
        "all",
        "Dotted names are not split: patch.get is not patch_get.",
        "a client that works by an alias here fails on every real server",
        "SERVER.md 1.4",
        "unknown/'patch.get'",
        "unknown/'xmlrpc.patch_get'",
    ),
    *(
        row(
            f"SIG-{20 + n:03}",
            MUST,
            "1.1+" if "check" in struct else "all",
            f"A {struct} has exactly the members that real servers of its generation send.",
            MEMBERS,
            "SERVER.md 1.3",
            *recorded,
        )
        for n, struct, recorded in STRUCTS
    ),
    *(
        row(
            f"SIG-{30 + n:03}",
            MUST,
            "1.1+" if "check" in struct else "all",
            f"The members of a {struct} have the wire types that real servers send"
            + (f": on Python 3 <base64> for {WRAPPED[struct]}." if struct in WRAPPED else "."),
            TYPES,
            "SERVER.md 1.3",
            *recorded,
        )
        for n, struct, recorded in STRUCTS
    ),
    *(
        row(
            f"SIG-{40 + n:03}",
            MUST,
            "1.1+" if "check" in struct else "all",
            f"On Python 3 the members of a {struct} come in the order in which real"
            " servers send them.",
            "scripts that print a whole struct print it in this order",
            "SERVER.md 1.3",
            *recorded,
            python=3,
        )
        for n, struct, recorded in STRUCTS
    ),
    row(
        "SIG-050",
        MUST,
        "all",
        "A caller cannot pass the hidden `user` argument instead of credentials.",
        "else anyone could write as anyone",
        "SERVER.md 1.4, 1.10",
        "auth/patch_set-4args/none",
    ),
]
