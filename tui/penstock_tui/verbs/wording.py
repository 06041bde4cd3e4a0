"""Targets in words, for the titles of dialogs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from penstock_tui.target import (
    AssetTarget,
    BackfillTarget,
    FailureTarget,
    FileTarget,
    PlainTarget,
    PointTarget,
    PoolTarget,
    QuarantineTarget,
    Target,
    TaskTarget,
    WorkerTarget,
    run_of,
)
from penstock_tui.view.task_rows import key_of, run_name


def words_of(targets: Sequence[Target], zone: tzinfo, *, tasks: Sequence[str] | None = None) -> str:
    """Return *targets* in words, runs by their date in *zone*.

    *tasks* are the names to use where not all tasks of the target are meant.
    """
    if len(targets) > 1:
        count = sum(target.count for target in targets if isinstance(target, TaskTarget))
        return f"{count} tasks of {len(targets)} runs" if count else f"{len(targets)} runs"
    target = targets[0]
    if isinstance(target, TaskTarget):
        names = [key_of(task) for task in target.tasks] if tasks is None else tasks
        if names:
            return f"{names[0] if len(names) == 1 else f'{len(names)} tasks'} of {target.dag_id}"
    match target:
        case BackfillTarget():
            return f"backfill {target.backfill.backfill_id} of {target.dag_id}"
        case FileTarget():
            return target.error.file
        case FailureTarget():
            return f"failures {target.group.fingerprint}"
        case PointTarget():
            return target.dag_id
        case PoolTarget():
            return f"pool {target.pool.name}"
        case WorkerTarget():
            return f"worker {target.worker.name}"
        case AssetTarget():
            return f"asset {target.asset.name}"
        case QuarantineTarget():
            return target.row.id
        case PlainTarget():
            return target.name
        case _:
            run = run_of(target)
            return f"{target.dag_id} {run_name(run, zone)}" if run is not None else target.dag_id
