"""What may stand on either side of ``>>``: tasks, their outputs, groups and labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from penstock.authoring.operator import Operator

    T = TypeVar("T")


class Node(ABC):
    """One end of an edge. ``a >> b`` returns ``b``, so that edges can be written in one row."""

    @abstractmethod
    def entries(self) -> list[Operator]:
        """Return the tasks that an edge into this node leads to."""

    @abstractmethod
    def exits(self) -> list[Operator]:
        """Return the tasks that an edge out of this node starts from."""

    def joined(self, other: Node, *, upstream: bool) -> None:  # noqa: B027 - most nodes need not care
        """Take note that *other* now stands up- or downstream."""

    def set_upstream(self, others: Any, edge_modifier: Label | None = None) -> None:
        """Make *others* (one or a list) run before this, with a label on the edges if one is given."""
        for other in each(others):
            connect(other, self, edge_modifier.label if edge_modifier else None)

    def set_downstream(self, others: Any, edge_modifier: Label | None = None) -> None:
        """Make *others* (one or a list) run after this, with a label on the edges if one is given."""
        for other in each(others):
            connect(self, other, edge_modifier.label if edge_modifier else None)

    def __rshift__(self, others: T) -> T:
        self.set_downstream(others)
        return others

    def __lshift__(self, others: T) -> T:
        self.set_upstream(others)
        return others

    def __rrshift__(self, others: Any) -> Node:
        self.set_upstream(others)
        return self

    def __rlshift__(self, others: Any) -> Node:
        self.set_downstream(others)
        return self


class Label(Node):
    """A text on edges: ``a >> Label("when empty") >> b``."""

    def __init__(self, label: str) -> None:
        if not isinstance(label, str):
            refuse(f"a Label is text, not {type(label).__name__} {label!r}"[:200])
        self.label = label
        self._ups: list[Node] = []
        self._downs: list[Node] = []

    def entries(self) -> list[Operator]:
        """Refuse: a label is not a task."""
        refuse(f"Label({self.label!r}) stands between two tasks, not beside another label")

    exits = entries

    def joined(self, other: Node, *, upstream: bool) -> None:
        """Draw the labelled edges as soon as both ends are known."""
        if upstream:
            self._ups.append(other)
            for down in self._downs:
                connect(other, down, self.label)
        else:
            self._downs.append(other)
            for up in self._ups:
                connect(up, other, self.label)


def connect(up: Node, down: Node, label: str | None = None) -> None:
    """Draw the edges from *up* to *down*, each once."""
    if isinstance(up, Label) or isinstance(down, Label):
        if isinstance(up, Label) and isinstance(down, Label):
            up.entries()
        if isinstance(up, Label):
            up.joined(down, upstream=False)
        else:
            down.joined(up, upstream=True)
        return
    for before in up.exits():
        for after in down.entries():
            _draw(before, after, label)
    up.joined(down, upstream=False)
    down.joined(up, upstream=True)


def _draw(up: Operator, down: Operator, label: str | None) -> None:
    dag = up.dag or down.dag
    if dag is None:
        refuse(f"neither {up.task_id!r} nor {down.task_id!r} is in a DAG: use `with DAG(...)` or dag=")
    for task in (up, down):
        if task.dag is None:
            dag.add_task(task)
        elif task.dag is not dag:
            refuse(
                f"{up.task_id!r} is in DAG {dag.dag_id!r} and {down.task_id!r} is not: no edge across DAGs"
            )
    dag.add_edge(up.task_id, down.task_id, label)


def each(others: Any) -> Iterator[Node]:
    """Yield the node or the nodes of a list; refuse anything else by its type."""
    for other in others if isinstance(others, list | tuple | set | frozenset) else (others,):
        if not isinstance(other, Node):
            refuse(f"a dependency must be a task, a group or a list of them, not {_describe(other)}")
        yield other


def _describe(thing: Any) -> str:
    if callable(thing) and hasattr(thing, "override"):
        return f"the task function {getattr(thing, '__name__', thing)!r} itself (call it first)"
    return f"{type(thing).__name__} {thing!r}"[:120]
