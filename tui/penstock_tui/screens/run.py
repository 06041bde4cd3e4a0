"""One run: its tasks as a list with rails, the log of the task under the cursor, its resources.

The screen for watching a run, and for finding out why it failed.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from penstock.model.states import OCCUPIES_SLOT
from penstock.model.views.dags import DagRow
from penstock.model.views.events import Change
from penstock.model.views.runs import RunDetail
from penstock_tui.actions import Action
from penstock_tui.clean import label
from penstock_tui.screens.log_keys import LogKeys
from penstock_tui.screens.one_run import OneRun
from penstock_tui.screens.view import marks_chip
from penstock_tui.target import DagTarget, RunTarget, Target, TaskTarget
from penstock_tui.view import durations, filters
from penstock_tui.view.spans import Spans
from penstock_tui.view.task_rows import FIELDS, key_of, run_line, run_name
from penstock_tui.widgets.attempt_pane import AttemptPane
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.log_pane import TitleLine
from penstock_tui.widgets.rails_list import RailsList

_ONE_PANE = 70
"""Columns below which only the list or the log is shown."""
_LOW = 18
"""Rows below which the figures of a task are hidden to make room for the log."""
_FRESH = 3.0
"""Seconds between two requests for the figures of running tasks."""
_ONE_TASK = frozenset({"log", "full", "why", "inside"})
"""Actions on one task, so not on a group."""
_GROUP_ROW = "several tasks in one row: enter opens it"
_FIGURES = 110
"""Columns from which the list shows more than the duration."""


class RunScreen(OneRun, LogKeys):
    """The run *run_id* of *dag_id*; the cursor begins on the task *at*, such as ``task[3]``, if given."""

    view = "run"
    CSS = """
    RunScreen #run { height: 1fr; }
    RunScreen RailsList { padding-right: 1; }
    RunScreen AttemptPane { width: 1fr; border-left: solid ansi_bright_black; }
    RunScreen AttemptPane:focus-within { border-left: heavy ansi_cyan; }
    RunScreen.one-pane AttemptPane:focus-within { border-left: none; }
    RunScreen.one-pane AttemptPane { display: none; border-left: none; }
    RunScreen.one-pane.log-front AttemptPane { display: block; }
    RunScreen.one-pane.log-front #tasks { display: none; }
    RunScreen.low Resources { display: none; }
    """

    def __init__(self, dag_id: str, run_id: str, at: str | None = None) -> None:
        super().__init__()
        self.dag_id, self.run_id = dag_id, run_id
        self._at = at
        self.detail: RunDetail | None = None
        self.dag: DagRow | None = None
        self._widest = 0

    def body(self) -> ComposeResult:
        """Compose the run's line, the list, and what is known of the task under the cursor."""
        self.tasks = RailsList(self.shell.looks)
        self.attempt_pane = AttemptPane(self.shell)
        yield TitleLine(id="run-line")
        with Horizontal(id="run"):
            with Vertical(id="tasks"):
                yield self.tasks
                yield FilterBar(filters.hint(FIELDS))
            yield self.attempt_pane

    def on_mount(self) -> None:
        """Begin with the list, and count seconds."""
        super().on_mount()
        self.tasks.focus()
        self.set_interval(1.0, self._tick)
        self.set_interval(_FRESH, self._look_again)

    # -- content ---------------------------------------------------------------------------------

    async def load(self) -> None:
        """Ask for the run and its DAG."""
        dag_id, run_id = self.dag_id, self.run_id
        feed = self.shell.feed
        detail, dag = await asyncio.gather(
            feed.ask(lambda engine: engine.run(dag_id, run_id), key=("run", dag_id, run_id)),
            feed.dag(dag_id),
        )
        if detail is None or run_id != self.run_id:
            return
        self.detail, self.dag = detail, dag.dag if dag is not None else self.dag
        self.tasks.show_run(detail, self.shell.clock.now())
        if self._at is not None:
            self.tasks.move_to_key(self._at)
            self._at = None
        self._fit()
        self._show_task()
        self._show_line()
        self.refresh_top()

    def concerns(self, change: Change) -> bool:
        """Return whether our DAG or run has changed."""
        return change.all or self.dag_id in change.dags or (self.dag_id, self.run_id) in change.runs

    def _tick(self) -> None:
        if self.detail is None or not self.is_current:
            return
        if self.tasks.counts_down:
            self.tasks.tick(self.shell.clock.now())
        self._show_line()
        self.attempt_pane.tick()

    def _look_again(self) -> None:
        """Request the figures of running tasks, for which there are no notices."""
        if (
            self.detail is not None
            and self.is_current
            and any(task.state in OCCUPIES_SLOT for task in self.detail.tasks)
        ):
            self.reload()

    def on_rails_list_moved(self) -> None:
        """Show the task that the cursor stands on."""
        self._show_task()

    def on_rails_list_entered(self) -> None:
        """Open the row, as enter does."""
        self.action_do("open")

    def _show_task(self) -> None:
        if self.detail is None:
            return
        instead = "this run has no tasks"
        if self.tasks.cursor_group is not None:
            instead = _GROUP_ROW
        elif self.tasks.wanted:
            instead = "no task matches the filter"
        self.attempt_pane.show_task(self.detail, self.tasks.cursor_task, instead=instead)

    def _show_line(self) -> None:
        """Show the state of the run."""
        detail = self.detail
        if detail is None:
            return
        shell = self.shell
        zone = durations.zone(self.dag.timezone) if self.dag is not None else shell.zone
        age = self._age()
        room = self.size.width - len(age)
        left = run_line(detail, shell.clock.now(), zone, shell.looks, room)
        self.query_one("#run-line", TitleLine).show_both(left, [(age, "dim")])

    def _age(self) -> str:
        """Return how old the data is."""
        if self.shell.feed.live:
            return " live "
        age = self.shell.feed.age()
        return f" {durations.brief(age)} old " if age is not None else ""

    # -- layout ----------------------------------------------------------------------------------

    def on_resize(self, _event: events.Resize) -> None:
        """Choose one pane or two, and the list's width."""
        self._widest = 0
        self._fit()

    def _fit(self) -> None:
        cells = self.size.width
        self.set_class(self.size.height < _LOW, "low")
        self.set_class(cells < _ONE_PANE, "one-pane")
        column = self.query_one("#tasks")
        if cells < _ONE_PANE:
            column.styles.width = "100%"
            return
        wanted = self.tasks.wanted_width() + (16 if cells >= _FIGURES else 0)
        most = cells * 9 // 20
        self._widest = max(self._widest, wanted)  # only grows: changing with each state would flicker
        column.styles.width = max(26, min(most, max(self._widest, cells // 4)))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Bring the focused pane to the front if only one fits."""
        self.set_class(self.attempt_pane in event.widget.ancestors_with_self, "log-front")

    # -- what keys apply to and do ---------------------------------------------------------------

    def chosen(self) -> tuple[Target, ...]:
        """Return the marked tasks, or else those under the cursor."""
        tasks = self.tasks.chosen_tasks()
        if self.detail is None or not tasks:
            return ()
        marked = bool(self.tasks.marks)
        return (TaskTarget(run=self.detail.run, tasks=tasks, dag=self.dag, marked=marked),)

    def around(self) -> Target:
        """Return the run."""
        if self.detail is None:
            return DagTarget(dag_id=self.dag_id, dag=self.dag)
        return RunTarget(run=self.detail.run, dag=self.dag)

    def why_not(self, action: Action) -> str | None:
        """Allow opening a group whatever is marked; a group has no log of its own."""
        if self.tasks.cursor_group is not None and not self.tasks.marks:
            if action.id == "open":
                return None
            if action.id in _ONE_TASK and not self.attempt_pane.explaining:
                return _GROUP_ROW
        return super().why_not(action)

    def pane(self) -> tuple[str, str]:
        """Return which half has the keys; the log's are those of a log."""
        return ("log", "log") if self.attempt_pane.has_focus_within else ("tasks", "")

    def crumbs(self) -> Spans:
        """Return DAG and run for the top line."""
        run: str = label(self.run_id)
        if self.detail is not None:
            zone = durations.zone(self.dag.timezone) if self.dag is not None else self.shell.zone
            run = run_name(self.detail.run, zone)
        return [(f"{label(self.dag_id)} > {run}", "dim")]

    def chip(self) -> Spans:
        """Return the active filter, and how many tasks are marked."""
        spans: Spans = [(f" filter: {label(self.tasks.wanted)} ", "reverse")] if self.tasks.wanted else []
        return [*spans, *marks_chip(len(self.tasks.marks), self.tasks.hidden_marks)]

    def copied(self) -> str:
        """Return the line of the log, or the task's id."""
        if self.attempt_pane.has_focus_within:
            return self.attempt_pane.pane.copied()
        if self.tasks.marks:
            return "\n".join(key_of(task) for task in self.tasks.chosen_tasks())
        return self.tasks.cursor_key or ""

    def close_layer(self) -> bool:
        """Close search, details, filter or marks."""
        if self.stop_error_search() or self.log_pane.log_view.stop_choosing():
            return True
        if self.attempt_pane.pane.end_search():
            self.tasks.focus()
            return True
        if self.attempt_pane.explaining:
            self.attempt_pane.toggle_why()
            return True
        if self.tasks.wanted:
            self.query_one("#tasks > FilterBar", FilterBar).set_text("")
            return True
        if self.attempt_pane.has_focus_within:
            self.tasks.focus()
            return True
        return self.unmark()

    def unmark(self) -> bool:
        """Unmark every task."""
        cleared = self.tasks.clear_marks()
        self.refresh_top()
        return cleared

    def do_open(self) -> None:
        """Unfold a group, or show the task's log alone."""
        if self.tasks.cursor_group is not None:
            self.tasks.toggle_fold()
        else:
            self.action_do("log")

    def do_full(self) -> None:
        """Show the log alone on the screen."""
        self.action_do("log")

    def do_pane(self) -> None:
        """Give the keys to the log, or back to the list."""
        to_log = self.tasks.has_focus
        self.set_class(to_log, "log-front")
        (self.attempt_pane.pane.log_view if to_log else self.tasks).focus()

    def do_fold(self) -> None:
        """Fold or unfold the group around the cursor."""
        if not self.tasks.toggle_fold():
            self.shell.say("there is no group here")

    def do_find_task(self) -> None:
        """Show only the tasks that match what is typed."""
        self.query_one("#tasks > FilterBar", FilterBar).open()

    def on_filter_bar_edited(self, event: FilterBar.Edited) -> None:
        """Show what matches while it is typed."""
        self.tasks.filter(event.text)
        self.refresh_top()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Keep the filter, or drop it."""
        bar = self.query_one("#tasks > FilterBar", FilterBar)
        if not event.kept:
            bar.set_text("")
        bar.shut()
        self.tasks.focus()

    def do_why(self) -> None:
        """Open or close the details: why the task waits, its settings, its attempts."""
        for key in self.tasks.marks:  # an action on one task applies to the marked one
            self.tasks.move_to_key(key)
        self.attempt_pane.toggle_why()

    def do_failure_next(self) -> None:
        """Go to the next failed task; in the log to the next error line."""
        self._failure(1)

    def do_failure_previous(self) -> None:
        """Go to the previous failed task; in the log to the previous error line."""
        self._failure(-1)

    def _failure(self, direction: Literal[1, -1]) -> None:
        if self.attempt_pane.has_focus_within:
            (super().do_failure_next if direction > 0 else super().do_failure_previous)()
        elif not self.tasks.move_to_failed(direction):
            self.shell.say("no task here has failed")

    def do_mark(self) -> None:
        """Mark or unmark."""
        self.say_marked(self.tasks.toggle_mark())

    def do_mark_range(self) -> None:
        """Begin or end a range of marks."""
        self.say_marked(self.tasks.toggle_range())

    def do_mark_all(self) -> None:
        """Mark all, or none."""
        self.say_marked(self.tasks.mark_all())

    def turn_to(self, run_id: str) -> None:
        """Forget what is shown of the old run."""
        self.run_id, self.detail, self._widest = run_id, None, 0
        self.tasks.clear_marks()  # they were made in another run
