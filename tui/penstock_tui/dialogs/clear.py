"""`ClearDialog`: run tasks again, with scopes and the exact list of what that changes."""

from __future__ import annotations

from textual.app import ComposeResult

from penstock.model.acts import AnyAct, Clear
from penstock_tui.dialogs.scopes import SCOPES, ScopedDialog
from penstock_tui.widgets.options import Options

_ONLY = ("only_failed", "only failed (o)")
_LATEST = ("latest_version", "on the latest version (l)")


class ClearDialog(ScopedDialog):
    """Clear tasks of a run, or all of it when *tasks* is empty. Downstream is on from the start."""

    doing = "Clear"

    def form(self) -> ComposeResult:
        """Compose the scopes; a whole run has neither up nor down."""
        scopes = [*SCOPES, _ONLY, _LATEST] if self.tasks else [*SCOPES[2:], _ONLY, _LATEST]
        yield Options("also", scopes, chosen={"downstream"} if self.tasks else (), several=True, id="scopes")

    def acts(self) -> list[AnyAct]:
        """Return the one act."""
        scopes = self.scopes
        return [
            Clear(
                dag_id=self.run.dag_id,
                run_id=self.run.run_id,
                tasks=self.tasks,
                upstream="upstream" in scopes,
                downstream="downstream" in scopes,
                past="past" in scopes,
                future="future" in scopes,
                only_failed="only_failed" in scopes,
                latest_version="latest_version" in scopes,
            )
        ]
