"""Sensors that wait for a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from penstock.authoring.place import refuse
from penstock.authoring.references import Reference
from penstock.authoring.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.context import Context
    from penstock.authoring.sensor import SensorArgs
    from penstock.task_process.triggers import DateTimeTrigger


class _MomentSensor(Sensor):
    """Waits until the time that `target` returns; checks exactly then, not an interval later."""

    def target(self, context: Context) -> dt.datetime:
        raise NotImplementedError

    def poke(self, context: Context) -> bool:
        """Compare with the wall clock."""
        target = self.target(context)
        left = (target - dt.datetime.now(dt.UTC)).total_seconds()
        self._left = left
        if left > 0:
            print(f"waiting until {target.isoformat(timespec='seconds')}")  # noqa: T201 - to the task's log
        return left <= 0

    def trigger_for(self, context: Context) -> DateTimeTrigger:
        """Return a trigger that fires at the time."""
        from penstock.task_process.triggers import DateTimeTrigger

        return DateTimeTrigger(moment=self.target(context))

    _left = float("inf")

    def pause(self, pokes: int) -> float:
        """Return the usual pause, or less if the target comes earlier."""
        return min(super().pause(pokes), max(self._left, 0.001))


class TimeDeltaSensor(_MomentSensor):
    """Waits until *delta* after the end of the run's data interval (or run_after if it has none)."""

    template_fields: Sequence[str] = ("delta",)

    def __init__(self, *, delta: Any, task_id: str, **sensor: Unpack[SensorArgs]) -> None:
        super().__init__(task_id=task_id, **sensor)
        self.delta = delta

    def target(self, context: Context) -> dt.datetime:
        """Return the end of the interval plus delta.

        Raises TypeError if delta is not a timedelta.
        """
        if not isinstance(self.delta, dt.timedelta):
            raise TypeError(f"delta must be a timedelta, not {self.delta!r}")
        end: dt.datetime = context.get("data_interval_end") or context["dag_run"].run_after
        return end + self.delta


class TimeSensor(_MomentSensor):
    """Waits until *target_time* on the day of the first check, in the time zone of the DAG."""

    def __init__(self, *, target_time: dt.time, task_id: str, **sensor: Unpack[SensorArgs]) -> None:
        super().__init__(task_id=task_id, **sensor)
        if not isinstance(target_time, dt.time):
            refuse(f"target_time must be a datetime.time, not {target_time!r}")
        self.target_time = target_time

    def target(self, context: Context) -> dt.datetime:
        """Return that time; a sensor rescheduled past midnight still waits for the day it began on."""
        zone = self.target_time.tzinfo or context["dag"].timezone
        began = dt.datetime.fromtimestamp(context.poking.first_poke_at, zone)
        return dt.datetime.combine(began.date(), self.target_time.replace(tzinfo=None), zone)


class DateTimeSensor(_MomentSensor):
    """Waits until *target_time*: a datetime, or an ISO string (templates allowed).

    Without a zone it is in the time zone of the DAG.
    """

    template_fields: Sequence[str] = ("target_time",)

    def __init__(self, *, target_time: Any, task_id: str, **sensor: Unpack[SensorArgs]) -> None:
        super().__init__(task_id=task_id, **sensor)
        if not isinstance(target_time, str | dt.datetime | Reference):
            refuse(f"target_time must be a datetime or an ISO string, not {target_time!r}")
        self.target_time = target_time

    def target(self, context: Context) -> dt.datetime:
        """Return that time."""
        given: Any = self.target_time
        moment: dt.datetime = dt.datetime.fromisoformat(given) if isinstance(given, str) else given
        return moment if moment.tzinfo else moment.replace(tzinfo=context["dag"].timezone)
