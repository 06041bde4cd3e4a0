"""A DAG as data: what a DAG file defines, without the code.

The load child makes these from the author's objects, the store keeps them as JSON by hash, and
the scheduler sees nothing else. Durations are seconds, times are aware datetimes in UTC.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

import msgspec

from penstock.decoding import decoder
from penstock.model.assets import AssetCondition, AssetSpec
from penstock.model.partitions import PartitionsSpec


class ScheduleSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When runs are due. `timetable` turns it into points.

    ``kind``: ``none``, ``once``, ``continuous``, ``cron`` (fires at each match of any of
    ``crons``), ``cron_interval`` (logical date = start of the interval, fires at its end),
    ``delta`` / ``delta_interval`` (every ``seconds``, or ``relative`` as relativedelta keywords), ``listed``
    (at each of ``points``: start and end of the interval and when it is due, in seconds since 1970 UTC).
    ``interval`` (cron and delta triggers) makes the data interval that long, ending at the fire
    time: seconds, or relativedelta keywords. ``run_immediately`` is a cron trigger's rule for the
    first run without a start date: True, False or a number of seconds; None means the default.
    ``cron_seconds`` says which field is the second in crons of six or seven fields; ``cron_days`` whether
    a day must match either of two day fields or both. None leaves it to the expression. ``assets`` makes a
    run whenever these assets have changed, in addition to the kind (which is mostly ``none``).
    ``text`` is what the author wrote, for people.
    """

    kind: Literal[
        "none", "once", "continuous", "cron", "cron_interval", "delta", "delta_interval", "listed"
    ] = "none"
    crons: tuple[str, ...] = ()
    seconds: float | None = None
    relative: dict[str, int] | None = None
    points: tuple[tuple[int, int, int], ...] = ()
    goes_on: bool = False
    """Whether there are more points than those that are listed: the file is loaded again before they end."""
    interval: float | dict[str, int] | None = None
    run_immediately: bool | float | None = None
    cron_seconds: Literal["first", "last"] | None = None
    cron_days: Literal["either", "both"] | None = None
    timezone: str = "UTC"
    assets: AssetCondition | None = None
    partitions: PartitionsSpec | None = None
    """How runs get their partition; None: they have none."""
    text: str = "None"


class CommandSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command without the author's Python: started directly by the supervisor.

    ``env`` is added to the task environment, or replaces it when ``replace_env``.
    """

    argv: tuple[str, ...]
    env: dict[str, str] = msgspec.field(default_factory=dict)
    replace_env: bool = False
    cwd: str | None = None


class SensorSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a sensor waits. Times in seconds."""

    mode: Literal["poke", "reschedule"] = "poke"
    poke_interval: float = 60.0
    timeout: float = 604800.0
    exponential_backoff: bool = False
    max_wait: float | None = None
    soft_fail: bool = False


