"""What loaded DAG files of Airflow look like, beside what was measured on the reference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from penstock.model.spec import DagSpec, ParsedFile, TaskSpec

FOLDER = Path(__file__).parents[1] / "golden" / "airflow"
KINDS = {
    "NullTimetable": "none",
    "OnceTimetable": "once",
    "ContinuousTimetable": "continuous",
    "CronTriggerTimetable": "cron",
    "CronPartitionTimetable": "cron",
    "CronDataIntervalTimetable": "cron_interval",
    "DeltaTriggerTimetable": "delta",
    "DeltaDataIntervalTimetable": "delta_interval",
    "AssetTriggeredTimetable": "assets",
    "PartitionedAssetTimetable": "assets",
    "DatasetTriggeredTimetable": "assets",
    "DatasetOrTimeSchedule": "assets and time",
    "AssetOrTimeSchedule": "assets and time",
    "PartitionedAtRuntime": "none",
    "AfterWorkdayTimetable": "listed",
}


def facts(name: str) -> dict[str, Any]:
    """Return a file of measured facts."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """A file of the corpus: its repository, path and version, and where it lies."""

    repo: str
    path: str
    version: str
    file: Path

    @property
    def keys(self) -> tuple[str, ...]:
        """The names that measured facts may have for it."""
        return (f"{self.repo}:{self.path}", f"{self.repo}@{self.version.split()[-1]}:{self.path}")


def corpus(folder: Path) -> list[CorpusFile]:
    """Return the files that ``files.txt`` in *folder* lists."""
    found = []
    for line in (folder / "files.txt").read_text().splitlines():
        place, _, version = line.partition("\t#")
        repo, path = place.split(" ", 1)
        found.append(CorpusFile(repo, path, version.strip(), folder / repo / path))
    return found


@dataclass(slots=True)
class Outcome:
    """How one file came out."""

    name: str
    dialect: str | None
    loads: bool = False
    measured: bool = False
    differences: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether it loads, with the structure that was measured."""
        return self.loads and self.measured and not self.differences


def outcome(file: CorpusFile, parsed: ParsedFile, measured: dict[str, dict[str, Any]]) -> Outcome:
    """Compare *file* with the facts of the dialect that it was loaded in, or of the other if it has none."""
    word = parsed.dialect
    if not parsed.dags or parsed.errors:
        told = [f"{error.line}: {error.message}" for error in parsed.errors] or ["makes no DAG"]
        return Outcome(file.path, word, differences=told)
    order = (word, "3" if word == "2" else "2")
    for era in order:
        known = measured.get(f"structure_af{era}", {})
        told_of = next((known[key] for key in file.keys if key in known), None)
        if told_of is not None and "dags" in told_of:
            return Outcome(
                file.path,
                word,
                loads=True,
                measured=True,
                differences=list(_differences(parsed, told_of, str(era), str(word))),
            )
    return Outcome(file.path, word, loads=True, differences=["nothing was measured"])


def _differences(parsed: ParsedFile, told: dict[str, Any], era: str, word: str) -> Iterator[str]:
    ours = {dag.dag_id: dag for dag in parsed.dags}
    if set(ours) != set(told["dags"]):
        yield f"DAGs {sorted(ours)} instead of {sorted(told['dags'])}"
    for dag_id in sorted(set(ours) & set(told["dags"])):
        for text in _dag(ours[dag_id], told["dags"][dag_id], era, same=era == word):
            yield f"{dag_id}: {text}"


def _pair(name: str, ours: Any, theirs: Any) -> Iterator[str]:
    if ours != theirs:
        yield f"{name}: {ours!r} instead of {theirs!r}"


