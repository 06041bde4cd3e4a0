"""Parameters: checks values against their schemas. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.model.spec import ParamSpec


def mismatch(value: Any, schema: Mapping[str, Any]) -> str | None:
    """Return why *value* does not fit a JSON Schema (including formats), or None if it does."""
    if not schema:
        return None
    import jsonschema
    from jsonschema.validators import validator_for
    from referencing import Registry

    kind = validator_for(schema)
    try:
        kind.check_schema(dict(schema))
        # An empty registry: what a schema refers to is never fetched from anywhere.
        checker = kind(dict(schema), registry=Registry(), format_checker=jsonschema.FormatChecker())
        error = jsonschema.exceptions.best_match(checker.iter_errors(value))
    except jsonschema.SchemaError as wrong:
        return f"its schema is wrong: {wrong.message}"
    except Exception as wrong:  # noqa: BLE001 - a bad pattern, a reference to nothing or to itself
        return f"its schema cannot be used: {type(wrong).__name__}: {wrong}"[:500]
    if error is None:
        return None
    place = "".join(f"[{part!r}]" for part in error.absolute_path)
    return f"{place}: {error.message}" if place else str(error.message)


def schema_problem(schema: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a JSON Schema itself, or None."""
    if not schema:
        return None
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    try:
        validator_for(schema).check_schema(dict(schema))
    except SchemaError as error:
        return str(error.message)
    return None


def problems(params: Mapping[str, ParamSpec], conf: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the values of a run, *conf* over the defaults, by parameter."""
    found = {}
    for name, param in params.items():
        if name not in conf and param.required:
            found[name] = "is required"
        else:
            problem = mismatch(conf.get(name, param.default), param.json_schema)
            if problem:
                found[name] = problem
    return found


def params_of(schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, ParamSpec]:
    """Return the parameters whose schemas, with their defaults inside, a DAG's view shows."""
    found = {}
    for name, schema in schemas.items():
        rest = {key: value for key, value in schema.items() if key != "default"}
        found[name] = ParamSpec(
            default=schema.get("default"), required="default" not in schema, json_schema=rest
        )
    return found
