"""One task's log on the whole screen."""

from __future__ import annotations

from textual.app import ComposeResult

from penstock.model.views.events import Change
from penstock.model.views.runs import RunDetail, TaskRow
from penstock_tui.actions import Action
from penstock_tui.clean import label
from penstock_tui.screens.log_keys import LogKeys
from penstock_tui.screens.run_word import run_word
from penstock_tui.target import NOTHING, Target, TaskTarget
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.attempt_pane import AttemptPane


class LogScreen(LogKeys):
    """The log of a task instance: its newest attempt, followed while it runs."""

    view = "log"
    CSS = """
    LogScreen AttemptPane { height: 1fr; }
    LogScreen.bare Resources { display: none; }
    """

    def __init__(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        map_index: int = -1,
        place: tuple[str, int] | None = None,
    ) -> None:
        super().__init__()
        self._place = place
        self.dag_id, self.run_id = dag_id, run_id
        self.task_id, self.map_index = task_id, map_index
        self.detail: RunDetail | None = None

    def body(self) -> ComposeResult:
        """Compose the log with its figures."""
        self.attempt_pane = AttemptPane(self.shell, self._place)
        yield self.attempt_pane

    def on_mount(self) -> None:
        """Give the keys to the log, and count seconds."""
        super().on_mount()
        self.attempt_pane.pane.log_view.focus()
        self.set_interval(1.0, self._tick)

    async def load(self) -> None:
        """Ask for the run."""
        detail = await self.shell.feed.ask(
            lambda engine: engine.run(self.dag_id, self.run_id), key=("run", self.dag_id, self.run_id)
        )
        if detail is None:
            return
        self.detail = detail
        task = self._row()
        self.attempt_pane.show_task(detail, task, instead="this task is not in this run any more")
        if task is None:
            self.shell.say(f"{self.task_id} is not in this run any more", "warning")
        self.refresh_top()

    def concerns(self, change: Change) -> bool:
        """Return whether the run changed."""
        return change.all or (self.dag_id, self.run_id) in change.runs

    def _row(self) -> TaskRow | None:
        tasks = self.detail.tasks if self.detail is not None else ()
        wanted = (self.task_id, self.map_index)
        return next((task for task in tasks if (task.task_id, task.map_index) == wanted), None)

    def _tick(self) -> None:
        if self.is_current:
            self.attempt_pane.tick()

    def chosen(self) -> tuple[Target, ...]:
        """Return the task, while it is in the run."""
        task = self._row()
        return (TaskTarget(run=self.detail.run, tasks=(task,)),) if self.detail and task is not None else ()

    def why_not(self, action: Action) -> str | None:
        """Return a reason if the task has left the run, except for actions on the view of the log."""
        if action.id == "full":
            return None
        reason = super().why_not(action)
        if reason == NOTHING and self.detail is not None:
            return f"{self.task_id} is not in this run any more"
        return reason

    def crumbs(self) -> Spans:
        """Return DAG, run and task for the top line."""
        run = run_word(self.shell, self.dag_id, self.run_id, self.detail)
        return [(f"{label(self.dag_id)} > {run} > {label(self.task_id)}", "dim")]

    def copied(self) -> str:
        """Return the marked line, or else the lowest."""
        return self.attempt_pane.pane.copied()

    def close_layer(self) -> bool:
        """Close the search, or unmark lines."""
        return self.close_log_layer()

    def do_full(self) -> None:
        """Hide or show the figures below the log."""
        self.toggle_class("bare")
