"""``with setup >> teardown as block:`` and what it wires."""

from __future__ import annotations

from penstock.authoring.node import Node, Task, connect
from penstock.authoring.place import refuse


class Block:
    """``with setup >> teardown as block:`` wires the tasks made inside between the two.

    Those without a parent come after the setups, those without a child before the teardowns. Of blocks
    inside one another the inner one is between the outer one's ends.
    """

    def __init__(self, tasks: list[Task]) -> None:
        for task in tasks:
            if not task.is_setup and not task.is_teardown:
                refuse(
                    f"only a setup or a teardown opens a `with` block, and task {task.task_id!r} is neither"
                )
        self.setups = [task for task in tasks if task.is_setup] or _nearest(tasks, upstream=True)
        self.teardowns = [task for task in tasks if task.is_teardown] or _nearest(tasks, upstream=False)
        self._tasks: list[Task] = []

    def add_task(self, node: Node) -> None:
        """Take a task that was made before the block."""
        for task in node.exits():
            self.take(task)

    def take(self, task: Task) -> None:
        """Take a task that is made in the block."""
        self._tasks.append(task)

    def wire(self, around: Block | None) -> None:
        """Add the edges, also those to the block *around* this one."""
        work = [task for task in self._tasks if not task.is_setup and not task.is_teardown]
        if work:
            first = [task for task in work if not task.upstream_task_ids] or work[:1]
            last = [task for task in work if not task.downstream_task_ids] or work[-1:]
            _connect_all(self.setups, first)
            _connect_all(last, self.teardowns)
        if around is not None:
            _connect_all(around.setups, self.setups)
            _connect_all(self.teardowns, around.teardowns)


def _connect_all(ups: list[Task], downs: list[Task]) -> None:
    for up in ups:
        for down in downs:
            if up is not down:
                connect(up, down)


def _nearest(tasks: list[Task], *, upstream: bool) -> list[Task]:
    """Return the nearest setups before (or teardowns after) *tasks*."""
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
