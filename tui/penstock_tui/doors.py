"""`Doors`: the ways from one view to another; each view is imported when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import App

if TYPE_CHECKING:
    from penstock_tui.app import Console


class Doors(App[int]):
    """The part of `Console` that opens views."""

    def open_run(self, dag_id: str, run_id: str) -> None:
        """Show one run."""
        from penstock_tui.screens.run import RunScreen

        self.push_screen(RunScreen(dag_id, run_id))

    def open_log_of(self, dag_id: str, run_id: str) -> None:
        """Show the log that matters most in a run: its first failure's, else what runs, else the last."""
        from penstock_tui.operate import open_log_of

        self.run_worker(
            open_log_of(cast("Console", self), dag_id, run_id), name="log", group="open", exit_on_error=False
        )

    def open_log(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> None:
        """Show the log of one task instance on the whole screen."""
        from penstock_tui.screens.log import LogScreen

        self.push_screen(LogScreen(dag_id, run_id, task_id, map_index))

    def open_runs(self, dag_id: str) -> None:
        """Show the runs of a DAG."""
        from penstock_tui.screens.runs import RunsScreen

        self.push_screen(RunsScreen(dag_id))
