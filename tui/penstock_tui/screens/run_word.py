"""How the run that a screen shows is called in its top line."""

from __future__ import annotations

from penstock.model.views.one_task import TaskDetail
from penstock.model.views.runs import RunDetail
from penstock_tui.clean import label
from penstock_tui.shell import Shell
from penstock_tui.view.task_rows import run_name


def run_word(shell: Shell, dag_id: str, run_id: str, detail: RunDetail | TaskDetail | None) -> str:
    """Return the run's date in the zone of its DAG; its id until *detail* is there."""
    return label(run_id) if detail is None else run_name(detail.run, shell.dag_zone(dag_id))
