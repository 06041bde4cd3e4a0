"""Checks where the tasks of a DAG want to run, against the executors that penstock.toml has. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from penstock.errors import DagFileError
from penstock.executor_settings import LOCAL, resolved, unknown_name
from penstock.model.spec import DagSpec


def placed(spec: DagSpec, executors: Mapping[str, Mapping[str, Any]], default: str) -> DagSpec:
    """Return *spec* with warnings about queues and resources that have no effect.

    Raises `DagFileError` with the task's line for an executor that is not known.
    """
    idle: dict[str, list[str]] = {}
    for task in spec.tasks:
        problem = unknown_name(task.executor, executors) if task.executor is not None else None
        if problem is not None:
            raise DagFileError(f"task {task.task_id!r}: {problem}", spec.file, task.line)
        if resolved(task.executor, executors, default) == LOCAL:
            for name in ("queue", "resources"):
                if getattr(task, name):
                    idle.setdefault(name, []).append(task.task_id)
    warnings = tuple(
        f"argument {name} has no effect on the local executor (task {', '.join(ids[:3])}"
        f"{' and others' if len(ids) > 3 else ''}): use a pool, or an executor with workers"
        for name, ids in idle.items()
    )
    return msgspec.structs.replace(spec, warnings=(*spec.warnings, *warnings)) if warnings else spec
