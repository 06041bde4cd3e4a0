"""What happened since somebody looked."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.model.points import PointState
from penstock.model.states import SUCCESS_LIKE, RunType, TaskState
from penstock.store.sqlite.indexed import MISSED_POINTS, NEWS
from penstock.store.statements.rows import event, failure, ledger, look, run, task

_MOST_EVENTS = 20_000
_MOST_FAILED = 500
"""The most tasks that are looked at for whether they have recovered."""

LOOKS = sa.select(look.c.place, look.c.upto, look.c.at_us).where(look.c.person == sa.bindparam("person"))
AT = (
    sa.select(event.c.seq, event.c.at_us)
    .where(event.c.seq >= sa.bindparam("seq"))
    .order_by(event.c.seq)
    .limit(1)
)
NEWS_AFTER = (
    sa.select(event)
    .where(event.c.seq > sa.bindparam("after"), NEWS)
    .order_by(event.c.seq.desc())
    .limit(_MOST_EVENTS)
)
NEWEST_NEWS = sa.select(event.c.seq).where(NEWS).order_by(event.c.seq.desc()).limit(1)
LAST_EVENT = sa.select(sa.func.max(event.c.seq))
BEFORE = (
    sa.select(event.c.at_us, event.c.kind)
    .where(event.c.seq < sa.bindparam("seq"))
    .order_by(event.c.seq.desc())
    .limit(1)
)
FIRST_FAILURE = sa.select(sa.func.min(failure.c.id)).where(failure.c.at_us >= sa.bindparam("since"))
LAST_FAILURE = sa.select(sa.func.max(failure.c.id))

_LAST_FAILURES = (
    sa.select(
        sa.func.max(failure.c.id).label("newest"), failure.c.at_us, failure.c.line,
        failure.c.attempt_id, task.c.task_id, task.c.attempt_id.label("newest_attempt"),
        run.c.id.label("run_pk"), run.c.dag_id, run.c.run_id, run.c.run_type, run.c.run_after_us,
    )
    .select_from(failure.join(task, task.c.id == failure.c.ti_id).join(run, run.c.id == task.c.run_pk))
    .group_by(run.c.dag_id, task.c.task_id)
    .order_by(sa.func.max(failure.c.id).desc())
    .limit(_MOST_FAILED)
)  # fmt: skip
"""The newest failure of each task: SQLite's rule for bare columns beside max()."""
_last = _LAST_FAILURES.subquery("last")
_green = run.alias("green")
_OF_IT = sa.and_(task.c.run_pk == _green.c.id, task.c.task_id == _last.c.task_id)
_ENDED_AT = sa.select(sa.func.max(task.c.end_us)).where(_OF_IT).correlate(_green, _last).scalar_subquery()


def _some(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return whether some instance of the task fulfils a condition in that run."""
    return sa.exists().where(_OF_IT, condition).correlate(_green, _last)


def _first_green(*where: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    """Return the first of some runs in which all instances of the task have succeeded since it failed.

    SQLite looks at one run after the other.
    """
    return (
        sa.select(_green.c.id)
        .where(
            *where,
            _some(task.c.state == TaskState.SUCCESS),
            ~_some(task.c.state.not_in(sorted(SUCCESS_LIKE))),
            _last.c.at_us < _ENDED_AT,
        )
        .order_by(_green.c.run_after_us)
        .limit(1)
        .correlate(_last)
        .scalar_subquery()
    )


# By the attempt that failed last, it was marked, or nothing was done. A backfill's run stands for a date of
# its own: a later run says nothing about it.
_AGAIN = sa.case(
    (_last.c.newest_attempt.is_distinct_from(_last.c.attempt_id), _first_green(_green.c.id == _last.c.run_pk))
)
_LATER = sa.case(
    (
        _last.c.run_type != RunType.BACKFILL,
        _first_green(
            _green.c.dag_id == _last.c.dag_id,
            _green.c.run_after_us > _last.c.run_after_us,
            _green.c.run_type != RunType.BACKFILL,
        ),
    )
)
_mended = sa.select(_last, sa.func.coalesce(_AGAIN, _LATER).label("green_pk")).subquery("mended")
_ITS_END = (
    sa.select(sa.func.max(task.c.end_us))
    .where(task.c.run_pk == _green.c.id, task.c.task_id == _mended.c.task_id)
    .scalar_subquery()
)
RECOVERED = (
    sa.select(_mended, _green.c.run_id.label("green_id"), _ITS_END.label("green_us"))
    .join(_green, _green.c.id == _mended.c.green_pk)
    .where(sa.bindparam("since") <= _ITS_END)
    .order_by(_ITS_END.desc())
)
"""The tasks whose newest failure was followed by a success, the newest first."""
SKIPPED = (
    sa.select(
        ledger.c.id, ledger.c.dag_id, ledger.c.first_us, ledger.c.last_us, ledger.c.reason,
        ledger.c.at_us, ledger.c.count.label("points"),
    )
    .where(MISSED_POINTS, ledger.c.status == PointState.SKIPPED, ledger.c.at_us >= sa.bindparam("since"))
    .order_by(ledger.c.at_us.desc(), ledger.c.id.desc())
)  # fmt: skip
