"""What files of Airflow ask of the run and the task instance in a context, beyond what ours have."""

from __future__ import annotations

import os
from collections.abc import Iterable

from penstock.task_process.context_keys import DagRun
from penstock.task_process.moment import Moment
from penstock.task_process.task_instance import TaskInstance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context

_WORDS = {"pending": None, "stopping": "running", "cancelled": "failed"}
"""States of ours that Airflow has by another name."""


def grow(keys: dict[str, Any]) -> None:
    """Let the run and the task instance of a context answer Airflow's questions too."""
    run, ti = keys["dag_run"], keys.get("ti")
    if type(run) is DagRun:
        run.__class__ = RunningRun
        run.__dict__["asks"] = keys
    if type(ti) is TaskInstance:
        ti.__class__ = RunningTask
        ti.__dict__["asks"] = keys


class OtherTask:
    """A task instance of the run as the engine has it, with Airflow's words. Times are in UTC."""

    def __init__(self, run: DagRun, row: dict[str, Any]) -> None:
        self.dag_id, self.run_id = run.dag_id, run.run_id
        self.task_id: str = row["task_id"]
        self.map_index: int = row["map_index"]
        self._said: str = row["state"]
        self.try_number: int = row["try_number"]
        self.max_tries: int = row["max_tries"] - 1
        self.operator: str = row.get("operator", "")
        self.start_date, self.end_date = (
            Moment.parse(row[name]) if row.get(name) else None for name in ("start", "end")
        )
        self.duration = (
            (self.end_date - self.start_date).total_seconds() if self.start_date and self.end_date else None
        )
        self.logical_date = self.execution_date = run.logical_date
        self.dag_run = run

    @property
    def state(self) -> str | None:
        """The state, in Airflow's words."""
        return _WORDS.get(self._said, self._said)

    def current_state(self) -> str | None:
        """Return the state."""
        return self.state

    @property
    def log_url(self) -> str:
        """The command that prints its log."""
        return _command(self)

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} [{self.state}]>"


class RunningRun(DagRun):
    """The run of the task, which asks the engine about its other tasks."""

    asks: Context

    def get_task_instances(self, state: Any = None, session: Any = None) -> list[OtherTask]:
        """Return the task instances of the run, or those in one of some states."""
        del session
        from penstock.task_process.engine_client import ask

        rows = ask(self.asks, "run", dag_id=self.dag_id, run_id=self.run_id)["tasks"]
        found = [OtherTask(self, self._begun(row)) for row in rows]
        if state is None:
            return found
        several = isinstance(state, Iterable) and not isinstance(state, str)
        wanted = {None if one is None else str(one) for one in (state if several else [state])}
        return [one for one in found if one.state in wanted]

    def _begun(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return what the engine says; of the task that asks it may not have heard yet that it runs."""
        ti = self.asks["ti"]
        own = (row["task_id"], row["map_index"]) == (ti.task_id, ti.map_index)
        return {**row, "state": "running"} if own and row["state"] in {"scheduled", "queued"} else row

    def get_task_instance(
        self, task_id: str, session: Any = None, *, map_index: int = -1
    ) -> OtherTask | None:
        """Return one task instance of the run, or None."""
        del session
        every = self.get_task_instances()
        return next((one for one in every if (one.task_id, one.map_index) == (task_id, map_index)), None)

    def get_state(self) -> str:
        """Return the state of the run."""
        return self.state

    def get_dag(self) -> Any:
        """Return the DAG."""
        return self.asks["dag"]

    @property
    def dag(self) -> Any:
        """The DAG."""
        return self.asks["dag"]

    @property
    def is_backfill(self) -> bool:
        """Whether a backfill made it."""
        return self.run_type == "backfill"


class RunningTask(TaskInstance):
    """The task instance of this process."""

    asks: Context

    def get_dagrun(self, session: Any = None) -> DagRun:
        """Return the run."""
        del session
        run: DagRun = self.asks["dag_run"]
        return run

    dag_run = property(get_dagrun)

    def current_state(self, session: Any = None) -> str | None:
        """Return the state."""
        del session
        return self.state

    def get_template_context(self, session: Any = None, **more: Any) -> Context:
        """Return the context."""
        del session, more
        return self.asks

    def are_dependents_done(self, session: Any = None) -> bool:
        """Whether everything after it has ended; it has not, while it runs."""
        del session
        return not self.task.downstream_task_ids

    def render_templates(self, context: Any = None, **more: Any) -> Any:
        """Return the task: its templates are rendered before it runs."""
        del context, more
        return self.task

    @property
    def hostname(self) -> str:
        """The name of this machine."""
        import socket

        return socket.gethostname()

    @property
    def log_url(self) -> str:
        """The command that prints its log: there is no page."""
        return _command(self)

    log_filepath = mark_success_url = log_url

    @property
    def operator(self) -> str:
        """The operator's name."""
        return str(self.task.operator_name)

    @property
    def operator_name(self) -> str:
        """The operator's name."""
        return str(self.task.operator_name)

    @property
    def queue(self) -> str:
        """The queue, by name."""
        return str(getattr(self.task, "placed_queue", None) or "default")

    @property
    def pool(self) -> str:
        """The pool, by name."""
        return str(self.task.pool)

    @property
    def priority_weight(self) -> int:
        """The weight."""
        return self.task.priority_weight

    @property
    def unixname(self) -> str:
        """The user that it runs as."""
        import getpass

        return getpass.getuser()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return os.getpid()

    @property
    def prev_attempted_tries(self) -> int:
        """The tries before this one."""
        return self.try_number - 1

    @property
    def is_mapped(self) -> bool:
        """Whether it is one of several."""
        return self.map_index >= 0

    job_id = external_executor_id = None
    rendered_map_index: Any = None


def _command(ti: Any) -> str:
    index = f"[{ti.map_index}]" if ti.map_index >= 0 else ""
    return f"penstock logs {ti.dag_id} {ti.run_id} {ti.task_id}{index}"
