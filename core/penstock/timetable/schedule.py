"""From the data of a schedule to its timetable."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from penstock.decoding import decoder
from penstock.model.spec import ScheduleSpec
from penstock.timetable.cron import CronGrid
from penstock.timetable.interval import Step, step_of
from penstock.timetable.listed import ListedTimetable
from penstock.timetable.spans import CronIntervalTimetable, DeltaIntervalTimetable
from penstock.timetable.special import ContinuousTimetable, OnceTimetable
from penstock.timetable.timetable import Timetable
from penstock.timetable.triggers import CronTriggerTimetable, DeltaTriggerTimetable


def timetable_of(spec: ScheduleSpec) -> Timetable:
    """Return the timetable of *spec*; raise ValueError in plain words if it is invalid."""
    return _timetable(msgspec.json.encode(spec))


def stored_timetable(spec: ScheduleSpec) -> Timetable:
    """Return the timetable of a schedule that was accepted before; without points if it is refused now."""
    try:
        return timetable_of(spec)
    except ValueError:
        return Timetable()


@lru_cache(maxsize=512)
def _timetable(data: bytes) -> Timetable:
    spec = decoder(ScheduleSpec).decode(data)
    match spec.kind:
        case "none":
            return Timetable()
        case "once":
            return OnceTimetable()
        case "continuous":
            return ContinuousTimetable()
        case "cron":
            return CronTriggerTimetable(_cron_grid(spec), _interval(spec), spec.run_immediately)
        case "cron_interval":
            return CronIntervalTimetable(_cron_grid(spec))
        case "delta":
            return DeltaTriggerTimetable(step_of(spec.seconds, spec.relative), _interval(spec))
        case "delta_interval":
            return DeltaIntervalTimetable(step_of(spec.seconds, spec.relative))
        case "listed":
            return ListedTimetable(spec.points)


def _cron_grid(spec: ScheduleSpec) -> CronGrid:
    if spec.cron_seconds is not None and all(len(cron.split()) < 6 for cron in spec.crons):
        raise ValueError(
            f'seconds="{spec.cron_seconds}" is for crons of six or seven fields, but {spec.text!r} has fewer'
        )
    return CronGrid(spec.crons, _zone(spec.timezone), seconds=spec.cron_seconds, days=spec.cron_days)


def _interval(spec: ScheduleSpec) -> Step | None:
    match spec.interval:
        case None | 0:
            return None
        case dict() as relative:
            return step_of(None, relative)
        case seconds:
            return step_of(seconds, None)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"time zone {name!r} is not known") from None
