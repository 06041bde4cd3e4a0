"""Pools that a DAG file declares."""

from __future__ import annotations

from penstock.authoring import scope
from penstock.authoring.place import refuse
from penstock.errors import BadIdError
from penstock.ids import check_id


class Pool:
    """A named number of slots: ``Pool("warehouse", slots=1)`` in a DAG file, ``pool="warehouse"`` on tasks.

    It is made when it does not exist; loading never resizes one. *include_deferred*: task instances that
    are deferred hold their slots.
    """

    def __init__(
        self, name: str, slots: int = 1, description: str | None = None, *, include_deferred: bool = False
    ) -> None:
        try:
            self.name = check_id(name, "pool")
        except BadIdError as error:
            refuse(error.message)
        if isinstance(slots, bool) or not isinstance(slots, int) or slots < 0:
            refuse(f"pool {name!r}: slots must be a whole number, 0 or more, not {slots!r}")
        self.slots = slots
        self.description = description
        self.include_deferred = include_deferred
        scope.current().pools.append(self)

    def __str__(self) -> str:
        return self.name
