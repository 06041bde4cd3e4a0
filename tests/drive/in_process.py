"""A whole DAG run in this process: the real loop and store, tasks executed where the test runs.

What an engine with processes does in seconds takes hundredths of one here, by the same rules. Commands
that take their process over (bash) get a real task child.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drive.loop import Bench
from drive.tasks import read_record
from fakes.executor import ScriptedExecutor
from penstock.attempts import files
from penstock.attempts.protocol import AttemptSpec, dump
from penstock.authoring.collect import collect
from penstock.authoring.scope import fresh
from penstock.authoring.source import execute
from penstock.execution.executor import Exited
from penstock.execution.local.observe import outcome_of
from penstock.ids import instance_key
from penstock.loading.serialize import to_spec
from penstock.model.acts import AnyAct
from penstock.store.engine.working_set import WorkingSet
from penstock.supervisor.conclusion import conclude
from penstock.task_process import main
from penstock.task_process.run import run_task


@dataclass
class InProcessExecutor(ScriptedExecutor):
    """Runs every launch at once, in this process."""

    root: Path = Path()
    ran: list[str] = field(default_factory=list)
    """Keys of task instances in the order in which they ran."""

    def submit(self, specs: Sequence[AttemptSpec]) -> None:
        """Run them."""
        for spec in specs:
            folder = files.attempt_path(self.root, spec.attempt_id)
            folder.mkdir(parents=True)
            facts = spec.context
            if facts:  # the file itself, for want of a pinned copy
                facts["source"] = facts["file"]
            (folder / files.SPEC).write_bytes(dump(spec))
            self.ran.append(instance_key(facts.get("task_id", "?"), facts.get("map_index", -1)))
            at = self.clock.time.timestamp()
            self.seen[spec.attempt_id] = Exited(outcome_of(*_run(spec, folder)), at, at)


def _run(spec: AttemptSpec, folder: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Run one attempt; return its result record and what it pushed."""
    last: str | None = None
    if not spec.context or spec.push_last_line:
        env = {**os.environ, **spec.env}
        done = subprocess.run(spec.argv, env=env, capture_output=True, text=True, timeout=60, check=False)
        status, last = done.returncode, (done.stdout.rstrip("\n").splitlines() or [""])[-1]
    else:
        status = _here(spec, folder)
    verdict = read_record(folder, files.VERDICT)
    ended = conclude(status << 8, verdict=verdict, skip_codes=spec.skip_on_exit_code)
    pushed = (read_record(folder, files.XCOM) or {}).get("values")
    if spec.push_last_line and status == 0:
        (folder / files.RESULT).write_bytes(files.dump_fields({"last_line": last, "pushed": True}))
        pushed = {**(pushed or {}), "return_value": last}
    return {**ended, "verdict": verdict}, pushed


def _here(spec: AttemptSpec, folder: Path) -> int:
    """Do what the task child does, without a process of its own."""
    facts = spec.context
    with fresh():
        namespace = execute(facts["file"], Path(facts["file"]).read_bytes(), [])
        dag = next(dag for dag in collect(namespace) if dag.dag_id == facts["dag_id"])
        task = dag.task_dict[facts["task_id"]]
        fields = {"context": facts, "attempt_id": spec.attempt_id, "xcom_sources": spec.xcom_sources}
        ending = run_task(task, main.task_context(str(folder), fields, facts, task))
        main._tell(str(folder), ending)
    return ending.exit_code


class HereBench(Bench):
    """A bench on which DAG files run to their end."""

    def __init__(self, folder: Path, **settings: object) -> None:
        super().__init__(folder, **settings)
        self.executor: InProcessExecutor = InProcessExecutor(self.clock, root=self.settings.attempts)

    def load_file(self, file: Path, dag_id: str) -> None:
        """Take over one DAG of *file*."""
        with fresh():
            found = collect(execute(str(file), file.read_bytes(), []))
            self.load(*(to_spec(dag, str(file)) for dag in found if dag.dag_id == dag_id))

    def to_the_end(self, dag_id: str, run_id: str, *, most: int = 200) -> dict[str, dict[str, Any]]:
        """Let a run end; return its task instances by key."""
        for _ in range(most):
            self.tick()
            if self.run_state(dag_id, run_id) in ("success", "failed", "cancelled"):
                return self.told(dag_id, run_id)
            self.clock.forward(30)
        raise AssertionError(f"it does not come to an end: {self.told(dag_id, run_id)}")

    def told(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Return state, tries, XComs and label of every task instance."""
        xcoms = WorkingSet(self.database).xcoms(dag_id, run_id)
        found = {}
        for row in self.run(dag_id, run_id).tasks:
            key = instance_key(row.task_id, row.map_index)
            found[key] = {
                "state": row.state.value,
                "tries": row.try_number,
                "xcoms": xcoms.get(key, {}),
                "label": row.rendered_map_index,
            }
        return found

    def again(self, act: AnyAct, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Carry out an act, let the run end again, and return its task instances."""
        self.act(act)
        return self.to_the_end(dag_id, run_id)
