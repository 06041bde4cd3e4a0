"""Task instances of all runs, a page at a time."""

from __future__ import annotations

from typing import Any

from penstock.clock import from_us, opt_from_us
from penstock.model.search import StateTerm, TaskSearch
from penstock.model.spec import TaskSpec
from penstock.model.states import TaskState
from penstock.model.subject import about_row
from penstock.model.views.found import TaskFacts, TaskPage, VersionFacts
from penstock.store.query import Values, all_of, any_of
from penstock.store.sieve import Sieve
from penstock.store.sql.views.search import tasks as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.search.conditions import among, conditions, page
from penstock.store.views.search.notes import Place, read_notes
from penstock.store.views.search.versions import numbered
from penstock.store.views.task_rows import outcome_view
from penstock.store.views.versions import StoredVersion, Versions

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


def search_tasks(connection: Connection, versions: Versions, search: TaskSearch) -> TaskPage:
    """Return one page of the task instances that fit, and how many there are."""
    columns, values = sql.COLUMNS, Values()
    of_runs = [
        *among(columns["dag_id"], search.dag_ids, values), *among(columns["run_id"], search.run_ids, values)
    ]  # fmt: skip
    wanted = [
        *of_runs,
        *among(columns["task_id"], search.task_ids, values),
        *among(columns["map_index"], search.map_indexes, values),
        *among(columns["try_number"], search.try_numbers, values),
        *([] if search.states is None else [any_of(_state(term, values) for term in search.states)]),
        *_of_specs(connection, versions, search, of_runs, values),
        *conditions(search, columns, values),
    ]
    # Without a condition or an order by runs, their rows need not be looked at to choose and count.
    alone = not of_runs and not _names(search) & _OF_RUN and search.pools is None and search.operators is None
    choice = (sql.PAGE_ALONE if alone else sql.PAGE).where(*wanted)
    chosen = connection.execute(page(choice, search, columns, columns["id"], values), values).scalars()
    by_id = {row.id: row for row in connection.execute(sql.FACTS, {"keys": chosen})}
    rows = [by_id[key] for key in chosen]  # sorting whole rows would cost ten times as much
    found = numbered(connection, {row.dag_id for row in rows})
    specs = versions.load(connection, {row.version_id for row in rows})
    notes = read_notes(connection, [(row.dag_id, row.run_id) for row in rows])
    views = Sieve().rows(
        rows,
        lambda row: about_row("task_instance", row.id),
        lambda row: _facts(row, found.get(row.version_id), specs[row.version_id], notes),
    )
    total = (sql.COUNT_ALONE if alone else sql.COUNT).where(*wanted)
    return TaskPage(rows=tuple(views), total=connection.scalar(total, values) or 0)


def pool_counts(connection: Connection, versions: Versions) -> dict[str, dict[str, int]]:
    """Return how many slots of each pool the task instances of unfinished runs want, by their state."""
    rows = connection.execute(sql.BY_POOL).all()
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


def _state(term: StateTerm, values: Values) -> str:
    is_it = f"{sql.COLUMNS['state']} = {values.one(term.state.value)}"
    if term.launched is None:
        return is_it
    return all_of([is_it, f"{sql.ATTEMPTS} {'>' if term.launched else '='} 0"])


def _of_specs(
    connection: Connection, versions: Versions, search: TaskSearch, of_runs: list[str], values: Values
) -> list[str]:
    """Return the conditions on pool and operator: which tasks of which versions fulfil them."""
    if search.pools is None and search.operators is None:
        return []
    ids = connection.execute(sql.VERSIONS.where(*of_runs), values).scalars()

    def fits(spec: TaskSpec) -> bool:
        return (search.pools is None or spec.pool in search.pools) and (
            search.operators is None or spec.operator in search.operators
        )

    found = []
    for key, version in versions.load(connection, ids).items():
        names = [task_id for task_id, spec in version.tasks.items() if fits(spec)]
        if names:
            of_version = f"{sql.VERSION_ID} = {values.one(key)}"
            found.append(all_of([of_version, *among(sql.COLUMNS["task_id"], names, values)]))
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
            "executor": spec.executor,
            "queue": spec.queue,
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
