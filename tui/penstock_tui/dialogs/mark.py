"""`MarkDialog`: set success, failed or skipped by hand."""

from __future__ import annotations

from typing import Literal, cast

from textual.app import ComposeResult

from penstock.model.acts import AnyAct, Mark
from penstock_tui.dialogs.scopes import ScopedDialog
from penstock_tui.widgets.options import Options


class MarkDialog(ScopedDialog):
    """Mark tasks of one run or several."""

    doing = "Mark"

    def form(self) -> ComposeResult:
        """Compose state and scopes."""
        states = [("success", "success"), ("failed", "failed"), ("skipped", "skipped")]
        yield Options("as  ", states, chosen={"success"}, needed=True, id="state")
        yield Options("also", self.offered(), several=True, id="scopes")

    def acts(self) -> list[AnyAct]:
        """Return an act for each run."""
        state = cast("Literal['success', 'failed', 'skipped']", self.query_one("#state", Options).value)
        scopes = self.scopes
        return [
            Mark(
                dag_id=run.dag_id,
                run_id=run.run_id,
                tasks=tasks,
                state=state,
                upstream="upstream" in scopes,
                downstream="downstream" in scopes,
                past="past" in scopes,
                future="future" in scopes,
            )
            for run, tasks in self.parts
        ]
