"""Reading which runs were late: against a deadline, against their usual end, or because they began late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import from_us, opt_from_us
from penstock.model.digest import late_by, usual_end
from penstock.model.points import PointState
from penstock.model.states import RunState, RunType
from penstock.model.views.digest import LateKind, LateRun
from penstock.model.views.events import EventRow
from penstock.store import tables
from penstock.store.sqlite.indexed import MISSED_POINTS, UNFINISHED_RUNS
from penstock.store.statement import table_of

_ON_TIME_US = 60_000_000
"""A run that was created later than this after it was due began late, so its end says little."""
_MOST_RUNS = 100

_run = table_of(tables.RunRow)
_ledger = table_of(tables.LedgerRow)

_TYPES = (RunType.SCHEDULED, RunType.ASSET_TRIGGERED)
_TIMELY = sa.and_(_run.c.run_type.in_(_TYPES), _run.c.queued_us - _run.c.run_after_us <= _ON_TIME_US)
_ENDED = sa.select(
    _run.c.id, _run.c.dag_id, _run.c.run_id, _run.c.run_after_us, _run.c.end_us, _run.c.state
).where(_TIMELY, sa.or_(_run.c.end_us >= sa.bindparam("since"), UNFINISHED_RUNS))
_HISTORY = (
    sa.select(_run.c.id, (_run.c.end_us - _run.c.run_after_us).label("took"))
    .where(_run.c.dag_id == sa.bindparam("dag_id"), _run.c.state == RunState.SUCCESS, _TIMELY)
    .order_by(_run.c.run_after_us.desc())
    .limit(_MOST_RUNS)
)
_BEGAN_LATE = (
    sa.select(
        _ledger.c.dag_id, _ledger.c.run_id, _ledger.c.at_us,
        _run.c.run_after_us, _run.c.queued_us, _run.c.end_us,
    )
    .select_from(
        _ledger.join(_run, sa.and_(_run.c.dag_id == _ledger.c.dag_id, _run.c.run_id == _ledger.c.run_id))
    )
    .where(MISSED_POINTS, _ledger.c.status == PointState.RAN_LATE, _ledger.c.at_us >= sa.bindparam("since"))
)  # fmt: skip


def read_late(
    connection: Connection,
    since_us: int,
    now_us: int,
    missed: Iterable[EventRow],
    has_deadline: Callable[[str], bool],
) -> list[LateRun]:
    """Return the runs that were late since *since_us*, the newest first.

    *missed* are the deadlines that were missed. A DAG that *has_deadline* is not held against its usual end.
    """
    found = [
        LateRun(
            kind=LateKind.DEADLINE,
            dag_id=event.dag_id or "",
            run_id=event.run_id or "",
            at=event.at,
            reason=event.reason,
        )
        for event in missed
    ]
    found += [
        LateRun(
            kind=LateKind.START,
            dag_id=row.dag_id,
            run_id=row.run_id,
            at=from_us(row.at_us),
            seconds=max(0.0, (row.queued_us - row.run_after_us) / 1e6),
            ended=row.end_us is not None,
        )
        for row in connection.execute(_BEGAN_LATE, {"since": since_us}).all()
    ]
    found += _against_usual(connection, since_us, now_us, has_deadline)
    return sorted(found, key=lambda late: late.at, reverse=True)


def _against_usual(
    connection: Connection, since_us: int, now_us: int, has_deadline: Callable[[str], bool]
) -> list[LateRun]:
    by_dag: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(_ENDED, {"since": since_us}).all():
        if not (isinstance(row.run_after_us, int) and isinstance(row.end_us, int | None)):
            continue  # written by hand
        if (row.end_us or now_us) - row.run_after_us >= _ON_TIME_US:
            by_dag[row.dag_id].append(row)
    found: list[LateRun] = []
    for dag_id, rows in by_dag.items():
        history: Sequence[Any] = connection.execute(_HISTORY, {"dag_id": dag_id}).all()
        for row in rows:
            usual = usual_end([each.took / 1e6 for each in history if each.id != row.id])
            late = late_by(((row.end_us or now_us) - row.run_after_us) / 1e6, usual)
            if late is None or usual is None or has_deadline(dag_id):
                continue
            found.append(
                LateRun(
                    kind=LateKind.END,
                    dag_id=dag_id,
                    run_id=row.run_id,
                    at=opt_from_us(row.end_us) or from_us(now_us),
                    seconds=late,
                    usual=usual,
                    ended=row.end_us is not None,
                )
            )
    return found
