"""Reads DAGs with a fixed number of statements, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from penstock.clock import opt_from_us
from penstock.errors import unknown_dag
from penstock.model.form import fields_of
from penstock.model.pauses import PauseKind
from penstock.model.spec import ParamSpec
from penstock.model.states import RunState
from penstock.model.subject import about_row
from penstock.model.usual import middle
from penstock.model.views.dags import DagDetail, DagRow
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.runs import RunCell
from penstock.store.checked import checked
from penstock.store.query import Query
from penstock.store.sieve import Sieve
from penstock.store.sql.columns import TABLES
from penstock.store.sql.views import dags as sql
from penstock.store.sql.views.runs import PAUSES, PAUSES_OF_DAG
from penstock.store.sqlite.connection import Connection
from penstock.store.views.breakpoints import stopped_runs
from penstock.store.views.next_points import Coming, Cursor
from penstock.store.views.quarantine import reasons
from penstock.store.views.questions import asking_dags
from penstock.store.views.runs import AnyRow, pause_view, readable, run_view, task_counts
from penstock.store.views.versions import StoredVersion, Versions
from penstock.timetable.describe import in_words

_HISTORY = 30
"""The number of newest runs whose successful ones give the median duration."""

_dag_row = checked(TABLES["dag"], sql.DAGS.columns)


class _Facts(NamedTuple):
    """What is in other tables, each by dag_id (import errors by file, counts by run key)."""

    runs: dict[str, list[AnyRow]]
    counts: dict[int, dict[str, int]]
    pauses: dict[tuple[str, str, str], PauseInfo]
    """By dag_id, kind and run_id (empty for the DAG's own)."""
    stopped: dict[tuple[str, str], PauseInfo]
    """By dag_id and run_id: at a breakpoint."""
    errors: dict[str, str]
    active: dict[str, int]
    running: dict[str, int]
    asking: dict[str, int]
    quarantined: dict[str, str]
    """Why things are in quarantine, by id."""

    def held(self, dag_id: str, run_id: str) -> PauseInfo | None:
        """Return what holds a run: its hold, or else the breakpoint where it has stopped."""
        return self.pauses.get((dag_id, PauseKind.RUN, run_id)) or self.stopped.get((dag_id, run_id))


def read_dags(
    connection: Connection,
    versions: Versions,
    coming: Coming,
    strip: int,
    only: Sequence[str] | None = None,
) -> list[DagRow]:
    """Return every DAG by id, or *only* some."""
    rows = _rows_of(connection, sql.DAGS, only)
    last_runs = _rows_of(connection, sql.LAST_RUNS, only, limit=max(strip, _HISTORY))
    facts = _facts(connection, last_runs, _pauses(connection, only))
    wanted = {row.version_id for row in rows}
    wanted.update(run.version_id for runs in facts.runs.values() for run in runs[:1])
    kept = versions.load(connection, wanted)
    return [_shown(row, kept, coming, facts, strip) for row in rows]


def read_dag(
    connection: Connection, versions: Versions, coming: Coming, dag_id: str, *, structure: bool = True
) -> DagDetail:
    """Return one DAG with its structure, or without its tasks and groups."""
    row = dag_row(connection, dag_id)
    [dag] = read_dags(connection, versions, coming, 24, (dag_id,))
    version = versions.one(connection, row.version_id)
    spec = version.spec
    params = {name: _param_schema(param) for name, param in spec.params.items()}
    return DagDetail(
        dag=dag,
        version=version.name,
        start_date=spec.start_date,
        end_date=spec.end_date,
        catchup=spec.catchup,
        max_active_runs=spec.max_active_runs,
        max_active_tasks=spec.max_active_tasks,
        params=params,
        form=fields_of(params),
        nodes=version.nodes if structure else (),
        groups=version.groups if structure else (),
        doc=spec.doc,
        words=in_words(spec.schedule),
        warnings=spec.warnings,
    )


def dag_row(connection: Connection, dag_id: str) -> AnyRow:
    """Return a DAG's row; raise `UnknownError` if there is none."""
    row = connection.execute(sql.DAGS.where(sql.ONE), {"dag_id": dag_id}).first()
    if row is None:
        raise unknown_dag(dag_id)
    return row


def all_dag_rows(connection: Connection) -> list[AnyRow]:
    """Return the rows of all DAGs by id, as `dag_row` returns one."""
    return connection.execute(sql.DAGS).all()


def dag_cursor(row: AnyRow) -> Cursor:
    """Return how far the schedule of a row of `dag_row` is settled."""
    return Cursor(*row[:6])


def _rows_of(connection: Connection, query: Query, only: Sequence[str] | None, **values: Any) -> list[AnyRow]:
    """Return the rows of every DAG, or of *only* some, by their ids."""
    if only is None:
        return connection.execute(query, {"dag_id": None, **values}).all()
    of_one = query.where(sql.ONE)
    return [
        row
        for dag_id in sorted(set(only))
        for row in connection.execute(of_one, {"dag_id": dag_id, **values}).all()
    ]


def _pauses(connection: Connection, only: Sequence[str] | None) -> list[AnyRow]:
    """Return the pauses of every DAG, or of *only* some: of thousands most may be paused."""
    shown = PAUSES.where(sql.PAUSES_SHOWN)
    if only is None:
        return connection.execute(shown).all()
    of_dag = PAUSES.where(sql.PAUSES_SHOWN, PAUSES_OF_DAG)
    return [row for dag_id in only for row in connection.execute(of_dag, {"dag_id": dag_id}).all()]


def _facts(connection: Connection, last_runs: Iterable[AnyRow], pauses_shown: Iterable[AnyRow]) -> _Facts:
    runs: dict[str, list[AnyRow]] = defaultdict(list)
    for run in last_runs:
        runs[run.dag_id].append(run)
    pauses = dict(
        Sieve().rows(
            pauses_shown,
            lambda row: about_row("pause", row.dag_id),
            lambda row: (
                (row.dag_id, row.kind, row.run_id),
                pause_view(row.by, row.since_us, row.why, row.until_us),
            ),
        )
    )
    return _Facts(
        runs=runs,
        counts=task_counts(connection, [newest[0].id for newest in runs.values()]),
        pauses=pauses,
        stopped=stopped_runs(connection),
        errors=_pairs(connection, sql.ERRORS),
        active=_pairs(connection, sql.ACTIVE_RUNS),
        running=_pairs(connection, sql.RUNNING_TASKS),
        asking=asking_dags(connection),
        quarantined=reasons(connection),
    )


def _pairs(connection: Connection, query: Query) -> dict[Any, Any]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _shown(
    row: AnyRow, versions: dict[int, StoredVersion], coming: Coming, facts: _Facts, strip: int
) -> DagRow:
    """Return the view of a DAG; an unreadable one has its name and the reason."""
    quarantined = facts.quarantined.get(row.dag_id)
    try:
        _dag_row(row)
        view = _dag_view(row, versions, coming, facts, strip)
    except Exception as error:  # noqa: BLE001 - the others are shown all the same
        quarantined = quarantined or f"cannot be read: {error}"
        view = DagRow(dag_id=str(row.dag_id), file=str(row.file), schedule="?", timezone="UTC")
    return (
        view if quarantined is None else msgspec.structs.replace(view, quarantined=quarantined, next_run=None)
    )


def _dag_view(
    row: AnyRow, versions: dict[int, StoredVersion], coming: Coming, facts: _Facts, strip: int
) -> DagRow:
    dag_id: str = row.dag_id
    spec = versions[row.version_id].spec
    runs = facts.runs.get(dag_id, [])
    good = [run for run in runs if readable(run)]
    held = facts.held(dag_id, runs[0].run_id) if runs else None
    took = [run.worked_us / 1e6 for run in good if run.state == RunState.SUCCESS and run.start_us is not None]
    last = runs[0] if runs else None
    active = facts.active.get(dag_id, 0)
    paused = facts.pauses.get((dag_id, PauseKind.SCHEDULE, ""))
    return DagRow(
        dag_id=dag_id,
        file=row.file,
        schedule=spec.schedule.text,
        timezone=spec.timezone,
        description=spec.description,
        owner=spec.owner,
        tags=spec.tags,
        tasks=len(spec.tasks),
        paused=paused,
        frozen=facts.pauses.get((dag_id, PauseKind.FREEZE, "")),
        next_run=None if paused or row.missing else coming.next_run(dag_cursor(row), spec, busy=active > 0),
        strip=tuple(
            RunCell(run_id=run.run_id, state=RunState(run.state), logical_date=opt_from_us(run.logical_us))
            for run in reversed(good[:strip])
        ),
        last_run=None
        if last is None
        else run_view(
            last,
            facts.counts.get(last.id, {}),
            versions[last.version_id].name,
            held,
            facts.quarantined.get(f"{dag_id}/{last.run_id}"),
        ),
        active_runs=active,
        asks=facts.asking.get(dag_id),
        running_tasks=facts.running.get(dag_id, 0),
        p50=middle(sorted(took)) if took else None,
        import_error=facts.errors.get(row.file),
        missing=row.missing,
        dialect=spec.dialect,
        dialect_because=spec.dialect_because,
    )


def _param_schema(param: ParamSpec) -> dict[str, Any]:
    schema = dict(param.json_schema)
    if param.description is not None:
        schema.setdefault("description", param.description)
    if not param.required:
        schema["default"] = param.default
    return schema
