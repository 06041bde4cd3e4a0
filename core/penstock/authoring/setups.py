"""Setup and teardown tasks: marking them, and ``with`` blocks that wire what is made inside between them."""

from __future__ import annotations

from types import TracebackType

from penstock.authoring import scope
from penstock.authoring.node import Node, connect, each
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from penstock.authoring.operator import Operator

TEARDOWN_RULE = "all_done_setup_success"


class Resource(Node):
    """A node that can be made a setup or a teardown, and then opens a ``with`` block."""

    def as_setup(self) -> Self:
        """Make this a setup, and return it."""
        for task in self.exits():
            mark_setup(task)
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool = False) -> Self:
        """Make this a teardown of *setups* (one or a list, which become setups), and return it.

        It runs once everything before it has ended and one of its setups succeeded. Its failure does
        not fail the run, unless *on_failure_fail_dagrun*.
        """
        for task in self.entries():
            mark_teardown(task, setups, on_failure_fail_dagrun)
        return self

    def __enter__(self) -> Block:
        block = Block(self.exits())
        scope.current().blocks.append(block)
        return block

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        blocks = scope.current().blocks
        block = blocks.pop()
        if kind is None:
            block.wire(blocks[-1] if blocks else None)


def mark_setup(task: Operator) -> None:
    """Make *task* a setup."""
    if task.is_teardown:
        refuse(f"task {task.task_id!r} is a teardown, so it cannot be a setup too")
    task.is_setup = True


def mark_teardown(task: Operator, setups: Any = None, on_failure_fail_dagrun: bool = False) -> None:
    """Make *task* a teardown, which has its own trigger rule; of *setups* (one or a list) too."""
    if task.is_setup:
        refuse(f"task {task.task_id!r} is a setup, so it cannot be a teardown too")
    if not isinstance(on_failure_fail_dagrun, bool):
        refuse(f"on_failure_fail_dagrun must be True or False, not {on_failure_fail_dagrun!r}")
    task.is_teardown = True
    task.on_failure_fail_dagrun = on_failure_fail_dagrun
    task.trigger_rule = TEARDOWN_RULE
    for node in () if setups is None else each(setups):
        for made in node.exits():
            mark_setup(made)
        connect(node, task)


class Block:
    """``with setup >> teardown as block:`` wires the tasks made inside between the two.

    Those without a parent come after the setups, those without a child before the teardowns. Of blocks
    inside one another the inner lies between the outer's ends.
    """

    def __init__(self, tasks: list[Operator]) -> None:
        for task in tasks:
            if not task.is_setup and not task.is_teardown:
                refuse(
                    f"only a setup or a teardown opens a `with` block, and task {task.task_id!r} is neither"
                )
        self.setups = [task for task in tasks if task.is_setup] or _nearest(tasks, upstream=True)
        self.teardowns = [task for task in tasks if task.is_teardown] or _nearest(tasks, upstream=False)
        self._tasks: list[Operator] = []

    def add_task(self, node: Node) -> None:
        """Take a task that was made before the block."""
        for task in node.exits():
            self.take(task)

    def take(self, task: Operator) -> None:
        """Take a task that is made in the block."""
        self._tasks.append(task)

    def wire(self, around: Block | None) -> None:
        """Draw the edges, also those to the block *around* this one."""
        work = [task for task in self._tasks if not task.is_setup and not task.is_teardown]
        if work:
            first = [task for task in work if not task.upstream_task_ids] or work[:1]
            last = [task for task in work if not task.downstream_task_ids] or work[-1:]
            _connect_all(self.setups, first)
            _connect_all(last, self.teardowns)
        if around is not None:
            _connect_all(around.setups, self.setups)
            _connect_all(self.teardowns, around.teardowns)


def _connect_all(ups: list[Operator], downs: list[Operator]) -> None:
    for up in ups:
        for down in downs:
            if up is not down:
                connect(up, down)


def _nearest(tasks: list[Operator], *, upstream: bool) -> list[Operator]:
    """Return the setups before (or teardowns after) *tasks* that are the fewest edges away."""
    seen: set[str] = set()
    level = list(tasks)
    while level:
        lists = [task.upstream_list if upstream else task.downstream_list for task in level]
        near = {task.task_id: task for found in lists for task in found}
        level = [task for name, task in near.items() if name not in seen]
        seen |= near.keys()
        wanted = [task for task in level if (task.is_setup if upstream else task.is_teardown)]
        if wanted:
            return wanted
    return []
