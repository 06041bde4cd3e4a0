"""Days of the week."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class WeekDay(IntEnum):
    """A day, counted from Monday, 1."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @classmethod
    def get_weekday_number(cls, week_day_str: str) -> int:
        """Return the number of a day by its name; raise AttributeError for another name."""
        name = str(week_day_str).strip().upper()
        if name not in cls.__members__:
            raise AttributeError(f'Invalid Week Day passed: "{week_day_str}"')
        return cls[name].value

    @classmethod
    def convert(cls, day: Any) -> int:
        """Return the number of a day given as a name or a member."""
        return day.value if isinstance(day, cls) else cls.get_weekday_number(day)

    @classmethod
    def validate_week_day(cls, week_day: Any) -> set[int]:
        """Return the numbers of one day or several; raise TypeError for anything else."""
        if isinstance(week_day, str | cls):
            return {cls.convert(week_day)}
        if not isinstance(week_day, Iterable):
            raise TypeError(f"week_day must be a day or several, not {type(week_day).__name__}")
        return {cls.convert(one) for one in week_day}
