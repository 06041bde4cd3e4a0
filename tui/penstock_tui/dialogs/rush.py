"""`RushDialog`: let tasks or queued runs go next, or now past the limits, or in their turn again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from penstock.model.acts import AnyAct, RunInTurn, RunNext, RunNow
from penstock.model.rush import Rush
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.widgets.options import Options

_IN_TURN = "turn"
_VERBS: dict[str, type[RunNext | RunNow | RunInTurn]] = {
    Rush.NEXT: RunNext,
    Rush.NOW: RunNow,
    _IN_TURN: RunInTurn,
}


class RushDialog(PlanDialog):
    """For *places*: (DAG, run, task or None for the run itself).

    Arrows choose wherever the focus is, and bring it back to the choice, so that a space typed after
    a look at the buttons does not press one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up", "choose(-1)", show=False),
        Binding("right,down", "choose(1)", show=False),
    ]

    def __init__(self, places: Sequence[tuple[str, str, str | None]], *, rushed: int) -> None:
        """Offer to take it back too if some are *rushed* already; if all are, begin there."""
        what = places[0][2] or places[0][1] if len(places) == 1 else f"{len(places)} at once"
        super().__init__(f"Let {what} go first")
        self._places = places
        self._rushed = rushed

    def form(self) -> ComposeResult:
        """Compose the two ways."""
        ways: list[tuple[str, str]] = [
            (Rush.NEXT, "next: the first place that comes free"),
            (Rush.NOW, "now: past every limit"),
        ]
        if self._rushed:
            ways.append((_IN_TURN, "in turn: take it back"))
        first = _IN_TURN if self._rushed >= len(self._places) else Rush.NEXT
        yield Options("how", ways, chosen={first}, needed=True, id="how")

    def action_choose(self, step: int) -> None:
        """Choose the other way."""
        how = self.query_one("#how", Options)
        how.focus()
        how.move(step)

    def acts(self) -> list[AnyAct]:
        """Return an act for each place."""
        verb = _VERBS[self.query_one("#how", Options).value]
        return [verb(dag_id=dag_id, run_id=run_id, task_id=task) for dag_id, run_id, task in self._places]