def _dag(dag: DagSpec, told: dict[str, Any], era: str, *, same: bool) -> Iterator[str]:
    tasks = {task.task_id: task for task in dag.tasks}
    yield from _pair("tasks", sorted(tasks), sorted(told["tasks"]))
    edges = sorted([up, task.task_id] for task in dag.tasks for up in task.upstream)
    yield from _pair("edges", edges, sorted(told["edges"]))
    yield from _pair("tags", sorted(dag.tags), sorted(told.get("tags", [])))
    yield from _pair("description", *_hashed(dag.description, told.get("description")))
    yield from _pair("max_active_runs", dag.max_active_runs, told.get("max_active_runs", 16))
    yield from _pair("max_active_tasks", dag.max_active_tasks, told.get("max_active_tasks", 16))
    yield from _pair("dagrun_timeout", dag.dagrun_timeout, told.get("dagrun_timeout_s"))
    yield from _pair("fail_fast", dag.fail_fast, told.get("fail_fast", told.get("fail_stop", False)))
    yield from _pair("timezone", dag.timezone, told.get("timezone", "UTC"))
    labels = sorted([up, down, text] for up, down, text in dag.labels)
    yield from _pair("labels", labels, sorted(told.get("edge_labels", [])))
    yield from _groups(dag, told.get("groups", {}))
    if same:
        yield from _pair("schedule", _kind(dag), KINDS.get(told["schedule"]["timetable"], "its own"))
        yield from _pair("catchup", dag.catchup == "all", told.get("catchup", era == "2"))
    start = (told.get("start_date") or {}).get("utc")
    if start and not start.startswith("2026-1"):  # those count from the day of measuring
        yield from _pair("start_date", dag.start_date, datetime.fromisoformat(f"{start:0>20}"))
    params = {name: param.default for name, param in dag.params.items()}
    wanted = {name: each.get("value") for name, each in told.get("params", {}).items()}
    yield from _pair("params", sorted(params), sorted(wanted))
    for task_id in sorted(set(tasks) & set(told["tasks"])):
        for text in _task(tasks[task_id], told["tasks"][task_id]):
            yield f"{task_id}: {text}"


def _hashed(ours: str | None, told: Any) -> tuple[Any, Any]:
    """Return both as they were measured: long text as its hash."""
    if isinstance(told, dict) and ours is not None:
        return hashlib.sha256(ours.encode()).hexdigest(), told["sha256"]
    return ours, told


def _kind(dag: DagSpec) -> str:
    if dag.schedule.assets is None:
        return dag.schedule.kind
    return "assets" if dag.schedule.kind == "none" else "assets and time"


def _groups(dag: DagSpec, told: dict[str, Any]) -> Iterator[str]:
    groups = {group.group_id: group for group in dag.groups}
    yield from _pair("groups", sorted(groups), sorted(told))
    for group_id in sorted(set(groups) & set(told)):
        children = [task.task_id for task in dag.tasks if task.group == group_id]
        children += [inner.group_id for inner in dag.groups if inner.parent == group_id]
        yield from _pair(f"children of {group_id}", sorted(children), sorted(told[group_id]["children"]))


def _task(task: TaskSpec, told: dict[str, Any]) -> Iterator[str]:
    yield from _pair("trigger_rule", task.trigger_rule, told.get("trigger_rule", "all_success"))
    yield from _pair("retries", task.retries, told.get("retries", 0))
    yield from _pair("retry_delay", task.retry_delay, told.get("retry_delay", 300.0))
    yield from _pair("pool", task.pool, told.get("pool", "default_pool"))
    yield from _pair("depends_on_past", task.depends_on_past, bool(_past(told)))
    yield from _pair("wait_for_downstream", task.wait_for_downstream, told.get("wait_for_downstream", False))
    yield from _pair("execution_timeout", task.execution_timeout, told.get("execution_timeout"))
    yield from _pair("group", task.group, told.get("task_group"))
    yield from _pair("mapped", task.expand is not None, told.get("is_mapped", False))
    yield from _pair("setup", task.is_setup, told.get("is_setup", False))
    yield from _pair("teardown", task.is_teardown, told.get("is_teardown", False))
    yield from _pair("callbacks", len(task.callbacks), len(told.get("callbacks", {})))
    if task.expand is not None:
        inputs = told.get("expand_input", {}).get("kwargs")
        if isinstance(inputs, dict) and inputs.keys() != {"op_kwargs"}:
            yield from _pair("expanded", sorted(task.expand.inputs), sorted(inputs))
    for name in ("inlets", "outlets"):
        ours = sorted(asset.name for asset in getattr(task, name))
        yield from _pair(name, ours, sorted(each.get("name", each.get("uri")) for each in told.get(name, [])))
    if "sensor" not in task.operator.lower() or task.sensor is None:
        return
    yield from _pair("mode", task.sensor.mode, told.get("mode", "poke"))


def _past(told: dict[str, Any]) -> Any:
    return told.get("depends_on_past") or told.get("wait_for_downstream")
