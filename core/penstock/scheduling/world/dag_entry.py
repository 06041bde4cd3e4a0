"""A DAG in the working set, and how far its schedule is settled."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.clock import opt_from_us
from penstock.model.structure import Structure
from penstock.store.engine.records import DagRecord
from penstock.timetable.point import Point


@dataclass(slots=True)
class DagEntry:
    """A DAG in the working set."""

    facts: DagRecord
    structure: Structure
    cursor: Point | None
    next_due_us: int | None = None
    resumed_us: int | None = None
    """When a pause of the schedule was lifted, until its missed points are settled."""

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        return self.facts.dag_id


def last_point(facts: DagRecord) -> Point | None:
    """Return the last point of a DAG's schedule that is settled, or None if none is."""
    if facts.cursor_us is None:
        return None
    run_after = opt_from_us(facts.cursor_us)
    start = opt_from_us(facts.cursor_start_us) or run_after
    end = opt_from_us(facts.cursor_end_us) or run_after
    assert run_after is not None
    assert start is not None
    assert end is not None
    return Point(start, start, end, run_after)
