"""`PauseManyDialog`: one verb for many things: pause what is not paused, or resume what is."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from penstock.model.acts import AnyAct
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.widgets.options import Options

_PAUSE, _RESUME = "pause", "resume"


class PauseManyDialog(PlanDialog):
    """Over *pause*, the acts for what is not paused, and *resume*, those for what is.

    It begins with pausing, if anything can be paused; what is in that state already stays as it is.
    """

    def __init__(self, what: str, pause: Sequence[AnyAct], resume: Sequence[AnyAct]) -> None:
        super().__init__(f"Pause or resume {what}")
        self._acts = {_PAUSE: list(pause), _RESUME: list(resume)}

    def form(self) -> ComposeResult:
        """Compose the two verbs, as far as there is something to do."""
        pause, resume = len(self._acts[_PAUSE]), len(self._acts[_RESUME])
        verbs = [(_PAUSE, f"pause all: {pause} not paused")] if pause else []
        verbs += [(_RESUME, f"resume all: {resume} paused")] if resume else []
        yield Options("", verbs, chosen={verbs[0][0]}, needed=len(verbs) > 1, id="verb")

    def acts(self) -> list[AnyAct]:
        """Return the acts of the verb."""
        return self._acts[self.query_one("#verb", Options).value]
