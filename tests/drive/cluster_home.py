"""An instance in whose home `penstock cluster` was used: its commands, its processes, and their end."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from click.testing import CliRunner, Result

from drive.dask_cluster import end_supervisors
from drive.instance import Instance, processes
from drive.waiting import wait_for
from penstock import process
from penstock.cli.root import penstock
from penstock.cli.session import Session
from penstock.execution.dask import keeper


class ClusterHome:
    """A home with an engine that may be killed, and a cluster of its own."""

    def __init__(self, home: Path, config: str = "") -> None:
        self.home = home
        self.instance = Instance(home, config)
        self.folder = home / "cluster"

    def run(self, *words: str) -> Result:
        """Run a command of ours."""
        session = Session(self.home)
        try:
            return CliRunner().invoke(penstock, words, obj=session, standalone_mode=False)
        finally:
            session.close()

    def do(self, *words: str) -> str:
        """Run a command that succeeds, and return what it printed."""
        done = self.run(*words)
        assert (done.exception, done.return_value in (0, None)) == (None, True), (
            f"{done.output} {done.exception}"
        )
        return done.stdout

    def trigger(self, dag_id: str) -> str:
        """Trigger a DAG, and return the run's id."""
        return str(json.loads(self.do("trigger", dag_id, "--json"))["run_id"])

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return the states of a run's tasks."""
        rows = json.loads(self.do("tasks", "list", dag_id, run_id, "--json"))
        return {row["task_id"]: row["state"] for row in rows["tasks"]}

    def workers(self) -> dict[str, dict[str, object]]:
        """Return the workers by name."""
        rows = json.loads(self.do("workers", "list", "--json"))["workers"]
        return {row["name"]: row for row in rows}

    def member(self, name: str) -> int | None:
        """Return the process of the cluster that is called *name*: scheduler, worker-1, ..."""
        return keeper.alive(self.folder, name)

    def client_process(self) -> int | None:
        """Return the client process of this home's engine."""
        if self.instance.dead:
            return None
        found = [
            pid
            for pid, words in processes()
            if "penstock.execution.dask.client" in words and _parent(pid) == self.instance.pid
        ]
        return found[0] if found else None

    def close(self) -> None:
        """End everything of this home."""
        self.instance.kill()
        self.run("cluster", "stop")
        end_supervisors(self.home)
        self.instance.close()


def send(pid: int | None, number: int) -> bool:
    """Send a signal to a process, and return whether there was one."""
    if pid is None:
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def kill(pid: int | None) -> bool:
    """Kill -9 a process, wait until it is gone, and return whether there was one."""
    if pid is None or not send(pid, signal.SIGKILL):
        return False

    def gone() -> bool:
        record = process.stat(pid)
        return record is None or record.ended

    wait_for(gone, 30, f"process {pid} does not end")
    return True


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
