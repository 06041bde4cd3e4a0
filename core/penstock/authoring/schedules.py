"""The possible values of a DAG's ``schedule``, and their form in the spec.

The classes only store what was written; `penstock.timetable` interprets it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from penstock.authoring.place import Place, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from dateutil.relativedelta import relativedelta

    Delta = timedelta | relativedelta
    SecondsAt = Literal["first", "last"]
    Days = Literal["either", "both"]

_RELATIVE = ("years", "months", "days", "leapdays", "hours", "minutes", "seconds", "microseconds")
_ABSOLUTE = ("year", "month", "day", "hour", "minute", "second", "microsecond")


class Wanted:
    """Which points of a schedule are asked for: within the dates of the DAG, all of them if it catches up.

    *after* is the interval that the last one before them covers, in seconds since 1970 UTC.
    """

    def __init__(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        catchup: bool = False,
        after: tuple[int, int] | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self.catchup = catchup
        self.after = after


class ScheduleFields:
    """The fields of a `ScheduleSpec`, without the library that specs need."""

    def __init__(
        self,
        kind: str = "none",
        *,
        crons: tuple[str, ...] = (),
        seconds: float | None = None,
        relative: dict[str, int] | None = None,
        interval: float | dict[str, int] | None = None,
        run_immediately: bool | float | None = None,
        cron_seconds: str | None = None,
        cron_days: str | None = None,
        timezone: str | None = None,
        assets: dict[str, Any] | None = None,
        points: tuple[tuple[int, int, int], ...] = (),
        goes_on: bool = False,
        ask: Callable[[Wanted], ScheduleFields] | None = None,
        text: str = "None",
    ) -> None:
        self.kind = kind
        self.crons = crons
        self.seconds = seconds
        self.relative = relative
        self.interval = interval
        self.run_immediately = run_immediately
        self.cron_seconds = cron_seconds
        self.cron_days = cron_days
        self.timezone = timezone
        self.assets = assets
        self.points = points
        self.ask = ask
        """Returns the points that are wanted, for a timetable that is the author's own code."""
        self.goes_on = goes_on
        """Whether there are more points than those that are listed."""
        self.text = text
        self.partitions: dict[str, Any] | None = None
        """How runs get their partition: the fields of `penstock.model.partitions.PartitionsSpec`."""


class Timetable:
    """The base of the classes below; ``fields`` is what was given."""

    fields: ScheduleFields

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "fields" or "fields" in self.__dict__:
            refuse(f"a timetable cannot be changed, so {name!r} cannot be set: make another one")
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return self.fields.text


class CronTriggerTimetable(Timetable):
    """Fires at each match of a cron expression; logical date = fire time.

    ``interval`` makes the data interval that long, ending at the fire time. ``run_immediately``
    decides the first run of a DAG without start_date: True, False, or how long ago a tick may be.
    ``seconds`` says which field of an expression with six or seven is the second; ``days`` whether two
    day fields mean the days of either or those in both.
    """

    def __init__(
        self,
        cron: str,
        *,
        timezone: Any = None,
        interval: Delta | None = None,
        run_immediately: bool | timedelta | None = None,
        seconds: SecondsAt | None = None,
        days: Days | None = None,
    ) -> None:
        self.fields = _cron_trigger((cron,), timezone, interval, run_immediately, seconds, days)


class MultipleCronTriggerTimetable(Timetable):
    """Fires at each match of any of several cron expressions."""

    def __init__(
        self,
        *crons: str,
        timezone: Any = None,
        interval: Delta | None = None,
        run_immediately: bool | timedelta | None = None,
        seconds: SecondsAt | None = None,
        days: Days | None = None,
    ) -> None:
        if not crons:
            refuse("MultipleCronTriggerTimetable needs at least one cron expression")
        self.fields = _cron_trigger(crons, timezone, interval, run_immediately, seconds, days)


class CronDataIntervalTimetable(Timetable):
    """Intervals are between matches of a cron expression; logical date = start, fires at the end."""

    def __init__(
        self, cron: str, timezone: Any = None, *, seconds: SecondsAt | None = None, days: Days | None = None
    ) -> None:
        self.fields = ScheduleFields(
            kind="cron_interval",
            crons=(_cron(cron),),
            cron_seconds=_one_of(("first", "last"), seconds, "seconds"),
            cron_days=_one_of(("either", "both"), days, "days"),
            timezone=_named(timezone),
            text=_on_a_line(cron),
        )


class DeltaTriggerTimetable(Timetable):
    """Fires every *delta*; logical date = fire time."""

    def __init__(self, delta: Delta, *, interval: Delta | None = None) -> None:
        self.fields = _delta("delta", delta, None if interval is None else _span(interval, "interval"))


class DeltaDataIntervalTimetable(Timetable):
    """Intervals of length *delta*; logical date = start, fires at the end."""

    def __init__(self, delta: Delta) -> None:
        self.fields = _delta("delta_interval", delta, None)


