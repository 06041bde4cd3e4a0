"""While you were away: what happened since this person last looked."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from penstock.ids import instance_key
from penstock.model.views.digest import Digest
from penstock_tui import actions
from penstock_tui.background import in_background
from penstock_tui.screens.calendar import CalendarScreen
from penstock_tui.screens.errors import ErrorsScreen
from penstock_tui.screens.failures import FailureScreen
from penstock_tui.screens.listing import Listing
from penstock_tui.target import DagTarget, FailureTarget, RunTarget, Target, TaskTarget
from penstock_tui.view import digest_rows, durations
from penstock_tui.view.spans import Spans
from penstock_tui.view.task_rows import key_of
from penstock_tui.widgets.line_table import LineTable, Row

_MOST = 200
_OF_ROW = frozenset({"log", "inside", "task_history", "runs", "calendar"})
"""Actions on what a row is about; the engine is asked for that first."""
_BACK = (timedelta(), timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""How far it can look back; the first: to when this person last looked."""


class DigestScreen(Listing):
    """One row for each thing, what matters most first. It goes on to tell what happens while it is open."""

    view = "digest"
    dates_of_all = True
    fields = digest_rows.FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.page: Digest | None = None
        self.happened: dict[str, digest_rows.Happened] = {}
        self._back = 0

    def make_table(self) -> LineTable:
        """Return the table."""
        return LineTable(digest_rows.COLUMNS)

    async def load(self) -> None:
        """Ask what happened since the look before this console was attached."""
        away, person = self.shell.attendance.away, self.shell.feed.actor
        back = self._back
        since = away.since if away is not None else None
        if back:
            since = self.shell.clock.now() - _BACK[back]
        page = await self.shell.feed.ask(
            lambda engine: engine.digest(person=person, since=since, limit=_MOST), key=("digest_page", back)
        )
        if page is not None and back == self._back:
            self.page = page
            self.happened = {row.key: row for row in digest_rows.rows(page, self.shell.short_path)}
            self.table.empty = "nothing happened since you last looked"
            self.show()

    def show(self) -> None:
        """Fill the table."""
        shell = self.shell
        now = shell.clock.now()
        found = [row for row in self.happened.values() if self.wanted.passes(row.seen)]
        if self.happened and not found:
            self.table.empty = "nothing of it matches the filter"
        self.table.set_rows(
            [
                Row(row.key, partial(digest_rows.cells, row, now, shell.zone, shell.looks), failed=row.bad)
                for row in found
            ],
            hidden=self.happened,
        )
        self.refresh_top()

    def crumbs(self) -> Spans:
        """Say since when, and how much."""
        spans: Spans = [("> ", "bright_black"), ("while you were away", "bold")]
        page, away = self.page, self.shell.attendance.away
        if page is None:
            return spans
        since = durations.past(page.since, self.shell.clock.now(), self.shell.zone)
        never = away is not None and away.looked is None and not self._back
        return [*spans, (f"  since {since}{', your first look' if never else ''}  ", "bright_black"),
                (digest_rows.headline(page), "")]  # fmt: skip

    def chosen(self) -> tuple[Target, ...]:
        """Return what the row under the cursor is about."""
        row = self._here()
        if row is None:
            return ()
        if row.group is not None:
            return (FailureTarget(group=row.group),)
        return (DagTarget(dag_id=row.dag_id, dag=None),) if row.dag_id else ()

    def copied(self) -> str:
        """Return what happened, as text."""
        row = self._here()
        return f"{row.dag_id} {row.run_id or ''} {row.told}" if row is not None else ""

    def do_digest_further(self) -> None:
        """Look further back than to the last look."""
        self._look_back(1)

    def do_digest_nearer(self) -> None:
        """Look less far back."""
        self._look_back(-1)

    def _look_back(self, step: int) -> None:
        back = max(0, min(self._back + step, len(_BACK) - 1))
        if back == self._back:
            self.shell.say("it looks no further back" if step > 0 else "this is since you last looked")
            return
        self._back = back
        days = _BACK[back].days
        self.shell.say(f"the last {days} day{'' if days == 1 else 's'}" if days else "since you last looked")
        self.reload()

    def do_open(self) -> None:
        """Go to what the row is about: the cause, the run, the calendar, the DAG's runs, the broken files."""
        row = self._here()
        if row is None:
            return
        if row.group is not None:
            self.app.push_screen(FailureScreen(row.group))
        elif row.what == "file" and row.bad:
            self.app.push_screen(ErrorsScreen())
        elif row.what == "skipped":
            self.app.push_screen(CalendarScreen(row.dag_id))
        elif row.dag_id and row.run_id:
            self.shell.open_run(row.dag_id, row.run_id)
        elif row.dag_id:
            self.shell.open_runs(row.dag_id)
        else:
            self.shell.say("there is nothing to open: `penstock events` has all of it")

    # -- what the row is about -----------------------------------------------------------------------

    def action_do(self, action_id: str) -> None:
        """Look at the log, the task, the history, the calendar or the runs of what the row is about."""
        row = self._here()
        if row is None or action_id not in _OF_ROW:
            super().action_do(action_id)
            return
        action = actions.BY_ID[action_id]

        async def look() -> None:
            target = await self._target(row)
            reason = "nothing is kept of it" if target is None else action.why_not((target,))
            if target is None or reason is not None:
                self.shell.say(f"{action.label}: {reason}", "warning")
            else:
                self.shell.act(action, (target,))

        in_background(self, look, name=action.id, group="open")

    async def _target(self, row: digest_rows.Happened) -> Target | None:
        """Return the task or else the run or the DAG of *row*; of a cause, where it failed last."""
        ask, dag_id, run_id, task_id, index = (
            self.shell.feed.ask, row.dag_id, row.run_id, row.task_id, row.map_index,
        )  # fmt: skip
        if row.group is not None:
            name = row.group.fingerprint
            page = await ask(
                lambda engine: engine.failures(fingerprint=name, everything=True, limit=1, tasks=1)
            )
            found = [task for group in page.failures for task in group.tasks] if page is not None else []
            if not found:
                return None
            dag_id, run_id, task_id, index = (
                found[0].dag_id, found[0].run_id, found[0].task_id or None, found[0].map_index,
            )  # fmt: skip
        detail = await self.shell.feed.dag(dag_id) if dag_id else None
        dag = detail.dag if detail is not None else None
        if run_id is None:
            return DagTarget(dag_id=dag_id, dag=dag) if dag is not None else None
        run = await ask(lambda engine: engine.run(dag_id, run_id))
        if run is None:
            return None
        name = instance_key(task_id, index) if task_id else ""
        tasks = tuple(task for task in run.tasks if key_of(task) == name)
        if tasks:
            return TaskTarget(run=run.run, tasks=tasks, dag=dag)
        return RunTarget(run=run.run, dag=dag)

    def _here(self) -> digest_rows.Happened | None:
        return self.happened.get(self.table.cursor_key or "")
