"""The calendar of a DAG: what happened to its schedule points, day by day, and the points of one day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial

from textual.app import ComposeResult

from penstock.model.points import PointState
from penstock.model.states import RunState
from penstock.model.views.dags import DagDetail
from penstock.model.views.events import Change
from penstock.model.views.points import DayRow, LedgerPoint
from penstock_tui.clean import label
from penstock_tui.screens.listing import Listing
from penstock_tui.screens.view import View
from penstock_tui.target import PointTarget, Target
from penstock_tui.view import calendar, durations, point_rows
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.line_table import LineTable, Row
from penstock_tui.widgets.month_grid import MonthGrid
from penstock_tui.widgets.prose import Prose

_LIMIT = 2000
"""The most points that are listed; a day has 1440 minutes."""
_DAWN = datetime(1900, 1, 1, tzinfo=UTC)
"""Earlier than any schedule."""
_LOOK_BACK = 13
"""How many months before its end are searched for the last point of a schedule that has ended."""


class _OfOneDag:
    """What is shown of the schedule of one DAG."""

    dag_id: str

    def concerns(self, change: Change) -> bool:
        """Only this DAG's points."""
        return change.all or self.dag_id in change.dags


class CalendarScreen(_OfOneDag, View):
    """Months of days; ``enter`` lists the points of a day, ``v`` marks a span, ``b`` backfills it."""

    view = "calendar"

    def __init__(self, dag_id: str) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.detail: DagDetail | None = None

    def body(self) -> ComposeResult:
        """Compose the months, and below them the day under the cursor and what the letters mean."""
        yield MonthGrid(self.shell.now().date())
        yield Line(id="day")
        yield Prose(id="legend")

    @property
    def grid(self) -> MonthGrid:
        """The months."""
        return self.query_one(MonthGrid)

    def on_mount(self) -> None:
        """Give the grid the keys."""
        super().on_mount()
        self.query_one("#legend", Prose).show([calendar.legend()])
        self.grid.focus()

    async def load(self) -> None:
        """Request the shown months, a row of them at a time: the engine can work between two answers."""
        feed = self.shell.feed
        if self.detail is None:
            self.detail = await feed.dag(self.dag_id)
            if self.detail is None:
                return
            now = self.shell.clock.now()
            today = now.astimezone(self._zone()).date()
            self.grid.begin(today, await self._first_day(now), await self._last_day(self.detail, today))
            self.refresh_top()
        for months in reversed(self.grid.month_rows):
            await self._load_months(months[0], calendar.last_of(months[-1]))

    async def _first_day(self, now: datetime) -> date | None:
        """Return the day of the oldest point."""
        found = await self.shell.feed.ask(
            lambda engine: engine.points(self.dag_id, first=_DAWN, last=now, limit=1)
        )
        return found[0].logical_date.astimezone(self._zone()).date() if found else None

    async def _last_day(self, detail: DagDetail, today: date) -> date:
        """Return today; for a schedule that has ended, its last day with a point, or else with a run."""
        zone = self._zone()
        end = today if detail.end_date is None else min(today, detail.end_date.astimezone(zone).date())
        if end == today:
            return today
        for back in range(_LOOK_BACK):
            month = calendar.first_of(end, -back)
            if rows := await self._days_of(month, calendar.last_of(month)):
                return rows[-1].day
        run = detail.dag.last_run
        ran = run.logical_date.astimezone(zone).date() if run is not None and run.logical_date else end
        return min(ran, end)

    async def _load_months(self, first: date, last: date) -> None:
        rows = await self._days_of(first, last)
        if rows is not None:
            self.grid.set_days(first, last, rows)
            self._show_day()

    async def _days_of(self, first: date, last: date) -> list[DayRow] | None:
        return await self.shell.feed.ask(
            lambda engine: engine.days(self.dag_id, first=first, last=last),
            key=("days", self.dag_id, first, last),
        )

    def on_month_grid_moved(self) -> None:
        """Describe the day under the cursor."""
        self._show_day()

    def on_month_grid_turned(self) -> None:
        """Ask for the months that came into view."""
        self.reload()

    def on_month_grid_entered(self) -> None:
        """Open the day, as enter does."""
        self.action_do("open")

    def _show_day(self) -> None:
        first, last = self.grid.span
        if self.grid.marked:
            spans: Spans = [
                (f"{first} to {last}", "bold yellow"),
                ("  b backfills, esc unmarks", "bright_black"),
            ]
        else:
            spans = calendar.summary(first, self.grid.days.get(first))
        self.query_one("#day", Line).show(spans)

    def _zone(self) -> tzinfo:
        return durations.zone(self.detail.dag.timezone) if self.detail is not None else self.shell.zone

    # -- what keys apply to ----------------------------------------------------------------------

    def crumbs(self) -> Spans:
        """Name the DAG, its schedule and its time zone."""
        if self.detail is None:
            return [("> ", "bright_black"), (label(self.dag_id), "bold")]
        dag = self.detail.dag
        paused = ", paused" if dag.paused else ""
        said = f"  {label(dag.schedule)}{paused}, time zone {label(dag.timezone)}"
        return [("> ", "bright_black"), (label(self.dag_id), "bold"), (said, "bright_black")]

    def chosen(self) -> tuple[Target, ...]:
        """Return the marked days, or else the day under the cursor."""
        dag = self.detail.dag if self.detail is not None else None
        return (PointTarget(dag_id=self.dag_id, dag=dag, days=self.grid.span),)

    def close_layer(self) -> bool:
        """Unmark the span."""
        return self.unmark()

    def unmark(self) -> bool:
        """Unmark the span."""
        had = self.grid.clear_marks()
        self._show_day()
        return had

    def copied(self) -> str:
        """Return the day, or the two ends of the span."""
        return "\n".join(dict.fromkeys(day.isoformat() for day in self.grid.span))

    def do_open(self) -> None:
        """List the points of the day, or of the marked days."""
        first, last = self.grid.span
        inside = [row for day, row in self.grid.days.items() if first <= day <= last]
        if not inside:
            self.shell.say("no schedule point on that day")
        else:
            self.app.push_screen(PointsScreen(self.dag_id, first, last, self._zone()))

    def do_mark_range(self) -> None:
        """Begin or end a span."""
        self.grid.toggle_range()
        self._show_day()

    def do_mark_month(self) -> None:
        """Mark the month under the cursor."""
        self.grid.mark_month()

    def do_failure_next(self) -> None:
        """Go to the next day with a failure, a skip or a point that waits."""
        if not self.grid.move_to_bad(1):
            self.shell.say("no later day here has failed or was skipped")

    def do_failure_previous(self) -> None:
        """Go to the day before with a failure, a skip or a point that waits."""
        if not self.grid.move_to_bad(-1):
            self.shell.say("no earlier day here has failed or was skipped")


