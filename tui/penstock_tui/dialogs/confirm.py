"""`Confirm`: for acts without choices: the list, a button that changes nothing, and the verb."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.acts import AnyAct
from penstock_tui.dialogs.plan import PlanDialog


class Confirm(PlanDialog):
    """Asks before a fixed list of acts."""

    danger = True

    def __init__(self, title: str, acts: Sequence[AnyAct], keep: str = "") -> None:
        """*keep* is the text of the button that changes nothing."""
        super().__init__(title)
        self._acts = list(acts)
        self._keep = keep

    @property
    def keep(self) -> str:
        """The text of the button that changes nothing."""
        return self._keep or super().keep

    def acts(self) -> list[AnyAct]:
        """Return the acts as given."""
        return self._acts


class Ask(Confirm):
    """The same for acts that are harmless, such as pausing many DAGs."""

    danger = False
