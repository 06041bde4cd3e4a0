"""Attempts of Python tasks, forked or spawned, and their warm parents."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from drive.attempts import Attempts, make_settings
from drive.tasks import FACTS
from drive.waiting import eventually
from penstock import process
from penstock.attempts.protocol import AttemptSpec, attempt_path
from penstock.execution.local.executor import LocalExecutor
from penstock.ids import new_attempt_id
from penstock.supervisor.warm_parent import TASK_CHILD, UNASSIGNED, can_fork

FORKED = "'penstock.task_process.warm_parent' in sys.modules"
HEADER = """
import atexit, os, signal, subprocess, sys, threading, time
from penstock import DAG, PythonOperator
came = os.getcwd()
os.chdir(os.path.dirname(__file__))
"""
FOOTER = "\nwith DAG('d', schedule=None):\n    PythonOperator(task_id='t', python_callable=f)\n"
GATE = "def f():\n    print('ready')\n    while not os.path.exists('gate'): time.sleep(0.01)"
"""The task says that it is ready, and waits for the file."""


class PythonAttempts(Attempts):
    """Attempts of Python tasks; each gets a DAG file of its own, whose function is ``f``."""

    def __init__(self, home: Path) -> None:
        settings = make_settings(home)
        super().__init__(LocalExecutor(settings), settings)
        self.home = home

    def python(self, body: str, *, spawned: bool = False, **fields: Any) -> AttemptSpec:
        attempt_id = new_attempt_id()
        place = self.home / attempt_id
        place.mkdir()
        file = place / "a_dag.py"
        file.write_text(HEADER + body + FOOTER)
        return self.of_file(file, attempt_id, spawned=spawned, **fields)

    def of_file(
        self, file: Path, attempt_id: str | None = None, *, spawned: bool = False, **fields: Any
    ) -> AttemptSpec:
        """Return an attempt of task ``t`` of DAG ``d`` in *file*."""
        attempt_id = attempt_id or new_attempt_id()
        folder = str(attempt_path(self.settings.attempts, attempt_id))
        argv = (sys.executable, "-P", "-m", TASK_CHILD, folder, *(["spawned"] if spawned else []))
        assert can_fork(argv) is not spawned
        facts = {"dag_id": "d", "task_id": "t", "file": str(file), "source": str(file)}
        env = {"PATH": os.environ["PATH"], "PENSTOCK_CTX_TASK_ID": "t", **fields.pop("env", {})}
        context = {**FACTS, **facts, "dags_folder": str(self.home)}
        return AttemptSpec(
            attempt_id=attempt_id, argv=argv, env=env, cwd=str(self.home), context=context, **fields
        )

    async def forked(self) -> int:
        """Run a task, so that there is a warm parent, and return that one's pid."""
        spec = self.python(f"def f(): print({FORKED})")
        assert (await self.log(spec)) == b"True\n"
        return next(iter(unassigned(self.supervisor_of(spec.attempt_id))))

    def place(self, spec: AttemptSpec) -> Path:
        """Return where the task's own DAG file lies; the task works there."""
        return self.home / spec.attempt_id

    async def started(self, spec: AttemptSpec, word: bytes = b"ready") -> None:
        await eventually(lambda: word in self.printed(spec.attempt_id), "the task to run")

    async def phase(self, spec: AttemptSpec) -> None:
        await eventually((self.folder(spec.attempt_id) / "phase").exists, "the launch to begin")


def unassigned(parent: int) -> list[int]:
    return [
        pid
        for pid in process.children(parent)
        if process.environment_value(pid, "PENSTOCK_ATTEMPT") == UNASSIGNED
    ]
