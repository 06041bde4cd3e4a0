"""TaskGroup: a name for some tasks, with edges to and from all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType

from penstock.authoring import scope
from penstock.authoring.checked import Checked
from penstock.authoring.checks import mapping, optional_text, truth
from penstock.authoring.node import Graph, Group, Node, Task, connect
from penstock.authoring.overloads import overload
from penstock.authoring.place import Place, author_place, refuse
from penstock.errors import BadIdError
from penstock.ids import check_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from penstock.authoring.checked import Check
    from penstock.authoring.expand_input import ExpandInput


class TaskGroup(Checked, Group):
    """Tasks under one name; ``with TaskGroup("load"):`` puts what is made inside into it.

    Task ids get the prefix ``load.`` unless ``prefix_group_id`` is False. ``default_args`` override those
    of the DAG. An edge to a group leads to its first tasks, one from it starts at its last; an empty
    group passes edges on. Tasks added later do not change existing edges.
    """

    checks: Mapping[str, Check] = {
        "prefix_group_id": truth,
        "default_args": mapping,
        "tooltip": optional_text,
        "group_display_name": optional_text,
    }

    def __init__(
        self,
        group_id: str | None,
        prefix_group_id: bool = True,
        parent_group: Group | None = None,
        dag: Graph | None = None,
        default_args: dict[str, Any] | None = None,
        tooltip: str = "",
        add_suffix_on_collision: bool = False,
        group_display_name: str = "",
        **style: Any,
    ) -> None:
        for name in style:
            if name not in {"ui_color", "ui_fgcolor"}:
                refuse(f"TaskGroup does not have an argument {name!r}")
        self.place: Place = author_place()
        self.prefix_group_id = prefix_group_id
        self.tooltip = tooltip
        self.group_display_name = group_display_name
        self.default_args: dict[str, Any] = dict(mapping(default_args, "default_args"))
        self.children: list[Group | Task] = []
        self._ups: list[Node] = []
        self._downs: list[Node] = []
        self._passing = False
        self.parent_group: Group | None = None
        self.given: ExpandInput | None = None
        """What a mapped group is mapped over."""
        if group_id is None:
            if dag is None:
                refuse("a TaskGroup needs a group_id")
            self.group_id, self.dag = "", dag
            return
        found = dag or (parent_group.dag if parent_group else scope.open_dag())
        if found is None:
            refuse(f"TaskGroup {group_id!r} is not in a DAG: use `with DAG(...)` or dag=")
        self.dag = found
        self.parent_group = parent_group or scope.open_group(found)
        try:
            check_id(group_id, "group_id")
        except BadIdError as error:
            refuse(error.message)
        if "." in group_id:
            refuse(f"group_id {group_id!r} has a dot: dots separate a group from what is in it")
        wanted = self.parent_group.child_id(group_id)
        self.group_id = found.free_id(wanted) if add_suffix_on_collision else wanted
        if len(self.group_id) > 250:
            refuse(f"group id {self.group_id[:80]!r}... is longer than 250 characters")
        found.add_group(self)
        self.parent_group.children.append(self)

    @property
    def is_root(self) -> bool:
        """Whether this is the nameless group of the DAG itself."""
        return self.parent_group is None

    def child_id(self, name: str) -> str:
        """Return the full id of a task or group called *name* in this group."""
        prefix = self.prefix
        return f"{prefix}.{name}" if prefix else name

    @property
    def prefix(self) -> str:
        """The prefix of ids inside, without the dot."""
        if self.parent_group is None:
            return ""
        return self.group_id if self.prefix_group_id else self.parent_group.prefix

    @property
    def counted(self) -> tuple[Task, ...]:
        """The tasks whose values decide how many instances there are."""
        return self.given.counted if self.given is not None else ()

    @property
    def mapped_group(self) -> Group | None:
        """The mapped group that this is, or is inside of, or None."""
        if self.given is not None:
            return self
        return self.parent_group.mapped_group if self.parent_group else None

    def tasks(self) -> Iterator[Task]:
        """Yield every task inside, also those of groups inside."""
        for child in self.children:
            if isinstance(child, Group):
                yield from child.tasks()
            else:
                yield child

    def get_child_by_label(self, label: str) -> Any:
        """Return the task or group directly inside whose id here is *label*; raise KeyError for none."""
        wanted = self.child_id(label)
        for child in self.children:
            if wanted == (child.group_id if isinstance(child, Group) else child.task_id):
                return child
        raise KeyError(label)

    def entries(self) -> list[Task]:
        """Return the tasks with no parent inside; of an empty group, those of what comes after it."""
        tasks = {task.task_id: task for task in self.tasks()}
        if not tasks:
            return self._beyond(self._downs, lambda node: node.entries())
        return [task for task in tasks.values() if not task.upstream_task_ids & tasks.keys()]

    def exits(self) -> list[Task]:
        """Return the tasks with no child inside but teardowns; of an empty group, those before it."""
        tasks = {task.task_id: task for task in self.tasks()}
        if not tasks:
            return self._beyond(self._ups, lambda node: node.exits())
        return list({task.task_id: task for task in self._last(tasks)}.values())

    @staticmethod
    def _last(tasks: dict[str, Task]) -> Iterator[Task]:
        """Yield the tasks that only teardowns inside follow: nothing waits for teardowns."""

        def inside(ids: set[str]) -> list[Task]:
            return [tasks[name] for name in sorted(ids & tasks.keys())]

        def before(teardown: Task) -> Iterator[Task]:
            for task in inside(teardown.upstream_task_ids):
                if task.is_teardown:
                    yield from before(task)
                elif not task.is_setup and all(
                    child.is_teardown for child in inside(task.downstream_task_ids)
                ):
                    yield task

        for task in tasks.values():
            if inside(task.downstream_task_ids):
                continue
            if task.is_teardown:
                yield from before(task)
            else:
                yield task

    def _beyond(self, nodes: list[Node], ends: Callable[[Node], list[Task]]) -> list[Task]:
        if self._passing:  # empty groups in a circle lead nowhere
            return []
        self._passing = True
        try:
            return [task for node in nodes for task in ends(node)]
        finally:
            self._passing = False

    def joined(self, other: Node, *, upstream: bool) -> None:
        """Remember neighbours, in case the group stays empty."""
        (self._ups if upstream else self._downs).append(other)

    def __enter__(self) -> Self:
        scope.current().groups.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scope.current().groups.pop()

    def __repr__(self) -> str:
        return f"<TaskGroup: {self.group_id}>"


class TaskGroupFactory:
    """A function under ``@task_group``: each call makes a group with the tasks that the function makes."""

    def __init__(
        self,
        function: Callable[..., Any],
        options: dict[str, Any],
        bound: Mapping[str, Any] | None = None,
    ) -> None:
        self.function = function
        self.options = options
        self._bound = dict(bound or {})
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make the group; return what the function returned, or the group if that was None."""
        return self._make(None, args, {**self._bound, **kwargs})

    def override(self, **options: Any) -> TaskGroupFactory:
        """Return the same function with other options for its group."""
        return TaskGroupFactory(self.function, {**self.options, **options}, self._bound)

    def partial(self, **kwargs: Any) -> TaskGroupFactory:
        """Return the same function with some arguments given; ``.expand`` gives those that differ."""
        self._refuse_bad_names("partial()", kwargs)
        return TaskGroupFactory(self.function, self.options, {**self._bound, **kwargs})

    def expand(self, **kwargs: Any) -> Any:
        """Make a mapped group: every task in it has an instance for every combination of items."""
        from penstock.authoring.expand_input import GroupItem, Product

        given = Product(kwargs)
        self._refuse_bad_names("expand()", kwargs)
        items = {name: GroupItem(given, name) for name in kwargs}
        return self._make(given, (), {**self._bound, **items})

    def expand_kwargs(self, kwargs: Any) -> Any:
        """Make a mapped group: every task in it has an instance for every dict of arguments.

        Raises `DagFileError` for a function with ``*`` or ``**``, and for anything but such a list.
        """
        from penstock.authoring.expand_input import GroupItem, Rows
        from penstock.authoring.signatures import shape_of

        given = Rows(kwargs)
        shape = shape_of(self.function)
        if shape is None or shape.takes_args or shape.takes_kwargs:
            refuse(f"group {self.function.__name__!r}: expand_kwargs() needs a function without * and **")
        names = [name for name in shape.names if name not in self._bound]
        return self._make(given, (), {**self._bound, **{name: GroupItem(given, name) for name in names}})

    def _make(self, given: ExpandInput | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        options = {"add_suffix_on_collision": True, **self.options}
        options.setdefault("group_id", self.function.__name__)
        if not options.get("tooltip") and self.function.__doc__:
            options["tooltip"] = self.function.__doc__.strip()
        group = TaskGroup(**options)
        if given is not None:
            _map(group, given)
        with group:
            result = self.function(*args, **kwargs)
        if given is not None:
            _join(group, given)
        return group if result is None else result

    def _refuse_bad_names(self, what: str, given: Mapping[str, Any]) -> None:
        from penstock.authoring.signatures import refuse_bad_names

        refuse_bad_names(self.function, what, given, self._bound)


def _map(group: TaskGroup, given: ExpandInput) -> None:
    outer = group.mapped_group
    if outer is not None:
        refuse(
            f"group {group.group_id!r} is mapped inside the mapped group {outer.group_id!r}: not supported"
        )
    group.given = given


def _join(group: TaskGroup, given: ExpandInput) -> None:
    """Make the group wait for what it is mapped over; refuse rules that would not wait."""
    from penstock.authoring.expand_input import refuse_what_cannot_wait

    for task in group.tasks():
        refuse_what_cannot_wait(given.counted, task.trigger_rule, f"the group of task {task.task_id!r}")
    for reference in given.references():
        for source in reference.sources:
            connect(source, group)


@overload
def task_group(group_id: Callable[..., Any]) -> TaskGroupFactory: ...
@overload
def task_group(
    group_id: str | None = None, **options: Any
) -> Callable[[Callable[..., Any]], TaskGroupFactory]: ...
def task_group(group_id: Any = None, **options: Any) -> Any:
    """Return a decorator that makes a `TaskGroup` from a function; options are those of the class."""
    if callable(group_id):
        return TaskGroupFactory(group_id, options)
    if group_id is not None:
        options["group_id"] = group_id
    return lambda function: TaskGroupFactory(function, options)
