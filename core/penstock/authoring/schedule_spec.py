"""The schedule of a DAG as data. Imported only where a spec is made, because it needs msgspec."""

from __future__ import annotations

import msgspec

from penstock.authoring.schedules import ScheduleFields, Wanted
from penstock.model.assets import AssetCondition, describe
from penstock.model.partitions import PartitionsSpec
from penstock.model.spec import ScheduleSpec


def schedule_of(fields: ScheduleFields, zone: str, wanted: Wanted | None = None) -> ScheduleSpec:
    """Return a DAG's schedule as data; *zone* is the time zone of its crons.

    A timetable of the author's own is asked for the points that are *wanted*.
    """
    if fields.ask is not None:
        fields = fields.ask(wanted or Wanted())
    condition, text = None, fields.text
    if fields.assets is not None:
        condition = msgspec.convert(fields.assets, AssetCondition)
        text = " or ".join(part for part in (text, describe(condition)) if part)
    return ScheduleSpec(
        kind=fields.kind,  # type: ignore[arg-type]  # the words are the same
        crons=fields.crons,
        seconds=fields.seconds,
        relative=fields.relative,
        interval=fields.interval,
        run_immediately=fields.run_immediately,
        cron_seconds=fields.cron_seconds,  # type: ignore[arg-type]  # checked when it was set
        cron_days=fields.cron_days,  # type: ignore[arg-type]
        timezone=fields.timezone or zone,
        assets=condition,
        points=fields.points,
        goes_on=fields.goes_on,
        partitions=None if fields.partitions is None else msgspec.convert(fields.partitions, PartitionsSpec),
        text=text,
    )
