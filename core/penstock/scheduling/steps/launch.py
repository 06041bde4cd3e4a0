"""Makes the order to an executor from a task instance. Pure except for new ids."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from penstock.attempts.protocol import KEEP_RENDERED, AttemptSpec, attempt_path
from penstock.clock import from_us, opt_from_us
from penstock.executor_settings import LOCAL, resolved
from penstock.model.spec import TaskSpec
from penstock.model.states import TERMINAL, TaskState
from penstock.scheduling.world.instances import instances
from penstock.scheduling.world.world import LiveRun
from penstock.settings import Settings
from penstock.store.engine.records import AssetEventRecord, RunRecord, TaskRecord

_LEFT_BEHIND = TERMINAL - {TaskState.REMOVED}
CALLBACK_GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL for a callback that takes too long."""
TRIGGERER_GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL for the process that runs triggers."""
_LEAST_LEFT = 1.0
"""Seconds that a task gets at least to go on after it deferred, if it has an execution_timeout."""
_EVERY_XCOM = 200
"""In runs with more tasks than this, a task gets only its ancestors' XComs."""


def attempt_spec(
    live: LiveRun,
    task: TaskRecord,
    attempt_id: str,
    settings: Settings,
    environment: dict[str, str],
    *,
    before: RunRecord | None = None,
    triggering: Sequence[AssetEventRecord] = (),
    reply: str | None = None,
) -> AttemptSpec:
    """Return the order for one attempt of *task*.

    *environment* is the engine's part; *before* is the last successful run before the task's own;
    *triggering* are the asset events that made the run; *reply* is what a person answered, as JSON.
    """
    spec = live.structure.tasks[task.task_id]
    identity = _identity(live.record, task, attempt_id)
    placement = _placement(spec, settings)
    # What is written of this machine's environment says nothing about another: a worker adds its own.
    env = {**({} if placement else environment), **identity}
    command = spec.command
    if command is not None:
        env = {**(identity if command.replace_env else env), **command.env}
    python = spec.launch == "python"
    facts = _context(live, task, settings, before, triggering) if python else {}
    if reply is not None and python:
        facts["reply"] = json.loads(reply)
    if KEEP_RENDERED in environment and python:
        facts["keep_rendered"] = True
    return AttemptSpec(
        attempt_id=attempt_id,
        argv=_python(settings, attempt_id) if python or command is None else command.argv,
        env=env,
        cwd=(command.cwd if command is not None else None) or str(settings.home),
        time_limit=_time_left(spec, task),
        grace=settings.stop_grace if spec.stop_grace is None else spec.stop_grace,
        umask=settings.umask,
        log_max_bytes=settings.log_max_bytes,
        log_direct=spec.log_direct,
        secrets=spec.secrets,
        passed=command is None or not command.replace_env,
        skip_on_exit_code=spec.skip_on_exit_code,
        push_last_line=spec.push_last_line,
        context=facts,
        xcom_sources=_sources(live, spec) if python else {},
        placement=placement,
    )


def _placement(spec: TaskSpec, settings: Settings) -> dict[str, Any]:
    """Return where a task is to run, as an order says it; empty for this machine."""
    executor = resolved(spec.executor, settings.executors, settings.default_executor)
    if executor == LOCAL:
        return {}
    return {
        "executor": executor,
        **({"queue": spec.queue} if spec.queue else {}),
        **({"resources": spec.resources} if spec.resources else {}),
    }


def _time_left(spec: TaskSpec, task: TaskRecord) -> float | None:
    """Return how long an attempt may take: the time limit holds for a try, with all that it waits for."""
    limit = spec.execution_timeout
    if limit is None or task.resumes is None or task.began_us is None or task.queued_us is None:
        return limit
    return max(_LEAST_LEFT, limit - (task.queued_us - task.began_us) / 1e6)


def callback_facts(
    live: LiveRun,
    task: TaskRecord,
    settings: Settings,
    before: RunRecord | None,
    triggering: Sequence[AssetEventRecord],
    *,
    kind: str,
    reason: str | None,
    state: str | None,
) -> dict[str, Any]:
    """Return what the process of a callback needs, as JSON: it may start long after the run ended.

    *task* is what it gets as ``ti``.
    """
    context = _context(live, task, settings, before, triggering)
    context["callback"] = {
        "kind": kind,
        "reason": reason,
        "state": state,
        "start": iso(task.start_us),
        "end": iso(task.end_us),
        "run_state": live.record.state.value,
        "run_end": iso(live.record.end_us),
    }
    return {"context": context, "sources": _sources(live, live.structure.tasks[task.task_id])}


def callback_spec(
    attempt_id: str,
    facts: dict[str, Any],
    settings: Settings,
    environment: dict[str, str],
) -> AttemptSpec:
    """Return the order for a callback; *facts* is the result of `callback_facts`."""
    return AttemptSpec(
        attempt_id=attempt_id,
        argv=_python(settings, attempt_id, "penstock.task_process.callback"),
        env={**environment, "PENSTOCK_ATTEMPT": attempt_id},
        cwd=str(settings.home),
        time_limit=settings.callback_timeout,
        grace=min(settings.stop_grace, CALLBACK_GRACE),
        umask=settings.umask,
        log_max_bytes=settings.log_max_bytes,
        passed=True,
        context=facts["context"],
        xcom_sources=facts["sources"],
    )


