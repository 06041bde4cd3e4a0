"""All backfills, and the points of one."""

from __future__ import annotations

from datetime import tzinfo
from functools import partial

from penstock.model.backfills import OPEN_POINTS, REPROCESSES, BackfillPointState, BackfillState
from penstock.model.views.backfills import BackfillPoint, BackfillRow
from penstock_tui.clean import label
from penstock_tui.screens.listing import Listing
from penstock_tui.target import BackfillPointTarget, BackfillTarget, Target
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks
from penstock_tui.view.tally import counted
from penstock_tui.widgets.line_table import LineTable, Row

_COLUMNS = (
    Column("id", "id", 4, align="right"),
    Column("dag", "DAG", 12, most=30),
    Column("state", "state", 12),
    Column("done", "done", 7, align="right"),
    Column("points", "points", 19, most=30, drop=2),
    Column("from", "from", 10, drop=4),
    Column("to", "to", 10, drop=4),
    Column("runs", "runs", 9, drop=5),
    Column("once", "at once", 7, drop=3, align="right"),
    Column("rules", "rules", 6, most=34, drop=7),
    Column("by", "by", 6, most=24, drop=6),
)
_POINT_COLUMNS = (
    Column("date", "logical date", 16, most=20),
    Column("state", "state", 12),
    Column("reason", "why", 20, most=80, drop=1),
)
_ORDER = (
    BackfillPointState.FAILED,
    BackfillPointState.RUNNING,
    BackfillPointState.WAITING,
    BackfillPointState.SUCCESS,
    BackfillPointState.KEPT,
    BackfillPointState.SKIPPED,
    BackfillPointState.CANCELLED,
)
"""The order in which points are counted."""


def _state(row: BackfillRow, looks: Looks) -> Spans:
    return [looks.worded("quarantined" if row.quarantined is not None else row.state)]


def _counts(row: BackfillRow, looks: Looks) -> Spans:
    return counted(row.counts, _ORDER, looks)


def _rules(row: BackfillRow) -> list[str]:
    """Return what may stop it before its last date, and its order unless it is oldest first."""
    if row.quarantined is not None:
        return [f"in quarantine: {label(row.quarantined)}"]
    rules = [f"canary {row.canary}"] if row.canary else []
    rules += [f"stop at {row.stop_after}"] if row.stop_after else []
    return rules + (["newest first"] if row.backwards else [])


class BackfillsScreen(Listing):
    """Every backfill, newest first; enter shows its points."""

    view = "backfills"
    fields = ("state", "dag")

    def __init__(self) -> None:
        super().__init__()
        self.backfills: dict[str, BackfillRow] = {}

    def make_table(self) -> LineTable:
        """Return the table of backfills."""
        return LineTable(_COLUMNS)

    async def load(self) -> None:
        """Ask for all backfills."""
        found = await self.shell.feed.ask(lambda engine: engine.backfills(), key="backfills")
        if found is not None:
            self.backfills = {str(row.backfill_id): row for row in found}
            self.table.empty = "no backfills: b on a DAG makes one"
            self.show()

    def show(self) -> None:
        """Fill the table."""
        rows = [row for row in self.backfills.values() if self.wanted.passes(self._seen(row))]
        if self.backfills and not rows:
            self.table.empty = "no backfill matches the filter"
        self.table.set_rows(
            [
                Row(str(row.backfill_id), partial(self._cells, row), failed=row.state is BackfillState.FAILED)
                for row in rows
            ]
        )
        self.refresh_top()

    @staticmethod
    def _seen(row: BackfillRow) -> dict[str, list[str]]:
        quarantined = ["quarantined"] if row.quarantined is not None else []
        return {
            "state": [row.state, *quarantined],
            "dag": [row.dag_id],
            "text": [row.dag_id, row.by, row.reprocess],
        }

    def _cells(self, row: BackfillRow) -> tuple[Spans, ...]:
        looks, zone = self.shell.looks, self.shell.zone
        total = sum(row.counts.values())
        left = sum(row.counts.get(state, 0) for state in OPEN_POINTS)
        return (
            [(str(row.backfill_id), "")],
            [(label(row.dag_id), "bold" if row.state is BackfillState.RUNNING else "")],
            _state(row, looks),
            [(f"{total - left}/{total}", "")],
            _counts(row, looks),
            [(durations.stamp(row.from_date, zone)[:10], "")],
            [(durations.stamp(row.to_date, zone)[:10], "")],
            [(REPROCESSES[row.reprocess].name, "")],
            [(str(row.max_active_runs), "")],
            [(", ".join(_rules(row)) or "-", "bright_black")],
            [(label(row.by), "bright_black")],
        )

    def crumbs(self) -> Spans:
        """Name this view."""
        return [("> ", "bright_black"), ("backfills", "bold")]

    def chosen(self) -> tuple[Target, ...]:
        """Return the backfill under the cursor."""
        row = self.backfills.get(self.table.cursor_key or "")
        return (BackfillTarget(backfill=row),) if row is not None else ()

    def do_open(self) -> None:
        """Show the points."""
        row = self.backfills.get(self.table.cursor_key or "")
        if row is not None:
            self.app.push_screen(BackfillPointsScreen(row.backfill_id))


