"""`RetryDialog`: run again what failed, on the run's own version of the DAG or on the newest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec import structs
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from penstock.model.acts import AnyAct, Retry
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.options import Options

_OWN, _NEWEST = "own", "newest"


class RetryDialog(PlanDialog):
    """For *retries*; *behind* is how many of their runs have an older version than the DAG's newest."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("l", "latest_version", show=False)]
    danger = True

    def __init__(self, title: str, retries: Sequence[Retry], behind: int) -> None:
        super().__init__(title)
        self._retries = retries
        self._behind = behind

    def form(self) -> ComposeResult:
        """Compose the choice of the version, if there are two."""
        if self._behind:
            own = "the version it began with" if len(self._retries) == 1 else "the versions they began with"
            choices = [(_OWN, own), (_NEWEST, "the newest version (l)")]
            yield Options("on", choices, chosen={_OWN}, id="version")

    def summary(self) -> list[Spans]:
        """Say what the choice means."""
        if not self._behind:
            return super().summary()
        many = len(self._retries) > 1
        who = f"{self._behind} of these runs began" if many else "This run began"
        if self._newest:
            text = f"{who} with an older version of the DAG and will go on with its newest."
        else:
            text = f"{who} with an older version of the DAG: what was mended in its file since is not run."
        return [[(text, "italic")], *super().summary()]

    @property
    def _newest(self) -> bool:
        return any(options.value == _NEWEST for options in self.query(Options))

    def action_latest_version(self) -> None:
        """Choose the newest version, or the run's own again."""
        for options in self.query(Options):
            options.choose(_OWN if self._newest else _NEWEST)

    def acts(self) -> list[AnyAct]:
        """Return the retries, on the version that is chosen."""
        return [structs.replace(retry, latest_version=self._newest) for retry in self._retries]
