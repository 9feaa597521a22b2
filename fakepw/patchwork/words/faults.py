"""How a Patchwork says no: an exception's class and text, which its XML-RPC layer puts in a fault.

A fault string is `<class 'NAME'>:TEXT` under Python 3 and `<type 'exceptions.NAME'>:TEXT` for a
builtin under Python 2; its code is always 1 (servers.md 1.2, 2).
"""

from __future__ import annotations

from .brief import brief


class Fault(Exception):
    """A call that failed as a real server would fail it.

    `kind` is the exception's class as Python 3 names it: bare for a builtin (`TypeError`), dotted
    for any other (`django.core.exceptions.FieldError`).  `text` is what `str()` of it gives.
    `code` is 1 for everything that a server raises itself (servers.md 1.2).
    """

    def __init__(self, kind: str, text: str, code: int = 1) -> None:
        super().__init__(kind, text, code)
        self.kind = kind
        self.text = text
        self.code = code

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {brief(self.code)}: {brief(self.kind)}, {brief(self.text)}>"


class Refusal(Fault):
    """The Fault of a database, or its driver, that does not run a query which Django has built.

    It comes only once the whole query is built: anything wrong, or empty, elsewhere in the query
    comes first; and of several, the one of the earliest `stage`.
    """

    def __init__(self, kind: str, text: str, stage: int) -> None:
        super().__init__(kind, text)
        self.stage = stage


class Stumble(Fault):
    """The Fault of a database at a row that it comes to once a query runs.

    It comes after whatever keeps the query from running, and not at all without such a row.
    """


#: Stages of a query: the driver makes literals of its values, sees whether there are as many as the
#: query has places for (psycopg 3 does so beforehand), binds them (SQLite's does), and has the
#: database run it.
BEFOREHAND, ADAPTING, COUNTING, BINDING, RUNNING = range(5)
