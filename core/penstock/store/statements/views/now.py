"""What runs at this moment."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.sqlite.indexed import LIVE_ATTEMPTS
from penstock.store.statements.rows import attempt, run, sample, task

_every = sample.alias("every_sample")
_newest = (
    sa.select(sa.func.max(_every.c.at_us))
    .where(_every.c.attempt_id == attempt.c.attempt_id)
    .scalar_subquery()
)

LIVE = (
    sa.select(
        attempt.c.attempt_id, attempt.c.try_number, attempt.c.queued_us, attempt.c.start_us,
        attempt.c.pid, attempt.c.executor, attempt.c.worker,
        task.c.task_id, task.c.map_index, task.c.state, task.c.peak_rss,
        run.c.id.label("run_pk"), run.c.dag_id, run.c.run_id, run.c.run_type,
        run.c.state.label("run_state"), run.c.logical_us, run.c.run_after_us,
        sample.c.cpu_percent, sample.c.rss, sample.c.read_bytes, sample.c.write_bytes,
        sample.c.processes,
    )
    .select_from(
        attempt.join(task, task.c.id == attempt.c.ti_id)
        .join(run, run.c.id == task.c.run_pk)
        .outerjoin(sample, sa.and_(sample.c.attempt_id == attempt.c.attempt_id, sample.c.at_us == _newest))
    )
    .where(LIVE_ATTEMPTS)
    .order_by(attempt.c.queued_us, attempt.c.attempt_id)
)  # fmt: skip
"""Live attempts of all DAGs, with their newest samples."""
