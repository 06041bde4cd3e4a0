"""`PauseAllDialog`: pause the schedules of all DAGs for maintenance, with one reason and one end."""

from __future__ import annotations

from datetime import UTC

from textual.app import ComposeResult

from penstock.model.acts import AnyAct, PauseAll
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view import moments
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.options import Options

_SCHEDULES, _FREEZE = "schedules", "freeze"


class PauseAllDialog(PlanDialog):
    """Over all DAGs that are not paused yet."""

    def __init__(self) -> None:
        super().__init__("Pause all DAGs")

    def times(self) -> str:
        """Return the zone of what is typed as the end."""
        return self.own_times()

    def form(self) -> ComposeResult:
        """Compose what stops, why and until when."""
        what = [(_SCHEDULES, "schedules: no new runs"), (_FREEZE, "everything: nothing launches")]
        yield Options("what ", what, chosen={_SCHEDULES}, id="what")
        yield Field("why  ", hint="shown with each pause", id="why")
        yield Field("until", hint="2h, 1d12h or 2026-08-22T06:00; empty: until resumed", id="until")

    def summary(self) -> list[Spans]:
        """Say how it is undone."""
        text = "The same key resumes exactly what this stops; what is paused already stays so."
        return [[(text, "italic")], *super().summary()]

    def nothing(self) -> str:
        """Say that there is nothing to pause."""
        return "every DAG is paused already"

    def acts(self) -> list[AnyAct]:
        """Return the one act; raise `UsageError` when *until* is not a date."""
        until = moments.until(self.query_one("#until", Field).text, self.shell.clock.now())
        if until is not None and until.tzinfo is None:
            until = until.replace(tzinfo=self.shell.zone).astimezone(UTC)
        why = self.query_one("#why", Field).text.strip() or None
        return [PauseAll(freeze=self.query_one("#what", Options).value == _FREEZE, why=why, until=until)]
