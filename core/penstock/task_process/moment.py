"""Moments in a task's context: datetimes in UTC with a few methods that authors know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


class Moment(datetime):
    """A datetime with time zones by name, calendar steps and the usual formats."""

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Return *moment* as a `Moment`."""
        return cls.combine(moment.date(), moment.timetz())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the moment in *text*, in ISO format."""
        return cls.of(datetime.fromisoformat(text))

    @classmethod
    def now_utc(cls) -> Self:
        """Return the current time in UTC."""
        return cls.now(UTC)

    def in_timezone(self, zone: str | tzinfo) -> Self:
        """Return the same moment on the wall clock of *zone*."""
        if isinstance(zone, str):
            from zoneinfo import ZoneInfo

            return self.astimezone(ZoneInfo(zone))
        return self.astimezone(zone)

    in_tz = in_timezone

    def add(self, **steps: Any) -> Self:
        """Return the moment so many years, months, weeks, days, hours, minutes or seconds later."""
        if not steps.keys() & {"years", "months"}:
            return self + timedelta(**steps)
        from dateutil.relativedelta import relativedelta

        return self + relativedelta(**steps)

    def subtract(self, **steps: Any) -> Self:
        """Return the moment so much earlier."""
        return self.add(**{name: -count for name, count in steps.items()})

    def to_date_string(self) -> str:
        """Return ``2026-01-15``."""
        return self.strftime("%Y-%m-%d")

    def to_datetime_string(self) -> str:
        """Return ``2026-01-15 00:00:00``."""
        return self.strftime("%Y-%m-%d %H:%M:%S")

    def to_iso8601_string(self) -> str:
        """Return the ISO form; UTC is written as Z."""
        return self.isoformat().replace("+00:00", "Z")

    @property
    def int_timestamp(self) -> int:
        """Whole seconds since 1970."""
        return int(self.timestamp())

    def __getattr__(self, name: str) -> Any:
        """Return a word of pendulum's that is seldom used."""
        if name.startswith("__"):
            raise AttributeError(name)
        from penstock.task_process import moment_words

        return moment_words.word(self, name)

    if not TYPE_CHECKING:  # for those who check types it is a datetime's

        def __sub__(self, other: Any) -> Any:
            found = super().__sub__(other)
            if not isinstance(found, timedelta):
                return found
            from penstock.task_process.moment_words import Span

            return Span.of(found)

    @property
    def timezone_name(self) -> str | None:
        """The name of the time zone."""
        return self.tzname()
