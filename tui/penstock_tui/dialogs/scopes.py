"""The scopes of clear and mark, over tasks of one run or several, as check boxes with a letter each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType

from penstock.model.views.runs import RunRow, TaskRow
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view.task_rows import key_of
from penstock_tui.widgets.options import Options

SCOPES = (
    ("downstream", "downstream (d)"),
    ("upstream", "upstream (u)"),
    ("past", "past runs (p)"),
    ("future", "future runs (f)"),
)


Part = tuple[RunRow, Sequence[TaskRow]]
"""A run, and tasks of it; none means the whole run."""


class ScopedDialog(PlanDialog):
    """A plan dialog over tasks of one run or several, with scopes; among runs only within each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "scope('downstream')", show=False),
        Binding("u", "scope('upstream')", show=False),
        Binding("p", "scope('past')", show=False),
        Binding("f", "scope('future')", show=False),
        Binding("o", "scope('only_failed')", show=False),
        Binding("l", "scope('latest_version')", show=False),
    ]
    danger = True

    doing: ClassVar[str] = ""
    """The verb of the title."""

    def __init__(self, parts: Sequence[Part], zone: tzinfo) -> None:
        super().__init__("", zone)
        self.parts = [(run, tuple(dict.fromkeys(key_of(task) for task in tasks))) for run, tasks in parts]
        self._heading = f"{self.doing} {self.subject()}"

    def subject(self) -> str:
        """Return what was chosen, in words."""
        names = [name for _, tasks in self.parts for name in tasks]
        if len(self.parts) > 1:
            dags = {run.dag_id for run, _ in self.parts}
            what = f"{len(names)} tasks of {len(self.parts)} runs" if names else f"{len(self.parts)} runs"
            return f"{what} in {len(dags)} DAGs" if len(dags) > 1 else f"{what} of {self.parts[0][0].dag_id}"
        what = "the whole run" if not names else label(names[0]) if len(names) == 1 else f"{len(names)} tasks"
        return f"{what} of {self.parts[0][0].dag_id}"

    def offered(self) -> list[tuple[str, str]]:
        """Return the scopes that make sense: a whole run has no neighbours, several runs no other runs."""
        scopes = [*SCOPES[:2]] if all(tasks for _, tasks in self.parts) else []
        return [*scopes, *SCOPES[2:]] if len(self.parts) == 1 else scopes

    @property
    def scopes(self) -> set[str]:
        """The scopes that are checked."""
        return self.query_one("#scopes", Options).chosen

    def action_scope(self, scope: str) -> None:
        """Check or uncheck a scope by its letter."""
        options = self.query_one("#scopes", Options)
        if any(value == scope for value, _ in options.options):
            options.choose(scope)