def schedule_fields(schedule: Any) -> ScheduleFields:
    """Return what ``schedule=`` describes; refuse what cannot be a schedule."""
    if schedule is None:
        return ScheduleFields()
    if isinstance(schedule, ScheduleFields):
        return schedule
    if isinstance(schedule, Timetable):
        return schedule.fields
    if isinstance(schedule, str):
        preset = schedule.strip().lower()
        if preset in ("@once", "@continuous"):
            return ScheduleFields(kind=preset[1:], text=preset)
        return ScheduleFields(kind="cron", crons=(schedule,), text=_on_a_line(schedule))
    condition = condition_of(schedule)
    if condition is not None:
        return ScheduleFields(assets=condition, text="")
    if not isinstance(schedule, timedelta) and type(schedule).__name__ != "relativedelta":
        refuse(
            "schedule must be a cron string, a preset, a timedelta, a relativedelta, a timetable, assets "
            f"or None, not {type(schedule).__name__} {schedule!r}"
        )
    return _delta("delta", schedule, None)


def condition_of(assets: Any) -> dict[str, Any] | None:
    """Return a condition on assets, or a list of them that must all be met, as data; otherwise None.

    Raises `DagFileError` for an empty list, and for a list of anything else.
    """
    if isinstance(assets, list | tuple | set | frozenset):
        if not assets:
            refuse("schedule=[] waits for nothing; use None for no schedule")
        several = sorted(assets, key=repr) if isinstance(assets, set | frozenset) else assets
        return {"kind": "all", "of": tuple(_condition(one) for one in several)}
    return _condition(assets) if hasattr(assets, "condition") else None


def _condition(one: Any) -> dict[str, Any]:
    if not hasattr(one, "condition"):
        refuse(f"an asset can only be joined with assets, not with {type(one).__name__} {one!r}")
    found: dict[str, Any] = one.condition()
    return found


def zone_name(zone: Any, place: Place | None = None) -> str:
    """Return the name of a time zone given as a name or a tzinfo; whether it exists is not checked.

    Raises `DagFileError` at *place* for a zone without a name.
    """
    if isinstance(zone, str):
        name: str | None = zone
    else:
        name = getattr(zone, "key", None) or getattr(zone, "name", None) or getattr(zone, "zone", None)
        name = name or _fixed_zone(zone)
    if not isinstance(name, str):
        refuse(f"time zone {zone!r} has no name; use a name such as 'Europe/Amsterdam'", place)
    return name


def _fixed_zone(zone: Any) -> str | None:
    offset = zone.utcoffset(None) if hasattr(zone, "utcoffset") else None
    if offset is None or offset % timedelta(hours=1):
        return None
    hours = offset // timedelta(hours=1)
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def _named(zone: Any) -> str | None:
    return None if zone is None else zone_name(zone)


def _cron(text: Any) -> str:
    if not isinstance(text, str):
        refuse(f"a cron expression must be a string, not {type(text).__name__} {text!r}")
    return text


def _on_a_line(cron: str) -> str:
    """Return *cron* with single spaces, as lists show it."""
    return " ".join(cron.split())


def _one_of(words: tuple[str, str], said: Any, name: str) -> str | None:
    if said is not None and said not in words:
        refuse(f"{name} must be {words[0]!r} or {words[1]!r}, not {said!r}")
    return said  # type: ignore[no-any-return]  # one of the words, or None


def _cron_trigger(
    crons: tuple[str, ...],
    timezone: Any,
    interval: Any,
    run_immediately: bool | timedelta | None,
    seconds: SecondsAt | None,
    days: Days | None,
) -> ScheduleFields:
    immediately: bool | float | None
    if isinstance(run_immediately, timedelta) and run_immediately >= timedelta(0):
        immediately = run_immediately.total_seconds()
    elif run_immediately is None or isinstance(run_immediately, bool):
        immediately = run_immediately
    else:
        refuse(
            "run_immediately must be True, False or a timedelta that is not negative, "
            f"not {type(run_immediately).__name__} {run_immediately!r}"
        )
    return ScheduleFields(
        kind="cron",
        crons=tuple(_cron(cron) for cron in crons),
        interval=_span(interval, "interval") if interval else None,
        run_immediately=immediately,
        cron_seconds=_one_of(("first", "last"), seconds, "seconds"),
        cron_days=_one_of(("either", "both"), days, "days"),
        timezone=_named(timezone),
        text=", ".join(map(_on_a_line, crons)),
    )


def _delta(kind: str, delta: Any, interval: float | dict[str, int] | None) -> ScheduleFields:
    span = _span(delta, "schedule")
    text = str(delta) if isinstance(delta, timedelta) else repr(delta)
    if isinstance(span, dict):
        return ScheduleFields(kind=kind, relative=span, interval=interval, text=text)
    return ScheduleFields(kind=kind, seconds=span, interval=interval, text=text)


def _span(delta: Any, name: str) -> float | dict[str, int]:
    if isinstance(delta, timedelta):
        if delta <= timedelta(0):
            refuse(f"{name} must be more than 0, not {delta}")
        return delta.total_seconds()
    if type(delta).__name__ != "relativedelta":
        refuse(f"{name} must be a timedelta or a relativedelta, not {type(delta).__name__}")
    if getattr(delta, "weekday", None) is not None:
        refuse(f"{name}: a relativedelta with a weekday is not supported; use a cron expression")
    span = {key: int(getattr(delta, key)) for key in _RELATIVE if getattr(delta, key)}
    span |= {key: getattr(delta, key) for key in _ABSOLUTE if getattr(delta, key) is not None}
    if not span:
        refuse(f"{name} must be more than 0, not {delta!r}")
    return span