class MapInput(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a task or group is mapped over, as far as its length is concerned.

    ``literal``: a list in the file, of ``length``; ``value`` is the list, if it is JSON. ``xcom``: what
    ``task_id`` returns. ``map`` (with the functions' names), ``zip`` and ``concat``: made of ``parts``.
    """

    kind: Literal["literal", "xcom", "map", "zip", "concat"]
    length: int = 0
    value: Any = None
    task_id: str | None = None
    parts: tuple[MapInput, ...] = ()
    fills: bool = False
    """For a zip that goes on to the end of the longest part: the value that fills the others."""
    functions: tuple[str, ...] = ()


class ExpandSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a task or group is mapped. Used by `model.expansion`.

    ``product`` (``.expand``): every combination of the items of ``inputs``, the last varying fastest.
    ``rows`` (``.expand_kwargs``): one instance for each item of the one input.
    """

    kind: Literal["product", "rows"]
    inputs: dict[str, MapInput]


class DeadlineSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A time by which a run should have ended: ``seconds`` after ``reference``.

    ``started``: by which it should have *started*, counted from when it was due. ``fixed`` counts
    from ``at``.
    """

    reference: Literal["queued", "logical_date", "due", "fixed", "started"]
    seconds: float
    at: datetime | None = None
    name: str | None = None


class TaskSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One task of a DAG.

    ``launch`` says what carries it out: ``empty`` nothing at all, ``command`` the ``command``,
    ``python`` the task child, which loads the pinned DAG file and executes the operator.
    ``upstream`` are the direct parents' ids, sorted. ``retry_exponential_backoff`` is the
    multiplier, 0 for a constant delay.
    """

    task_id: str
    operator: str
    launch: Literal["empty", "command", "python"]
    upstream: tuple[str, ...] = ()
    group: str | None = None
    line: int | None = None
    display_name: str | None = None
    doc: str | None = None
    owner: str | None = None
    trigger_rule: str = "all_success"
    command: CommandSpec | None = None
    sensor: SensorSpec | None = None
    retries: int = 0
    retry_delay: float = 300.0
    retry_exponential_backoff: float = 0.0
    max_retry_delay: float | None = None
    execution_timeout: float | None = None
    stop_grace: float | None = None
    on_lost: Literal["retry", "fail"] = "retry"
    pool: str = "default_pool"
    pool_slots: int = 1
    priority_weight: int = 1
    weight_rule: Literal["downstream", "upstream", "absolute"] = "downstream"
    max_active_tis_per_dag: int | None = None
    max_active_tis_per_dagrun: int | None = None
    depends_on_past: bool = False
    wait_for_downstream: bool = False
    skip_on_exit_code: tuple[int, ...] = ()
    push_last_line: bool = False
    """The last line of output becomes the task's ``return_value``."""
    inlets: tuple[AssetSpec, ...] = ()
    outlets: tuple[AssetSpec, ...] = ()
    """Assets that the task changes when it succeeds."""
    secrets: dict[str, str] = msgspec.field(default_factory=dict)
    """Environment name -> reference to a secret, looked up just before the start."""
    log_direct: bool = False
    """The command writes the log itself: secrets are not hidden and its size is not limited."""
    callbacks: tuple[str, ...] = ()
    """The events that the author's functions are called for: execute, success, failure, retry, skipped."""
    is_setup: bool = False
    is_teardown: bool = False
    on_failure_fail_dagrun: bool = False
    expand: ExpandSpec | None = None
    """How the task is mapped; one in a mapped group is mapped by the group."""
    map_index_template: str | None = None
    row_of: str | None = None
    """The task whose process does its work: it is launched once that one has begun, or has ended."""
    executor: str | None = None
    """The executor that runs it; None: the instance's default."""
    queue: str | None = None
    """Which workers of that executor take it; None: those that take any."""
    resources: dict[str, float] = msgspec.field(default_factory=dict)
    """What it needs there besides a slot: amounts by name."""
    cannot_run: str | None = None
    """Why the task fails as soon as it runs, in a sentence: its package is not installed."""


class GroupSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A TaskGroup: a name for some tasks. ``parent`` is the id of the group around it."""

    group_id: str
    parent: str | None = None
    tooltip: str | None = None
    expand: ExpandSpec | None = None


class PoolSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pool that the DAG file declares; made if it does not exist, never resized by loading."""

    name: str
    slots: int
    description: str | None = None
    include_deferred: bool = False


class ParamSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One parameter: a default (missing if ``required``) and a JSON Schema."""

    default: Any = None
    required: bool = False
    json_schema: dict[str, Any] = msgspec.field(default_factory=dict)
    description: str | None = None


class DagSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True, weakref=True):
    """A whole DAG as data. ``tasks`` are in the order in which the file made them.

    What follows from it is kept beside it, by `Structure`.
    """

    dag_id: str
    file: str
    line: int | None = None
    description: str | None = None
    doc: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    schedule: ScheduleSpec = ScheduleSpec()
    timezone: str = "UTC"
    start_date: datetime | None = None
    end_date: datetime | None = None
    catchup: Literal["none", "latest", "all"] = "latest"
    overlap: Literal["queue", "skip", "cancel_previous"] = "queue"
    max_active_runs: int = 16
    max_active_tasks: int = 16
    dagrun_timeout: float | None = None
    fail_fast: bool = False
    callbacks: tuple[str, ...] = ()
    """The events that the author's functions are called for in runs: success, failure."""
    deadlines: tuple[DeadlineSpec, ...] = ()
    max_consecutive_failed_runs: int = 0
    """This many failed runs in a row pause the schedule; 0: never."""
    paused_upon_creation: bool | None = None
    params: dict[str, ParamSpec] = msgspec.field(default_factory=dict)
    tasks: tuple[TaskSpec, ...] = ()
    groups: tuple[GroupSpec, ...] = ()
    labels: tuple[tuple[str, str, str], ...] = ()
    """(upstream, downstream, label)."""
    pools: tuple[PoolSpec, ...] = ()
    warnings: tuple[str, ...] = ()
    """Warnings of the loader, for people: arguments that it ignored, for example."""
    dialect: Literal["2", "3"] | None = None
    """The Airflow that the file was written for; None for our own words."""
    dialect_because: str | None = None
    """What in the file decided that, for people."""
    catchup_unsaid: bool = False
    """Whether catchup is on because 2.x has it so, and not because the file says so."""

    def task(self, task_id: str) -> TaskSpec | None:
        """Return the task called *task_id*, or None."""
        return next((task for task in self.tasks if task.task_id == task_id), None)


class DagFileProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a DAG file could not be loaded; ``detail`` is the author's part of the traceback.

    ``beside`` are other files, existing or not: when one changes, the DAG file may load.
    """

    file: str
    message: str
    line: int | None = None
    detail: str | None = None
    beside: tuple[str, ...] = ()


class ParsedFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of loading one DAG file: its DAGs, or its errors.

    ``source_hash`` is the SHA-256 (hex) of the file's bytes as they were read.
    """

    file: str
    source_hash: str
    dags: tuple[DagSpec, ...] = ()
    errors: tuple[DagFileProblem, ...] = ()
    dialect: str | None = None
    """The Airflow that the file was written for; None for our own words."""
    dialect_because: str | None = None
    missing: tuple[tuple[str, str], ...] = ()
    """What the file imports of airflow and is not installed: the name, and the package that has it."""
    beside: tuple[str, ...] = ()
    """Other files and folders that the DAGs are made of: when one changes, the file is loaded again."""


_encoder = msgspec.json.Encoder(order="sorted")


def encode_spec(spec: DagSpec) -> bytes:
    """Return the spec as JSON, the same bytes for the same spec."""
    return _encoder.encode(spec)


def decode_spec(data: bytes | str) -> DagSpec:
    """Return the spec that `encode_spec` wrote; raise `msgspec.ValidationError` for anything else."""
    return decoder(DagSpec).decode(data)


def spec_hash(data: bytes) -> str:
    """Return the version name of encoded spec *data*: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]
