"""Ways to break a server on the wire: what it is asked is changed, or what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from conformance.target.exchange import Answer, Request, call, encode
from conformance.target.sending.transport import Endpoint, Transport
from conformance.target.wire import Fault, Node

Rewrite = Callable[[Request], Request]
Alter = Callable[[Request, Answer], Answer]


def _asked(request: Request) -> Request:
    return request


def _said(request: Request, answer: Answer) -> Answer:
    return answer


@dataclass(frozen=True)
class Mutant:
    """One behaviour broken, and the requirement that must notice."""

    name: str
    kills: str
    asked: Rewrite = _asked
    said: Alter = _said
    instance: str = "3.2-py3-postgresql"
    dataset: str = "b"


class Broken:
    """A transport to a server with one behaviour broken."""

    def __init__(self, inner: Transport, mutant: Mutant) -> None:
        self.inner, self.mutant = inner, mutant
        self.endpoint: Endpoint = inner.endpoint

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        """The broken answer."""
        answer = self.inner.send(self.mutant.asked(request), alone=alone)
        return self.mutant.said(request, answer)


def respond(xml: str) -> Answer:
    """The answer that carries this value."""
    body = (
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n"
        f"<value>{xml}</value>\n</param>\n</params>\n</methodResponse>\n"
    )
    return Answer(200, (("Content-Type", "text/html; charset=utf-8"),), body.encode())


def fault(text: str, code: int = 1) -> Answer:
    """The answer that is this fault."""
    xml = encode({"faultCode": code, "faultString": text})
    inside = f"<methodResponse><fault><value>{xml}</value></fault></methodResponse>"
    headers = (("Content-Type", "text/html; charset=utf-8"),)
    return Answer(200, headers, f"<?xml version='1.0'?>\n{inside}".encode())


def xml_of(node: Node) -> str:
    """A node as XML again, wire types kept."""
    if node.kind == "array":
        return (
            "<array><data>"
            + "".join(f"<value>{xml_of(n)}</value>" for n in node)
            + "</data></array>"
        )
    if node.kind == "struct":
        inside = "".join(
            f"<member><name>{name}</name><value>{xml_of(item)}</value></member>"
            for name, item in node.value
        )
        return f"<struct>{inside}</struct>"
    if node.kind == "string":
        return encode(node.value)
    return f"<{node.kind}>{node.value}</{node.kind}>"


def on(methods: str, change: Callable[[Node], Node | None]) -> Alter:
    """Change the value that these methods answer; None leaves it alone."""
    names = set(methods.split())

    def said(request: Request, answer: Answer) -> Answer:
        reply = answer.reply
        if not isinstance(reply, Node) or (names and request.rpc_name not in names):
            return answer
        changed = change(reply)
        return (
            answer if changed is None else replace(respond(xml_of(changed)), headers=answer.headers)
        )

    return said


def rows(methods: str, change: Callable[[tuple[Node, ...]], tuple[Node, ...]]) -> Alter:
    """Change the rows of the lists that these methods answer."""
    return on(methods, lambda n: Node("array", change(n.value)) if n.kind == "array" else None)


def structs(methods: str, change: Callable[[dict[str, Node]], dict[str, Node]]) -> Alter:
    """Change every struct that these methods answer, in lists too."""

    def one(node: Node) -> Node:
        if node.kind != "struct" or not node.value:
            return node
        return Node("struct", tuple(change(dict(node.value)).items()))

    return on(
        methods,
        lambda n: Node("array", tuple(map(one, n.value))) if n.kind == "array" else one(n),
    )


def member(methods: str, name: str, change: Callable[[Node], Node]) -> Alter:
    """Change one member of every struct."""
    return structs(methods, lambda m: {k: change(v) if k == name else v for k, v in m.items()})


def text(value: str) -> Callable[[Node], Node]:
    """Another text in the same wire type."""
    import base64

    return lambda node: (
        Node(node.kind, value)
        if node.kind != "base64"
        else Node("base64", base64.b64encode(value.encode()).decode())
    )


def instead(
    methods: str, answer: Answer, when: Callable[[Request], bool] = lambda r: True
) -> Alter:
    """This answer instead, for these methods."""
    names = set(methods.split())
    return lambda request, real: answer if request.rpc_name in names and when(request) else real


def faults_become(answer: Answer, match: str = "") -> Alter:
    """Every fault whose text matches becomes this answer."""

    def said(request: Request, real: Answer) -> Answer:
        reply = real.reply
        return answer if isinstance(reply, Fault) and re.search(match, reply.text) else real

    return said


def refault(pattern: str, replacement: str) -> Alter:
    """Other words in every fault."""

    def said(request: Request, real: Answer) -> Answer:
        reply = real.reply
        if not isinstance(reply, Fault) or not re.search(pattern, reply.text):
            return real
        return fault(re.sub(pattern, replacement, reply.text), reply.code)

    return said


def filters(method: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Rewrite:
    """Change the filter that a list is asked with."""

    def asked(request: Request) -> Request:
        if request.rpc_name != method or not request.rpc or not request.rpc[1]:
            return request
        (filt, *_) = request.rpc[1]
        if not isinstance(filt, dict):
            return request
        return replace(call(method, change(filt)), authorization=request.authorization)

    return asked


def ignore(method: str, *keys: str) -> Rewrite:
    """Ignore entries of a filter."""
    return filters(method, lambda f: {k: v for k, v in f.items() if k not in keys})


def rename(method: str, old: str, new: str) -> Rewrite:
    """Take one lookup for another."""
    return filters(method, lambda f: {new if k == old else k: v for k, v in f.items()})


def revalue(method: str, key: str, change: Callable[[Any], Any]) -> Rewrite:
    """Take another value."""
    return filters(method, lambda f: {k: change(v) if k == key else v for k, v in f.items()})


def arguments(methods: str, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Rewrite:
    """Take other arguments."""
    names = set(methods.split())

    def asked(request: Request) -> Request:
        if request.rpc_name not in names or not request.rpc:
            return request
        return replace(
            call(request.rpc_name, *change(request.rpc[1])), authorization=request.authorization
        )

    return asked


def header(name: str, value: str | None) -> Alter:
    """Another header in every answer; None removes it."""

    def said(request: Request, answer: Answer) -> Answer:
        kept = tuple((k, v) for k, v in answer.headers if k.lower() != name.lower())
        return replace(answer, headers=kept + (((name, value),) if value is not None else ()))

    return said


def status(number: int, when: Callable[[Request, Answer], bool]) -> Alter:
    """Another status where `when` holds."""
    return lambda request, answer: (
        replace(answer, status=number, body=b"<html>error</html>")
        if when(request, answer)
        else answer
    )


def body(pattern: bytes, replacement: bytes) -> Alter:
    """Other bytes in every body."""
    return lambda request, answer: replace(answer, body=re.sub(pattern, replacement, answer.body))
