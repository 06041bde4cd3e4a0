"""`ResizePoolDialog`: gives a pool another number of slots."""

from __future__ import annotations

from textual.app import ComposeResult

from penstock.errors import UsageError
from penstock.model.acts import AnyAct, SetPool
from penstock.model.views.pools import PoolRow
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.field import Field


class ResizePoolDialog(PlanDialog):
    """Of one pool; it begins with the slots that the pool has."""

    def __init__(self, pool: PoolRow) -> None:
        super().__init__(f"Resize pool {pool.name}")
        self._pool = pool

    def form(self) -> ComposeResult:
        """Compose the number."""
        yield Field("slots", str(self._pool.slots), hint="0: nothing starts", id="slots")

    def focus_first(self) -> None:
        """Begin at the number."""
        self.query_one("#slots").focus()

    def acts(self) -> list[AnyAct]:
        """Return the one act; raise `UsageError` if the field is not a number."""
        text = self.query_one("#slots", Field).text.strip()
        if not (text.isascii() and text.isdigit()):
            raise UsageError(f"slots must be a whole number from 0, not {text!r}")
        return [SetPool(name=self._pool.name, slots=int(text))]

    @property
    def ready(self) -> bool:
        """Whether the pool would have another size."""
        return any(item.before != item.after for _, plan in self.plans for item in plan.items)

    def nothing(self) -> str:
        """Say that it is so already."""
        return f"pool {self._pool.name} has {self._pool.slots} slots already"

    def summary(self) -> list[Spans]:
        """Say what it means for those that hold slots or wait for them."""
        pool = self._pool
        text = (
            f"{pool.used:,} of {pool.slots:,} slots are taken and {pool.waiting:,} wait; what runs goes on."
        )
        return [[(text, "italic")], *super().summary()]
