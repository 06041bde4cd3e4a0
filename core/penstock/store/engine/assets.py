"""Reads asset events: those queued for DAGs, those that made a run, those of one asset."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from penstock.model.subject import about_row
from penstock.store.checked import checked, json_object
from penstock.store.database import Database
from penstock.store.engine.records import AssetEventRecord
from penstock.store.query import literally
from penstock.store.sieve import Sieve
from penstock.store.sql import columns
from penstock.store.sql.engine import assets as sql
from penstock.store.sqlite.connection import Connection

_event_row = checked(columns.TABLES["asset_event"], AssetEventRecord.__slots__)


Queued = dict[tuple[str, str], list[AssetEventRecord]]
"""Events that have not had a run yet, oldest first, by DAG and partition of the run ("" for none)."""


def queued_events(database: Database, sieve: Sieve | None = None) -> Queued:
    """Return the events that have not had a run yet."""
    with database.read() as connection:
        return queued(connection, sieve)


def queued(connection: Connection, sieve: Sieve | None = None) -> Queued:
    """Return the same with *connection*; an event that cannot be read is left out."""
    found: Queued = defaultdict(list)
    rows = connection.execute(sql.QUEUED).all()
    pairs = (sieve or Sieve()).rows(
        rows, lambda row: about_row("asset_event", row[2]), lambda row: ((row[0], row[1]), _record(row[2:]))
    )
    for key, event in pairs:
        found[key].append(event)
    return dict(found)


def events_of_run(database: Database, run_pk: int) -> tuple[AssetEventRecord, ...]:
    """Return the events that made a run, oldest first."""
    with database.read() as connection:
        rows = connection.execute(sql.OF_RUN, {"run_pk": run_pk}).all()
    return tuple(Sieve().rows(rows, lambda row: about_row("asset_event", row[0]), _record))


def next_event_id(database: Database) -> int:
    """Return an id that no asset event has yet."""
    with database.read() as connection:
        return int(connection.scalar(sql.LAST)) + 1


def newest_events(
    connection: Connection, name: str | None, uri: str | None, alias: str | None, limit: int
) -> list[AssetEventRecord]:
    """Return the newest events of an asset by name, by uri or by an alias, newest first."""
    wanted: list[str] = []
    values: dict[str, Any] = {"limit": limit}
    if name is not None:
        wanted.append(sql.BY_NAME)
        values["name"] = name
    if uri is not None:
        wanted.append(sql.BY_URI)
        values["uri"] = uri
    if alias is not None:
        wanted.append(sql.BY_ALIAS)
        values["alias"] = f"%{literally(json.dumps(alias))}%"
    rows = connection.execute(sql.NEWEST.where(*wanted), values).all()
    return Sieve().rows(rows, lambda row: about_row("asset_event", row[0]), _record)


def runs_made_by(connection: Connection, event_ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    """Return the runs that events made: event id -> (dag_id, run_id)."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for start in range(0, len(event_ids), 500):
        some = {"events": event_ids[start : start + 500]}
        for event_id, dag_id, run_id in connection.execute(sql.MADE, some):
            found[event_id].append((dag_id, run_id))
    return found


def event_counts(connection: Connection) -> dict[tuple[str, str], tuple[int, int]]:
    """Return, for each asset that ever changed, how often it did and the id of its newest event.

    Assets without a readable name and uri are left out.
    """
    rows = connection.execute(sql.COUNTS)
    return {
        (name, uri): (count, newest)
        for name, uri, count, newest in rows
        if isinstance(name, str) and isinstance(uri, str)
    }


def events_by_id(connection: Connection, ids: list[int]) -> dict[int, AssetEventRecord]:
    """Return events by id, those that can be read."""
    found: dict[int, AssetEventRecord] = {}
    for start in range(0, len(ids), 500):
        rows = connection.execute(sql.BY_ID, {"events": ids[start : start + 500]}).all()
        records = Sieve().rows(rows, lambda row: about_row("asset_event", row[0]), _record)
        found |= {record.id: record for record in records}
    return found


def _record(row: Any) -> AssetEventRecord:
    event_id, at_us, name, uri, extra, aliases, source, by, partition_key = _event_row(row)
    try:
        names = json.loads(aliases)
    except ValueError as error:
        raise ValueError(f"asset_event.aliases is not JSON: {error}") from None
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise ValueError(f"asset_event.aliases must be a JSON list of strings, not {aliases[:80]}")
    return AssetEventRecord(
        event_id,
        at_us,
        name,
        uri,
        json_object("asset_event", "extra", extra),
        tuple(names),
        json_object("asset_event", "source", source),
        by,
        partition_key,
    )
