"""Values that are known only during a run: outputs of tasks, and parameters.

They replace the value in a task's arguments, add the edge, and are replaced by the value in the
task's process just before it executes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context
    from penstock.authoring.node import Task


class Reference(ABC):
    """A placeholder for a value. As a string it is a template for the same value, without an edge."""

    @property
    def sources(self) -> tuple[Task, ...]:
        """The tasks that the value comes from."""
        return ()

    @abstractmethod
    def resolve(self, context: Context) -> Any:
        """Return the value."""


class ParamReference(Reference):
    """A parameter of the run."""

    def __init__(self, name: str) -> None:
        self.name = name

    def resolve(self, context: Context) -> Any:
        """Return the parameter's value in this run."""
        return context["params"][self.name]

    def __str__(self) -> str:
        return f"{{{{ params[{self.name!r}] }}}}"


def references(value: Any) -> Iterator[Reference]:
    """Yield every reference inside *value*, also in lists, tuples, sets, and mappings."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from references(item)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from references(key)
            yield from references(item)
