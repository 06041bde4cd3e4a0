"""`penstock points`: what happened to each point of a DAG's schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.lookup import suggesting, zone_of
from penstock.cli.moments import Moment, in_zone
from penstock.cli.options import dag_argument, json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.model.points import OPEN, POINTS, WITHOUT_RUN, PointState

if TYPE_CHECKING:
    from datetime import tzinfo

    from penstock.api.engine import Engine
    from penstock.model.views.points import LedgerPoint

_PAGE = 5000
_BACK = timedelta(days=30)


@click.command
@dag_argument
@click.option(
    "--from", "first", type=Moment(), help="The first date, in the DAG's time zone. Default: 30 days ago."
)
@click.option(
    "--to", "last", type=Moment(), help="The last date; without a time, all of that day. Default: now."
)
@click.option(
    "--state",
    type=click.Choice([each.value for each in PointState]),
    multiple=True,
    help="Only points in this state; may be repeated.",
)
@click.option("--open", "with_open", is_flag=True, help="Also points without a record: waiting and upcoming.")
@json_option
@pass_session
def points(
    session: Session,
    *,
    dag: str,
    first: datetime | None,
    last: datetime | None,
    state: tuple[str, ...],
    with_open: bool,
    as_json: bool,
) -> None:
    """Show what happened to each point of a DAG's schedule.

    Every due point has exactly one record: it ran, ran late (more than a minute after it was due), was
    skipped for a reason, or was backfilled. Adjacent points that were skipped for one reason are shown as
    one line with their number; --json lists every point, with its record. Points that are due but wait for a
    paused schedule, and future points, have no record: --open shows them.

    Examples:
      penstock points first_dag
      penstock points first_dag --from 2026-03-01 --to 2026-03-31 --state skipped
      penstock points first_dag --from 2026-03-01 --to 2026-03-31 --json
    """
    engine = session.reader()
    zone = zone_of(engine, dag)
    begin = in_zone(first, zone) if first else datetime.now(zone) - _BACK
    end = in_zone(last, zone) + _rest_of_day(last) if last else datetime.now(zone)
    with suggesting(engine, dag):
        found = list(_all(engine, dag, begin, end))
    wanted = frozenset(state) or frozenset(PointState) - (frozenset() if with_open else OPEN)
    shown = [point for point in found if point.state in wanted]
    waiting = sum(point.state is PointState.WAITING for point in found)
    if as_json:
        print_json({"points": shown})
    else:
        _show(shown, zone)
    if waiting and PointState.WAITING not in wanted:
        say(f"{waiting} due point(s) have no record yet: the schedule is paused, or the engine is behind")


def _rest_of_day(typed: datetime) -> timedelta:
    """Return the rest of the day if *at* is a date without a time."""
    bare = typed.tzinfo is None and typed.time() == datetime.min.time()
    return timedelta(days=1, microseconds=-1) if bare else timedelta()


def _all(engine: Engine, dag_id: str, first: datetime, last: datetime) -> Iterator[LedgerPoint]:
    while True:
        page = engine.points(dag_id, first=first, last=last, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        first = page[-1].logical_date + timedelta(microseconds=1)


def _show(points: list[LedgerPoint], zone: tzinfo) -> None:
    from penstock.cli import text

    if not points:
        say("no schedule points in that time")
        return
    rows = [_row(run, zone) for run in _runs(points)]
    tell(text.table((f"LOGICAL DATE ({zone})", "TO", "POINTS", "STATE", "RUN", ""), rows, right={"POINTS"}))


def _runs(points: list[LedgerPoint]) -> Iterator[list[LedgerPoint]]:
    """Yield adjacent points that are shown alike as one: skipped ones, or those without a record."""
    from itertools import groupby

    def alike(point: LedgerPoint) -> tuple[Any, ...]:
        alone = point.logical_date if point.state not in WITHOUT_RUN else None
        return point.state, point.reason, point.span_first, alone

    for _, group in groupby(points, alike):
        yield list(group)


def _row(points: list[LedgerPoint], zone: tzinfo) -> tuple[object, ...]:
    from penstock.cli import text

    head, tail = points[0], points[-1]
    notes = [head.reason] if head.reason else []
    if head.run_id is not None:
        notes.append(head.run_state.value if head.run_state else "its run is no longer kept")
    notes += ["moved by the clock change"] if any(point.moved_by_dst for point in points) else []
    return (
        text.moment(head.logical_date, zone),
        text.moment(tail.logical_date, zone) if len(points) > 1 else "",
        len(points),
        POINTS[head.state].name,
        head.run_id or "",
        ", ".join(notes),
    )
