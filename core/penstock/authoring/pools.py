"""Pools that a DAG file declares."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.authoring import scope
from penstock.authoring.checked import Checked
from penstock.authoring.checks import identifier, optional_text, truth, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.authoring.checked import Check


class Pool(Checked):
    """A named number of slots: ``Pool("warehouse", slots=1)`` in a DAG file, ``pool="warehouse"`` on tasks.

    It is made if it does not exist; loading never resizes one. *include_deferred*: deferred task
    instances keep their slots.
    """

    checks: Mapping[str, Check] = {
        "name": identifier("pool"),
        "slots": whole,
        "description": optional_text,
        "include_deferred": truth,
    }

    def __init__(
        self, name: str, slots: int = 1, description: str | None = None, *, include_deferred: bool = False
    ) -> None:
        self.name = name
        self.slots = slots
        self.description = description
        self.include_deferred = include_deferred
        scope.current().declared.append(self)

    def __str__(self) -> str:
        return self.name


def declared_pools() -> list[Pool]:
    """Return the pools that the file has declared so far, in the order of making."""
    return [each for each in scope.current().declared if isinstance(each, Pool)]
