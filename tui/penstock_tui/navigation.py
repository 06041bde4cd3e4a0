"""`Navigation`: opens views, each imported when it is first opened, and other programs on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import SuspendNotSupported

from penstock_tui.background import in_background
from penstock_tui.ending import Ending
from penstock_tui.feed import Feed
from penstock_tui.messages import Level
from penstock_tui.view.task_rows import log_to_read


class Navigation(Ending):
    """The part of `Console` that opens views and other programs."""

    feed: Feed

    def say(self, text: str, level: Level = "info") -> None:
        """Show *text* on the flash line and keep it in the history."""
        raise NotImplementedError

    def open_run(self, dag_id: str, run_id: str) -> None:
        """Show one run."""
        from penstock_tui.screens.run import RunScreen

        self.push_screen(RunScreen(dag_id, run_id))

    def open_runs(self, dag_id: str) -> None:
        """Show the runs of a DAG."""
        from penstock_tui.screens.runs import RunsScreen

        self.push_screen(RunsScreen(dag_id))

    def open_digest(self) -> None:
        """Show what happened while this person was away."""
        from penstock_tui.screens.digest import DigestScreen

        self.push_screen(DigestScreen())

    def open_log(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        map_index: int = -1,
        place: tuple[str, int] | None = None,
    ) -> None:
        """Show the log of one task instance on the whole screen; *place*: of this attempt, at this offset."""
        from penstock_tui.screens.log import LogScreen

        self.push_screen(LogScreen(dag_id, run_id, task_id, map_index, place))

    def open_log_of(self, dag_id: str, run_id: str) -> None:
        """Show a run's most useful log: of its first failure, else of a running task, else the last."""

        async def open_log() -> None:
            detail = await self.feed.ask(lambda engine: engine.run(dag_id, run_id))
            if detail is None:
                return
            task = log_to_read(detail.tasks)
            if task is None:
                self.say("no attempt has been made in this run yet")
            else:
                self.open_log(dag_id, run_id, task.task_id, task.map_index)

        in_background(self, open_log, name="log", group="open")

    def run_outside(self, command: Sequence[str]) -> str | None:
        """Give the terminal to *command* until it ends; return why it could not be run, or None."""
        from penstock_tui import outside

        try:
            with self.suspend():
                problem = outside.run(command)
        except SuspendNotSupported:
            return "this terminal cannot be given to another program"
        self.draw_anew()
        return problem
