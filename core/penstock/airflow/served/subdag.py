"""SubDagOperator: the tasks of the inner DAG become a group of the outer one."""

from __future__ import annotations

from penstock.authoring import scope
from penstock.authoring.group import TaskGroup
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PASSED = {"trigger_rule", "depends_on_past"}
"""What the operator has and its first tasks take over."""


class SubDagOperator(TaskGroup):
    """A group called *task_id* with everything that *subdag* has; *subdag* is then no DAG of its own.

    Raises `DagFileError` when *subdag* is not a DAG.
    """

    def __init__(self, task_id: str = "", subdag: Any = None, dag: Any = None, **more: Any) -> None:
        from penstock.authoring.dag import DAG

        outer = dag or scope.open_dag()
        if not isinstance(subdag, DAG):
            refuse(f"SubDagOperator {task_id!r} needs subdag=, a DAG, not {subdag!r}")
        if subdag.absorbed:
            refuse(f"DAG {subdag.dag_id!r} is in a SubDagOperator already")
        super().__init__(task_id, dag=outer, default_args=more.get("default_args"))
        self.subdag = subdag
        _move(subdag, self)
        for name in _PASSED & more.keys():
            for task in self.entries():
                setattr(task, name, more[name])

    @property
    def task_id(self) -> str:
        """The id of the group."""
        return self.group_id


def _move(inner: Any, group: TaskGroup) -> None:
    outer: Any = group.dag
    inner.absorbed = True
    renamed = {name: group.child_id(name) for name in (*inner.task_dict, *inner.task_groups)}
    for name, each in inner.task_groups.items():
        each.group_id, each.dag = renamed[name], outer
        outer.add_group(each)
    for child in inner.task_group.children:
        group.children.append(child)
        if isinstance(child, TaskGroup):
            child.parent_group = group
    for name, task in inner.task_dict.items():
        home = task.task_group
        task.task_id, task.dag = renamed[name], outer
        task.task_group = group if home is inner.task_group else home
        task.upstream_task_ids = {renamed[one] for one in task.upstream_task_ids}
        task.downstream_task_ids = {renamed[one] for one in task.downstream_task_ids}
        if renamed[name] in outer.task_dict:
            refuse(f"task id {renamed[name]!r} is already used in DAG {outer.dag_id!r}")
        outer.task_dict[renamed[name]] = task
    outer.edges |= {(renamed[up], renamed[down]): line for (up, down), line in inner.edges.items()}
    outer.labels |= {(renamed[up], renamed[down]): text for (up, down), text in inner.labels.items()}
    for name, param in inner.params.items():
        outer.params.setdefault(name, param)
