"""Moments have the words of pendulum that templates and functions use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.task_process.moment import Moment

AT: Any = Moment(2026, 3, 10, 9, 7, 5, 123456, tzinfo=UTC)
"""A Tuesday."""


@pytest.mark.parametrize(
    ("fmt", "text"),
    [
        ("YYYY-MM-DD HH:mm:ss", "2026-03-10 09:07:05"),
        ("YYYYMMDD", "20260310"),
        ("YY M D H m s", "26 3 10 9 7 5"),
        ("dddd, MMMM Do [of] YYYY", "Tuesday, March 10th of 2026"),
        ("ddd dd d E MMM Q DDDD DDD W", "Tue Tu 2 2 Mar 1 069 69 11"),
        ("hh:mm A h", "09:07 AM 9"),
        ("SSS SSSSSS", "123 123456"),
        ("X Z ZZ z", f"{int(AT.timestamp())} +00:00 +0000 UTC"),
        ("LT | L | LL", "9:07 AM | 03/10/2026 | March 10, 2026"),
        ("[YYYY] T", "YYYY T"),
    ],
)
def test_a_format(fmt: str, text: str) -> None:
    assert AT.format(fmt) == text


@pytest.mark.parametrize(
    ("unit", "begin", "end"),
    [
        ("hour", "2026-03-10T09:00:00", "2026-03-10T09:59:59"),
        ("day", "2026-03-10T00:00:00", "2026-03-10T23:59:59"),
        ("week", "2026-03-09T00:00:00", "2026-03-15T23:59:59"),
        ("month", "2026-03-01T00:00:00", "2026-03-31T23:59:59"),
        ("year", "2026-01-01T00:00:00", "2026-12-31T23:59:59"),
        ("decade", "2020-01-01T00:00:00", "2029-12-31T23:59:59"),
        ("century", "2001-01-01T00:00:00", "2100-12-31T23:59:59"),
    ],
)
def test_the_ends_of_a_unit(unit: str, begin: str, end: str) -> None:
    assert AT.start_of(unit).strftime("%Y-%m-%dT%H:%M:%S") == begin
    assert AT.end_of(unit).strftime("%Y-%m-%dT%H:%M:%S") == end
    assert isinstance(AT.end_of(unit), Moment)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (AT.day_of_week, 1),
        (AT.day_of_year, 69),
        (AT.week_of_year, 11),
        (AT.days_in_month, 31),
        (AT.quarter, 1),
        (AT.offset_hours, 0),
        (AT.set(hour=1, minute=2).to_time_string(), "01:02:05"),
        (AT.at(4).to_datetime_string(), "2026-03-10 04:00:00"),
        (AT.on(2020, 1, 2).to_date_string(), "2020-01-02"),
        (AT.next(0).to_date_string(), "2026-03-16"),
        (AT.previous().to_date_string(), "2026-03-03"),
        (AT.last_of("month").to_date_string(), "2026-03-31"),
        (AT.naive().tzinfo, None),
        (AT.is_leap_year(), False),
        (AT.diff(AT.subtract(days=2)).in_days(), 2),
        (AT.diff(AT.subtract(hours=1), abs=False).in_minutes(), -60),
        ((AT - AT.subtract(days=1, hours=2)).in_hours(), 26),
        ((AT - datetime(2026, 3, 9, 9, 7, 5, 123456, tzinfo=UTC)).total_hours(), 24.0),
        (AT - timedelta(days=1), AT.subtract(days=1)),
        ((AT - AT.subtract(days=1)) == timedelta(days=1), True),
    ],
)
def test_values_and_differences(found: Any, wanted: Any) -> None:
    assert found == wanted


def test_what_is_none_of_them() -> None:
    with pytest.raises(AttributeError, match="no attribute 'formatt'"):
        AT.formatt  # noqa: B018
    with pytest.raises(ValueError, match="the unit must be one of second"):
        AT.start_of("fortnight")
