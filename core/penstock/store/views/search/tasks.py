"""Task instances of all runs, a page at a time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import from_us, opt_from_us
from penstock.model.search import StateTerm, TaskSearch
from penstock.model.spec import TaskSpec
from penstock.model.states import TaskState
from penstock.model.subject import about_row
from penstock.model.views.found import TaskFacts, TaskPage, VersionFacts
from penstock.store import tables
from penstock.store.sieve import Sieve
from penstock.store.sqlite.indexed import UNFINISHED_RUNS
from penstock.store.statement import table_of
from penstock.store.views.search.conditions import Columns, Condition, among, any_of, conditions, page
from penstock.store.views.search.notes import Place, read_notes
from penstock.store.views.search.versions import numbered
from penstock.store.views.task_rows import outcome_view
from penstock.store.views.versions import StoredVersion, Versions

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_attempt = table_of(tables.AttemptRow)
COLUMNS: Columns = {
    "id": _task.c.id,
    "dag_id": _run.c.dag_id,
    "run_id": _run.c.run_id,
    "dag_run_id": _run.c.run_id,
    "task_id": _task.c.task_id,
    "task_display_name": _task.c.task_id,
    "map_index": _task.c.map_index,
    "rendered_map_index": _task.c.rendered_map_index,
    "state": _task.c.state,
    "try_number": _task.c.try_number,
    "logical_date": _run.c.logical_us,
    "run_after": _run.c.run_after_us,
    "data_interval_start": _run.c.interval_start_us,
    "data_interval_end": _run.c.interval_end_us,
    "queued_when": _task.c.queued_us,
    "scheduled_when": _task.c.queued_us,
    "start_date": _task.c.start_us,
    "end_date": _task.c.end_us,
    "updated_at": sa.func.coalesce(_task.c.end_us, _task.c.start_us, _task.c.queued_us),
    "duration": _task.c.end_us - _task.c.start_us,
}
"""The fields of a task instance that can be searched and ordered by."""
_OF_RUN = frozenset(
    {
        "dag_id",
        "run_id",
        "dag_run_id",
        "logical_date",
        "run_after",
        "data_interval_start",
        "data_interval_end",
    }
)
_TASKS = _task.join(_run, _run.c.id == _task.c.run_pk)
_FACTS = sa.select(
    _task, _run.c.dag_id, _run.c.run_id, _run.c.logical_us, _run.c.run_after_us, _run.c.version_id,
    _attempt.c.pid, _attempt.c.queued_us.label("launched_us"),
).select_from(_TASKS.outerjoin(_attempt, _attempt.c.attempt_id == _task.c.attempt_id))  # fmt: skip
_COUNT = sa.select(sa.func.count())
_VERSIONS = sa.select(_run.c.version_id).distinct()
_BY_POOL = (
    sa.select(_run.c.version_id, _task.c.task_id, _task.c.state, sa.func.count())
    .select_from(_TASKS)
    .where(UNFINISHED_RUNS)
    .group_by(_run.c.version_id, _task.c.task_id, _task.c.state)
)


def search_tasks(connection: Connection, versions: Versions, search: TaskSearch) -> TaskPage:
    """Return one page of the task instances that fit, and how many there are."""
    of_runs = [*among(_run.c.dag_id, search.dag_ids), *among(_run.c.run_id, search.run_ids)]
    wanted = [
        *of_runs,
        *among(_task.c.task_id, search.task_ids),
        *among(_task.c.map_index, search.map_indexes),
        *among(_task.c.try_number, search.try_numbers),
        *([] if search.states is None else [any_of(_state(term) for term in search.states)]),
        *_of_specs(connection, versions, search, of_runs),
        *conditions(search, COLUMNS),
    ]
    # Without a condition or an order by runs, their rows need not be looked at to choose and count.
    alone = not of_runs and not _names(search) & _OF_RUN and search.pools is None and search.operators is None
    choice = sa.select(_task.c.id).select_from(_task if alone else _TASKS).where(*wanted)
    chosen = connection.execute(page(choice, search, COLUMNS, _task.c.id)).scalars().all()
    by_id = {row.id: row for row in connection.execute(_FACTS.where(_task.c.id.in_(chosen)))}
    rows = [by_id[key] for key in chosen]  # sorting whole rows would cost ten times as much
    found = numbered(connection, {row.dag_id for row in rows})
    specs = versions.load(connection, {row.version_id for row in rows})
    notes = read_notes(connection, [(row.dag_id, row.run_id) for row in rows])
    views = Sieve().rows(
        rows,
        lambda row: about_row("task_instance", row.id),
        lambda row: _facts(row, found.get(row.version_id), specs[row.version_id], notes),
    )
    total = _COUNT.select_from(_task if alone else _TASKS).where(*wanted)
    return TaskPage(rows=tuple(views), total=connection.scalar(total) or 0)


def pool_counts(connection: Connection, versions: Versions) -> dict[str, dict[str, int]]:
    """Return how many slots of each pool the task instances of unfinished runs want, by their state."""
    rows = connection.execute(_BY_POOL).all()
    specs = versions.load(connection, {row[0] for row in rows})
    counts: dict[str, dict[str, int]] = {}
    for version_id, task_id, state, count in rows:
        spec = specs[version_id].tasks.get(task_id)
        if spec is not None:
            of_pool = counts.setdefault(spec.pool, {})
            of_pool[state] = of_pool.get(state, 0) + count * spec.pool_slots
    return counts


def _names(search: TaskSearch) -> set[str]:
    """Return the fields that a search is about, its order included."""
    order = {name.removeprefix("-") for name in search.order}
    return order | {bound.field for bound in search.bounds} | {pattern.field for pattern in search.patterns}


def _state(term: StateTerm) -> Condition:
    is_it: Condition = _task.c.state == term.state.value
    if term.launched is None:
        return is_it
    return sa.and_(is_it, _task.c.attempts > 0 if term.launched else _task.c.attempts == 0)


def _of_specs(
    connection: Connection, versions: Versions, search: TaskSearch, of_runs: list[Condition]
) -> list[Condition]:
    """Return the conditions on pool and operator: which tasks of which versions fulfil them."""
    if search.pools is None and search.operators is None:
        return []
    ids = connection.execute(_VERSIONS.where(*of_runs)).scalars().all()

    def fits(spec: TaskSpec) -> bool:
        return (search.pools is None or spec.pool in search.pools) and (
            search.operators is None or spec.operator in search.operators
        )

    found = []
    for key, version in versions.load(connection, ids).items():
        names = [task_id for task_id, spec in version.tasks.items() if fits(spec)]
        if names:
            found.append(sa.and_(_run.c.version_id == key, _task.c.task_id.in_(names)))
    return [any_of(found)]


def _facts(
    row: Any, version: VersionFacts | None, stored: StoredVersion, notes: dict[Place, str]
) -> TaskFacts:
    spec = stored.tasks.get(row.task_id)
    of_spec: dict[str, Any] = {}
    if spec is not None:
        of_spec = {
            "operator": spec.operator,
            "display_name": spec.display_name,
            "pool": spec.pool,
            "pool_slots": spec.pool_slots,
            "priority_weight": stored.weights[row.task_id],
            "mapped": row.task_id in stored.mapping,
        }
    return TaskFacts(
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        state=TaskState(row.state),
        try_number=row.try_number,
        max_tries=row.max_tries,
        attempts=row.attempts,
        queued=opt_from_us(row.launched_us or row.queued_us),
        start=opt_from_us(row.start_us),
        end=opt_from_us(row.end_us),
        logical_date=opt_from_us(row.logical_us),
        run_after=from_us(row.run_after_us),
        version=version,
        rendered_map_index=row.rendered_map_index,
        pid=row.pid,
        attempt_id=row.attempt_id,
        outcome=outcome_view(row.outcome),
        reason=row.reason,
        note=notes.get((row.dag_id, row.run_id, row.task_id, row.map_index)),
        **of_spec,
    )