def triggerer_spec(attempt_id: str, settings: Settings, environment: dict[str, str]) -> AttemptSpec:
    """Return the order for the process that runs triggers."""
    context = {
        "socket": str(settings.socket),
        "values": str(settings.values_file),
        "root": str(settings.attempts),
    }
    return AttemptSpec(
        attempt_id=attempt_id,
        argv=_python(settings, attempt_id, "penstock.task_process.triggerer"),
        env={**environment, "PENSTOCK_ATTEMPT": attempt_id},
        cwd=str(settings.home),
        grace=min(settings.stop_grace, TRIGGERER_GRACE),
        umask=settings.umask,
        log_max_bytes=settings.log_max_bytes,
        passed=True,
        context=context,
    )


def _python(
    settings: Settings, attempt_id: str, module: str = "penstock.task_process.main"
) -> tuple[str, ...]:
    # -P: the working directory is not put on the path, so no file there can replace a module.
    return (sys.executable, "-P", "-m", module, str(attempt_path(settings.attempts, attempt_id)))


def _identity(run: RunRecord, task: TaskRecord, attempt_id: str) -> dict[str, str]:
    """Return the variables that identify the attempt to programs, also with Airflow's names."""
    logical = opt_from_us(run.date_us)
    same = {
        "DAG_ID": run.dag_id,
        "TASK_ID": task.task_id,
        "TRY_NUMBER": str(task.try_number),
        "LOGICAL_DATE": logical.isoformat() if logical else "",
    }
    return {
        "PENSTOCK_ATTEMPT": attempt_id,
        "PENSTOCK_CTX_RUN_ID": run.run_id,
        **({"PENSTOCK_CTX_MAP_INDEX": str(task.map_index)} if task.map_index >= 0 else {}),
        "AIRFLOW_CTX_DAG_RUN_ID": run.run_id,
        **{
            f"{program}_CTX_{name}": text
            for program in ("PENSTOCK", "AIRFLOW")
            for name, text in same.items()
        },
    }


def run_params(live: LiveRun) -> dict[str, Any]:
    """Return a run's parameters: the DAG's defaults with the run's conf on top."""
    defaults = {
        name: param.default for name, param in live.structure.spec.params.items() if not param.required
    }
    return {**defaults, **json.loads(live.record.conf)}


def iso(moment_us: int | None) -> str | None:
    """Return a time in microseconds as an ISO string."""
    moment = opt_from_us(moment_us)
    return moment.isoformat() if moment else None


def _context(
    live: LiveRun,
    task: TaskRecord,
    settings: Settings,
    before: RunRecord | None,
    triggering: Sequence[AssetEventRecord],
) -> dict[str, Any]:
    run, spec = live.record, live.structure.spec
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "task_id": task.task_id,
        "map_index": task.map_index,
        "try_number": task.try_number,
        "max_tries": task.max_tries,
        "run_type": run.run_type.value,
        "timezone": spec.timezone,
        "logical_date": iso(run.date_us),
        "data_interval_start": iso(run.interval_start_us),
        "data_interval_end": iso(run.interval_end_us),
        "run_after": iso(run.run_after_us),
        "run_start": iso(run.start_us),
        "conf": json.loads(run.conf),
        "params": run_params(live),
        "file": spec.file,
        "source": str(settings.versions / f"{live.structure.source_hash}.py"),
        "dags_folder": str(settings.dags_folder),
        "socket": str(settings.socket),
        "first_poke_at": None if task.first_poke_us is None else task.first_poke_us / 1e6,
        "pokes": task.pokes,
        "triggering": [_change(event) for event in triggering],
        "values": str(settings.values_file),
        "max_map_length": settings.max_map_length,
        "previous_success": None if before is None else _dates(before),
        **({"dialect": spec.dialect} if spec.dialect else {}),
        **({"partition_key": run.partition_key} if run.partition_key else {}),
        **({"resumes": str(attempt_path(settings.attempts, task.resumes))} if task.resumes else {}),
    }


def _dates(run: RunRecord) -> dict[str, str | None]:
    return {
        "data_interval_start": iso(run.interval_start_us),
        "data_interval_end": iso(run.interval_end_us),
        "start_date": iso(run.start_us),
        "end_date": iso(run.end_us),
    }


def _change(event: AssetEventRecord) -> dict[str, Any]:
    return {
        "name": event.name,
        "uri": event.uri,
        "extra": event.extra,
        "aliases": event.aliases,
        "at": from_us(event.at_us).isoformat(),
        "source": event.source,
        **({"partition_key": event.partition_key} if event.partition_key else {}),
    }


def _sources(live: LiveRun, spec: TaskSpec) -> dict[str, str]:
    """Return the attempts with the XComs that a task may pull, by task."""
    others: Any = live.tasks
    if len(live.tasks) > _EVERY_XCOM:
        ancestors = live.structure.graph.ancestors(spec.task_id)
        others = [task.key for task_id in ancestors for task in instances(live, task_id)]
    return {
        other: attempt_id
        for other in others
        if live.tasks[other].state in _LEFT_BEHIND and (attempt_id := live.tasks[other].attempt_id)
    }
