"""Runs of all DAGs, a page at a time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import from_us, opt_from_us
from penstock.model.search import RunSearch
from penstock.model.states import RUN_TERMINAL, RunState, RunType
from penstock.model.subject import about_row
from penstock.model.views.found import RunFacts, RunPage, VersionFacts
from penstock.store import tables
from penstock.store.checked import json_object
from penstock.store.sieve import Sieve
from penstock.store.statement import table_of
from penstock.store.views.search.conditions import Columns, Condition, among, conditions, page
from penstock.store.views.search.notes import Place, read_notes
from penstock.store.views.search.versions import numbered

_run = table_of(tables.RunRow)
_TOOK = sa.case((_run.c.end_us.is_not(None), _run.c.worked_us))
COLUMNS: Columns = {
    "id": _run.c.id,
    "dag_id": _run.c.dag_id,
    "run_id": _run.c.run_id,
    "dag_run_id": _run.c.run_id,
    "state": _run.c.state,
    "run_type": _run.c.run_type,
    "logical_date": _run.c.logical_us,
    "run_after": _run.c.run_after_us,
    "data_interval_start": _run.c.interval_start_us,
    "data_interval_end": _run.c.interval_end_us,
    "queued_at": _run.c.queued_us,
    "start_date": _run.c.start_us,
    "end_date": _run.c.end_us,
    "updated_at": sa.func.coalesce(_run.c.end_us, _run.c.turn_us, _run.c.start_us, _run.c.queued_us),
    "duration": _TOOK,
    "conf": _run.c.conf,
    "triggering_user_name": _run.c.by,
}
"""The fields of a run that can be searched and ordered by."""
_COUNT = sa.select(sa.func.count()).select_from(_run)
_STATES = sa.select(_run.c.dag_id, _run.c.state, sa.func.count()).group_by(_run.c.dag_id, _run.c.state)


def search_runs(connection: Connection, search: RunSearch) -> RunPage:
    """Return one page of the runs that fit, and how many there are."""
    wanted = run_conditions(search)
    rows = connection.execute(page(sa.select(_run).where(*wanted), search, COLUMNS, _run.c.id)).all()
    versions = numbered(connection, {row.dag_id for row in rows})
    notes = read_notes(connection, [(row.dag_id, row.run_id) for row in rows])
    found = Sieve().rows(
        rows,
        lambda row: about_row("run", row.id),
        lambda row: _facts(row, versions.get(row.version_id), notes),
    )
    return RunPage(rows=tuple(found), total=connection.scalar(_COUNT.where(*wanted)) or 0)


def run_conditions(search: RunSearch) -> list[Condition]:
    """Return what the rows of the runs must fulfil."""
    return [
        *among(_run.c.dag_id, search.dag_ids),
        *among(_run.c.run_id, search.run_ids),
        *among(_run.c.state, search.states),
        *among(_run.c.run_type, search.run_types),
        *conditions(search, COLUMNS),
    ]


def run_counts(connection: Connection, dag_ids: tuple[str, ...] | None) -> dict[str, dict[str, int]]:
    """Return how many runs of each DAG are in each state."""
    counts: dict[str, dict[str, int]] = {}
    for dag_id, state, count in connection.execute(_STATES.where(*among(_run.c.dag_id, dag_ids))):
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
    )
