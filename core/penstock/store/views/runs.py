"""Reads runs: turns rows of `run` and `task_instance` into views."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from penstock.clock import from_us, opt_from_us, to_us
from penstock.errors import UnknownError, UsageError, unknown_dag
from penstock.model.pauses import BREAKPOINTS, PauseKind
from penstock.model.rush import Rush
from penstock.model.states import RunState, RunType, TaskState, progress
from penstock.model.structure import Structure
from penstock.model.subject import about_row
from penstock.model.turns import RunMove, one_turn, turns
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.runs import RunDetail, RunRow, RunStates, Turn
from penstock.store.checked import checked, json_object
from penstock.store.query import Row
from penstock.store.sieve import Sieve
from penstock.store.sql.columns import TABLES
from penstock.store.sql.views import runs as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.breakpoints import read_breakpoints, stopped_runs, stopped_tasks, with_stops
from penstock.store.views.durations import Durations
from penstock.store.views.quarantine import reasons, unreadable_run
from penstock.store.views.questions import with_questions
from penstock.store.views.task_rows import TASK_STATES, read_tasks
from penstock.store.views.versions import Versions

AnyRow = Row


_OTHERS = {PauseKind.SCHEDULE, *BREAKPOINTS}
_run_row = checked(TABLES["run"], sql.ONE.columns, state=RunState, run_type=RunType, rush=Rush | None)


def newest_rows(connection: Connection, dag_id: str, limit: int, before: datetime | None) -> Sequence[AnyRow]:
    """Return the rows (`run_columns`) of the newest runs of a DAG, newest first."""
    known_dag(connection, dag_id)
    values: dict[str, Any] = {"dag_id": dag_id, "limit": max(limit, 0)}
    if before is not None:
        values["before"] = aware_us(before)
    return connection.execute(sql.NEWEST if before is None else sql.OLDER, values).all()


def read_run(
    connection: Connection, versions: Versions, durations: Durations, dag_id: str, run_id: str
) -> RunDetail:
    """Return one run with its task instances in topological order."""
    row = run_row(connection, dag_id, run_id)
    version = versions.one(connection, row.version_id)
    usuals = durations.usuals(connection, dag_id)
    held = holds(connection, dag_id)
    set_here = read_breakpoints(connection, dag_id, run_id)
    tasks = with_stops(read_tasks(connection, row, version, usuals, held), set_here)
    counts = Counter(task.state.value for task in tasks)
    quarantined = reasons(connection).get(f"{dag_id}/{run_id}")
    [run] = with_questions(
        connection, [run_view(row, counts, version.name, held.get((run_id, "")), quarantined)]
    )
    repeats = connection.execute(sql.RERUNS, {"dag_id": dag_id, "run_id": run_id}).scalars()
    return RunDetail(
        run=run,
        tasks=tuple(tasks),
        groups=version.groups,
        frozen=held.get(("", "")),
        reruns=tuple(repeats),
        breakpoints=tuple(set_here),
        turns=read_turns(connection, run),
    )


def read_turns(connection: Connection, run: RunRow) -> tuple[Turn, ...]:
    """Return each go of *run*; the event trail is read only if there was more than one."""
    one = one_turn(run)
    if one is not None:
        return one
    rows = connection.execute(sql.MOVES, {"dag_id": run.dag_id, "run_id": run.run_id})
    return turns(run, [RunMove(from_us(at), kind, RunState(after)) for at, kind, after in rows])


def read_one_run(connection: Connection, row: AnyRow, version: str) -> RunRow:
    """Return the view of one row of `run_columns`, of the *version* of that name."""
    counts = task_counts(connection, [row.id])
    held = holds(connection, row.dag_id)
    quarantined = reasons(connection).get(f"{row.dag_id}/{row.run_id}")
    return run_view(row, counts.get(row.id, {}), version, held.get((row.run_id, "")), quarantined)


def read_run_states(
    connection: Connection, dag_id: str, wanted: datetime | str | None, task_ids: Sequence[str] | None
) -> RunStates:
    """Return the state of a run by its logical date or its id, and of *task_ids* in it; none for None.

    For a mapped task it is the state of the instance that is furthest from success: one that is
    unfinished, or else one that did not succeed.
    """
    if wanted is None:  # several runs may have no logical date
        return RunStates(run=None)
    if isinstance(wanted, str):
        found = connection.execute(sql.STATE_BY_ID, {"dag_id": dag_id, "wanted": wanted}).first()
    else:
        found = connection.execute(sql.STATE_BY_DATE, {"dag_id": dag_id, "wanted": to_us(wanted)}).first()
    if found is None:
        return RunStates(run=None)
    tasks: dict[str, TaskState] = {}
    if task_ids:
        for task_id, text in connection.execute(sql.STATES, {"run_pk": found.id, "tasks": list(task_ids)}):
            state = TASK_STATES[text]
            tasks[task_id] = min(tasks.get(task_id, state), state, key=progress)
    return RunStates(run=RunState(found.state), run_id=found.run_id, tasks=tasks)


def named_tasks(
    structure: Structure, task_ids: Sequence[str] | None, group_id: str | None
) -> tuple[str, ...] | None:
    """Return the named tasks, or those of a group; raise `UnknownError` for one that does not exist."""
    if group_id is not None:
        if group_id not in structure.members:
            raise UnknownError(f"DAG {structure.spec.dag_id!r} has no group {group_id!r}")
        return structure.members[group_id]
    for task_id in task_ids or ():
        if task_id not in structure.tasks:
            raise UnknownError(f"DAG {structure.spec.dag_id!r} has no task {task_id!r}")
    return None if task_ids is None else tuple(task_ids)


def aware_us(moment: datetime) -> int:
    """Return *moment* in microseconds; raise `UsageError` if it has no UTC offset."""
    if moment.tzinfo is None:
        raise UsageError(f"{moment.isoformat()} needs an offset from UTC")
    return to_us(moment)


def run_row(connection: Connection, dag_id: str, run_id: str) -> AnyRow:
    """Return the row of a run (`run_columns`); raise `UnknownError` if there is none."""
    row = connection.execute(sql.ONE, {"dag_id": dag_id, "run_id": run_id}).first()
    if row is None:
        known_dag(connection, dag_id)
        raise UnknownError(f"DAG {dag_id} has no run {run_id}")
    return row


def known_dag(connection: Connection, dag_id: str) -> None:
    """Raise `UnknownError` if the DAG does not exist."""
    wanted = {"dag_id": dag_id}
    if all(connection.execute(query, wanted).first() is None for query in (sql.DAG_THERE, sql.RUNS_THERE)):
        raise unknown_dag(dag_id)


def task_counts(connection: Connection, run_pks: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return how many task instances are in each state, by run key."""
    wanted = list(run_pks)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    if wanted:
        for run_pk, state, count in connection.execute(sql.COUNTS, {"runs": wanted}):
            counts[run_pk][state] = count
    return counts


