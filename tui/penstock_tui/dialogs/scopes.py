"""The scopes of clear and mark as check boxes with a letter each."""

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


class ScopedDialog(PlanDialog):
    """A plan dialog over some tasks of a run, with scopes."""

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

    def __init__(self, run: RunRow, tasks: Sequence[TaskRow], zone: tzinfo) -> None:
        super().__init__("", zone)
        self.run = run
        self.tasks = tuple(dict.fromkeys(key_of(task) for task in tasks))
        self._heading = f"{self.doing} {self.subject()} of {run.dag_id}"

    def subject(self) -> str:
        """Return the tasks that were chosen, in words."""
        if not self.tasks:
            return "the whole run"
        return label(self.tasks[0]) if len(self.tasks) == 1 else f"{len(self.tasks)} tasks"

    @property
    def scopes(self) -> set[str]:
        """The scopes that are checked."""
        return self.query_one("#scopes", Options).chosen

    def action_scope(self, scope: str) -> None:
        """Check or uncheck a scope by its letter."""
        options = self.query_one("#scopes", Options)
        if any(value == scope for value, _ in options.options):
            options.choose(scope)
