"""Reading which runs were late: against a deadline, against their usual end, or because they began late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from penstock.clock import from_us, opt_from_us
from penstock.model.digest import late_by, usual_end
from penstock.model.views.digest import LateKind, LateRun
from penstock.model.views.events import EventRow
from penstock.store.sql.views import late as sql
from penstock.store.sqlite.connection import Connection

_ON_TIME_US = 60_000_000
"""A run that was created later than this after it was due began late, so its end says little."""


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
        for row in connection.execute(sql.BEGAN_LATE, {"since": since_us}).all()
    ]
    found += _against_usual(connection, since_us, now_us, has_deadline)
    return sorted(found, key=lambda late: late.at, reverse=True)


def _against_usual(
    connection: Connection, since_us: int, now_us: int, has_deadline: Callable[[str], bool]
) -> list[LateRun]:
    by_dag: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(sql.ENDED, {"since": since_us, "on_time_us": _ON_TIME_US}).all():
        if not (isinstance(row.run_after_us, int) and isinstance(row.end_us, int | None)):
            continue  # written by hand
        if (row.end_us or now_us) - row.run_after_us >= _ON_TIME_US:
            by_dag[row.dag_id].append(row)
    found: list[LateRun] = []
    for dag_id, rows in by_dag.items():
        values = {"dag_id": dag_id, "on_time_us": _ON_TIME_US}
        history = connection.execute(sql.HISTORY, values).all()
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
