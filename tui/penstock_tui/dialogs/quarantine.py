"""`QuarantineDialog`: take back in what the engine could not work with, or drop it for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from penstock.model.acts import AnyAct, QuarantineDrop, QuarantineRetry
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.options import Options

_BACK, _DROP = "back", "drop"


class QuarantineDialog(PlanDialog):
    """For what is *found* in quarantine: ids, and why each is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", f"choose('{_BACK}')", show=False),
        Binding("d", f"choose('{_DROP}')", show=False),
    ]
    danger = True

    def __init__(self, title: str, found: Mapping[str, str]) -> None:
        super().__init__(title)
        self._found = found

    @property
    def keep(self) -> str:
        """The text of the button that changes nothing."""
        return "Leave there"

    def form(self) -> ComposeResult:
        """Compose the choice; what loses nothing is chosen at first."""
        choices = [(_BACK, "take it back in (r)"), (_DROP, "drop it for good (d)")]
        yield Options("what", choices, chosen={_BACK}, id="what")

    def action_choose(self, what: str) -> None:
        """Choose one of the two."""
        self.query_one("#what", Options).choose(what)

    def summary(self) -> list[Spans]:
        """Say why it is there, and what the choice does."""
        why: list[Spans] = [
            [(label(f"{name}: {reason}"), "yellow")] for name, reason in list(self._found.items())[:3]
        ]
        return [*why, *super().summary()]

    def verb(self) -> str:
        """Return the verb with the count."""
        return f"{'Drop' if self._dropping else 'Take back'} {self.count}"

    def nothing(self) -> str:
        """Say that it has gone."""
        return "nothing of it is in quarantine any more"

    @property
    def _dropping(self) -> bool:
        return self.query_one("#what", Options).value == _DROP

    def acts(self) -> list[AnyAct]:
        """Return an act for each thing."""
        kind = QuarantineDrop if self._dropping else QuarantineRetry
        return [kind(subject=name) for name in self._found]
