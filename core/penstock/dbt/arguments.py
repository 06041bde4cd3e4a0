"""The arguments of `DbtDag` and `DbtTaskGroup`, for type checkers and editors. Nothing imports it to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Required, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from os import PathLike
    from typing import Any, Literal

    from penstock.authoring.arguments import Callbacks, Duration
    from penstock.authoring.deadlines import DeadlineAlert
    from penstock.authoring.node import Graph, Group
    from penstock.authoring.pools import Pool


class DbtArgs(TypedDict, total=False):
    """What both take; `DbtTaskGroup` says what each means. Times are in seconds."""

    project_dir: Required[str | PathLike[str]]
    profiles_dir: str | PathLike[str] | None
    target: str | None
    select: str | Sequence[str] | None
    exclude: str | Sequence[str] | None
    vars: dict[str, Any] | None
    render: Literal["nodes", "project"]
    tests: Literal["after", "grouped", "none"]
    group_by: Literal["group", "tag", "folder"] | None
    freshness: Literal["sensor", "none"]
    poke_interval: float
    freshness_timeout: float
    pool: str | Pool | None
    threads: int | None
    dbt: str
    env: dict[str, str] | None
    dbt_args: Sequence[str]
    telemetry: bool


class DbtGroupArgs(DbtArgs, total=False):
    """What `DbtTaskGroup` takes: also what a `TaskGroup` does."""

    prefix_group_id: bool
    parent_group: Group | None
    dag: Graph | None
    default_args: dict[str, Any] | None
    tooltip: str
    add_suffix_on_collision: bool
    group_display_name: str


class DbtDagArgs(DbtArgs, total=False):
    """What `DbtDag` takes: also what a `DAG` does."""

    schedule: Any
    start_date: datetime | None
    end_date: datetime | None
    timezone: Any
    catchup: bool | Literal["none", "latest", "all"]
    overlap: Literal["queue", "skip", "cancel_previous"]
    default_args: Mapping[str, Any] | None
    params: Mapping[str, Any] | None
    tags: Sequence[str] | set[str] | None
    max_active_runs: int
    max_active_tasks: int
    dagrun_timeout: Duration | None
    fail_fast: bool
    is_paused_upon_creation: bool | None
    doc_md: str | None
    template_searchpath: str | Sequence[str] | None
    template_undefined: Any
    user_defined_macros: Mapping[str, Any] | None
    user_defined_filters: Mapping[str, Callable[..., Any]] | None
    jinja_environment_kwargs: Mapping[str, Any] | None
    render_template_as_native_obj: bool
    auto_register: bool
    on_success_callback: Callbacks
    on_failure_callback: Callbacks
    deadline: DeadlineAlert | Sequence[DeadlineAlert] | None
    max_consecutive_failed_dag_runs: int
