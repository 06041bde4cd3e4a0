"""Setup and teardown tasks: marking them, and opening the ``with`` block between them."""

from __future__ import annotations

from types import TracebackType

from penstock.authoring import scope
from penstock.authoring.node import Node, connect, each
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from penstock.authoring.blocks import Block
    from penstock.authoring.node import Task

TEARDOWN_RULE = "all_done_setup_success"


class Resource(Node):
    """A node that can be made a setup or a teardown, and then be used in a ``with`` statement."""

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
        from penstock.authoring.blocks import Block

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


def mark_setup(task: Task) -> None:
    """Make *task* a setup.

    Raises `DagFileError` for a teardown.
    """
    if task.is_teardown:
        refuse(f"task {task.task_id!r} is a teardown, so it cannot be a setup too")
    task.is_setup = True


def mark_teardown(task: Task, setups: Any = None, on_failure_fail_dagrun: bool = False) -> None:
    """Make *task* a teardown, with its own trigger rule, of *setups* (None, one or a list).

    Raises `DagFileError` for a setup.
    """
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
