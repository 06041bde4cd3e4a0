"""The base class that authors subclass for an operator of their own."""

from __future__ import annotations

from penstock.authoring.abstract_operator import AbstractOperator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.mapped import OperatorPartial


class Operator(AbstractOperator):
    """A task that does what `execute` does; with `partial`, many such instances.

    A subclass names its own arguments in ``__init__``, hands the rest to ``super().__init__(**task)``
    and does its work in ``execute``.
    """

    def prepare_template(self) -> None:
        """Change template fields once the files that they name are read, and before they are rendered."""

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """Begin a mapped task: *kwargs* are what its instances have in common; ``.expand`` ends it.

        Raises `DagFileError` when the class does not take one of them, and without a ``task_id``.
        """
        from penstock.authoring.mapped import OperatorPartial

        return OperatorPartial(cls, kwargs)


BaseOperator = Operator
