"""An instance whose DAGs are the samples, and its command line as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from drive.instance import Instance
from drive.waiting import wait_for

SAMPLES = Path(__file__).parents[2] / "sample_dags"


class SampleHome(Instance):
    """A home with the samples as its DAGs folder; verbs are typed as a person types them."""

    def __init__(self, home: Path, config: str = f'dags_folder = "{SAMPLES}"\nstop_grace = 2\n') -> None:
        super().__init__(home, config)

    @classmethod
    def existing(cls, home: Path) -> SampleHome:
        """Return the instance that something else made at *home*, as it is."""
        return cls(home, (home / "penstock.toml").read_text())

    def type(
        self, *words: str | Path, exit_code: int = 0, limit: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run ``penstock *words``; fail with all it said when it exits with another code."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "penstock", *map(str, words)],
            env={**os.environ, "PENSTOCK_HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        assert done.returncode == exit_code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def ask(self, *words: str | Path, exit_code: int = 0, limit: float = 120) -> dict[str, Any]:
        """Return the JSON document of ``penstock *words --json``."""
        document = json.loads(self.type(*words, "--json", exit_code=exit_code, limit=limit).stdout)
        assert isinstance(document, dict)
        return document

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Return the task instances of a run by task id."""
        rows = self.ask("tasks", "list", dag_id, run_id)["tasks"]
        return {row["task_id"]: row for row in rows}

    def await_tasks(self, dag_id: str, run_id: str, states: dict[str, str], limit: float = 60) -> None:
        """Wait until each named task is in its state."""

        def reached() -> bool:
            tasks = self.tasks(dag_id, run_id)
            return all(tasks[name]["state"] == state for name, state in states.items())

        wait_for(reached, limit, f"{dag_id} {run_id}: not all of {states}")


def states(report: dict[str, Any]) -> dict[str, str]:
    """Return task id -> state of what ``penstock test --json`` printed."""
    return {task["task_id"]: task["state"] for task in report["tasks"]}
