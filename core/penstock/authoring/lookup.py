"""Where Variables and Connections come from: the environment first, then what the instance gives.

The task child hands over the values of its attempt with `provide`; elsewhere penstock.toml is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

_variables: Mapping[str, str] | None = None
_connections: Mapping[str, str] | None = None


def provide(variables: Mapping[str, str] | None, connections: Mapping[str, str] | None) -> None:
    """Use these values besides the environment (None: those of penstock.toml)."""
    global _variables, _connections
    _variables, _connections = variables, connections


def find_variable(name: str) -> str | None:
    """Return the text of variable *name*, or None."""
    found = _from_environment("VAR", name)
    if found is not None:
        return found
    if _variables is not None:
        return _variables.get(name)
    from penstock.settings import load_settings

    return load_settings().variables.get(name)


def find_connection(conn_id: str) -> str | None:
    """Return the URL (or JSON) of connection *conn_id*, or None."""
    found = _from_environment("CONN", conn_id)
    if found is not None:
        return found
    if _connections is not None:
        return _connections.get(conn_id)
    from penstock.settings import load_settings

    return load_settings().connections.get(conn_id)


def _from_environment(kind: str, name: str) -> str | None:
    for program in ("PENSTOCK", "AIRFLOW"):
        value = os.environ.get(f"{program}_{kind}_{name.upper()}")
        if value is not None:
            return value
    return None
