"""Where a task runs: its executor, the queue of workers, and what it needs there besides a slot."""

from __future__ import annotations

import math
from collections.abc import Mapping

from penstock.authoring.checks import optional_text, shown
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LONGEST_NAME = 100


def name_of(value: Any, name: str) -> str | None:
    """Return the name of an executor or a queue, or None; refuse one that is empty, long or unprintable."""
    text = optional_text(value, name)
    if text is not None and not (
        0 < len(text) <= LONGEST_NAME and text.isprintable() and text.strip() == text
    ):
        refuse(f"{name} must be a name of 1 to {LONGEST_NAME} printable characters, not {shown(text)}")
    return text


def amounts(value: Any, name: str) -> dict[str, float]:
    """Return what a task needs, by name of the resource: numbers above 0; refuse anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        from penstock.authoring import scope

        if scope.current().dialect is not None:
            return {}  # an object of Airflow's
        refuse(f"{name} must be a mapping from names to numbers, not {shown(value)}")
    for key, amount in value.items():
        number = isinstance(amount, int | float) and not isinstance(amount, bool)
        if not isinstance(key, str) or not number or not (math.isfinite(amount) and amount > 0):
            refuse(f"{name} must be a mapping from names to numbers above 0, not {shown(value)}")
    return {key: float(amount) for key, amount in value.items()}


CHECKS: dict[str, Callable[[Any, str], Any]] = {"executor": name_of, "queue": name_of, "resources": amounts}
"""Argument -> its check, as in `penstock.authoring.arguments`."""


def _stored(check: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    return lambda value, name: check(value, name.removeprefix("placed_"))


STORED = {f"placed_{name}": _stored(check) for name, check in CHECKS.items()}
"""Attribute -> its check."""


def _attribute(name: str) -> Any:
    """Return a property: the argument of every task, unless the class takes one of that name itself."""
    kept, stored = f"_{name}", f"placed_{name}"

    def read(self: Any) -> Any:
        return self.__dict__.get(kept, getattr(self, stored))

    def write(self: Any, value: Any) -> None:
        if self.takes(name):
            self.__dict__[kept] = value  # a class of the author's has attributes of its own
        else:
            setattr(self, stored, value)

    return property(read, write)


class Placed:
    """What an operator knows of where its tasks run."""

    def place_by_class(self) -> None:
        """Take what the body of an author's class says."""
        for name in CHECKS:
            said = getattr(type(self), name)
            if not isinstance(said, property) and not self.takes(name):
                setattr(self, f"placed_{name}", said)

    @classmethod
    def takes(cls, name: str) -> bool:
        """Whether the class itself takes an argument of this name."""
        raise NotImplementedError

    placed_executor: str | None = None
    placed_queue: str | None = None
    placed_resources: Mapping[str, float] = {}

    if TYPE_CHECKING:
        executor: str | None
        queue: str | None
        resources: Mapping[str, float]
    else:
        executor = _attribute("executor")
        queue = _attribute("queue")
        resources = _attribute("resources")
