"""``macros`` in templates, and the filters for moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import import_module as _import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MODULES = {"json", "time", "uuid", "dateutil"}


class _Random:
    """The module random, which can also be called, as the function of that name: ``macros.random()``."""

    def __call__(self) -> float:
        return float(_import_module("random").random())

    def __getattr__(self, name: str) -> Any:
        return getattr(_import_module("random"), name)


def ds_add(ds: str, days: int) -> str:
    """Return the date *days* after *ds* (``YYYY-MM-DD``)."""
    return (date.fromisoformat(str(ds)) + timedelta(days=days)).isoformat()


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """Return *ds*, given in one format, in another."""
    return datetime.strptime(str(ds), input_format).strftime(output_format)  # noqa: DTZ007 - a date, no moment


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: str | None = None) -> str:
    """Return *ds*, given in one format, by a CLDR pattern such as ``EEEE d MMMM y``.

    English is built in; any other *locale* needs the package Babel.
    """
    from penstock.task_process.cldr import format_date

    read = datetime.strptime(str(ds), input_format)  # noqa: DTZ007 - a date, no moment
    return format_date(read, output_format, locale)


def datetime_diff_for_humans(moment: datetime, since: datetime | None = None) -> str:
    """Return how far *moment* is from *since* (default: now) in words, such as ``3 hours ago``."""
    reference = since or datetime.now(moment.tzinfo or UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    left = (moment - reference).total_seconds()
    amount = abs(left)
    for unit, size in _UNITS:
        if amount >= size:
            count = int(amount // size)
            text = f"{count} {unit}{'s' * (count != 1)}"
            break
    else:
        text = "a few seconds"
    if since is not None:
        return f"{text} {'before' if left < 0 else 'after'}"
    return f"{text} ago" if left < 0 else f"in {text}"


_UNITS = (
    ("year", 31_557_600),
    ("month", 2_629_800),
    ("week", 604_800),
    ("day", 86_400),
    ("hour", 3600),
    ("minute", 60),
    ("second", 1),
)


def __getattr__(name: str) -> Any:
    if name == "dateutil":
        _import_module("dateutil.relativedelta")
        _import_module("dateutil.parser")
    if name == "random":
        return _Random()
    if name in _MODULES:
        return _import_module(name)
    raise AttributeError(f"macros has no {name!r}")


def ds(moment: datetime | None) -> str | None:
    """Return ``2026-01-15``."""
    return None if moment is None else moment.strftime("%Y-%m-%d")


def ds_nodash(moment: datetime | None) -> str | None:
    """Return ``20260115``."""
    return None if moment is None else moment.strftime("%Y%m%d")


def ts(moment: datetime | None) -> str | None:
    """Return ``2026-01-15T00:00:00+00:00``."""
    return None if moment is None else moment.isoformat()


def ts_nodash(moment: datetime | None) -> str | None:
    """Return ``20260115T000000``."""
    return None if moment is None else moment.strftime("%Y%m%dT%H%M%S")


def ts_nodash_with_tz(moment: datetime | None) -> str | None:
    """Return ``20260115T000000+0000``."""
    return None if moment is None else moment.strftime("%Y%m%dT%H%M%S%z")


FILTERS = {
    "ds": ds,
    "ds_nodash": ds_nodash,
    "ts": ts,
    "ts_nodash": ts_nodash,
    "ts_nodash_with_tz": ts_nodash_with_tz,
}
