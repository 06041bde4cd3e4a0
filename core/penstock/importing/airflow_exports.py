"""Reads what ``airflow variables export``, ``connections export`` and ``pools export`` write. Pure.

Also what ``airflow dags list -o json`` prints, for the pauses of DAGs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from penstock.errors import UsageError
from penstock.model.acts import SetConnection, SetPool, SetVariable
from penstock.values import connection_problem

Setting = SetVariable | SetConnection | SetPool
KINDS = ("variables", "connections", "pools", "dags")
_PAUSED = ("is_paused", "paused")
_FIELDS = ("conn_type", "host", "login", "password", "schema", "port", "extra")


def read_export(
    name: str, text: str, kind: str | None = None, *, clear_secrets: bool = False
) -> list[Setting]:
    """Return what the file *name* with *text* sets. *kind* is one of `KINDS` but dags; None finds it out.

    Raises `UsageError`, with the name of the file and the entry, for what cannot be kept.
    """
    entries = _lines(name, text) if name.endswith(".env") else _named(name, _document(name, text))
    kind = kind or _kind_of(entries, name)
    makers: dict[str, Callable[[str, Any], Setting]] = {
        "variables": _variable,
        "pools": _pool,
        "connections": lambda key, value: connection_of(key, value, clear_secrets=clear_secrets),
    }
    found: list[Setting] = []
    for key, value in entries.items():
        try:
            found.append(makers[kind](key, value))
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError(f"{name}: {key!r} is not one of {kind}: {error}") from None
    return found


def _lines(name: str, text: str) -> dict[str, Any]:
    """Return the entries of a file with ``id=URL`` lines."""
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key, equals, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not key.strip():
            raise UsageError(f"{name}:{number}: a line must be ID=URL")
        found[key.strip()] = value.strip()
    return found


def read_pauses(name: str, text: str) -> dict[str, bool] | None:
    """Return which DAGs are paused by a list of DAGs; None if the file *name* is something else.

    Raises `UsageError` for a list that does not say so.
    """
    if name.endswith(".env"):
        return None
    listed = _document(name, text)
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        return None
    if not all("dag_id" in one for one in listed):
        return None
    found = {}
    for one in listed:
        said = next((one[each] for each in _PAUSED if each in one), None)
        if str(said).lower() not in ("true", "false"):
            raise UsageError(
                f"{name} does not say whether {one['dag_id']!r} is paused: airflow dags list -o json"
            )
        found[str(one["dag_id"])] = str(said).lower() == "true"
    return found


def _named(name: str, found: Any) -> dict[str, Any]:
    """Return entries by name: an object, or a list of pools or connections that have their names inside."""
    if isinstance(found, list):
        for key in ("pool", "conn_id", "key"):
            if found and all(isinstance(one, dict) and key in one for one in found):
                return {str(one[key]): _without(one, key) for one in found}
    if not isinstance(found, dict):
        raise UsageError(f"{name} must be an object of names and values, not {type(found).__name__}")
    return {str(key): value for key, value in found.items()}


def _without(entry: dict[str, Any], key: str) -> Any:
    rest = {name: value for name, value in entry.items() if name not in (key, "id")}
    return rest["val"] if key == "key" and "val" in rest else rest


def _document(name: str, text: str) -> Any:
    """Return what a JSON or YAML file holds."""
    if name.endswith((".yaml", ".yml")):
        try:
            yaml: Any = import_module("yaml")  # no dependency of ours
        except ImportError:
            raise UsageError(f"{name}: reading YAML needs PyYAML; export JSON instead") from None
        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UsageError(f"{name} is not YAML: {error}") from None
    else:
        try:
            found = json.loads(text)
        except ValueError as error:
            raise UsageError(f"{name} is not JSON: {error}") from None
    return found


def _kind_of(entries: Mapping[str, Any], name: str) -> str:
    """Return what a file has, by its values; raise `UsageError` if it may be two things."""
    values = list(entries.values())
    if not values:
        raise UsageError(f"{name} has no entries")
    if name.endswith(".env"):
        return "connections"
    if all(isinstance(value, dict) and "slots" in value for value in values):
        return "pools"
    alike = [_looks_like_connection(value) for value in values]
    if all(alike):
        return "connections"
    if any(isinstance(value, dict) and "conn_type" in value for value in values):
        raise UsageError(f"{name} may be variables or connections: say which with --as")
    return "variables"


def _looks_like_connection(value: Any) -> bool:
    return "conn_type" in value if isinstance(value, dict) else isinstance(value, str) and "://" in value


def _variable(key: str, value: Any) -> SetVariable:
    description = None
    if isinstance(value, dict) and value.keys() == {"value", "description"}:
        value, description = value["value"], value["description"]
    text = value if isinstance(value, str) else json.dumps(value)
    return SetVariable(name=key, value=text, description=description or None)


def connection_of(key: str, value: Any, *, clear_secrets: bool) -> SetConnection:
    """Return the connection *key* of a URL, or of its fields; raise ValueError for what cannot be kept."""
    if isinstance(value, str):
        return SetConnection(conn_id=key, entry={"uri": value}, clear_secrets=clear_secrets)
    entry = {name: value[name] for name in _FIELDS if value.get(name) not in (None, "")}
    if isinstance(entry.get("extra"), str):
        entry["extra"] = json.loads(entry["extra"])
    if isinstance(entry.get("port"), str):
        entry["port"] = int(entry["port"])
    problem = connection_problem(entry)
    if problem:
        raise ValueError(problem)
    return SetConnection(
        conn_id=key,
        entry=entry,
        description=value.get("description") or None,
        clear_secrets=clear_secrets,
    )


def _pool(key: str, value: Any) -> SetPool:
    return SetPool(
        name=key,
        slots=int(value["slots"]),
        description=value.get("description") or None,
        include_deferred=value.get("include_deferred"),
    )
