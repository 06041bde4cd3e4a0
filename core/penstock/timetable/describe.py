"""A schedule in words, for lists and dialogs."""

from __future__ import annotations

from datetime import timedelta

from penstock.model.spec import ScheduleSpec

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMES = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_UNITS = ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def describe(spec: ScheduleSpec) -> str:
    """Return *spec* in words: "daily at 06:00 Europe/Berlin", "every 6 hours", "no schedule".

    Expressions without a simple wording are given as they are: "cron 0 0 13 * 5 UTC".
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
        case "cron" | "cron_interval":
            from penstock.timetable.cron import PRESETS

            texts = (_cron(PRESETS.get(cron.lower(), cron)) for cron in spec.crons)
            return f"{', and '.join(texts)} {spec.timezone}"


def _every(spec: ScheduleSpec) -> str:
    if spec.relative is not None:
        parts = [_amount(value, name.rstrip("s")) for name, value in spec.relative.items()]
        return "every " + " ".join(parts)
    seconds = spec.seconds or 0
    for size, unit in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"every {_amount(int(seconds // size), unit)}"
    return f"every {timedelta(seconds=seconds)}"


def _amount(count: int, unit: str) -> str:
    return unit if count == 1 else f"{count} {unit}s"


def _cron(expression: str) -> str:
    match expression.split():
        case ["*", "*", "*", "*", "*"]:
            return "every minute"
        case [minute, "*", "*", "*", "*"] if minute.startswith("*/") and minute[2:].isdigit():
            return f"every {_amount(int(minute[2:]), 'minute')}"
        case [minute, "*", "*", "*", "*"] if minute.isdigit():
            return f"hourly at :{int(minute):02}"
        case [minute, hour, "*", "*", "*"] if minute.isdigit() and hour.isdigit():
            return f"daily at {_clock(hour, minute)}"
        case [minute, hour, "*", "*", days] if minute.isdigit() and hour.isdigit() and _weekdays(days):
            return f"{_weekdays(days)} at {_clock(hour, minute)}"
        case [minute, hour, day, "*", "*"] if minute.isdigit() and hour.isdigit() and day.isdigit():
            return f"day {day} of each month at {_clock(hour, minute)}"
        case [minute, hour, "L" | "l", "*", "*"] if minute.isdigit() and hour.isdigit():
            return f"last day of each month at {_clock(hour, minute)}"
        case _:
            return f"cron {expression}"


def _clock(hour: str, minute: str) -> str:
    return f"{int(hour):02}:{int(minute):02}"


def _weekdays(field: str) -> str | None:
    if field in {"1-5", "mon-fri", "MON-FRI"}:
        return "Monday to Friday"
    numbers = [_NAMES.get(part.lower(), part) for part in field.split(",")]
    if not all(str(number).isdigit() and int(number) <= 7 for number in numbers):
        return None
    return "every " + ", ".join(_DAYS[int(number)] for number in numbers)
