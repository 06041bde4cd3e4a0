"""`UndoDialog`: undo the newest clear, retry or mark, which is named first."""

from __future__ import annotations

from datetime import UTC, tzinfo

from penstock.model.acts import AnyAct, Undo
from penstock.model.views.runs import RunRow
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view.spans import Spans
from penstock_tui.view.task_rows import run_name


class UndoDialog(PlanDialog):
    """For the newest act that changed *run*, named by its date in *zone*; without one, the newest of the DAG.

    With an empty *dag_id*, the newest on a pool.
    """

    danger = True

    def __init__(self, dag_id: str, run: RunRow | None = None, zone: tzinfo = UTC) -> None:
        place = f"in DAG {dag_id}" if dag_id else "on a pool"
        if run is not None:
            place = f"in {dag_id} {run_name(run, zone)}"
        super().__init__(f"Undo {place}", zone)
        self._dag_id = dag_id
        self._run_id = run.run_id if run is not None else None

    def acts(self) -> list[AnyAct]:
        """Return the one act."""
        return [Undo(dag_id=self._dag_id, run_id=self._run_id)]

    def summary(self) -> list[Spans]:
        """Say which act would be undone, who did it and when."""
        whose = "that changed this run" if self._run_id else "of this DAG" if self._dag_id else "on a pool"
        said: list[Spans] = []
        for _, plan in self.plans:
            what = label(plan.title).removeprefix("Undo: ")
            said.append([(f"The newest act {whose}: ", ""), (what, "bold")])
        return [*said, *super().summary()]
