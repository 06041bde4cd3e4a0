"""The timeline of a run: what waited, ran and was tried again when, and what decided its end."""

from __future__ import annotations

import asyncio

from textual.app import ComposeResult

from penstock.ids import split_instance
from penstock.model.timeline import SORTS
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.dags import DagRow
from penstock.model.views.events import Change
from penstock.model.views.runs import RunDetail
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.screens.one_run import OneRun
from penstock_tui.screens.run_word import run_word
from penstock_tui.screens.view import marks_chip
from penstock_tui.target import DagTarget, RunTarget, Target, TaskTarget
from penstock_tui.view import durations, timeline
from penstock_tui.view.spans import Spans
from penstock_tui.view.task_rows import key_of, run_line
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.log_pane import TitleLine
from penstock_tui.widgets.timeline_list import TimelineList


class TimelineScreen(OneRun):
    """The run *run_id* of *dag_id*, task by task."""

    view = "timeline"

    def __init__(self, dag_id: str, run_id: str, task: str | None = None) -> None:
        super().__init__()
        self.dag_id, self.run_id = dag_id, run_id
        self.detail: RunDetail | None = None
        self.dag: DagRow | None = None
        self._begin = task
        """The task to begin at."""
        self._filling = self._again = False

    def body(self) -> ComposeResult:
        """Compose the run's line, the tasks, and what the bars are made of."""
        self.list = TimelineList(self.shell.looks, self.shell.zone)
        yield TitleLine(id="run-line")
        yield self.list
        yield Line(id="legend")

    def on_mount(self) -> None:
        """Give the tasks the keys, and count seconds."""
        super().on_mount()
        self.list.focus()
        self.query_one("#legend", Line).show(timeline.legend(self.shell.looks))
        self.set_interval(1.0, self._tick)

    # -- content ---------------------------------------------------------------------------------

    async def load(self) -> None:
        """Ask for the run; then for the attempts of what is in sight."""
        dag_id, run_id, feed = self.dag_id, self.run_id, self.shell.feed
        detail, dag = await asyncio.gather(
            feed.ask(lambda engine: engine.run(dag_id, run_id), key=("run", dag_id, run_id)),
            feed.dag(dag_id),
        )
        if detail is None or run_id != self.run_id:
            return
        self.detail, self.dag = detail, dag.dag if dag is not None else self.dag
        self.list.show_run(detail, self.shell.clock.now())
        if self._begin is not None:
            self.list.move_to_key(self._begin)
            self._begin = None
        self._show_line()
        self.refresh_top()
        await self._fill()

    async def _fill(self) -> None:
        """Ask for the attempts of the tasks in sight, until all are known."""
        if self._filling:
            self._again = True
            return
        self._filling = True
        try:
            while True:
                self._again = False
                keys, run_id = self.list.missing(), self.run_id
                if not keys:
                    if self._again:
                        continue
                    return
                found = await self._ask_attempts(run_id, keys)
                if found is None:
                    return
                if run_id == self.run_id:
                    self.list.set_attempts(keys, found)
        finally:
            self._filling = False

    async def _ask_attempts(self, run_id: str, keys: list[str]) -> list[AttemptRow] | None:
        dag_id, tasks = self.dag_id, list(dict.fromkeys(split_instance(key)[0] for key in keys))
        return await self.shell.feed.ask(lambda engine: engine.run_attempts(dag_id, run_id, tasks))

    def concerns(self, change: Change) -> bool:
        """Return whether our run moved."""
        return change.all or (self.dag_id, self.run_id) in change.runs

    def _tick(self) -> None:
        if self.is_current and self.list.moves:
            self.list.tick(self.shell.clock.now())
            self._show_line()

    def _show_line(self) -> None:
        if self.detail is not None:
            shell = self.shell
            zone = durations.zone(self.dag.timezone) if self.dag is not None else shell.zone
            left = run_line(self.detail, shell.clock.now(), zone, shell.looks, self.size.width)
            self.query_one("#run-line", TitleLine).show_both(left, [])

    def on_timeline_list_wanted(self) -> None:
        """Ask for what came into sight."""
        if self.detail is not None:
            in_background(self, self._fill, name="attempts", group="attempts")

    def on_timeline_list_moved(self) -> None:
        """Count again what is marked."""
        if self.list.marks:
            self.refresh_top()

    def on_timeline_list_entered(self) -> None:
        """Open the task, as enter does."""
        self.action_do("open")

    def on_resize(self) -> None:
        """Fit the run's line."""
        self._show_line()

    # -- what keys apply to and do ---------------------------------------------------------------

    def chosen(self) -> tuple[Target, ...]:
        """Return the marked tasks, else the one under the cursor."""
        tasks = self.list.chosen_tasks()
        if self.detail is None or not tasks:
            return ()
        marked = bool(self.list.marks)
        return (TaskTarget(run=self.detail.run, tasks=tasks, dag=self.dag, marked=marked),)

    def around(self) -> Target:
        """Return the run."""
        if self.detail is None:
            return DagTarget(dag_id=self.dag_id, dag=self.dag)
        return RunTarget(run=self.detail.run, dag=self.dag)

    def crumbs(self) -> Spans:
        """Return DAG and run for the top line."""
        run = run_word(self.shell, self.dag_id, self.run_id, self.detail)
        return [(f"{label(self.dag_id)} > {run} timeline", "dim")]

    def chip(self) -> Spans:
        """Return how much is marked."""
        return marks_chip(len(self.list.marks), self.list.hidden_marks)

    def copied(self) -> str:
        """Return the chosen tasks."""
        return "\n".join(key_of(task) for task in self.list.chosen_tasks())

    def close_layer(self) -> bool:
        """Unmark."""
        return self.unmark()

    def unmark(self) -> bool:
        """Unmark every task."""
        cleared = self.list.clear_marks()
        self.refresh_top()
        return cleared

    def do_open(self) -> None:
        """Show the task from inside."""
        self.action_do("inside")

    def do_sort(self) -> None:
        """Sort by start, duration or name."""
        self.list.sort = SORTS[(SORTS.index(self.list.sort) + 1) % len(SORTS)]
        self._sorted()

    def do_sort_reverse(self) -> None:
        """Turn the order around."""
        self.list.reverse = not self.list.reverse
        self._sorted()

    def _sorted(self) -> None:
        self.list.rearrange()
        self.shell.say(f"sorted by {self.list.sort}" + (", reversed" if self.list.reverse else ""))

    def do_failure_next(self) -> None:
        """Go to the next failed task."""
        if not self.list.move_to_failed(1):
            self.shell.say("no task here has failed")

    def do_failure_previous(self) -> None:
        """Go to the failed task before."""
        if not self.list.move_to_failed(-1):
            self.shell.say("no task here has failed")

    def do_mark(self) -> None:
        """Mark or unmark."""
        self.say_marked(self.list.toggle_mark())

    def do_mark_range(self) -> None:
        """Begin or end a range of marks."""
        self.say_marked(self.list.toggle_range())

    def do_mark_all(self) -> None:
        """Mark all, or none."""
        self.say_marked(self.list.mark_all())

    def turn_to(self, run_id: str) -> None:
        """Forget the marks: they were made in another run."""
        self.run_id = run_id
        self.list.clear_marks()
