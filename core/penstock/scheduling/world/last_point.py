"""How far the schedule of a DAG is settled, as a point."""

from __future__ import annotations

from penstock.clock import opt_from_us
from penstock.store.engine.records import DagRecord
from penstock.timetable.point import Point


def last_point(facts: DagRecord) -> Point | None:
    """Return the last point that is settled, or None if none is."""
    if facts.cursor_us is None:
        return None
    run_after = opt_from_us(facts.cursor_us)
    start = opt_from_us(facts.cursor_start_us) or run_after
    end = opt_from_us(facts.cursor_end_us) or run_after
    assert run_after is not None
    assert start is not None
    assert end is not None
    return Point(start, start, end, run_after)
