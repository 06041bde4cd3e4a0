"""Finds what is wrong in a DAG's spec as data: ranges, words, names, references between tasks. Pure.

Decoding a spec has checked its types; the rest is checked here. A spec without faults can be stored
and scheduled: nothing in it makes a tick fail.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from penstock import bounds
from penstock.errors import BadIdError
from penstock.ids import check_id
from penstock.model.assets import AssetCondition
from penstock.model.expansion import MOST_INSTANCES, instance_count, sources
from penstock.model.graph import Graph
from penstock.model.plain import not_plain
from penstock.model.spec import DagSpec, ExpandSpec, GroupSpec, MapInput, TaskSpec
from penstock.model.trigger_rules import TriggerRule
from penstock.values import reference_problem

_TASK_EVENTS = {"execute", "success", "failure", "retry", "skipped"}
_RUN_EVENTS = {"success", "failure"}
_COUNTS: dict[str, int] = {
    "retries": 0,
    "pool_slots": 1,
    "max_active_tis_per_dag": 1,
    "max_active_tis_per_dagrun": 1,
    "max_active_runs": 1,
    "max_active_tasks": 1,
    "max_consecutive_failed_runs": 0,
}
"""Whole numbers -> the smallest allowed value of each."""
_DURATIONS = (
    "retry_delay", "max_retry_delay", "execution_timeout", "stop_grace", "dagrun_timeout",
    "poke_interval", "timeout", "max_wait",
)  # fmt: skip
_LONGEST_PLACE = 100


class Fault(msgspec.Struct, frozen=True):
    """What is wrong, as text for the author, and the line of its DAG or task."""

    message: str
    line: int | None = None


def faults(spec: DagSpec) -> Iterator[Fault]:
    """Yield everything that is wrong with *spec*."""
    for text in _of_dag(spec):
        yield Fault(f"DAG {spec.dag_id[:80]!r}: {text}", spec.line)
    known = {task.task_id for task in spec.tasks}
    groups = {group.group_id: group for group in spec.groups}
    for task in spec.tasks:
        for text in _of_task(task, known, groups):
            yield Fault(f"task {task.task_id[:80]!r}: {text}", task.line)
    try:
        graph = Graph.of(spec.tasks)
    except ValueError as error:
        yield Fault(f"DAG {spec.dag_id[:80]!r}: {error}", spec.line)
        return
    for task in spec.tasks:
        missing = sources(task.expand) - graph.ancestors(task.task_id) if task.expand else ()
        if missing:
            text = f"it is mapped over {', '.join(sorted(missing))}, but does not wait for it"
            yield Fault(f"task {task.task_id!r}: {text}", task.line)


def _of_dag(spec: DagSpec) -> Iterator[str]:
    yield from _bad_id(spec.dag_id, "dag_id")
    yield from _numbers(spec)
    if any(date is not None and date.tzinfo is None for date in (spec.start_date, spec.end_date)):
        yield "its dates must have a time zone"
    length = spec.schedule.seconds
    if length is not None and not 1 <= length <= bounds.LONGEST_SECONDS:
        yield f"the time between two points of its schedule must be 1 s to 100 years, not {length:g} s"
    for tag in spec.tags:
        if not tag.strip() or len(tag) > bounds.LONGEST_TAG:
            yield f"a tag must have 1 to {bounds.LONGEST_TAG} characters, not {tag[:30]!r}"
    if not _RUN_EVENTS.issuperset(spec.callbacks):
        yield f"callbacks of runs must be among {sorted(_RUN_EVENTS)}, not {list(spec.callbacks)}"
    for deadline in spec.deadlines:
        yield from _duration("a deadline", deadline.seconds)
        if deadline.reference == "fixed" and (deadline.at is None or deadline.at.tzinfo is None):
            yield "a fixed deadline needs a time with a time zone"
    yield from _twice([task.task_id for task in spec.tasks] + [group.group_id for group in spec.groups], "id")
    yield from _of_groups(spec)
    yield from _of_params(spec)
    known = {task.task_id for task in spec.tasks}
    for up, down, label in spec.labels:
        if not known.issuperset((up, down)):
            yield f"the label {label[:40]!r} is between {up!r} and {down!r}, which are not both tasks"
    for pool in spec.pools:
        yield from _bad_id(pool.name, "pool")
        yield from _count(f"slots of pool {pool.name!r}", pool.slots, 0)
    if spec.schedule.assets is not None:
        yield from _condition(spec.schedule.assets)


def _of_groups(spec: DagSpec) -> Iterator[str]:
    parents = {group.group_id: group.parent for group in spec.groups}
    for group in spec.groups:
        yield from _bad_id(group.group_id, "group_id")
        seen = {group.group_id}
        above = group.parent
        while above is not None:
            if above not in parents:
                yield f"group {group.group_id!r} is in group {above!r}, which is not in the DAG"
            elif above in seen:
                yield f"group {group.group_id!r} is inside itself"
                break
            seen.add(above)
            above = parents.get(above)
        if group.expand is not None:
            yield from _expansion(f"group {group.group_id!r}", group.expand, {t.task_id for t in spec.tasks})


def _of_params(spec: DagSpec) -> Iterator[str]:
    """Do not check JSON Schemas: that may take forever, which only a load child can afford."""
    scheduled = spec.schedule.kind != "none" or spec.schedule.assets is not None
    for name, param in spec.params.items():
        problem = not_plain(param.default) or not_plain(param.json_schema)
        if problem is None and scheduled and param.required:
            problem = "has no default, but the DAG has a schedule"
        if problem:
            yield f"param {name[:80]!r}: {problem}"


def _of_task(task: TaskSpec, known: set[str], groups: Mapping[str, GroupSpec]) -> Iterator[str]:
    yield from _bad_id(task.task_id, "task_id")
    yield from _bad_id(task.pool, "pool")
    yield from _numbers(task)
    if task.sensor is not None:
        yield from _numbers(task.sensor)
    if not -bounds.LARGEST_NUMBER <= task.priority_weight <= bounds.LARGEST_NUMBER:
        yield f"priority_weight must be within {bounds.LARGEST_NUMBER}, not {task.priority_weight}"
    if not 0 <= task.retry_exponential_backoff <= bounds.LARGEST_NUMBER:
        yield f"retry_exponential_backoff must be 0 or more, not {task.retry_exponential_backoff}"
    if task.trigger_rule not in list(TriggerRule):
        yield f"trigger_rule {task.trigger_rule[:80]!r} does not exist"
    for up in task.upstream:
        if up not in known:
            yield f"it depends on {up[:80]!r}, which is not in the DAG"
    yield from _twice(task.upstream, "parent")
    if task.row_of is not None and task.row_of not in known:
        yield f"it is a row of {task.row_of[:80]!r}, which is not in the DAG"
    if task.group is not None and task.group not in groups:
        yield f"it is in group {task.group[:80]!r}, which is not in the DAG"
    if task.is_setup and task.is_teardown:
        yield "it is both a setup and a teardown: it can only be one of them"
    if not _TASK_EVENTS.issuperset(task.callbacks):
        yield f"callbacks of tasks must be among {sorted(_TASK_EVENTS)}, not {list(task.callbacks)}"
    yield from _of_placement(task)
    yield from _of_command(task)
    if task.expand is not None:
        yield from _expansion("it", task.expand, known)


def _of_placement(task: TaskSpec) -> Iterator[str]:
    for name in ("executor", "queue"):
        text = getattr(task, name)
        if text is not None and not (0 < len(text) <= _LONGEST_PLACE and text.isprintable()):
            yield f"{name} must be a name of 1 to {_LONGEST_PLACE} printable characters, not {text[:80]!r}"
    for name, amount in task.resources.items():
        if not (0 < amount < math.inf):
            yield f"the resource {name[:80]!r} must be a number above 0, not {amount}"


def _of_command(task: TaskSpec) -> Iterator[str]:
    if not all(0 <= code <= 255 for code in task.skip_on_exit_code):
        yield f"skip_on_exit_code must be exit codes from 0 to 255, not {list(task.skip_on_exit_code)}"
    for name, reference in task.secrets.items():
        problem = reference_problem(reference) if name.isidentifier() else "is not an environment name"
        if problem:
            yield f"secrets: {name[:80]!r}: {problem}"
    for asset in (*task.inlets, *task.outlets):
        problem = not_plain(asset.extra) if asset.name else "it needs a name"
        if problem:
            yield f"asset {asset.name[:80]!r}: {problem}"
    if (task.launch == "command") != (task.command is not None):
        yield f"launch is {task.launch!r}, but there is {'a' if task.command else 'no'} command"
    if task.command is None:
        return
    command = task.command
    if not command.argv or not command.argv[0]:
        yield "its command is empty"
    if any("\0" in text for text in (*command.argv, *command.env, *command.env.values(), command.cwd or "")):
        yield "its command, environment or working folder has a NUL character"
    for name in command.env:
        if not name or "=" in name:
            yield f"env: {name[:80]!r} is not an environment name"


def _expansion(what: str, expand: ExpandSpec, known: set[str]) -> Iterator[str]:
    unknown = sources(expand) - known
    if unknown:
        yield f"{what} is mapped over {', '.join(sorted(unknown))}, which is not in the DAG"
    if not expand.inputs or (expand.kind == "rows" and len(expand.inputs) != 1):
        yield f"{what} is mapped over nothing"
    bad = [problem for part in expand.inputs.values() for problem in _part(part)]
    yield from (f"{what} is mapped over {problem}" for problem in bad)
    count = None if bad else instance_count(expand, lambda _: None)
    if count is not None and count > MOST_INSTANCES:
        yield f"{count:,} instances of one task are more than the {MOST_INSTANCES:,} allowed"


def _part(part: MapInput) -> Iterator[str]:
    if part.length < 0:
        yield f"{part.length} items"
    if part.kind == "xcom" and not part.task_id:
        yield "what no task returns"
    if part.kind in ("map", "zip", "concat") and not part.parts:
        yield f"a {part.kind} of nothing"
    for inner in part.parts:
        yield from _part(inner)


def _condition(condition: AssetCondition) -> Iterator[str]:
    if condition.kind in ("all", "any"):
        if not condition.of:
            yield "its schedule waits for no asset"
        for inner in condition.of:
            yield from _condition(inner)
    elif not (condition.name or condition.uri):
        yield "its schedule waits for an asset without a name"


def _numbers(part: Any) -> Iterator[str]:
    """Yield what is wrong with the counts and durations of a struct."""
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if value is not None and name in _COUNTS:
            yield from _count(name, value, _COUNTS[name])
        elif value is not None and name in _DURATIONS:
            yield from _duration(name, value)


def _count(name: str, value: int, least: int) -> Iterator[str]:
    if not least <= value <= bounds.LARGEST_NUMBER:
        yield f"{name} must be a whole number from {least} to {bounds.LARGEST_NUMBER}, not {value}"


def _duration(name: str, value: float) -> Iterator[str]:
    if not (math.isfinite(value) and 0 <= value <= bounds.LONGEST_SECONDS):
        yield f"{name} must be 0 s to 100 years, not {value:g} s"


def _bad_id(text: str, kind: str) -> Iterator[str]:
    try:
        check_id(text, kind)
    except BadIdError as error:
        yield error.message


def _twice(names: Any, what: str) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"the {what} {name[:80]!r} is defined twice"
        seen.add(name)
