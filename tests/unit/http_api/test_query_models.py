"""Questions are read from a query in one way that every FastAPI understands.

Before 0.157 FastAPI takes a model of the query apart only if it is all that is read from the query; beside
another parameter it asks for one that is called like the model (tried with 0.118 to 0.165).
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("fastapi")

from fastapi.params import Query
from fastapi.routing import APIRoute
from starlette.requests import Request

from penstock.http.routes import (
    assets,
    backfills,
    connections,
    dags,
    logs,
    pools,
    run_acts,
    runs,
    task_acts,
    task_instances,
    trails,
    variables,
    xcoms,
)

MODULES = (
    assets, backfills, connections, dags, logs, pools, run_acts, runs, task_acts, task_instances, trails,
    variables, xcoms,
)  # fmt: skip


def is_body(kind: Any) -> bool:
    """Whether a parameter is the body of a request, or the request itself."""
    return kind is Request or hasattr(kind, "model_fields")


def read_from_the_query(endpoint: Callable[..., Any], path: str) -> tuple[list[str], list[str]]:
    """Return the models that are read from the query, and the single values beside them."""
    models, values = [], []
    for name, kind in typing.get_type_hints(endpoint, include_extras=True).items():
        marks = getattr(kind, "__metadata__", ())
        if any(isinstance(mark, Query) for mark in marks) and hasattr(kind.__origin__, "model_fields"):
            models.append(name)
        elif name != "return" and not marks and f"{{{name}" not in path and not is_body(kind):
            values.append(name)
    return models, values


def test_a_model_of_the_query_stands_alone() -> None:
    routes = [route for module in MODULES for route in module.router.routes if isinstance(route, APIRoute)]
    found = {route.path: read_from_the_query(route.endpoint, route.path) for route in routes}
    assert sum(bool(models) for models, _ in found.values()) > 12
    assert not {path: read for path, read in found.items() if read[0] and len(read[0] + read[1]) > 1}
