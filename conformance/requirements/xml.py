"""PW-XML: what bodies are read, and what becomes of those that cannot be."""

from .bodies import BODIES
from .catalogue import MUST, SHOULD, row

FAULT = "a broken client must get a fault, never an error of the server and never a hang"
READ = "clients in other languages write XML this way"
#: Bodies that a client is known to send (docs/clients.md 1, 4).
WHO = {"039": "pwclient allows nil (allow_none=True), so one can arrive"}

SAFE = "what a parser does with entities is the classic hole of XML services"

#: Bodies that a hardened parser may refuse, though no recorded server does.
SAFER = frozenset({"047"})

REQUIREMENTS = [
    *(
        row(
            f"XML-{body.number}",
            SHOULD if body.number in SAFER else MUST,
            body.releases,
            text=body.text,
            why=WHO.get(body.number, READ if body.value else FAULT),
            facts="docs/servers.md 1.2",
            recorded=[*body.recorded],
            python=body.python,
        )
        for body in BODIES
    ),
    row(
        "XML-051",
        MUST,
        "all",
        text="Internal entities are expanded, or refused with a fault.",
        why=SAFE,
        facts="docs/servers.md 1.2",
        recorded=["body/doctype entity"],
    ),
    row(
        "XML-052",
        MUST,
        "all",
        text="Entities made of entities are expanded, or refused with a fault.",
        why=SAFE,
        facts="docs/servers.md 1.2",
        recorded=["body/billion small"],
    ),
    row(
        "XML-053",
        MUST,
        "all",
        text="Blanks between elements and around a typed value do not matter.",
        why="libraries that print XML nicely send them",
        facts="docs/servers.md 1.2",
        recorded=["body/mixed value + project_get/1"],
    ),
    row(
        "XML-054",
        MUST,
        "all",
        text="A methodResponse in place of a call is a fault.",
        why=FAULT,
        facts="docs/servers.md 1.2",
        recorded=["body/methodResponse", "body/fault body", "body/fault body incomplete"],
    ),
    row(
        "XML-090",
        MUST,
        "all",
        text="However a body is mangled, the answer is XML-RPC over HTTP 200 in time.",
        why=FAULT,
        facts="docs/servers.md 1.1, 1.2",
        recorded=[
            "body/truncated",
            "body/unclosed tag",
            "body/two roots",
            "body/json",
            "enc/binary",
        ],
    ),
    row(
        "XML-091",
        MUST,
        "all",
        text="An answer is one methodResponse in UTF-8 and nothing else.",
        why="strict XML-RPC libraries refuse anything more",
        facts="docs/servers.md 1.3",
        recorded=[
            "pw_rpc_version",
            "state_list",
            "unknown/'nosuch'",
            "person_list",
            "patch_get/9999",
        ],
    ),
    row(
        "XML-092",
        MUST,
        "all",
        text="Text with markup in it comes back escaped.",
        why="one unescaped & makes an answer unreadable",
        facts="docs/servers.md 1.3",
        recorded=["unknown/'<b>&\"x\"\\''"],
    ),
    row(
        "XML-093",
        MUST,
        "all",
        text="A fault is code 1 and a text that begins with a Python class.",
        why="the class is all that clients can tell faults by",
        facts="docs/servers.md 1.2",
        recorded=["unknown/'nosuch'", "patch_get/noargs"],
    ),
    row(
        "XML-094",
        MUST,
        "all",
        text="An answer begins with its XML declaration, with nothing before it.",
        why="XML parsers refuse a declaration behind a blank or a byte order mark",
        facts="docs/servers.md 1.3",
        recorded=["pw_rpc_version", "state_list", "unknown/'nosuch'"],
    ),
    row(
        "XML-095",
        MUST,
        "all",
        text="An answer is UTF-8, as its declaration names no encoding.",
        why="clients decode it as UTF-8 and stop at the first other byte",
        facts="docs/servers.md 1.3",
        recorded=["state_list", "project_list", "person_list", "patch_list"],
    ),
    row(
        "XML-096",
        MUST,
        "all",
        text="The members of a fault are faultCode and faultString, in this order.",
        why="hand-made clients search for them in the text",
        facts="docs/servers.md 1.2, 2",
        recorded=["auth/unknown-method/none", "patch_get/noargs"],
    ),
    row(
        "XML-097",
        MUST,
        "all",
        text="Rows that there are come as XML-RPC over HTTP 200, in lists and one at a time.",
        why="a server that fails over its own rows answers none of a client's questions",
        facts="docs/servers.md 1.1, 1.3",
        recorded=["patch_list/max_count=1", "person_list/max=2", "patch_get/1"],
    ),
    row(
        "XML-098",
        MUST,
        "all",
        text="Text beyond ASCII comes back in a fault as it was sent.",
        why="names of people and of patches are more than ASCII",
        facts="docs/servers.md 1.2, 1.3",
        recorded=["unknown/'\u00fcnknown'"],
        python=3,
    ),
]
