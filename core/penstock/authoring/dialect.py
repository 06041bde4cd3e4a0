"""What a dialect answers about the words of a DAG file that was written for Airflow.

`penstock.airflow.speech` has the answers; a file with our own words has no dialect.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.node import Graph, Task


class Dialect(ABC):
    """How a file speaks: *word* is "2" or "3", *because* what decided that, for people."""

    word: str
    because: str

    @abstractmethod
    def arguments(self, kind: type, given: dict[str, Any], dag: Graph | None) -> dict[str, Any]:
        """Return what was *given* to make a task of *kind*, in our words."""

    @abstractmethod
    def default_args(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return default arguments in our words."""

    @abstractmethod
    def attribute(self, task: Task, name: str, value: Any) -> tuple[str, Any] | None:
        """Return what setting attribute *name* of *task* means in our words; None if nothing of ours."""

    @abstractmethod
    def add_to_context(self, keys: dict[str, Any]) -> None:
        """Add to the *keys* of a task's context what the dialect has besides ours."""

    names: frozenset[str] = frozenset()
    """The keys of a context that the dialect has besides ours."""

    @property
    @abstractmethod
    def old(self) -> bool:
        """Whether values pass as in 2.x: a branch that skips has a value, and a pull asks every task."""
