"""Running tasks of a DAG file in tests: in this process, or in a real task child."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from penstock.attempts import files
from penstock.attempts.protocol import AttemptSpec, dump
from penstock.authoring import scope
from penstock.authoring.collect import collect
from penstock.authoring.dag import DAG
from penstock.ids import new_attempt_id
from penstock.task_process import lookup
from penstock.task_process.context_keys import build_context
from penstock.task_process.run import Ending, run_task
from penstock.task_process.task_instance import TaskInstance, XComStore

MIDNIGHT = "2026-01-15T00:00:00+00:00"
FACTS: dict[str, Any] = {
    "run_id": f"manual__{MIDNIGHT}",
    "map_index": -1,
    "try_number": 1,
    "max_tries": 1,
    "run_type": "manual",
    "timezone": "UTC",
    "logical_date": MIDNIGHT,
    "data_interval_start": MIDNIGHT,
    "data_interval_end": MIDNIGHT,
    "run_after": MIDNIGHT,
    "run_start": MIDNIGHT,
    "conf": {},
    "params": {},
    "socket": "",
    "first_poke_at": None,
    "pokes": 0,
    "connections": {},
    "variables": {},
}


@dataclass
class Ran:
    """How a task ended, and the JSON of what it pushed."""

    ending: Ending
    xcoms: dict[str, Any]
    task: Any

    @property
    def kind(self) -> str:
        """The verdict's kind."""
        return self.ending.kind


@dataclass
class ChildRan:
    """What a task child left behind."""

    code: int
    output: str
    verdict: dict[str, Any] | None
    xcoms: dict[str, Any]
    attempt_id: str


@pytest.fixture(autouse=True)
def own_scope() -> Iterator[None]:
    """Keep what a test makes apart from what others made; for a conftest to take in."""
    with scope.fresh():
        yield


@contextmanager
def dags_of(file: Path) -> Iterator[dict[str, DAG]]:
    """Execute *file* in a scope of its own and give its DAGs by id."""
    with scope.fresh():
        namespace: dict[str, Any] = {"__file__": str(file), "__name__": file.stem}
        exec(compile(file.read_text(), str(file), "exec"), namespace)
        yield {dag.dag_id: dag for dag in collect(namespace)}


@dataclass
class Runs:
    """Runs tasks one after another; each sees what those before it pushed."""

    root: Path
    sources: dict[str, str] = field(default_factory=dict)

    def here(self, dag: DAG, task_id: str, **facts: Any) -> Ran:
        """Run a task in this process."""
        attempt_id, folder = self._new()
        task = dag.task_dict[task_id]
        given = {**FACTS, "dag_id": dag.dag_id, "task_id": task_id, **facts}
        lookup.provide(given["variables"], given["connections"])
        store = XComStore(str(folder), self.sources)
        ti = TaskInstance(
            task,
            dag_id=dag.dag_id,
            run_id=given["run_id"],
            try_number=given["try_number"],
            attempt_id=attempt_id,
            xcoms=store,
        )
        try:
            ending = run_task(task, build_context(dag, task, ti, given))
        finally:
            lookup.provide(None, None)
        self.sources[task_id] = attempt_id
        return Ran(ending, store.own_json() if ending.kind == "success" else {}, task)

    def prepare(self, file: Path, dag_id: str, task_id: str, **facts: Any) -> Path:
        """Write the attempt directory of a task child and return it."""
        attempt_id, folder = self._new()
        given = {
            **FACTS,
            "dag_id": dag_id,
            "task_id": task_id,
            "file": str(file),
            "source": str(file),
            "dags_folder": str(file.parent),
            **facts,
        }
        spec = AttemptSpec(attempt_id=attempt_id, argv=(), context=given, xcom_sources=dict(self.sources))
        (folder / files.SPEC).write_bytes(dump(spec))
        return folder

    def child(
        self, file: Path, dag_id: str, task_id: str, env: dict[str, str] | None = None, **facts: Any
    ) -> ChildRan:
        """Run a task in a real task child."""
        folder = self.prepare(file, dag_id, task_id, **facts)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "penstock.task_process.main", str(folder)],
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        self.sources[task_id] = folder.name
        return ChildRan(
            done.returncode,
            done.stdout,
            read_record(folder, files.VERDICT),
            (read_record(folder, files.XCOM) or {}).get("values", {}),
            folder.name,
        )

    def _new(self) -> tuple[str, Path]:
        attempt_id = new_attempt_id()
        folder = files.attempt_path(self.root, attempt_id)
        folder.mkdir(parents=True)
        return attempt_id, folder


def read_record(folder: Path, name: str) -> dict[str, Any] | None:
    """Return a record of an attempt directory, or None when it was not written."""
    try:
        body: dict[str, Any] = json.loads((folder / name).read_bytes())
    except FileNotFoundError:
        return None
    assert body.pop("v") == files.VERSION
    return body
