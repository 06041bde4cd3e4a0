"""`ClearDialog`: run tasks again, with scopes and the exact list of what that changes."""

from __future__ import annotations

from textual.app import ComposeResult

from penstock.model.acts import AnyAct, Clear
from penstock_tui.dialogs.scopes import SCOPES, ScopedDialog
from penstock_tui.widgets.options import Options

_ONLY = ("only_failed", "only failed (o)")
_LATEST = ("latest_version", "on the latest version (l)")


class ClearDialog(ScopedDialog):
    """Clear tasks of runs, or all of a run that no task is named of. Downstream is on from the start."""

    doing = "Clear"

    def form(self) -> ComposeResult:
        """Compose the scopes."""
        scopes = [*self.offered(), _ONLY, _LATEST]
        chosen = {"downstream"} if SCOPES[0] in scopes else set()
        yield Options("also", scopes, chosen=chosen, several=True, id="scopes")

    def acts(self) -> list[AnyAct]:
        """Return an act for each run."""
        scopes = self.scopes
        return [
            Clear(
                dag_id=run.dag_id,
                run_id=run.run_id,
                tasks=tasks,
                upstream="upstream" in scopes,
                downstream="downstream" in scopes,
                past="past" in scopes,
                future="future" in scopes,
                only_failed="only_failed" in scopes,
                latest_version="latest_version" in scopes,
            )
            for run, tasks in self.parts
        ]
