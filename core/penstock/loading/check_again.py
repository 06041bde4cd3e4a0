"""The last check of a DAG before it becomes a spec: everything that is set, however it was set.

Arguments and assignments were checked when they were made. This finds what was set in other ways (by a
class body, ``__dict__``, or in a dict or a set), and what does not fit together.
"""

from __future__ import annotations

from penstock.authoring.dag_words import refuse_continuous
from penstock.authoring.expand_input import refuse_what_cannot_wait
from penstock.authoring.place import refuse
from penstock.authoring.pools import declared_pools
from penstock.errors import DagFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.dag import DAG


def check_again(dag: DAG) -> None:
    """Check *dag* and all that belongs to it; raise `DagFileError` where each was made."""
    dag.check_again(dag.place)
    refuse_continuous(dag.schedule.kind, dag.max_active_runs, dag.place)
    for param in dag.params.values():
        param.check_again(dag.place)
    for deadline in dag.deadlines:
        deadline.check_again(dag.place)
    for pool in declared_pools():
        pool.check_again(dag.place)
    for group_id, group in dag.task_groups.items():
        group.check_again(group.place)
        if group.group_id != group_id:
            refuse(
                f"group {group_id!r} was renamed to {group.group_id!r}: name it when it is made", group.place
            )
    for task_id, task in dag.task_dict.items():
        task.check_again(task.place)
        if task.task_id != task_id:
            refuse(f"task {task_id!r} was renamed to {task.task_id!r}: name it when it is made", task.place)
        if task.dag is not dag:
            refuse(f"task {task_id!r} was moved to another DAG: make it there", task.place)
        _refuse_contradictions(task)


def _refuse_contradictions(task: AbstractOperator) -> None:
    for asset in (*task.inlets, *task.outlets):
        asset.check_again(task.place)
    if task.is_setup and task.is_teardown:
        refuse(
            f"task {task.task_id!r} is both a setup and a teardown: it can only be one of them", task.place
        )
    if getattr(task, "soft_fail", False) and getattr(task, "never_fail", False):
        refuse(f"task {task.task_id!r}: soft_fail and never_fail cannot be used together", task.place)
    group = task.mapped_group
    counted = task.counted or (group.counted if group else ())
    try:
        refuse_what_cannot_wait(counted, task.trigger_rule, f"task {task.task_id!r}")
    except DagFileError as error:
        error.file, error.line = task.place.file, task.place.line
        raise
