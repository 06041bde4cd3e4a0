"""`run`: one run of a DAG or of a task, here and now, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from penstock.errors import UnknownError
from penstock.ids import instance_key
from penstock.service.foreground import run_test
from penstock.settings import Settings
from penstock.store.engine.records import ValueRecord
from penstock.store.engine.values_file import write_values
from penstock.testing.bag import settings_near

_LAST_LINES = 15


@dataclass(frozen=True, slots=True)
class RanTask:
    """One task instance. ``log`` is what all its attempts printed, ``outcome`` how the last one ended."""

    task_id: str
    map_index: int
    state: str
    try_number: int
    outcome: str | None
    reason: str | None
    xcoms: dict[str, Any] = field(default_factory=dict)
    log: str = ""

    @property
    def name(self) -> str:
        """``task``, or ``task[3]`` when mapped."""
        return instance_key(self.task_id, self.map_index)


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that has ended; as text, it tells what did not succeed, with the end of each log."""

    dag_id: str
    run_id: str
    state: str
    tasks: tuple[RanTask, ...]

    @property
    def ok(self) -> bool:
        """Whether the run succeeded."""
        return self.state == "success"

    @property
    def states(self) -> dict[str, str]:
        """State by task name (``task``, ``task[3]``), in topological order."""
        return {task.name: task.state for task in self.tasks}

    def task(self, name: str) -> RanTask:
        """Return a task instance by its name; raise `UnknownError` with those there are."""
        for task in self.tasks:
            if task.name == name:
                return task
        raise UnknownError(f"{self.dag_id} has no {name!r}; it has: {', '.join(self.states)}")

    def xcom(self, name: str, key: str = "return_value") -> Any:
        """Return what a task pushed; raise `UnknownError` with the keys that there are."""
        pushed = self.task(name).xcoms
        if key not in pushed:
            raise UnknownError(f"{name} pushed no {key!r}; it pushed: {', '.join(pushed) or 'nothing'}")
        return pushed[key]

    def log(self, name: str) -> str:
        """Return what a task printed, over all its attempts."""
        return self.task(name).log

    def check(self) -> None:
        """Raise AssertionError, with what did not succeed and the end of its log, unless the run did."""
        if not self.ok:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        lines = [f"{self.dag_id} {self.state} ({self.run_id})"]
        for task in self.tasks:
            why = task.reason or task.outcome
            lines.append(f"  {task.name} is {task.state}" + (f": {why}" if why else ""))
            if task.state == "failed":
                lines += [f"    | {line}" for line in task.log.splitlines()[-_LAST_LINES:]]
        return "\n".join(lines)


def run(
    file: str | Path,
    dag_id: str | None = None,
    *,
    task: str | None = None,
    logical_date: datetime | None = None,
    conf: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    connections: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
) -> Ran:
    """Run a DAG of *file*, or only *task* of it, and return what came of it.

    The same as ``penstock test``: the engine's rules, its own processes, no engine. *variables* and
    *connections* come on top of those of penstock.toml. Raises `DagFileError`, `UsageError`, `UnknownError`.
    """
    path = Path(file).absolute()
    used = settings or settings_near(path.parent)
    used = replace(
        used,
        variables={**used.variables, **(variables or {})},
        connections={**used.connections, **(connections or {})},
    )
    _lend(used)
    printed = StringIO()
    report = run_test(
        path,
        dag_id,
        task=task,
        logical_date=logical_date,
        conf=dict(conf or {}),
        log=printed,
        settings=used,
    )
    logs = _by_task(printed.getvalue())
    return Ran(
        dag_id=report.dag_id,
        run_id=report.run_id,
        state=str(report.state),
        tasks=tuple(_task(row, logs) for row in report.tasks),
    )


def _lend(settings: Settings) -> None:
    """Give the tasks, which look in their home, the variables and connections of *settings*."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    records = [
        ValueRecord(kind=kind, name=name, entry=json.dumps(entry), description=None, updated_us=0, by="")
        for kind, entries in (("variable", settings.variables), ("connection", settings.connections))
        for name, entry in entries.items()
    ]
    write_values(settings.values_file, records)


def _task(row: Mapping[str, Any], logs: Mapping[str, str]) -> RanTask:
    task_id, map_index = row["task_id"], row["map_index"]
    name = instance_key(task_id, map_index)
    return RanTask(
        task_id=task_id,
        map_index=map_index,
        state=row["state"],
        try_number=row["try_number"],
        outcome=row["outcome"],
        reason=row["reason"],
        xcoms=row["xcoms"],
        log=logs.get(name, ""),
    )


def _by_task(printed: str) -> dict[str, str]:
    """Return what each task printed, from lines ``task | text``."""
    found: dict[str, list[str]] = {}
    for line in printed.splitlines(keepends=True):
        name, _, text = line.partition(" | ")
        found.setdefault(name, []).append(text)
    return {name: "".join(lines) for name, lines in found.items()}
