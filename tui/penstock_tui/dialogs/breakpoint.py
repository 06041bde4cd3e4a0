"""`BreakpointDialog`: stop a run, or the DAG's next run, before or after a task; or go on."""

from __future__ import annotations

from typing import Literal, cast

from textual.app import ComposeResult

from penstock.errors import UsageError
from penstock.model.acts import AnyAct, ClearBreakpoint, SetBreakpoint
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.options import Options

_MEANS = {
    "before": "the task does not start; everything that does not need it goes on",
    "after": "what comes directly after the task does not start, however it ends; the run does not end",
    "clear": "it stops there no longer",
    "go": "the run goes on from where it has stopped",
}


class BreakpointDialog(PlanDialog):
    """For *tasks* of a run, or without a run for the DAG's next one.

    *place* names DAG and run. *stopped* is where the run has stopped, if it has: ``before load``. To go on
    from there is then chosen first.
    """

    def __init__(
        self,
        dag_id: str,
        run_id: str | None,
        tasks: tuple[str, ...],
        *,
        place: str,
        stopped: str | None = None,
    ) -> None:
        super().__init__(f"Breakpoint in {place}")
        self._dag_id = dag_id
        self._run_id = run_id
        self._tasks = tasks
        self._stopped = stopped

    def form(self) -> ComposeResult:
        """Compose what to do, in which run, at which tasks, and why."""
        ways = [("before", "stop before"), ("after", "stop after"), ("clear", "clear")]
        if self._stopped is not None:
            ways.insert(0, ("go", f"go on from {self._stopped}"))
        yield Options("what ", ways, chosen={ways[0][0]}, id="what")
        if self._run_id is not None:
            yield Options(
                "run  ", [("this", "this run"), ("next", "the next run")], chosen={"this"}, id="run"
            )
        hint = "a task, a group or task[3]; several with spaces"
        yield Field("task ", " ".join(self._tasks), hint=hint, id="task")
        yield Field("why  ", hint="shown wherever it is shown", id="why")

    def focus_first(self) -> None:
        """Begin at the first field that needs something."""
        self.query_one("#what" if self._tasks or self._stopped else "#task").focus()

    def summary(self) -> list[Spans]:
        """Say what the choice means."""
        return [[(_MEANS[self.query_one("#what", Options).value], "italic")], *super().summary()]

    def nothing(self) -> str:
        """Say that there is none to take away."""
        return "nothing to do: no breakpoint is set there"

    def acts(self) -> list[AnyAct]:
        """Return the act; raise `UsageError` without a task."""
        what = self.query_one("#what", Options).value
        if what == "go":
            return [going_on(self._dag_id, str(self._run_id), str(self._stopped))]
        tasks = tuple(self.query_one("#task", Field).text.split())
        if not tasks:
            raise UsageError("name the task to stop at")
        this = self._run_id is not None and self.query_one("#run", Options).value == "this"
        run_id = self._run_id if this else None
        if what == "clear":
            return [ClearBreakpoint(dag_id=self._dag_id, run_id=run_id, tasks=tasks)]
        why = self.query_one("#why", Field).text.strip() or None
        where = cast("Literal['before', 'after']", what)
        return [SetBreakpoint(dag_id=self._dag_id, run_id=run_id, tasks=tasks, where=where, why=why)]


def going_on(dag_id: str, run_id: str, stopped: str) -> ClearBreakpoint:
    """Return the act that lets a run go on from where it has *stopped*: ``before load``."""
    where, _, task = stopped.partition(" ")
    return ClearBreakpoint(
        dag_id=dag_id, run_id=run_id, tasks=(task,), where=cast("Literal['before', 'after']", where)
    )
