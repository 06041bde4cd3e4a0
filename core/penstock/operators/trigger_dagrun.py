"""TriggerDagRunOperator: starts a run of another DAG, and waits for it if asked to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from penstock.authoring.arguments import states
from penstock.authoring.checks import seconds, truth
from penstock.authoring.exceptions import FailException, SkipException, TaskError
from penstock.authoring.operator import Operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.arguments import Duration, TaskArgs
    from penstock.authoring.context import Context

_NOW = object()


class TriggerDagRunOperator(Operator):
    """Triggers a run of *trigger_dag_id* with *conf*; its run id is pushed as ``trigger_run_id``.

    *logical_date* (default: now) may be None for a run without one. If that run exists already,
    *reset_dag_run* clears it, *skip_when_already_exists* skips the task, otherwise the task fails. With
    *wait_for_completion* it checks every *poke_interval* seconds until the run is in one of *allowed_states*
    (default success), and fails if it is in one of *failed_states* (default failed and cancelled);
    *deferrable* leaves that waiting to a trigger, which holds no slot.
    """

    template_fields: Sequence[str] = (
        "trigger_dag_id",
        "trigger_run_id",
        "logical_date",
        "conf",
        "wait_for_completion",
        "skip_when_already_exists",
    )

    def __init__(
        self,
        *,
        trigger_dag_id: Any,
        trigger_run_id: Any = None,
        conf: Mapping[str, Any] | Any = None,
        logical_date: Any = _NOW,
        reset_dag_run: bool = False,
        wait_for_completion: Any = False,
        poke_interval: Duration = 60,
        allowed_states: Sequence[str] | None = None,
        failed_states: Sequence[str] | None = None,
        skip_when_already_exists: Any = False,
        fail_when_dag_is_paused: bool = False,
        deferrable: bool = False,
        note: str | None = None,
        openlineage_inject_parent_info: bool = True,
        task_id: str,
        **task: Unpack[TaskArgs],
    ) -> None:
        super().__init__(task_id=task_id, **task)
        del openlineage_inject_parent_info
        self.trigger_dag_id = trigger_dag_id
        self.trigger_run_id = trigger_run_id
        self.conf = conf
        self.logical_date = logical_date
        self.reset_dag_run = truth(reset_dag_run, "reset_dag_run")
        self.wait_for_completion = wait_for_completion
        self.poke_interval = seconds(poke_interval, "poke_interval")
        self.allowed_states = states(allowed_states, "allowed_states", "run", ["success"])
        self.failed_states = states(failed_states, "failed_states", "run", ["failed", "cancelled"])
        self.skip_when_already_exists = skip_when_already_exists
        self.fail_when_dag_is_paused = truth(fail_when_dag_is_paused, "fail_when_dag_is_paused")
        self.deferrable = deferrable
        if self.dag is not None and note:
            self.dag.warn("argument note is ignored: there are no notes")

    def execute(self, context: Context) -> None:
        """Trigger, and wait if asked to.

        Raises `TaskError` for a paused schedule, if that is to fail, and for a run that failed, and
        `RefusedByEngineError`.
        """
        from penstock.task_process.engine_client import RefusedByEngineError, ask

        dag_id = str(self.trigger_dag_id)
        date = self._date()
        if self.fail_when_dag_is_paused and ask(context, "dag", dag_id=dag_id)["dag"]["paused"]:
            raise TaskError(f"the schedule of {dag_id} is paused")
        try:
            run_id = self._trigger(context, dag_id, date)
        except RefusedByEngineError as refused:
            run_id = self._existing_run(context, dag_id, date, refused)
        print(f"run {run_id} of {dag_id}")  # noqa: T201 - to the task's log
        context["ti"].xcom_push("trigger_run_id", run_id)
        if not _true(self.wait_for_completion):
            return
        if self.deferrable:
            from penstock.task_process.triggers import DagStateTrigger

            ends = [*self.allowed_states, *self.failed_states]
            self.defer(
                trigger=DagStateTrigger(dag_id, ends, [run_id], self.poke_interval),
                method_name="execute_complete",
            )
        self._wait(context, dag_id, run_id)

    def execute_complete(self, context: Context, event: Any) -> None:  # noqa: ARG002 - the signature of all
        """Go on once the run has ended.

        Raises `TaskError` for a run that failed, `FailException` for one that no longer exists.
        """
        self._judge(str(self.trigger_dag_id), event["run_id"], event["state"])

    def _trigger(self, context: Context, dag_id: str, date: str | None) -> str:
        from penstock.task_process.engine_client import commit

        act = {"act": "trigger", "dag_id": dag_id, "logical_date": date, "conf": self._conf()}
        if self.trigger_run_id:
            act["run_id"] = str(self.trigger_run_id)
        # One attempt triggers once, however often it must ask.
        return str(commit(context, act, act_id=f"trigger-{context['ti'].attempt_id}")["run_id"])

    def _existing_run(self, context: Context, dag_id: str, date: str | None, refused: Any) -> str:
        """Return the existing run, cleared; or skip, or raise *refused*."""
        from penstock.task_process.engine_client import ask, commit

        found = None
        if refused.kind == "RefusedError":
            wanted = {"run_id": str(self.trigger_run_id)} if self.trigger_run_id else {"logical_date": date}
            found = ask(context, "run_states", dag_id=dag_id, **wanted)
        if found is None or found.get("run") is None:
            raise refused
        if _true(self.skip_when_already_exists):
            raise SkipException(str(refused))
        if not self.reset_dag_run:
            raise refused
        run_id = str(found["run_id"])
        commit(context, {"act": "clear", "dag_id": dag_id, "run_id": run_id})
        return run_id

    def _wait(self, context: Context, dag_id: str, run_id: str) -> None:
        from penstock.task_process.engine_client import ask

        while True:
            time.sleep(self.poke_interval)
            state = ask(context, "run_states", dag_id=dag_id, run_id=run_id).get("run")
            if self._judge(dag_id, run_id, state):
                return

    def _judge(self, dag_id: str, run_id: str, state: str | None) -> bool:
        """Return whether the run has ended as it should; False while it goes on."""
        from penstock.model.states import RUN_TERMINAL

        if state in self.failed_states:
            raise TaskError(f"run {run_id} of {dag_id} ended as {state}")
        if state in self.allowed_states:
            return True
        if state is None:
            raise FailException(f"run {run_id} of {dag_id} no longer exists")
        if state in RUN_TERMINAL:
            raise TaskError(f"run {run_id} of {dag_id} ended as {state}, which is not in allowed_states")
        return False

    def _conf(self) -> dict[str, Any]:
        if self.conf is None:
            return {}
        if not isinstance(self.conf, Mapping):
            raise TaskError(f"conf must be a mapping, not {type(self.conf).__name__} {self.conf!r}")
        import json

        try:
            return dict(json.loads(json.dumps(dict(self.conf))))
        except (TypeError, ValueError) as error:
            raise TaskError(f"conf must be JSON: {error}") from None

    def _date(self) -> str | None:
        from penstock.task_process.moment import Moment

        date = self.logical_date
        if date is _NOW:
            return Moment.now_utc().isoformat()
        if date is None or (isinstance(date, str) and date in {"", "None"}):
            return None
        moment = Moment.parse(date) if isinstance(date, str) else Moment.of(date)
        if moment.tzinfo is None and self.dag is not None:
            moment = moment.replace(tzinfo=self.dag.timezone)
        return moment.isoformat()


def _true(value: Any) -> bool:
    """Return the value of a flag that may have been a template."""
    return value.strip().lower() in {"true", "1", "yes"} if isinstance(value, str) else bool(value)
