"""Reading what runs at this moment: live attempts of all DAGs, with their newest samples."""

from __future__ import annotations

from typing import Any

from penstock.clock import from_us, opt_from_us
from penstock.executor_settings import LOCAL
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.subject import about_row
from penstock.model.views.now import LiveAttempt
from penstock.store.sieve import Sieve
from penstock.store.sql.views import now as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.durations import Durations


def read_live(
    connection: Connection, durations: Durations, now_us: int, peaks: dict[str, int]
) -> list[LiveAttempt]:
    """Return every live attempt, the oldest first. *peaks* are bytes by attempt, as far as they are known."""
    rows = connection.execute(sql.LIVE).all()
    usual = {dag_id: durations.usuals(connection, dag_id) for dag_id in {row.dag_id for row in rows}}

    def view(row: Any) -> LiveAttempt:
        own = usual[row.dag_id]
        began = row.queued_us if row.start_us is None else row.start_us
        known = [each for each in (row.peak_rss, peaks.get(row.attempt_id), row.rss) if each is not None]
        return LiveAttempt(
            attempt_id=row.attempt_id,
            dag_id=row.dag_id,
            run_id=row.run_id,
            task_id=row.task_id,
            map_index=row.map_index,
            try_number=row.try_number,
            state=TaskState(row.state),
            pid=row.pid,
            cpu=row.cpu_percent,
            rss=row.rss,
            peak_rss=max(known, default=None),
            read_bytes=row.read_bytes,
            write_bytes=row.write_bytes,
            processes=row.processes,
            start=opt_from_us(row.start_us),
            seconds=max(0.0, (now_us - began) / 1e6),
            p50=own.p50(row.task_id),
            p95=own.p95(row.task_id, row.run_pk, None),
            run_type=RunType(row.run_type),
            run_state=RunState(row.run_state),
            logical_date=opt_from_us(row.logical_us),
            run_after=from_us(row.run_after_us),
            executor=row.executor or LOCAL,
            worker=row.worker,
        )

    return Sieve().rows(rows, lambda row: about_row("attempt", row.attempt_id), view)
