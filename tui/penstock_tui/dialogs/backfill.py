"""`BackfillDialog`: run past schedule points; the preview shows what happens to each date."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from penstock.errors import UsageError
from penstock.model.acts import AnyAct, CreateBackfill
from penstock.model.backfills import Choice, Reprocess
from penstock.model.views.dags import DagDetail
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view import durations, moments, plan_rows, zones
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.line_table import Row
from penstock_tui.widgets.options import Options

_CELLS = 8
_COUNTS = re.compile(r"\d+ (dates|runs):")
"""The engine's notes that count dates; here the counts are shown in colour."""


class BackfillDialog(PlanDialog):
    """Create a backfill of one DAG. Starts with *days*, or with the DAG's last seven days.

    Given *days* are chosen already, so it begins at the buttons, where letters are keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("c", "canary", show=False)]

    def __init__(self, detail: DagDetail, days: tuple[date, date] | None = None) -> None:
        dag = detail.dag
        super().__init__(f"Backfill {dag.dag_id}", durations.zone(dag.timezone))
        self._detail = detail
        self._dag_id = dag.dag_id
        self._asked_days = days

    @property
    def keep(self) -> str:
        """The text of the button that changes nothing."""
        return "Do not start"

    def form(self) -> ComposeResult:
        """Compose the dates and the rules."""
        first, last = (_typed(day) for day in self._asked_days or self._days())
        hint = f"time zone {self._detail.dag.timezone}"
        needed = self._asked_days is None
        yield Field("from", first, caption_cells=_CELLS, hint=hint, needed=needed, id="from")
        yield Field("to", last, caption_cells=_CELLS, hint="included", id="to")
        runs = [
            (Reprocess.NONE, "only missing"),
            (Reprocess.FAILED, "missing and failed"),
            (Reprocess.COMPLETED, "all finished"),
        ]
        yield Options("runs", runs, chosen={Reprocess.NONE}, caption_cells=_CELLS, id="reprocess")
        order = [("forwards", "oldest first"), ("backwards", "newest first")]
        yield Options("order", order, chosen={"forwards"}, caption_cells=_CELLS, id="order")
        yield Field("at once", "2", caption_cells=_CELLS, hint="runs", id="at_once")
        canary = [("canary", "canary (c): the first run alone, the others once it succeeded")]
        yield Options("first", canary, several=True, caption_cells=_CELLS, id="canary")
        hint = "failed runs, then nothing more is started; empty: never"
        yield Field("stop at", "", caption_cells=_CELLS, hint=hint, id="stop_after")

    def times(self) -> str:
        """Return the zone of the dates."""
        return f"dates {zones.name(self.zone, self.shell.now())}"

    def action_canary(self) -> None:
        """Run the first run alone at first, or not."""
        self.query_one("#canary", Options).choose("canary")

    def _days(self) -> tuple[date, date]:
        detail = self._detail
        last = self.shell.clock.now().astimezone(self.zone).date() - timedelta(days=1)
        if detail.end_date is not None:
            last = min(last, detail.end_date.astimezone(self.zone).date())
        first = last - timedelta(days=6)
        if detail.start_date is not None:
            first = min(last, max(first, detail.start_date.astimezone(self.zone).date()))
        return first, last

    def acts(self) -> list[AnyAct]:
        """Return the one act; raise `UsageError` if a field is invalid."""
        at_once = self.query_one("#at_once", Field).text.strip()
        if not at_once.isdigit() or int(at_once) < 1:
            raise UsageError(f"at once must be a whole number from 1, not {at_once!r}")
        stop = self.query_one("#stop_after", Field).text.strip()
        if stop and (not stop.isdigit() or int(stop) < 1):
            raise UsageError(f"stop at must be empty or a whole number from 1, not {stop!r}")
        reprocess = Reprocess(self.query_one("#reprocess", Options).value)
        return [
            CreateBackfill(
                dag_id=self._dag_id,
                from_date=moments.moment(self.query_one("#from", Field).text),
                to_date=moments.moment(self.query_one("#to", Field).text, end_of_day=True),
                reprocess=reprocess,
                max_active_runs=int(at_once),
                backwards=self.query_one("#order", Options).value == "backwards",
                canary=bool(self.query_one("#canary", Options).chosen),
                stop_after=int(stop) if stop else None,
            )
        ]

    # -- the plan --------------------------------------------------------------------------------

    @property
    def _counts(self) -> dict[str, int]:
        return self.plans[0][1].counts if self.plans else {}

    @property
    def ready(self) -> bool:
        """Whether any run is created or repeated."""
        return self._counts.get(Choice.CREATE, 0) + self._counts.get(Choice.RERUN, 0) > 0

    def verb(self) -> str:
        """Return the verb with both counts."""
        create, rerun = self._counts.get(Choice.CREATE, 0), self._counts.get(Choice.RERUN, 0)
        words = [f"Create {create}"] if create or not rerun else []
        words += [f"Rerun {rerun}" if not words else f"rerun {rerun}"] if rerun else []
        return " and ".join(words)

    def nothing(self) -> str:
        """Return the message for an empty plan."""
        return "0 runs: there is nothing to create or to rerun between these dates"

    def summary(self) -> list[Spans]:
        """Count what happens to the dates."""
        if not self.plans:
            return []
        points = len(self.plans[0][1].items)
        spans: Spans = [(f"{points} date{'' if points == 1 else 's'}: ", "bold")]
        if not self.ready:
            spans.append(("0 runs   ", "bold yellow"))
        spans += self._parts()
        if self.ready and self.query_one("#canary", Options).chosen:
            spans.append(("one alone first (canary)   ", "bold"))
        notes = [note for _, plan in self.plans for note in plan.notes if not _COUNTS.match(note)]
        return [[*spans, *self._length(), ("; ".join(label(note) for note in notes), "yellow")]]

    def _length(self) -> Spans:
        """Return about how long it takes, from the durations of earlier runs."""
        runs = self._counts.get(Choice.CREATE, 0) + self._counts.get(Choice.RERUN, 0)
        at_once = self.query_one("#at_once", Field).text.strip()
        typical = self._detail.dag.p50
        if not runs or typical is None or not at_once.isdigit() or not int(at_once):
            return []
        took = typical * -(-runs // int(at_once))
        return [(f"about {durations.brief(took)} at {int(at_once)} at once   ", "")]

    def _parts(self) -> Spans:
        return plan_rows.backfill_summary(self._counts, self.shell.looks)

    def rows(self, cells: int) -> list[Row]:
        """Return the dates."""
        items = [item for _, plan in self.plans for item in plan.items]
        lines = plan_rows.date_lines(items, cells, self.shell.looks, self.zone)
        return [Row(str(place), (line,)) for place, line in enumerate(lines)]


def _typed(day: date) -> str:
    """Return a day, or a time in the DAG's zone, as it would be typed."""
    if isinstance(day, datetime):
        day = day.replace(tzinfo=None)
    return day.isoformat()
