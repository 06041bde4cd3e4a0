"""In which time zone the times of a screen are, in as few cells as it can be said. Pure.

Logical dates are in the zone of their DAG, everything else in that of this machine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta, tzinfo

from penstock_tui.clean import label
from penstock_tui.view import durations

_HALF_A_YEAR = timedelta(days=182)


def zone_words(own: tzinfo, dates: Collection[str], now: datetime, *, narrow: bool = False) -> str:
    """Return the zone of times, and that of logical dates where it is another: ``CET, dates UTC``.

    *own* is this machine's zone, *dates* has the names of the zones of all logical dates on the screen.
    *narrow* asks for the short name that a zone has at *now* (``JST``).
    """
    said = name(own, now)
    others = sorted({zone for zone in dates if not _same(own, durations.zone(zone), now)})
    if not others:
        return said
    if len(set(dates)) > 1:
        return f"{said}, dates DAG's"
    return f"{said}, dates {name(durations.zone(others[0]), now) if narrow else label(others[0])}"


def name(zone: tzinfo, now: datetime) -> str:
    """Return the name that *zone* has at *now*, as in ``06:00 CET``; ``UTC+05`` if it has only a number."""
    found = now.astimezone(zone).tzname() or "UTC"
    return label(f"UTC{found}" if found[:1] in "+-" else found)


def zone_of(dag_id: str, zones: Mapping[str, str], own: tzinfo) -> tzinfo:
    """Return the zone of a DAG's logical dates, by the names in *zones*; *own* while it is not known."""
    return durations.zone(zones[dag_id]) if dag_id in zones else own


def _same(one: tzinfo, other: tzinfo, now: datetime) -> bool:
    return all(
        at.astimezone(one).utcoffset() == at.astimezone(other).utcoffset() for at in (now, now - _HALF_A_YEAR)
    )
