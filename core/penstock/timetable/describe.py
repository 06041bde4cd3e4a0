"""A schedule in words, for lists and dialogs."""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.model.spec import ScheduleSpec
from penstock.timetable.expression import Expression, parse_cron

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_PLACES = ("last", "first", "second", "third", "fourth", "fifth")
_MOST_TIMES = 12
"""The largest number of times of day that are listed one by one."""
_UNITS = ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def describe(spec: ScheduleSpec) -> str:
    """Return *spec* in words: "daily at 06:00 Europe/Berlin", "every 6 hours", "no schedule".

    Expressions without a simple description are returned as they are: "cron 0 0 13 * 5 UTC". Raises
    ValueError for an invalid cron.
    """
    match spec.kind:
        case "none":
            return "no schedule"
        case "once":
            return "once"
        case "continuous":
            return "continuously"
        case "delta" | "delta_interval":
            return _every(spec)
        case "listed":
            return spec.text
        case "cron" | "cron_interval":
            texts = (_cron(parse_cron(cron, spec.cron_seconds, spec.cron_days)) for cron in spec.crons)
            return f"{', and '.join(texts)} {spec.timezone}"


def in_words(spec: ScheduleSpec) -> str:
    """Return a stored schedule in words, or as its author wrote it if it is refused now."""
    try:
        words = describe(spec)
    except ValueError:
        return spec.text
    return words if spec.assets is None else spec.text


def _every(spec: ScheduleSpec) -> str:
    if spec.relative is not None:
        parts = [(value, name.rstrip("s")) for name, value in spec.relative.items()]
        if len(parts) == 1:
            return f"every {_amount(*parts[0])}"
        named = [f"{value} {unit}{'' if value == 1 else 's'}" for value, unit in parts]
        return f"every {_listed(named)}"
    seconds = spec.seconds or 0
    for size, unit in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"every {_amount(int(seconds // size), unit)}"
    return f"every {seconds:g} seconds"


def _amount(count: int, unit: str) -> str:
    return unit if count == 1 else f"{count} {unit}s"


def _cron(cron: Expression) -> str:
    days, times = _days(cron), _times(cron)
    if days is None or times is None or not cron.year.free:
        return f"cron {' '.join(cron.text.split())}"
    if times.startswith(("every", "hourly")):
        return times if days == "daily" else f"{times} on {days.removeprefix('every ')}"
    return f"{days} at {times}"


def _times(cron: Expression) -> str | None:
    """Return the times of a day: "06:00 and 18:00", "every 5 minutes", "hourly at :05 and :35"."""
    hours, minutes, seconds = cron.hour, cron.minute.every, cron.second.every
    if hours.full and minutes == tuple(range(60)):
        return _steps(seconds, 60, "second") or ("every minute" if seconds == (0,) else None)
    if seconds == (0,) and hours.full:
        listed = _listed([f":{minute:02}" for minute in minutes])
        return _steps(minutes, 60, "minute") or (listed and f"hourly at {listed}")
    if seconds == (0,) and len(minutes) == 1 and len(hours.every) > 2:
        step = _steps(hours.every, 24, "hour")
        if step:
            return step if minutes == (0,) else f"{step} at :{minutes[0]:02}"
    form = "%H:%M" if seconds == (0,) else "%H:%M:%S"
    if len(cron.times_of_day) > _MOST_TIMES:
        return None
    midnight = datetime(2000, 1, 1)  # noqa: DTZ001 - only its time of day is shown
    return _listed([f"{midnight + timedelta(seconds=time):{form}}" for time in cron.times_of_day])


def _steps(values: tuple[int, ...], size: int, unit: str) -> str | None:
    """Return "every 5 minutes" when *values* are evenly spaced around the clock."""
    step = size // len(values)
    even = len(values) > 1 and values == tuple(range(0, size, step)) and size % step == 0
    return f"every {_amount(step, unit)}" if even else None


def _days(cron: Expression) -> str | None:
    """Return the days: "daily", "every Monday", "day 1 of each month", "the first Friday of March"."""
    day, weekday = cron.day, cron.weekday
    if cron.every_day:
        return "daily"
    months = (
        _listed([_MONTHS[month - 1] for month in cron.month.every]) if not cron.month.full else "each month"
    )
    if months is None or (not (day.full and not day.odd) and not (weekday.full and not weekday.odd)):
        return None
    if weekday.nth:
        named = [f"{_PLACES[place]} {_DAYS[day]}" for day, place in sorted(weekday.nth)]
        return f"the {_listed(named)} of {months}"
    if not weekday.full:
        return _weekdays(weekday.every) if cron.month.full else f"{_weekdays(weekday.every)} of {months}"
    if day.nearest is not None:
        return f"the weekday nearest to day {day.nearest} of {months}"
    if day.last_day:
        return f"last day of {months}" if not day.values else None
    if day.full:
        return f"every day of {months}"
    listed = _listed([str(each) for each in day.every])
    return listed and f"day{'' if len(day.every) == 1 else 's'} {listed} of {months}"


def _weekdays(days: tuple[int, ...]) -> str:
    if days == (1, 2, 3, 4, 5):
        return "Monday to Friday"
    return "every " + ", ".join(_DAYS[day] for day in sorted(days, key=lambda day: day or 7))


def _listed(words: list[str]) -> str | None:
    """Return "a, b and c", or None if there are too many."""
    if len(words) > _MOST_TIMES:
        return None
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