class PointsScreen(_OfOneDag, Listing):
    """The points of one day or of several; enter opens a point's run."""

    view = "points"

    def __init__(self, dag_id: str, first: date, last: date, zone: tzinfo) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.first, self.last, self.zone = first, last, zone
        self.points: dict[str, LedgerPoint] = {}

    def make_table(self) -> LineTable:
        """Return the table of points."""
        return LineTable(point_rows.COLUMNS)

    async def load(self) -> None:
        """Ask for the points."""
        begin = datetime.combine(self.first, time(), self.zone).astimezone(UTC)
        end = datetime.combine(self.last + timedelta(days=1), time(), self.zone).astimezone(UTC)
        last = end - timedelta(microseconds=1)
        found = await self.shell.feed.ask(
            lambda engine: engine.points(self.dag_id, first=begin, last=last, limit=_LIMIT),
            key=("points", self.dag_id, self.first, self.last),
        )
        if found is not None:
            self.points = {point.logical_date.isoformat(): point for point in found}
            self.table.empty = "no schedule point there"
            self.show()
            if len(found) == _LIMIT:
                self.shell.say(f"the first {_LIMIT} points; mark fewer days to see the rest")

    def show(self) -> None:
        """Fill the table."""
        looks = self.shell.looks
        self.table.set_rows(
            [
                Row(
                    key,
                    partial(point_rows.cells, point, self.zone, looks),
                    failed=point.run_state is RunState.FAILED
                    or point.state in {PointState.SKIPPED, PointState.WAITING},
                )
                for key, point in self.points.items()
            ]
        )
        self.refresh_top()

    def crumbs(self) -> Spans:
        """Name the DAG and the days."""
        days = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        count = f"  {len(self.points)} point{'' if len(self.points) == 1 else 's'}"
        return [("> ", "bright_black"), (f"{label(self.dag_id)} {days}", "bold"), (count, "bright_black")]

    def chosen(self) -> tuple[Target, ...]:
        """Return the dates of the chosen points."""
        chosen = [self.points[key] for key in self.table.chosen_keys() if key in self.points]
        if not chosen:
            return ()
        dates = sorted(point.logical_date.astimezone(self.zone) for point in chosen)
        between = sum(dates[0] <= point.logical_date <= dates[-1] for point in self.points.values())
        return (
            PointTarget(
                dag_id=self.dag_id,
                dag=None,
                days=(dates[0], dates[-1]),
                gap=between > len(chosen),
                marked=bool(self.table.marks),
            ),
        )

    def around(self) -> Target:
        """Return all shown days."""
        return PointTarget(dag_id=self.dag_id, dag=None, days=(self.first, self.last))

    def do_open(self) -> None:
        """Open the point's run."""
        point = self.points.get(self.chosen_key or "")
        if point is None:
            return
        if point.run_id is None:
            self.shell.say(f"this point {_NO_RUN[point.state]}, so it has no run")
        elif point.run_state is None:
            self.shell.say("the run of this point is no longer kept")
        else:
            self.shell.open_run(self.dag_id, point.run_id)


_NO_RUN = {
    PointState.SKIPPED: "was skipped",
    PointState.WAITING: "waits for its schedule",
    PointState.UPCOMING: "is still to come",
}
