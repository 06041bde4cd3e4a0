"""Runs of all DAGs, a page at a time."""

from __future__ import annotations

from typing import Any

from penstock.clock import from_us, opt_from_us
from penstock.model.search import RunSearch
from penstock.model.states import RUN_TERMINAL, RunState, RunType
from penstock.model.subject import about_row
from penstock.model.views.found import RunFacts, RunPage, VersionFacts
from penstock.store.checked import json_object
from penstock.store.query import Values
from penstock.store.sieve import Sieve
from penstock.store.sql.views.search import runs as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.search.conditions import among, conditions, page
from penstock.store.views.search.notes import Place, read_notes
from penstock.store.views.search.versions import numbered


def search_runs(connection: Connection, search: RunSearch) -> RunPage:
    """Return one page of the runs that fit, and how many there are."""
    values = Values()
    wanted = run_conditions(search, values)
    query = page(sql.PAGE.where(*wanted), search, sql.COLUMNS, sql.COLUMNS["id"], values)
    rows = connection.execute(query, values).all()
    versions = numbered(connection, {row.dag_id for row in rows})
    notes = read_notes(connection, [(row.dag_id, row.run_id) for row in rows])
    found = Sieve().rows(
        rows,
        lambda row: about_row("run", row.id),
        lambda row: _facts(row, versions.get(row.version_id), notes),
    )
    return RunPage(rows=tuple(found), total=connection.scalar(sql.COUNT.where(*wanted), values) or 0)


def run_conditions(search: RunSearch, values: Values) -> list[str]:
    """Return what the rows of the runs must fulfil, with what it needs in *values*."""
    columns = sql.COLUMNS
    return [
        *among(columns["dag_id"], search.dag_ids, values),
        *among(columns["run_id"], search.run_ids, values),
        *among(columns["state"], search.states, values),
        *among(columns["run_type"], search.run_types, values),
        *conditions(search, columns, values),
    ]


def run_counts(connection: Connection, dag_ids: tuple[str, ...] | None) -> dict[str, dict[str, int]]:
    """Return how many runs of each DAG are in each state."""
    counts: dict[str, dict[str, int]] = {}
    values = Values()
    query = sql.STATES.where(*among(sql.COLUMNS["dag_id"], dag_ids, values))
    for dag_id, state, count in connection.execute(query, values):
        counts.setdefault(dag_id, {})[state] = count
    return counts


def _facts(row: Any, version: VersionFacts | None, notes: dict[Place, str]) -> RunFacts:
    state = RunState(row.state)
    ended = state in RUN_TERMINAL
    return RunFacts(
        dag_id=row.dag_id,
        run_id=row.run_id,
        run_type=RunType(row.run_type),
        state=state,
        logical_date=opt_from_us(row.logical_us),
        data_interval_start=opt_from_us(row.interval_start_us),
        data_interval_end=opt_from_us(row.interval_end_us),
        run_after=from_us(row.run_after_us),
        queued=from_us(row.queued_us),
        start=None if state is RunState.QUEUED else opt_from_us(row.start_us),
        end=opt_from_us(row.end_us) if ended else None,
        seconds=row.worked_us / 1e6 if ended and row.start_us is not None else None,
        conf=json_object("run", "conf", row.conf),
        by=row.by,
        version=version,
        note=notes.get((row.dag_id, row.run_id, None, -1)),
        backfill_id=row.backfill_id,
        partition_key=row.partition_key,
    )
