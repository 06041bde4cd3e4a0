"""Reading failures: SQLite groups and counts them, and says which are dealt with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import from_us, opt_from_us
from penstock.model.failures import FailureNote, person_of
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.subject import about_row
from penstock.model.views.failures import FailedTask, FailureGroup, FailuresPage, Handled
from penstock.store import tables
from penstock.store.sieve import Sieve
from penstock.store.sqlite.indexed import FAILED_TASKS
from penstock.store.statement import table_of
from penstock.store.tables import FailureNoteRow, FailureRow, LookRow
from penstock.store.views.runs import aware_us
from penstock.store.views.versions import version_name

PLACE = "failures"
"""The name of this list among those of which is known who looked when."""

_failure = table_of(FailureRow)
_note = table_of(FailureNoteRow)
_look = table_of(LookRow)
_task = table_of(tables.TaskInstanceRow)
_run = table_of(tables.RunRow)
_version = table_of(tables.DagVersionRow)
_ack = _note.alias("ack")
_snooze = _note.alias("snooze")

_NOW: sa.BindParameter[int] = sa.bindparam("now_us")
_UNSAID = sa.and_(
    _failure.c.id > sa.func.coalesce(_ack.c.upto, 0), sa.func.coalesce(_snooze.c.until_us, 0) <= _NOW
)
_OPEN_TASK = sa.and_(FAILED_TASKS, _task.c.attempt_id.is_not_distinct_from(_failure.c.attempt_id), _UNSAID)
"""Still failed by the very attempt, and neither acknowledged nor snoozed."""
_OPEN_RUN = sa.and_(_run.c.state == RunState.FAILED, _run.c.end_us == _failure.c.at_us, _UNSAID)
"""Still failed since that very end, and neither acknowledged nor snoozed."""


def _with_notes(joined: sa.Join) -> sa.Join:
    said = _ack.c.fingerprint == _failure.c.fingerprint
    snoozed = _snooze.c.fingerprint == _failure.c.fingerprint
    return joined.outerjoin(_ack, sa.and_(said, _ack.c.kind == FailureNote.ACKNOWLEDGED)).outerjoin(
        _snooze, sa.and_(snoozed, _snooze.c.kind == FailureNote.SNOOZED)
    )


_OF_TASKS = _with_notes(
    _task.join(_failure, _failure.c.ti_id == _task.c.id).join(_run, _run.c.id == _task.c.run_pk)
)
_OF_RUNS = _with_notes(_failure.join(_run, _run.c.id == _failure.c.run_pk))
_ALIKE = (
    _failure.c.id,
    _failure.c.fingerprint,
    _failure.c.line,
    _failure.c.at_us,
    _failure.c.try_number,
    _failure.c.attempt_id,
    _run.c.dag_id,
    _run.c.run_id,
    _run.c.run_type,
    _run.c.state.label("run_state"),
    _run.c.logical_us,
    _run.c.run_after_us,
    _run.c.version_id,
)
_SOURCES = (
    (
        _OPEN_TASK,
        sa.select(
            *_ALIKE,
            sa.case((_OPEN_TASK, 1), else_=0).label("open"),
            _task.c.task_id,
            _task.c.map_index,
            _task.c.state,
        ).select_from(_OF_TASKS),
    ),
    (
        _OPEN_RUN,
        sa.select(
            *_ALIKE,
            sa.case((_OPEN_RUN, 1), else_=0).label("open"),
            sa.literal("").label("task_id"),
            sa.literal(-1).label("map_index"),
            _run.c.state,
        ).select_from(_OF_RUNS),
    ),
)
"""Failures of task instances, and of runs without one; what is open of them, and how they are read."""


def _failures(wanted: Sequence[sa.ColumnElement[bool]], *, everything: bool) -> sa.Subquery:
    """Return the failures that fit, of tasks and of runs."""
    parts = [query.where(*wanted, *([] if everything else [is_open])) for is_open, query in _SOURCES]
    return sa.union_all(*parts).subquery()


def _grouped(found: sa.Subquery) -> sa.Select[Any]:
    return (
        sa.select(
            found.c.fingerprint,
            found.c.line,  # of the row with the highest id: SQLite's rule for a bare column beside max()
            sa.func.max(found.c.id).label("newest"),
            sa.func.count().label("count"),
            sa.func.min(found.c.at_us).label("first_us"),
            sa.func.max(found.c.at_us).label("last_us"),
            sa.func.sum(found.c.open).label("open"),
            sa.func.group_concat(found.c.dag_id.distinct()).label("dags"),
        )
        .group_by(found.c.fingerprint)
        .order_by(sa.func.max(found.c.id).desc())
    )


_COUNTS = (
    sa.select(sa.func.count()).select_from(_OF_TASKS).where(_OPEN_TASK),
    sa.select(sa.func.count()).select_from(_OF_RUNS).where(_OPEN_RUN),
)
_NEWEST = sa.select(sa.func.coalesce(sa.func.max(_failure.c.id), 0))
_NOTES = sa.select(_note).where(_note.c.fingerprint.in_(sa.bindparam("fingerprints", expanding=True)))
_LOOK = sa.select(_look.c.upto, _look.c.at_us).where(
    _look.c.place == PLACE, _look.c.person == sa.bindparam("person")
)


def count_open(connection: Connection, now_us: int) -> int:
    """Return how many failures are not dealt with."""
    return sum(connection.scalar(count, {"now_us": now_us}) or 0 for count in _COUNTS)


def read_failures(
    connection: Connection,
    now_us: int,
    *,
    since: datetime | None,
    everything: bool,
    fingerprint: str | None,
    person: str,
    limit: int,
    tasks: int,
    seen: int | None = None,
    above: int | None = None,
) -> FailuresPage:
    """Return groups of failures, that with the newest one first, with up to *tasks* of each.

    *above* leaves out those up to a number.
    """
    wanted: list[sa.ColumnElement[bool]] = []
    if above is not None:
        wanted.append(_failure.c.id > above)
    if since is not None:
        wanted.append(_failure.c.at_us >= aware_us(since))
    if fingerprint is not None:
        wanted.append(_failure.c.fingerprint.startswith(fingerprint, autoescape=True))
    values = {"now_us": now_us}
    grouped = _grouped(_failures(wanted, everything=everything))
    rows = connection.execute(grouped.limit(limit), values).all()
    look = connection.execute(_LOOK, {"person": person_of(person)}).first()
    if seen is None:
        seen = look.upto if look is not None else 0
    names = [row.fingerprint for row in rows]
    said = _said(connection, names)
    inside = _inside(connection, names, wanted, values, seen, tasks, everything=everything) if tasks else {}
    return FailuresPage(
        failures=tuple(
            Sieve().rows(
                rows,
                lambda row: about_row("failure", row.newest),
                lambda row: FailureGroup(
                    fingerprint=row.fingerprint,
                    line=row.line,
                    count=row.count,
                    first=from_us(row.first_us),
                    last=from_us(row.last_us),
                    new=row.newest > seen,
                    acknowledged=said.get((row.fingerprint, FailureNote.ACKNOWLEDGED)),
                    snoozed=said.get((row.fingerprint, FailureNote.SNOOZED)),
                    open=row.open,
                    dags=tuple(sorted(row.dags.split(","))),
                    tasks=tuple(inside.get(row.fingerprint, ())),
                ),
            )
        ),
        newest=connection.scalar(_NEWEST) or 0,
        open=count_open(connection, now_us),
        looked=opt_from_us(look.at_us) if look is not None else None,
    )


def _said(connection: Connection, fingerprints: list[str]) -> dict[tuple[str, str], Handled]:
    if not fingerprints:
        return {}
    rows = connection.execute(_NOTES, {"fingerprints": fingerprints}).all()
    return dict(Sieve().rows(rows, lambda row: about_row("failure_note", row.fingerprint), _handled))


def _handled(row: Any) -> tuple[tuple[str, str], Handled]:
    said = Handled(by=row.by, at=from_us(row.at_us), why=row.why, until=opt_from_us(row.until_us))
    return (row.fingerprint, row.kind), said


def _inside(
    connection: Connection,
    fingerprints: list[str],
    wanted: list[sa.ColumnElement[bool]],
    values: dict[str, int],
    seen: int,
    most: int,
    *,
    everything: bool,
) -> dict[str, list[FailedTask]]:
    """Return the newest failures of each group."""
    found: dict[str, list[FailedTask]] = defaultdict(list)
    for name in fingerprints:
        these = _failures([*wanted, _failure.c.fingerprint == name], everything=everything)
        versions = _version.c.spec_hash, _version.c.source_hash
        with_version = these.outerjoin(_version, _version.c.id == these.c.version_id)
        query = sa.select(these, *versions).select_from(with_version)
        query = query.order_by(these.c.id.desc()).limit(most)
        rows = connection.execute(query, values).all()
        found[name] = Sieve().rows(
            rows, lambda row: about_row("failure", row.id), lambda row: _failed_task(row, seen)
        )
    return found


def _failed_task(row: Any, seen: int) -> FailedTask:
    known = row.spec_hash is not None
    return FailedTask(
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        try_number=row.try_number,
        at=from_us(row.at_us),
        line=row.line,
        state=TaskState(row.state),
        open=bool(row.open),
        new=row.id > seen,
        attempt_id=row.attempt_id,
        run_type=RunType(row.run_type),
        run_state=RunState(row.run_state),
        logical_date=opt_from_us(row.logical_us),
        run_after=from_us(row.run_after_us),
        dag_version=version_name(row.spec_hash, row.source_hash) if known else "",
    )
