"""What commands print for programs, held to its published schema."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema

from conformance.reports import json as json_report


def told(command: str, text: str) -> Any:
    """What that command printed; all of it has to be as the schema says, and nothing more."""
    value = json.loads(text)
    jsonschema.Draft202012Validator(exact(command)).validate(value)
    return value


@cache
def exact(command: str) -> dict[str, Any]:
    """The schema, with which no member may come that it does not describe."""
    closed: dict[str, Any] = _closed(json_report.schema(command))
    return closed


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _closed(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        assert set(schema["required"]) == set(schema["properties"])
        found["additionalProperties"] = False
    return found