class BackfillPointsScreen(Listing):
    """Each schedule point of a backfill with its state and the reason for it; enter opens its run."""

    view = "backfill"

    def __init__(self, backfill_id: int) -> None:
        super().__init__()
        self.backfill_id = backfill_id
        self.row: BackfillRow | None = None
        self.zone: tzinfo | None = None

    def make_table(self) -> LineTable:
        """Return the table of points."""
        return LineTable(_POINT_COLUMNS)

    async def load(self) -> None:
        """Ask for the points."""
        found = await self.shell.feed.ask(
            lambda engine: engine.backfill(self.backfill_id), key=("backfill", self.backfill_id)
        )
        if found is not None and self.zone is None:
            detail = await self.shell.feed.dag(found.dag_id)
            self.zone = durations.zone(detail.dag.timezone) if detail is not None else None
        if found is not None:
            self.row = found
            self.show()

    def show(self) -> None:
        """Fill the table."""
        points = self.row.points if self.row else ()
        self.table.empty = "no points"
        self.table.set_rows(
            [
                Row(str(place), partial(self._cells, point), failed=point.state is BackfillPointState.FAILED)
                for place, point in enumerate(points)
            ]
        )
        self.refresh_top()

    def _cells(self, point: BackfillPoint) -> tuple[Spans, ...]:
        looks = self.shell.looks
        return (
            [(durations.stamp(point.logical_date, self.zone or self.shell.zone), "")],
            [looks.worded(point.state)],
            [(label(point.reason or ""), "bright_black")],
        )

    def crumbs(self) -> Spans:
        """Name the backfill and its progress."""
        if self.row is None:
            return []
        looks = self.shell.looks
        name = f"{label(self.row.dag_id)} backfill {self.row.backfill_id}  "
        return [
            ("> ", "bright_black"),
            (name, "bold"),
            *_state(self.row, looks),
            ("".join(f"  {rule}" for rule in _rules(self.row)), "yellow"),
            ("  ", ""),
            *_counts(self.row, looks),
        ]

    def chosen(self) -> tuple[Target, ...]:
        """Return the point under the cursor."""
        point = self._here()
        return (
            (BackfillPointTarget(backfill=self.row, point=point),)
            if self.row is not None and point is not None
            else ()
        )

    def do_open(self) -> None:
        """Open the point's run."""
        point = self._here()
        if point is None or self.row is None:
            return
        if point.run_id is None:
            self.shell.say(point.reason or "this point has no run yet")
        else:
            self.shell.open_run(self.row.dag_id, point.run_id)

    def copied(self) -> str:
        """Return the run id of the point."""
        point = self._here()
        return (point.run_id or "") if point else ""

    def _here(self) -> BackfillPoint | None:
        place = self.table.cursor_key
        return (
            self.row.points[int(place)]
            if self.row and place is not None and int(place) < len(self.row.points)
            else None
        )
