"""Variables and connections of all three sources as views: the environment, penstock.toml, the store.

A task finds them in the same order (`penstock.task_process.lookup`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from penstock.clock import from_us
from penstock.model.views.values import ConnectionRow, VariableRow
from penstock.settings import Settings
from penstock.values import shown_connection, shown_variable

Source = Literal["environment", "file", "store"]


class Stored(NamedTuple):
    """A value of the store, decoded."""

    name: str
    entry: Any
    description: str | None
    updated_us: int
    by: str


class _Found(NamedTuple):
    name: str
    entry: Any
    source: Source
    used: bool
    stored: Stored | None


def variable_rows(
    settings: Settings, stored: Sequence[Stored], environ: Mapping[str, str] = os.environ
) -> list[VariableRow]:
    """Return every variable by name, the source that counts first."""
    return [
        VariableRow(
            name=found.name,
            value=shown_variable(found.name, found.entry),
            secret=found.entry["secret"] if isinstance(found.entry, dict) else None,
            **_common(found),
        )
        for found in _found("VAR", environ, settings.variables, stored)
    ]


def connection_rows(
    settings: Settings, stored: Sequence[Stored], environ: Mapping[str, str] = os.environ
) -> list[ConnectionRow]:
    """Return every connection by id, the source that counts first."""
    rows = []
    for found in _found("CONN", environ, settings.connections, stored):
        secrets = found.entry.get("secrets", {}) if isinstance(found.entry, dict) else {}
        fields = shown_connection(found.entry)
        rows.append(ConnectionRow(conn_id=found.name, fields=fields, secrets=secrets, **_common(found)))
    return rows


def _common(found: _Found) -> dict[str, Any]:
    facts: dict[str, Any] = {"source": found.source, "used": found.used}
    if isinstance(found.entry, dict):
        facts["description"] = found.entry.get("description")
    if found.stored is not None:
        facts |= {
            "description": found.stored.description or facts.get("description"),
            "updated": from_us(found.stored.updated_us),
            "by": found.stored.by,
        }
    return facts


def _found(
    word: str, environ: Mapping[str, str], of_file: Mapping[str, Any], stored: Sequence[Stored]
) -> Iterator[_Found]:
    """Yield every entry by name; the environment has names in capitals, so it uses the known spelling."""
    kept = {one.name: one for one in stored}
    by_capitals = {name.upper(): name for name in (*kept, *of_file)}
    of_environment: dict[str, str] = {}
    for program in ("AIRFLOW", "PENSTOCK"):  # the last one counts
        start = f"{program}_{word}_"
        for key, value in environ.items():
            if key.startswith(start):
                capitals = key.removeprefix(start)
                of_environment[by_capitals.get(capitals, capitals.lower())] = value
    for name in sorted({*of_environment, *of_file, *kept}):
        used = True
        if name in of_environment:
            yield _Found(name, of_environment[name], "environment", used, None)
            used = False
        if name in of_file:
            yield _Found(name, of_file[name], "file", used, None)
            used = False
        if name in kept:
            yield _Found(name, kept[name].entry, "store", used, kept[name])
