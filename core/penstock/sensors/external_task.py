"""ExternalTaskSensor: waits for a run, or tasks, of another DAG."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from penstock.authoring.arguments import states
from penstock.authoring.exceptions import FailException, SkipException
from penstock.authoring.place import refuse
from penstock.authoring.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.context import Context
    from penstock.authoring.sensor import SensorArgs
    from penstock.task_process.triggers import WorkflowTrigger


class ExternalTaskSensor(Sensor):
    """Waits until the run of *external_dag_id* with the same logical date, or its named tasks, succeeded.

    *execution_delta* looks that much earlier; *execution_date_fn* maps the logical date to one or
    several. States: *allowed_states* (default success; for a group's tasks also skipped, because the group
    counts as a success), *failed_states* fail the task, *skipped_states* skip it; a failure outweighs a
    skip. *check_existence* fails if the DAG or task does not exist.
    """

    template_fields: Sequence[str] = (
        "external_dag_id",
        "external_task_id",
        "external_task_ids",
        "external_task_group_id",
    )

    def __init__(
        self,
        *,
        external_dag_id: Any,
        external_task_id: Any = None,
        external_task_ids: Any = None,
        external_task_group_id: Any = None,
        allowed_states: Sequence[str] | None = None,
        skipped_states: Sequence[str] | None = None,
        failed_states: Sequence[str] | None = None,
        execution_delta: dt.timedelta | None = None,
        execution_date_fn: Callable[..., Any] | None = None,
        check_existence: bool = False,
        task_id: str,
        **sensor: Unpack[SensorArgs],
    ) -> None:
        super().__init__(task_id=task_id, **sensor)
        named = [external_task_id, external_task_ids, external_task_group_id]
        if sum(one is not None for one in named) > 1:
            refuse("give one of external_task_id, external_task_ids and external_task_group_id")
        if execution_delta is not None and execution_date_fn is not None:
            refuse("execution_delta and execution_date_fn cannot be used together")
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.external_task_ids = external_task_ids
        self.external_task_group_id = external_task_group_id
        self.skipped_states = states(skipped_states, "skipped_states", "task", [])
        self.failed_states = states(failed_states, "failed_states", "task", [])
        bad = {*self.skipped_states, *self.failed_states}
        default = ["success"]
        if external_task_group_id is not None and "skipped" not in bad:
            default.append("skipped")
        self.allowed_states = states(allowed_states, "allowed_states", "task", default)
        if set(self.allowed_states) & bad:
            refuse("allowed_states, skipped_states and failed_states must not overlap")
        self.execution_delta = execution_delta
        self.execution_date_fn = execution_date_fn
        self.check_existence = check_existence

    def poke(self, context: Context) -> bool:
        """Ask the engine once for every date.

        Raises `FailException` for a failed state, `SkipException` for a skipped one.
        """
        from penstock.task_process.other_runs import OtherRuns

        runs = OtherRuns(
            str(self.external_dag_id),
            self._dates(context),
            task_ids=self._task_ids(),
            group_id=self._group_id(),
            allowed=self.allowed_states,
            skipped=self.skipped_states,
            failed=self.failed_states,
            must_exist=self.check_existence,
        )
        how, reason = runs.look(context.socket, print)
        return self._judge(how, reason)

    def trigger_for(self, context: Context) -> WorkflowTrigger:
        """Return a trigger that asks the engine in place of the sensor."""
        from penstock.task_process.triggers import WorkflowTrigger

        return WorkflowTrigger(
            external_dag_id=str(self.external_dag_id),
            logical_dates=self._dates(context),
            external_task_ids=self._task_ids(),
            external_task_group_id=self._group_id(),
            allowed_states=self.allowed_states,
            skipped_states=self.skipped_states,
            failed_states=self.failed_states,
            poke_interval=self.poke_interval,
            must_exist=self.check_existence,
        )

    def execute_complete(self, context: Context, event: Any = None) -> None:  # noqa: ARG002
        """Go on with what the trigger found.

        Raises `FailException` for a failed state, `SkipException` for a skipped one or with *soft_fail*.
        """
        try:
            self._judge(event["status"], event.get("reason") or "")
        except FailException as error:
            if self.soft_fail or self.never_fail:
                raise SkipException(str(error)) from error
            raise

    def _judge(self, how: str | None, reason: str) -> bool:
        if how == "failed":
            raise FailException(reason)
        if how == "skipped":
            raise SkipException(reason)
        return how == "success"

    def _group_id(self) -> str | None:
        return None if self.external_task_group_id is None else str(self.external_task_group_id)

    def _task_ids(self) -> list[str] | None:
        if self.external_task_id is not None:
            return [str(self.external_task_id)]
        return None if self.external_task_ids is None else [str(name) for name in self.external_task_ids]

    def _dates(self, context: Context) -> list[dt.datetime]:
        date: dt.datetime = context.get("logical_date") or context["dag_run"].run_after
        if self.execution_delta is not None:
            return [date - self.execution_delta]
        if self.execution_date_fn is None:
            return [date]
        from penstock.task_process.call import arguments

        found = self.execution_date_fn(date, **arguments(self.execution_date_fn, [date], {}, context))
        return list(found) if isinstance(found, list | tuple | set) else [found]
