"""The graph of a DAG: what ``>>`` connects, and what tasks, groups and DAGs know about each other.

`Task`, `Group` and `Graph` are what operators, task groups and DAGs are to each other and to the files
between them; each of the three has one subclass that authors make.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from penstock.authoring.place import Place, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar
    from zoneinfo import ZoneInfo

    from penstock.authoring.schedules import ScheduleFields

    T = TypeVar("T")


class Node(ABC):
    """What an edge can connect. ``a >> b`` returns ``b``, so that edges can be chained."""

    @abstractmethod
    def entries(self) -> list[Task]:
        """Return the tasks that an edge into this node leads to."""

    @abstractmethod
    def exits(self) -> list[Task]:
        """Return the tasks that an edge out of this node starts from."""

    def joined(self, other: Node, *, upstream: bool) -> None:  # noqa: B027 - most nodes need nothing here
        """Note that *other* is now upstream or downstream."""

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


class Task(Node):
    """One task of a graph: its id, its neighbours, and what they need to know about it."""

    task_id: str
    place: Place
    dag: Graph | None
    task_group: Group | None
    upstream_task_ids: set[str]
    downstream_task_ids: set[str]
    trigger_rule: str
    is_setup: bool
    is_teardown: bool
    on_failure_fail_dagrun: bool
    multiple_outputs: bool

    def entries(self) -> list[Task]:
        """Return the task itself."""
        return [self]

    exits = entries

    @property
    def upstream_list(self) -> list[Task]:
        """The direct parents."""
        return [self.dag.task_dict[name] for name in sorted(self.upstream_task_ids)] if self.dag else []

    @property
    def downstream_list(self) -> list[Task]:
        """The direct children."""
        return [self.dag.task_dict[name] for name in sorted(self.downstream_task_ids)] if self.dag else []

    def get_direct_relatives(self, upstream: bool = False) -> list[Task]:
        """Return the direct parents, or the direct children."""
        return self.upstream_list if upstream else self.downstream_list

    def get_flat_relative_ids(self, upstream: bool = False) -> set[str]:
        """Return the ids of everything before it, or after it."""
        found: set[str] = set()
        left = [self.task_id]
        while left and self.dag is not None:
            task = self.dag.task_dict[left.pop()]
            more = (task.upstream_task_ids if upstream else task.downstream_task_ids) - found
            found |= more
            left += more
        return found

    def get_flat_relatives(self, upstream: bool = False) -> list[Task]:
        """Return everything before it, or after it."""
        ids = self.get_flat_relative_ids(upstream)
        return [self.dag.task_dict[name] for name in sorted(ids)] if self.dag else []

    @property
    def dag_id(self) -> str:
        """The id of the task's DAG, or empty."""
        return self.dag.dag_id if self.dag else ""

    @property
    def is_mapped(self) -> bool:
        """Whether the task itself is mapped; one in a mapped group is not."""
        return False

    @property
    def counted(self) -> tuple[Task, ...]:
        """The tasks whose values decide how many instances there are."""
        return ()

    @property
    def mapped_group(self) -> Group | None:
        """The mapped group around the task, or None."""
        return self.task_group.mapped_group if self.task_group else None

    @property
    def feeds_mapping(self) -> bool:
        """Whether the number of instances of some task or group depends on what this one returns."""
        return self.dag is not None and self.task_id in self.dag.mapping_sources


class Group(Node):
    """A named set of tasks and groups; the nameless root group of a DAG has no parent."""

    group_id: str
    dag: Graph
    parent_group: Group | None
    children: list[Group | Task]
    default_args: dict[str, Any]

    @property
    @abstractmethod
    def counted(self) -> tuple[Task, ...]:
        """The tasks whose values decide how many instances of the group there are."""

    @abstractmethod
    def child_id(self, name: str) -> str:
        """Return the full id of a task or group called *name* in this group."""

    @abstractmethod
    def tasks(self) -> Iterator[Task]:
        """Yield every task inside, also those of groups inside."""

    @property
    @abstractmethod
    def prefix(self) -> str:
        """What ids inside begin with, without the dot."""

    @property
    @abstractmethod
    def mapped_group(self) -> Group | None:
        """The mapped group that this is, or is inside of, or None."""


class Graph(ABC):
    """The tasks, groups and edges of one DAG, and what its tasks need from it."""

    place: Place
    dag_id: str
    task_dict: Mapping[str, Task]
    task_groups: Mapping[str, Group]
    task_group: Group
    """The nameless group that contains everything."""
    default_args: dict[str, Any]
    params: Mapping[str, Any]
    schedule: ScheduleFields
    template_searchpath: tuple[str, ...]
    template_undefined: Any
    user_defined_macros: dict[str, Any]
    user_defined_filters: dict[str, Any]
    jinja_environment_kwargs: dict[str, Any]
    render_template_as_native_obj: bool

    @property
    @abstractmethod
    def timezone(self) -> ZoneInfo:
        """The time zone in which the DAG's schedule and its naive dates are."""

    @property
    @abstractmethod
    def mapping_sources(self) -> frozenset[str]:
        """Ids of the tasks whose values decide how many instances some task or group has."""

    @abstractmethod
    def add_task(self, task: Task, group: Group | None = None) -> None:
        """Take *task*, in *group* or at the top. Raises `DagFileError` if its id is taken."""

    @abstractmethod
    def add_group(self, group: Group) -> None:
        """Take *group*. Raises `DagFileError` if its id is taken."""

    @abstractmethod
    def add_edge(self, up: str, down: str, label: str | None = None) -> None:
        """Add the edge between two tasks once; a later label replaces an earlier one."""

    @abstractmethod
    def free_id(self, wanted: str) -> str:
        """Return *wanted*, with ``__1``, ``__2``, ... if it is taken."""

    @abstractmethod
    def descendants(self, task_ids: Sequence[str]) -> set[str]:
        """Return every task that depends on one of *task_ids*, directly or not."""

    @abstractmethod
    def warn(self, text: str) -> None:
        """Add a warning, once."""


class Label(Node):
    """Text on edges: ``a >> Label("when empty") >> b``."""

    def __init__(self, label: str) -> None:
        if not isinstance(label, str):
            refuse(f"a Label must be a string, not {type(label).__name__} {label!r}"[:200])
        self.label = label
        self._ups: list[Node] = []
        self._downs: list[Node] = []

    def entries(self) -> list[Task]:
        """Refuse: a label is not a task."""
        refuse(f"Label({self.label!r}) must be between two tasks, not beside another label")

    exits = entries

    def joined(self, other: Node, *, upstream: bool) -> None:
        """Add the labelled edges as soon as both ends are known."""
        if upstream:
            self._ups.append(other)
            for down in self._downs:
                connect(other, down, self.label)
        else:
            self._downs.append(other)
            for up in self._ups:
                connect(up, other, self.label)


def connect(up: Node, down: Node, label: str | None = None) -> None:
    """Add the edges from *up* to *down*, each once."""
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


def _draw(up: Task, down: Task, label: str | None) -> None:
    dag = up.dag or down.dag
    if dag is None:
        refuse(f"neither {up.task_id!r} nor {down.task_id!r} is in a DAG: use `with DAG(...)` or dag=")
    for task in (up, down):
        if task.dag is None:
            dag.add_task(task)
        elif task.dag is not dag:
            refuse(
                f"{up.task_id!r} is in DAG {dag.dag_id!r} but {down.task_id!r} is not: no edge across DAGs"
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
