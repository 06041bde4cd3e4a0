"""The schedule points of a `fakes.world.World`, and the days that they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, tzinfo

from fakes.world import DAY, World
from penstock.model.points import PointState
from penstock.model.states import RunType
from penstock.model.views.points import DayRow, LedgerPoint


def points_of(world: World, dag_id: str) -> list[LedgerPoint]:
    """Return the points of a DAG, oldest first: its runs, what was skipped, and ten days to come."""
    found = list(world.skips.get(dag_id, ()))
    for run in world.runs_of(dag_id):
        if run.logical_date is not None and run.run_type is not RunType.MANUAL:
            late = run.run_type is RunType.SCHEDULED and run.run_id.endswith("late")
            state = "backfilled" if run.run_type is RunType.BACKFILL else "ran_late" if late else "ran"
            found.append(
                LedgerPoint(
                    logical_date=run.logical_date,
                    state=state,  # type: ignore[arg-type]
                    run_id=run.run_id,
                    run_state=run.state,
                )
            )
    coming = world.dags[dag_id].dag.next_run
    if coming is not None:
        found += [
            LedgerPoint(logical_date=coming + place * DAY, state=PointState.UPCOMING) for place in range(10)
        ]
    return sorted(found, key=lambda point: point.logical_date)


def days_of(points: Iterable[LedgerPoint], zone: tzinfo) -> list[DayRow]:
    """Return the days of some points."""
    found: dict[date, list[LedgerPoint]] = {}
    for point in points:
        found.setdefault(point.logical_date.astimezone(zone).date(), []).append(point)
    return [
        DayRow(
            day=day,
            counts=dict(Counter(point.state for point in inside)),
            reasons=dict(Counter(point.reason for point in inside if point.reason)),
            runs=dict(Counter(point.run_state.value for point in inside if point.run_state)),
            moved_by_dst=any(point.moved_by_dst for point in inside),
        )
        for day, inside in sorted(found.items())
    ]
