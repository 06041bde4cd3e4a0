"""What the rows of Airflow's own database mean here. Pure: what reads the database hands them over."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.importing.airflow_exports import Setting, connection_of
from penstock.model.acts import SetPool, SetVariable

TABLES: dict[str, tuple[str, ...]] = {
    "variable": ("key", "val", "description", "is_encrypted"),
    "connection": (
        "conn_id", "conn_type", "description", "host", "schema", "login", "password", "port", "is_encrypted",
        "is_extra_encrypted", "extra",
    ),
    "slot_pool": ("pool", "slots", "description", "include_deferred"),
    "dag": ("dag_id", "is_paused"),
}  # fmt: skip
"""The tables that are read, and of each the columns; a column that an older version lacks is None."""

Opened = Callable[[str], str]
"""Returns a value in plain text; raises ValueError if it cannot be decrypted."""
Row = Mapping[str, Any]


@dataclass(slots=True)
class Taken:
    """What is taken over: what to set, which schedules are paused there, and what could not be read."""

    settings: list[Setting] = field(default_factory=list)
    paused: dict[str, bool] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def add(self, other: Taken) -> None:
        """Add what another source has."""
        self.settings += other.settings
        self.paused |= other.paused
        self.unread += other.unread


def taken_from(tables: Mapping[str, Sequence[Row]], opened: Opened, *, clear_secrets: bool = False) -> Taken:
    """Return what the rows of `TABLES` mean; what cannot be read is named, and the rest is taken over."""
    found = Taken()
    for row in tables.get("variable", ()):
        _one(found, f"variable {row['key']!r}", lambda row=row: _variable(row, opened))  # type: ignore[misc]
    for row in tables.get("connection", ()):
        _one(
            found,
            f"connection {row['conn_id']!r}",
            lambda row=row: _connection(row, opened, clear_secrets=clear_secrets),  # type: ignore[misc]
        )
    for row in tables.get("slot_pool", ()):
        _one(found, f"pool {row['pool']!r}", lambda row=row: _pool(row))  # type: ignore[misc]
    found.paused = {str(row["dag_id"]): bool(row["is_paused"]) for row in tables.get("dag", ())}
    return found


def _one(found: Taken, name: str, made: Callable[[], Setting]) -> None:
    try:
        found.settings.append(made())
    except (ValueError, TypeError) as error:
        found.unread.append(f"{name}: {error}")


def _variable(row: Row, opened: Opened) -> SetVariable:
    value = row["val"]
    if value is None:
        raise ValueError("it has no value")
    if row["is_encrypted"]:
        value = opened(str(value))
    return SetVariable(name=str(row["key"]), value=str(value), description=row["description"] or None)


def _connection(row: Row, opened: Opened, *, clear_secrets: bool) -> Setting:
    fields = {name: row[name] for name in TABLES["connection"] if row[name] not in (None, "")}
    if fields.get("password") and row["is_encrypted"]:
        fields["password"] = opened(str(fields["password"]))
    if fields.get("extra") and row["is_extra_encrypted"]:
        fields["extra"] = opened(str(fields["extra"]))
    if isinstance(fields.get("extra"), str):
        try:
            json.loads(fields["extra"])
        except ValueError as error:
            raise ValueError(f"its extra is not JSON: {error}") from None
    return connection_of(str(row["conn_id"]), fields, clear_secrets=clear_secrets)


def _pool(row: Row) -> SetPool:
    deferred = row["include_deferred"]
    return SetPool(
        name=str(row["pool"]),
        slots=int(row["slots"]),
        description=row["description"] or None,
        include_deferred=None if deferred is None else bool(deferred),
    )
