"""Sensors that files know and ours do not have under that name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from penstock.airflow.served.weekdays import WeekDay
from penstock.authoring.sensor import Sensor
from penstock.operators.empty import EmptyOperator
from penstock.sensors.time import DateTimeSensor, TimeDeltaSensor, TimeSensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context


class DayOfWeekSensor(Sensor):
    """Waits until today, or the day of the run's date, is one of *week_day*."""

    def __init__(
        self,
        *,
        week_day: Any,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        task_id: str,
        **sensor: Any,
    ) -> None:
        super().__init__(task_id=task_id, **sensor)
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day
        self._days = WeekDay.validate_week_day(week_day)

    def poke(self, context: Context) -> bool:
        """Look at the day."""
        from penstock.task_process.moment import Moment

        date = context.get("logical_date") if self.use_task_logical_date else None
        return (date or Moment.now_utc()).isoweekday() in self._days


class WaitSensor(TimeDeltaSensor):
    """Waits for *time_to_wait* from its first look."""

    template_fields: Sequence[str] = ("time_to_wait",)

    def __init__(self, *, time_to_wait: dt.timedelta, task_id: str, **sensor: Any) -> None:
        super().__init__(task_id=task_id, delta=time_to_wait, **sensor)
        self.time_to_wait = time_to_wait

    def target(self, context: Context) -> dt.datetime:
        """Return the end of the wait."""
        return dt.datetime.fromtimestamp(context.poking.first_poke_at, dt.UTC) + self.time_to_wait


class TimeDeltaSensorAsync(TimeDeltaSensor):
    """A `TimeDeltaSensor` that always leaves the waiting to a trigger."""

    def __init__(self, *, delta: Any, deferrable: bool = True, task_id: str, **sensor: Any) -> None:
        super().__init__(task_id=task_id, delta=delta, deferrable=deferrable, **sensor)


class DateTimeSensorAsync(DateTimeSensor):
    """A `DateTimeSensor` that always leaves the waiting to a trigger."""

    def __init__(self, *, target_time: Any, deferrable: bool = True, task_id: str, **sensor: Any) -> None:
        super().__init__(task_id=task_id, target_time=target_time, deferrable=deferrable, **sensor)


class TimeSensorAsync(TimeSensor):
    """A `TimeSensor` that always leaves the waiting to a trigger."""

    def __init__(self, *, target_time: dt.time, deferrable: bool = True, task_id: str, **sensor: Any) -> None:
        super().__init__(task_id=task_id, target_time=target_time, deferrable=deferrable, **sensor)


class ExternalTaskMarker(EmptyOperator):
    """Says that a task of another DAG depends on this one. It does nothing; clearing does not follow it."""

    template_fields: Sequence[str] = ("external_dag_id", "external_task_id", "logical_date")

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str,
        logical_date: Any = "{{ logical_date.isoformat() }}",
        recursion_depth: int = 10,
        task_id: str,
        **task: Any,
    ) -> None:
        super().__init__(task_id=task_id, **task)
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.logical_date = logical_date
        self.recursion_depth = recursion_depth
        if self.dag is not None:
            self.dag.warn(f"task {self.task_id!r}: clearing does not follow an ExternalTaskMarker")