def run_view(
    row: AnyRow,
    counts: dict[str, int],
    version: str,
    held: PauseInfo | None,
    quarantined: str | None = None,
) -> RunRow:
    """Return the view of a row of `run_columns`, of the version of that name.

    Of one that cannot be read, as much as can be.
    """
    try:
        _run_row(row)
        view = _run_view(row, counts, version, held)
    except (ValueError, OverflowError) as error:
        return unreadable_run(row, error, quarantined)
    return view if quarantined is None else msgspec.structs.replace(view, quarantined=quarantined)


def readable(row: AnyRow) -> bool:
    """Whether a row of `run_columns` has valid values."""
    try:
        _run_row(row)
    except ValueError:
        return False
    return True


def _run_view(row: AnyRow, counts: dict[str, int], version: str, held: PauseInfo | None) -> RunRow:
    state = RunState(row.state)
    return RunRow(
        dag_id=row.dag_id,
        run_id=row.run_id,
        run_type=RunType(row.run_type),
        state=state,
        logical_date=opt_from_us(row.logical_us),
        data_interval_start=opt_from_us(row.interval_start_us),
        data_interval_end=opt_from_us(row.interval_end_us),
        run_after=from_us(row.run_after_us),
        start=opt_from_us(row.start_us),
        end=opt_from_us(row.end_us),
        turn=opt_from_us(row.turn_us),
        worked=row.worked_us / 1e6,
        reason=row.reason,
        conf=json_object("run", "conf", row.conf),
        counts=dict(counts),
        failed_inside=state is RunState.SUCCESS
        and bool(counts.get(TaskState.FAILED) or counts.get(TaskState.UPSTREAM_FAILED)),
        held=held,
        backfill_id=row.backfill_id,
        dag_version=version,
        version=row.version,
        by=row.by,
        rush=None if row.rush is None else Rush(row.rush),
        rerun_of=row.rerun_of,
        stands_for=opt_from_us(row.stands_for_us),
        partition_key=row.partition_key,
    )


def pause_view(by: str, since_us: int, why: str | None, until_us: int | None) -> PauseInfo:
    """Return the view of a pause."""
    return PauseInfo(by=by, since=from_us(since_us), why=why, until=opt_from_us(until_us))


def holds(connection: Connection, dag_id: str) -> dict[tuple[str, str], PauseInfo]:
    """Return the holds of a DAG by (run_id, task_id); its freeze has two empty ids.

    A run that has stopped at a breakpoint, and a task before which it has, is held by that.
    """
    rows = connection.execute(sql.PAUSES.where(sql.PAUSES_OF_DAG), {"dag_id": dag_id}).all()
    stopped = {(run_id, ""): info for (_, run_id), info in stopped_runs(connection, dag_id).items()}
    own = Sieve().rows(
        [row for row in rows if row.kind not in _OTHERS],
        lambda row: about_row("pause", row.run_id),
        lambda row: ((row.run_id, row.task_id), pause_view(row.by, row.since_us, row.why, row.until_us)),
    )
    return {**stopped, **stopped_tasks(connection, dag_id), **dict(own)}
