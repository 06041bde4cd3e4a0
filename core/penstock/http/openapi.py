"""The OpenAPI documents: FastAPI writes the operations, msgspec the schemas of what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
}


def document(app: FastAPI, answers: Sequence[type[msgspec.Struct]]) -> dict[str, Any]:
    """Return the document of *app*, whose operations answer with *answers*."""
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    _, schemas = msgspec.json.schema_components(answers, ref_template="#/components/schemas/{name}")
    components = made.setdefault("components", {})
    known = components.setdefault("schemas", {})
    for name, schema in schemas.items():
        known.setdefault(name, schema)
    components["securitySchemes"] = _SECURITY
    made["security"] = [{"bearer": []}, {"basic": []}]
    return made


def answers_of(modules: Sequence[object]) -> list[type[msgspec.Struct]]:
    """Return the structs that *modules* define, one of each name."""
    found: dict[str, type[msgspec.Struct]] = {}
    for module in modules:
        for name, thing in vars(module).items():
            if isinstance(thing, type) and issubclass(thing, msgspec.Struct):
                found.setdefault(name, thing)
    return list(found.values())
