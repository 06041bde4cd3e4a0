"""LatestOnlyOperator: goes on only in the newest run of a schedule."""

from __future__ import annotations

from datetime import UTC, datetime

from penstock.authoring import scope
from penstock.authoring.operator import Operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.authoring.context import Context


class LatestOnlyOperator(Operator):
    """Skips its direct children unless the run is the newest due one; a manual run always goes on."""

    def execute(self, context: Context) -> list[str] | None:
        """Decide."""
        run = context["dag_run"]
        if run.run_type == "manual" or self.dag is None:
            print("a manual run: going on")  # noqa: T201 - to the task's log
            return self._chosen()
        if self._is_newest(context):
            print("the newest run: going on")  # noqa: T201 - to the task's log
            return self._chosen()
        print("a later run is already due: skipping what follows")  # noqa: T201 - to the task's log
        context["ti"].rule_out(sorted(self.downstream_task_ids))
        return None

    def _chosen(self) -> list[str] | None:
        """Return what it does in Airflow, where it is a branch: the ids that it goes on with."""
        return None if scope.current().dialect is None else sorted(self.downstream_task_ids)

    def _is_newest(self, context: Context) -> bool:
        from penstock.authoring.schedule_spec import schedule_of
        from penstock.timetable.schedule import timetable_of

        assert self.dag is not None
        table = timetable_of(schedule_of(self.dag.schedule, context.timezone))
        following = next(iter(table.points_after(context["dag_run"].run_after)), None)
        return following is None or following.run_after > datetime.now(UTC)
