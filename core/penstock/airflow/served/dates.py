"""``airflow.utils.dates``: days ago, and what modules of that name brought along."""

from __future__ import annotations

import datetime as _dt  # noqa: ICN001 - datetime is one of the names
from datetime import datetime, timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "cron_presets", "date_range", "datetime", "days_ago", "infer_time_unit", "parse_execution_date",
    "round_time", "scale_time_units", "timedelta", "timezone",
]  # fmt: skip

cron_presets = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    """Return that time of the day *n* days before today, in UTC."""
    today = datetime.now(_dt.UTC).replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    return today - timedelta(days=n)


def date_range(
    start_date: datetime, end_date: datetime | None = None, num: int | None = None, delta: Any = None
) -> list[datetime]:
    """Return dates from *start_date* on, *delta* (a timedelta or a cron) apart: to the end, or *num* of them.

    Raises ValueError without either.
    """
    if delta is None:
        return []
    if end_date is None and num is None:
        raise ValueError("date_range needs end_date or num")
    end = end_date or (datetime.max.replace(tzinfo=start_date.tzinfo) if num and num > 0 else start_date)
    found: list[datetime] = []
    moment = start_date
    step = _steps(start_date, delta)
    while moment <= end and (num is None or len(found) < num):
        found.append(moment)
        moment = step(moment)
    return found


def _steps(start: datetime, delta: Any) -> Any:
    if isinstance(delta, timedelta):
        return lambda moment: moment + delta
    from croniter import croniter

    cron = croniter(cron_presets.get(delta, delta), start)
    return lambda _: cron.get_next(datetime)


def round_time(dt: datetime, delta: Any, start_date: datetime | None = None) -> datetime:
    """Return the last step of *delta* from *start_date* that is not after *dt*."""
    moment = start_date or datetime.combine(dt.date(), _dt.time(), dt.tzinfo)
    step = _steps(moment, delta)
    while (following := step(moment)) <= dt:
        moment = following
    return moment


def parse_execution_date(execution_date_str: str) -> datetime:
    """Return the moment that a string names."""
    from penstock.airflow.served.timezone import parse

    return parse(execution_date_str)


def infer_time_unit(time_seconds_arr: list[float]) -> str:
    """Return the unit in which these seconds are easy to read."""
    most = max(time_seconds_arr, default=0)
    return "seconds" if most <= 120 else "minutes" if most <= 7200 else "hours" if most <= 172_800 else "days"


def scale_time_units(time_seconds_arr: list[float], unit: str) -> list[float]:
    """Return seconds in another unit."""
    size = {"minutes": 60, "hours": 3600, "days": 86_400}.get(unit, 1)
    return [each / size for each in time_seconds_arr]


class _Timezone:
    """``timezone`` of the module of that name, which this module had imported."""

    def __getattr__(self, name: str) -> Any:
        from penstock.airflow.served import timezone as ours

        return getattr(ours, name)


timezone = _Timezone()
