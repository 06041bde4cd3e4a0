"""Makes data of the author's objects: `to_spec` returns the spec of a DAG.

Runs in the load child only. The spec has everything that the scheduler needs, because the engine
never imports an author's file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise

import msgspec

from penstock.authoring import scope
from penstock.authoring.abstract_operator import AbstractOperator, Command
from penstock.authoring.arguments import TASK_CALLBACKS
from penstock.authoring.checks import shown
from penstock.authoring.collect import collect
from penstock.authoring.dag import DAG
from penstock.authoring.group import TaskGroup
from penstock.authoring.params import Param
from penstock.authoring.place import Place, refuse
from penstock.authoring.pools import declared_pools
from penstock.authoring.schedule_spec import schedule_of
from penstock.authoring.schedules import Wanted
from penstock.errors import DagFileError
from penstock.loading.check_again import check_again
from penstock.loading.template_check import check_templates
from penstock.model.assets import AssetSpec
from penstock.model.expansion import MOST_INSTANCES, instance_count
from penstock.model.graph import find_cycle
from penstock.model.params import schema_problem
from penstock.model.plain import not_plain
from penstock.model.spec import (
    CommandSpec,
    DagSpec,
    DeadlineSpec,
    ExpandSpec,
    GroupSpec,
    ParamSpec,
    PoolSpec,
    ScheduleSpec,
    SensorSpec,
    TaskSpec,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.pools import Pool

__all__ = ["collect", "to_spec"]


def to_spec(dag: DAG, file: str, timezone: str = "UTC") -> DagSpec:
    """Return *dag* as data. *file* is its path; *timezone* is for a DAG that does not set one.

    Raises `DagFileError` with the author's line for a cycle, a bad cron expression, or a required
    param on a schedule.
    """
    check_again(dag)
    check_templates(dag)
    zone = dag.timezone_name or timezone
    _refuse_unknown_zones(dag)
    _refuse_cycle(dag)
    _refuse_rules_with_fail_fast(dag)
    start, end = (_utc(dag, name, getattr(dag, name), zone) for name in ("start_date", "end_date"))
    after = scope.current().cursors.get(dag.dag_id)
    schedule = schedule_of(dag.schedule, zone, Wanted(start, end, catchup=dag.catchup == "all", after=after))
    _refuse_unusable_params(dag, schedule)
    sources = dag.mapping_sources
    spec = DagSpec(
        dag_id=dag.dag_id,
        file=file,
        line=dag.place.line,
        description=dag.description,
        doc=_doc(dag, file),
        owner=_owner(dag),
        tags=tuple(sorted(dag.tags)),
        schedule=schedule,
        timezone=zone,
        start_date=start,
        end_date=end,
        catchup=dag.catchup,
        overlap=dag.overlap,
        max_active_runs=dag.max_active_runs,
        max_active_tasks=dag.max_active_tasks,
        dagrun_timeout=dag.dagrun_timeout,
        fail_fast=dag.fail_fast,
        callbacks=tuple(event for event in ("success", "failure") if getattr(dag, f"on_{event}_callback")),
        deadlines=tuple(_deadlines(dag, zone)),
        max_consecutive_failed_runs=dag.max_consecutive_failed_dag_runs,
        paused_upon_creation=dag.is_paused_upon_creation,
        params={name: _param(dag, name, param) for name, param in dag.params.items()},
        tasks=tuple(_task(task, sources) for task in dag.task_dict.values()),
        groups=tuple(
            GroupSpec(
                group_id=group.group_id,
                parent=(group.parent_group.group_id or None) if group.parent_group else None,
                tooltip=group.tooltip or None,
                expand=_expand(group),
            )
            for group in dag.task_groups.values()
        ),
        labels=tuple((up, down, text) for (up, down), text in dag.labels.items()),
        pools=tuple(_pools(dag)),
        warnings=dag.warnings,
    )
    return _with_doubts(_with_dialect(spec, dag), dag)


def _with_dialect(spec: DagSpec, dag: DAG) -> DagSpec:
    """Return *spec* with what is said about a file of Airflow; as it is for one with our own words."""
    here = scope.current()
    if here.dialect is None:
        return spec
    idle = [f"task {task.task_id!r} cannot run: {task.cannot_run}" for task in spec.tasks if task.cannot_run]
    return msgspec.structs.replace(
        spec,
        warnings=(*spec.warnings, *idle, *here.notices),
        dialect=here.dialect.word,
        dialect_because=here.dialect.because,
        catchup_unsaid=dag.catchup_unsaid and spec.schedule.kind not in {"none", "once", "continuous"},
    )


def _deadlines(dag: DAG, zone: str) -> Iterable[DeadlineSpec]:
    for one in dag.deadlines:
        yield DeadlineSpec(
            reference=one.reference.word,
            seconds=one.interval,
            at=_utc(dag, "a deadline", one.reference.at, zone),
            name=one.name,
        )


def _task(task: AbstractOperator, sources: frozenset[str]) -> TaskSpec:
    several = task.is_mapped or task.mapped_group is not None
    # The task's own process reports the length of what it returns.
    measured = task.task_id in sources and not several
    launch = task.launch() if task.is_plain and not measured else "python"
    command = None
    if isinstance(launch, Command):
        command = CommandSpec(
            argv=launch.argv, env=launch.env, replace_env=launch.replace_env, cwd=launch.cwd
        )
    return TaskSpec(
        task_id=task.task_id,
        operator=task.operator_name,
        launch="command" if isinstance(launch, Command) else launch,
        upstream=tuple(sorted(task.upstream_task_ids)),
        group=(task.task_group.group_id or None) if task.task_group else None,
        line=task.place.line,
        display_name=task.task_display_name,
        doc=_clean(task.doc_md or task.doc),
        owner=task.owner,
        trigger_rule=task.trigger_rule,
        command=command,
        sensor=_sensor(task),
        retries=task.retries,
        retry_delay=task.retry_delay,
        retry_exponential_backoff=task.retry_exponential_backoff,
        max_retry_delay=task.max_retry_delay,
        execution_timeout=task.execution_timeout,
        stop_grace=task.stop_grace,
        on_lost=task.on_lost,
        pool=str(task.pool),
        pool_slots=task.pool_slots,
        priority_weight=task.priority_weight,
        weight_rule=task.weight_rule,
        max_active_tis_per_dag=task.max_active_tis_per_dag,
        max_active_tis_per_dagrun=task.max_active_tis_per_dagrun,
        depends_on_past=task.depends_on_past or task.wait_for_downstream,
        wait_for_downstream=task.wait_for_downstream,
        skip_on_exit_code=task.skip_on_exit_code,
        row_of=task.row_of,
        push_last_line=task.last_line_is_value and task.do_xcom_push,
        inlets=_assets(task, task.inlets),
        outlets=_assets(task, task.outlets),
        secrets=task.secrets,
        log_direct=task.log_mode == "direct",
        callbacks=tuple(event for event in TASK_CALLBACKS if getattr(task, f"on_{event}_callback")),
        is_setup=task.is_setup,
        is_teardown=task.is_teardown,
        on_failure_fail_dagrun=task.on_failure_fail_dagrun,
        expand=_expand(task),
        map_index_template=task.map_index_template if several else None,
        executor=task.placed_executor,
        queue=task.placed_queue,
        resources=dict(task.placed_resources),
        cannot_run=_kind(task).cannot_run,
    )


def _assets(task: AbstractOperator, assets: Iterable[Any]) -> tuple[AssetSpec, ...]:
    found = tuple(AssetSpec(**asset.fields()) for asset in assets)
    for asset in found:
        problem = not_plain(asset.extra)
        if problem:
            refuse(f"the extra of asset {asset.name!r} must be JSON, but {problem}", task.place)
    return found


def _expand(mapped: AbstractOperator | TaskGroup) -> ExpandSpec | None:
    """Return how a task or group is mapped; refuse too many instances."""
    if mapped.given is None:
        return None
    try:
        expand = mapped.given.to_spec()
    except DagFileError as error:  # the file set it earlier, but it is checked only now
        refuse(error.message, mapped.place)
    count = instance_count(expand, lambda _: None)
    if count is not None and count > MOST_INSTANCES:
        refuse(f"{count:,} instances of one task are more than the {MOST_INSTANCES:,} allowed", mapped.place)
    return expand


def _kind(task: AbstractOperator) -> type[AbstractOperator]:
    """Return the class of what carries *task* out, also when it is mapped."""
    from penstock.authoring.mapped import MappedOperator

    return task.operator if isinstance(task, MappedOperator) else type(task)


def _sensor(task: AbstractOperator) -> SensorSpec | None:
    from penstock.authoring.sensor import Sensor

    kind = _kind(task)
    if not issubclass(kind, Sensor):
        return None
    waits: Any = task  # a mapped task has a sensor's attributes, though it is not one
    return SensorSpec(
        mode=waits.mode,
        poke_interval=waits.poke_interval,
        timeout=waits.timeout,
        exponential_backoff=waits.exponential_backoff,
        max_wait=waits.max_wait,
        soft_fail=waits.soft_fail,
    )


def _refuse_unknown_zones(dag: DAG) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    for name in {dag.timezone_name, dag.schedule.timezone} - {None}:
        try:
            ZoneInfo(str(name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            refuse(f"DAG {dag.dag_id!r}: time zone {name!r} is not known", dag.place)


def _with_doubts(spec: DagSpec, dag: DAG) -> DagSpec:
    """Return *spec* with the warnings about its schedule; refuse an invalid one."""
    from penstock.timetable.doubts import doubts_about, over_since

    problem, over = None, None
    doubts: tuple[str, ...] = ()
    try:
        doubts = doubts_about(spec)
        problem = over_since(spec, spec.start_date) if spec.start_date is not None else None
        over = over_since(spec, datetime.now(UTC))
    except ValueError as error:
        problem = f"{error}{_as_in(spec.schedule, str(error))}"
    except OverflowError:
        problem = f"its schedule {spec.schedule.text!r} exceeds the calendar"
    if problem is not None:
        refuse(f"DAG {dag.dag_id!r}: {problem}", dag.place)
    doubts = doubts if over is None else (*doubts, over)
    return msgspec.structs.replace(spec, warnings=(*spec.warnings, *doubts))


def _as_in(schedule: ScheduleSpec, message: str) -> str:
    """Return where to set an argument that a message names, for a schedule written as a string."""
    said = re.search(r'seconds="(?:first|last)"', message)
    if said is None or schedule.cron_seconds is not None or len(schedule.crons) != 1:
        return ""
    name = "CronDataIntervalTimetable" if schedule.kind == "cron_interval" else "CronTriggerTimetable"
    return f", as in {name}({schedule.crons[0]!r}, {said[0]})"


def _refuse_cycle(dag: DAG) -> None:
    cycle = find_cycle({name: sorted(task.upstream_task_ids) for name, task in dag.task_dict.items()})
    if cycle is None:
        return
    # The edge that was added last closed the circle.
    lines = [dag.edges.get((up, down)) or 0 for up, down in pairwise(cycle)]
    refuse(f"cycle: {' -> '.join(cycle)}", Place(dag.place.file, max(lines) or dag.place.line))


def _refuse_rules_with_fail_fast(dag: DAG) -> None:
    for task in dag.tasks if dag.fail_fast else ():
        if task.trigger_rule not in ("all_success", "all_done_setup_success"):
            refuse(
                f"DAG {dag.dag_id!r} ends at its first failure (fail_fast), so task {task.task_id!r} cannot "
                f"have the trigger rule {task.trigger_rule!r}: only 'all_success'",
                task.place,
            )


def _refuse_unusable_params(dag: DAG, schedule: ScheduleSpec) -> None:
    if schedule.kind == "none" and schedule.assets is None:
        return
    for name, param in dag.params.items():
        problem = "has no default" if param.required else param.problem()
        if problem:
            refuse(f"DAG {dag.dag_id!r} has a schedule, but its param {name!r}: {problem}", dag.place)


def _param(dag: DAG, name: str, param: Param) -> ParamSpec:
    for what, value in (("default", param.value), ("schema", param.schema)):
        problem = not_plain(value)
        if problem:
            refuse(f"param {name!r}: its {what} must be JSON, but {problem}: {shown(value)}", dag.place)
    wrong = schema_problem(param.schema)
    if wrong:
        refuse(f"param {name!r}: its JSON Schema is wrong: {wrong}", dag.place)
    return ParamSpec(
        default=param.value, required=param.required, json_schema=param.schema, description=param.description
    )


def _pools(dag: DAG) -> Iterable[PoolSpec]:
    pools: dict[str, Pool] = {}
    for pool in declared_pools():
        other = pools.setdefault(pool.name, pool)
        if other.slots != pool.slots:
            sizes = f"{other.slots} slots in one place and {pool.slots} in another"
            refuse(f"pool {pool.name!r} has {sizes}", dag.place)
    for pool in pools.values():
        yield PoolSpec(
            name=pool.name,
            slots=pool.slots,
            description=pool.description,
            include_deferred=pool.include_deferred,
        )


def _owner(dag: DAG) -> str | None:
    owners = {task.owner for task in dag.task_dict.values() if task.owner}
    default = dag.default_args.get("owner")
    return ", ".join(sorted(owners)) or (str(default) if default else None)


def _doc(dag: DAG, file: str) -> str | None:
    doc = _clean(dag.doc_md)
    if not doc or not doc.endswith(".md") or "\n" in doc:
        return doc
    from pathlib import Path

    path = Path(file).parent / doc
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        dag.warn(f"doc_md names the file {doc!r}, which cannot be read")
        return doc


def _clean(doc: str | None) -> str | None:
    from inspect import cleandoc

    return cleandoc(doc) if doc else doc


def _utc(dag: DAG, name: str, moment: datetime | None, zone: str) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        from zoneinfo import ZoneInfo

        moment = moment.replace(tzinfo=ZoneInfo(zone))
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        refuse(f"{name} {moment.isoformat()} is outside the calendar in UTC", dag.place)
    # A plain datetime: a library's subclass would not be the same after JSON.
    return datetime.combine(moment.date(), moment.time(), UTC)
