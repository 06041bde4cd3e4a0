"""DAGs, their versions and tasks, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from penstock.http.stable import stable_uuid
from penstock.model.spec import DagSpec, ParamSpec, TaskSpec
from penstock.model.structure import Structure
from penstock.model.views.found import DagFacts, VersionFacts
from penstock.model.views.points import PointRow

BUNDLE = "dags-folder"
_TIMED = {"cron", "cron_interval", "delta", "delta_interval"}


class DagTag(msgspec.Struct, kw_only=True):
    """One tag of a DAG."""

    name: str
    dag_id: str
    dag_display_name: str


class DagVersion(msgspec.Struct, kw_only=True):
    """One version of a DAG."""

    id: str
    version_number: int
    dag_id: str
    bundle_name: str | None
    bundle_version: str | None
    created_at: datetime
    dag_display_name: str
    bundle_url: str | None


class Dag(msgspec.Struct, kw_only=True):
    """One DAG of a list."""

    dag_id: str
    dag_display_name: str
    is_paused: bool
    is_stale: bool
    last_parsed_time: datetime | None
    last_parse_duration: float | None
    last_expired: datetime | None
    bundle_name: str | None
    bundle_version: str | None
    relative_fileloc: str | None
    fileloc: str
    description: str | None
    timetable_summary: str | None
    timetable_description: str | None
    timetable_partitioned: bool
    timetable_periodic: bool
    tags: list[DagTag]
    max_active_tasks: int
    max_active_runs: int | None
    max_consecutive_failed_dag_runs: int
    has_task_concurrency_limits: bool
    has_import_errors: bool
    next_dagrun_logical_date: datetime | None
    next_dagrun_data_interval_start: datetime | None
    next_dagrun_data_interval_end: datetime | None
    next_dagrun_run_after: datetime | None
    allowed_run_types: list[str] | None
    owners: list[str]
    is_backfillable: bool
    file_token: str


class DagDetails(Dag, kw_only=True):
    """One DAG with everything."""

    catchup: bool
    dag_run_timeout: str | None
    asset_expression: Any
    doc_md: str | None
    start_date: datetime | None
    end_date: datetime | None
    is_paused_upon_creation: bool | None
    params: dict[str, Any]
    render_template_as_native_obj: bool
    template_search_path: list[str] | None
    timezone: str | None
    last_parsed: datetime | None
    default_args: dict[str, Any] | None
    rerun_with_latest_version: bool | None
    owner_links: dict[str, str]
    is_favorite: bool
    active_runs_count: int
    concurrency: int
    latest_dag_version: DagVersion | None


class Dags(msgspec.Struct, kw_only=True):
    """A page of DAGs."""

    dags: list[Dag]
    total_entries: int


class Task(msgspec.Struct, kw_only=True):
    """One task of a DAG."""

    task_id: str
    task_display_name: str
    owner: str | None
    start_date: datetime | None
    end_date: datetime | None
    trigger_rule: str | None
    depends_on_past: bool
    wait_for_downstream: bool
    retries: float
    queue: str | None
    pool: str | None
    pool_slots: float
    execution_timeout: dict[str, Any] | None
    retry_delay: dict[str, Any] | None
    retry_exponential_backoff: float
    priority_weight: float
    weight_rule: str | None
    ui_color: str | None
    ui_fgcolor: str | None
    template_fields: list[str]
    downstream_task_ids: list[str]
    doc_md: str | None
    operator_name: str | None
    params: dict[str, Any]
    class_ref: dict[str, Any]
    is_mapped: bool
    extra_links: list[str]


class Tasks(msgspec.Struct, kw_only=True):
    """The tasks of a DAG."""

    tasks: list[Task]
    total_entries: int


def version_of(facts: VersionFacts) -> DagVersion:
    """Return a version as the API shows it."""
    return DagVersion(
        id=stable_uuid("version", facts.dag_id, facts.name),
        version_number=facts.number,
        dag_id=facts.dag_id,
        bundle_name=BUNDLE,
        bundle_version=None,
        created_at=facts.created,
        dag_display_name=facts.dag_id,
        bundle_url=None,
    )


def dag_fields(facts: DagFacts, following: PointRow | None, folder: str) -> dict[str, Any]:
    """Return the fields that a list and the details of a DAG share; *folder* is that of the DAG files."""
    point = following
    return {
        "dag_id": facts.dag_id,
        "dag_display_name": facts.dag_id,
        "is_paused": facts.paused or facts.frozen,
        "is_stale": facts.missing,
        "last_parsed_time": facts.version.created,
        "last_parse_duration": None,
        "last_expired": None,
        "bundle_name": BUNDLE,
        "bundle_version": None,
        "relative_fileloc": facts.file.removeprefix(f"{folder}/"),
        "fileloc": facts.file if facts.file.startswith("/") else f"{folder}/{facts.file}",
        "description": facts.description,
        "timetable_summary": summary(facts),
        "timetable_description": "triggered by assets" if facts.assets else facts.words,
        "timetable_partitioned": False,
        "timetable_periodic": facts.kind in _TIMED,
        "tags": [DagTag(name=tag, dag_id=facts.dag_id, dag_display_name=facts.dag_id) for tag in facts.tags],
        "max_active_tasks": facts.max_active_tasks,
        "max_active_runs": facts.max_active_runs,
        "max_consecutive_failed_dag_runs": facts.max_consecutive_failed_runs,
        "has_task_concurrency_limits": facts.limited,
        "has_import_errors": facts.import_error,
        "next_dagrun_logical_date": point.logical_date if point else None,
        "next_dagrun_data_interval_start": point.data_interval_start if point else None,
        "next_dagrun_data_interval_end": point.data_interval_end if point else None,
        "next_dagrun_run_after": point.run_after if point else None,
        "allowed_run_types": None,
        "owners": list(facts.owners),
        "is_backfillable": facts.kind in _TIMED,
        "file_token": stable_uuid("file", facts.file),
    }


def summary(facts: DagFacts) -> str | None:
    """Return the schedule in short, as its author or cron writes it; None for none."""
    if facts.assets:
        return "Asset" if facts.kind == "none" else "Asset or time"
    if facts.kind in ("cron", "cron_interval"):
        return ", ".join(facts.crons)
    return None if facts.kind == "none" else facts.schedule


def details_of(facts: DagFacts, spec: DagSpec, following: PointRow | None, folder: str) -> DagDetails:
    """Return everything about a DAG."""
    return DagDetails(
        **dag_fields(facts, following, folder),
        catchup=spec.catchup == "all",
        dag_run_timeout=None if spec.dagrun_timeout is None else f"PT{spec.dagrun_timeout:g}S",
        asset_expression=None,
        doc_md=spec.doc,
        start_date=spec.start_date,
        end_date=spec.end_date,
        is_paused_upon_creation=spec.paused_upon_creation,
        params=params_shown(spec, None),
        render_template_as_native_obj=False,
        template_search_path=None,
        timezone=spec.timezone,
        last_parsed=facts.version.created,
        default_args=None,
        rerun_with_latest_version=None,
        owner_links={},
        is_favorite=False,
        active_runs_count=facts.active_runs,
        concurrency=spec.max_active_tasks,
        latest_dag_version=version_of(facts.version),
    )


def params_shown(spec: DagSpec, source: str | None) -> dict[str, Any]:
    """Return the parameters of a DAG; clients make forms of them."""
    return {name: _param(param, source) for name, param in spec.params.items()}


def _param(param: ParamSpec, source: str | None) -> dict[str, Any]:
    return {
        "value": param.default,
        "schema": param.json_schema,
        "description": param.description or param.json_schema.get("description"),
        "source": source,
    }


def tasks_of(spec: DagSpec) -> list[Task]:
    """Return the tasks of a DAG by id."""
    structure = Structure(0, spec, "")
    return [_task(structure, structure.tasks[task_id]) for task_id in sorted(structure.tasks)]


def _task(structure: Structure, task: TaskSpec) -> Task:
    spec = structure.spec
    return Task(
        task_id=task.task_id,
        task_display_name=task.display_name or task.task_id,
        owner=task.owner or spec.owner,
        start_date=spec.start_date,
        end_date=spec.end_date,
        trigger_rule=task.trigger_rule,
        depends_on_past=task.depends_on_past,
        wait_for_downstream=task.wait_for_downstream,
        retries=float(task.retries),
        queue=task.queue or "default",
        pool=task.pool,
        pool_slots=float(task.pool_slots),
        execution_timeout=_span(task.execution_timeout),
        retry_delay=_span(task.retry_delay),
        retry_exponential_backoff=float(task.retry_exponential_backoff),
        priority_weight=float(task.priority_weight),
        weight_rule=task.weight_rule,
        ui_color="#fff",
        ui_fgcolor="#000",
        template_fields=[],
        downstream_task_ids=sorted(structure.graph.downstream[task.task_id]),
        doc_md=task.doc,
        operator_name=task.operator,
        params=params_shown(spec, "dag"),
        class_ref={"module_path": "penstock", "class_name": task.operator},
        is_mapped=task.task_id in structure.mapping,
        extra_links=[],
    )


def _span(seconds: float | None) -> dict[str, Any] | None:
    if seconds is None:
        return None
    whole = int(seconds)
    return {
        "__type": "TimeDelta",
        "days": whole // 86400,
        "seconds": whole % 86400,
        "microseconds": int((seconds - whole) * 1_000_000),
    }
