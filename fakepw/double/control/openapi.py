"""The control API as OpenAPI 3.1, from the table of its routes and the types of its bodies."""

from __future__ import annotations

from typing import Any

import msgspec

from ...fixtures import schema
from ...rules.spec import Spec
from ..rows import TABLES
from .api import ROUTES, Route
from .shapes import RuleForm

#: How a body that any object may be is said: its members are those of a fixture's row, or a rule.
_REF = "#/components/schemas/{name}"
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "string"}},
    },
}
_REFUSALS = {
    "400": "what was asked is not allowed, for the reason given",
    "401": "a bearer token is needed",
    "403": "another site's page asked",
    "404": "there is no such thing",
    "415": "the body is no application/json",
}


def _page(text: str, kind: str, *query: str) -> dict[str, Any]:
    content = {kind: {"schema": {"type": "string"}}}
    number = {"type": "integer", "minimum": 0}
    return {
        "get": {
            "summary": text,
            "parameters": [{"name": name, "in": "query", "schema": number} for name in query],
            "responses": {"200": {"description": "here it is", "content": content}},
        }
    }


#: What is there beside the routes.
_FOR_PEOPLE = {
    "/_fakepw/": _page("a page for people", "text/html", "page"),
    "/_fakepw/calls/events": _page(
        "calls as they come, behind that number: server-sent events, a line of JSON each",
        "text/event-stream",
        "after",
    ),
}


def openapi(version: str) -> dict[str, Any]:
    """The whole document, as JSON's values; `version` is fakepw's."""
    types = [kind for route in ROUTES for kind in (route.body, route.answer) if kind is not None]
    named = list(dict.fromkeys(kind for kind in types if kind is not dict[str, Any]))
    _, components = msgspec.json.schema_components([*named, Spec, RuleForm], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        path = "/_fakepw/" + route.path.replace("{}", "{key}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    paths |= _FOR_PEOPLE
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "fakepw control API",
            "version": version,
            "description": "Steers a fake Patchwork server from any language.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": {**components, **_forms(), "Error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))  # lists, no tuples
    return found


def _operation(route: Route) -> dict[str, Any]:
    name = f"{route.method.lower()}-{route.path.replace('/{}', '-one').replace('/', '-')}"
    found: dict[str, Any] = {
        "operationId": name,
        "summary": route.text,
        "responses": {
            "200": {"description": "done", "content": _json(_schema(route.answer))},
            **{
                status: {
                    "description": text,
                    "content": _json(_ref("Error")),
                }
                for status, text in _REFUSALS.items()
            },
        },
    }
    if "{}" in route.path:
        found["parameters"] = [
            {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
        ]
    if route.query:
        found.setdefault("parameters", []).extend(
            {"name": each, "in": "query", "schema": {"type": "integer", "minimum": 0}}
            for each in route.query
        )
    if route.body is not None:
        content = _json(_BODIES.get((route.method, route.path)) or _schema(route.body))
        found["requestBody"] = {"required": True, "content": content}
    return found


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": _REF.format(name=name)}


#: What the bodies hold that are read member by member, so as to say all that is wrong with them.
_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "rules"): {"anyOf": [_ref("RuleForm"), _ref("Spec")]},
    ("PATCH", "patches/{}"): _ref("PatchChange"),
    **{("POST", table): _ref(f"{kind.title()}Form") for kind, table in TABLES.items()},
}


def _forms() -> dict[str, Any]:
    """The rows of fixtures, as their schema describes them."""
    text = msgspec.json.encode(schema()["$defs"]).replace(b"#/$defs/", _REF[:-6].encode())
    defined: dict[str, Any] = msgspec.json.decode(text)
    forms = {name: defined[name] for name in sorted(defined) if name != "FixtureForm"}
    change = {k: v for k, v in forms["PatchForm"].items() if k not in ("required", "title")}
    return {**forms, "PatchChange": change}


def _schema(kind: type[Any]) -> dict[str, Any]:
    if kind == dict[str, Any]:
        return {"type": "object"}
    return _ref(kind.__name__)


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
