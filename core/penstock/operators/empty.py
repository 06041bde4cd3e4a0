"""EmptyOperator: a point in the graph that does nothing."""

from __future__ import annotations

from penstock.authoring.operator import Operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from penstock.authoring.context import Context


class EmptyOperator(Operator):
    """Does nothing and needs no process: for joins and for names in the graph."""

    def launch(self) -> Literal["empty", "python"]:
        """Return ``empty``, unless a subclass does something."""
        return self.mapped_launch()

    @classmethod
    def mapped_launch(cls) -> Literal["empty", "python"]:
        """Return ``empty``, unless a subclass does something."""
        return "empty" if cls.execute is EmptyOperator.execute else "python"

    def execute(self, context: Context) -> None:
        """Do nothing."""
