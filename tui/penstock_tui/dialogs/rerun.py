"""`RerunDialog`: a run that repeats another one, with its parameters to edit."""

from __future__ import annotations

from textual.app import ComposeResult

from penstock.model.acts import AnyAct, Rerun
from penstock.model.views.dags import DagDetail
from penstock.model.views.runs import RunRow
from penstock_tui.dialogs.trigger import TriggerDialog
from penstock_tui.view import durations
from penstock_tui.view.task_rows import run_name


class RerunDialog(TriggerDialog):
    """Repeat *run*; the plan shows which parameters differ."""

    def __init__(self, detail: DagDetail, run: RunRow) -> None:
        date = run_name(run, durations.zone(detail.dag.timezone))
        super().__init__(detail, title=f"Re-run {run.dag_id} {date}", conf=run.conf)
        self._run = run

    def form(self) -> ComposeResult:
        """Compose the parameters; the date is that of the run."""
        yield from self.conf_form()

    def acts(self) -> list[AnyAct]:
        """Return the one act, with all of the conf; raise `UsageError` when a field is wrong."""
        rest = {name: value for name, value in self._run.conf.items() if name not in self._params}
        conf = {**rest, **self.filled_in()} if self._params else self.filled_in()
        return [Rerun(dag_id=self._run.dag_id, run_id=self._run.run_id, conf=conf)]

    def verb(self) -> str:
        """Return the verb."""
        return "Re-run"
