"""Failures: grouped and counted, and which are dealt with."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.model.failures import FailureNote
from penstock.model.states import RunState
from penstock.store.sqlite.indexed import FAILED_TASKS
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import failure, failure_note, look, run, task, version

_PLACE = "failures"
"""The name of this list among those of which is known who looked when."""

_ack = failure_note.alias("ack")
_snooze = failure_note.alias("snooze")
_NOW: sa.BindParameter[int] = sa.bindparam("now_us")
_UNSAID = sa.and_(
    failure.c.id > sa.func.coalesce(_ack.c.upto, 0), sa.func.coalesce(_snooze.c.until_us, 0) <= _NOW
)
_OPEN_TASK = sa.and_(FAILED_TASKS, task.c.attempt_id.is_not_distinct_from(failure.c.attempt_id), _UNSAID)
"""Still failed by the very attempt, and neither acknowledged nor snoozed."""
_OPEN_RUN = sa.and_(run.c.state == RunState.FAILED, run.c.end_us == failure.c.at_us, _UNSAID)
"""Still failed since that very end, and neither acknowledged nor snoozed."""


def _with_notes(joined: sa.Join) -> sa.Join:
    said = _ack.c.fingerprint == failure.c.fingerprint
    snoozed = _snooze.c.fingerprint == failure.c.fingerprint
    return joined.outerjoin(_ack, sa.and_(said, _ack.c.kind == FailureNote.ACKNOWLEDGED)).outerjoin(
        _snooze, sa.and_(snoozed, _snooze.c.kind == FailureNote.SNOOZED)
    )


_OF_TASKS = _with_notes(task.join(failure, failure.c.ti_id == task.c.id).join(run, run.c.id == task.c.run_pk))
_OF_RUNS = _with_notes(failure.join(run, sa.and_(run.c.id == failure.c.run_pk, failure.c.run_pk >= 0)))
"""SQLite begins with the few that are about a run because of the second condition, and not with all runs."""
_ALIKE = (
    failure.c.id,
    failure.c.fingerprint,
    failure.c.line,
    failure.c.at_us,
    failure.c.try_number,
    failure.c.attempt_id,
    run.c.dag_id,
    run.c.run_id,
    run.c.run_type,
    run.c.state.label("run_state"),
    run.c.logical_us,
    run.c.run_after_us,
    run.c.version_id,
)
_SOURCES = (
    (
        _OPEN_TASK,
        sa.select(
            *_ALIKE,
            sa.case((_OPEN_TASK, 1), else_=0).label("open"),
            task.c.task_id,
            task.c.map_index,
            task.c.state,
        ).select_from(_OF_TASKS),
    ),
    (
        _OPEN_RUN,
        sa.select(
            *_ALIKE,
            sa.case((_OPEN_RUN, 1), else_=0).label("open"),
            sa.literal("").label("task_id"),
            sa.literal(-1).label("map_index"),
            run.c.state,
        ).select_from(_OF_RUNS),
    ),
)
"""Failures of task instances, and of runs without one; what is open of them, and how they are read."""


def _failures(*, everything: bool) -> sa.Subquery:
    """Return the failures that fit, of tasks and of runs."""
    parts = [query.where(WHERE, *([] if everything else [is_open])) for is_open, query in _SOURCES]
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
        .limit(sa.bindparam("limit"))
    )


def _inside(found: sa.Subquery) -> sa.Select[Any]:
    with_version = found.outerjoin(version, version.c.id == found.c.version_id)
    return (
        sa.select(found, version.c.spec_hash, version.c.source_hash)
        .select_from(with_version)
        .order_by(found.c.id.desc())
        .limit(sa.bindparam("limit"))
    )


GROUPS = _grouped(_failures(everything=True))
OPEN_GROUPS = _grouped(_failures(everything=False))
"""The groups of all failures, and of those that are open, that with the newest one first."""
INSIDE = _inside(_failures(everything=True))
OPEN_INSIDE = _inside(_failures(everything=False))
"""The newest failures of a group."""
ABOVE = failure.c.id > sa.bindparam("above")
SINCE = failure.c.at_us >= sa.bindparam("since")
BEGINNING_WITH = failure.c.fingerprint.like(sa.bindparam("pattern"), escape="/")
OF_GROUP = failure.c.fingerprint == sa.bindparam("fingerprint")
OPEN_COUNTS = (
    sa.select(sa.func.count()).select_from(_OF_TASKS).where(_OPEN_TASK),
    sa.select(sa.func.count()).select_from(_OF_RUNS).where(_OPEN_RUN),
)
NEWEST = sa.select(sa.func.coalesce(sa.func.max(failure.c.id), 0))
NOTES = sa.select(failure_note).where(failure_note.c.fingerprint.in_(sa.bindparam("groups", expanding=True)))
LOOK = sa.select(look.c.upto, look.c.at_us).where(
    look.c.place == _PLACE, look.c.person == sa.bindparam("person")
)
