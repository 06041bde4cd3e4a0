"""Creates the instances of mapped tasks: when the list is known, and again when it has changed.

The row of the whole task (map index -1) becomes the first instance, and becomes the whole task again when
nothing is left to map over.
"""

from __future__ import annotations

from penstock.model.expansion import MOST_INSTANCES
from penstock.model.states import OCCUPIES_SLOT, TERMINAL, TaskState
from penstock.model.transitions import TaskEvent
from penstock.scheduling.moves.task import clear_fields, move, stop
from penstock.scheduling.world.instances import instances, mapping_sources, recount_around
from penstock.scheduling.world.mapping import wanted_count
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord


def expand(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    """Create the instances of a mapped task, if their number is known."""
    count = wanted_count(live, task.task_id)
    if count is None:
        if all(each.state in TERMINAL for each in mapping_sources(live, task.task_id)):
            reason = "nothing to map over: the task that it maps over returned no list"
            move(tick, live, task, TaskEvent.BLOCK, reason=reason)
    elif count == 0:
        move(tick, live, task, TaskEvent.SKIP, reason="nothing to map over: the list is empty")
    elif count > MOST_INSTANCES:
        reason = f"{count:,} instances are more than the {MOST_INSTANCES:,} allowed"
        move(tick, live, task, TaskEvent.BLOCK, reason=reason)
    else:
        resize(tick, live, task.task_id, count)


def revise(tick: Tick, live: LiveRun, task: TaskRecord) -> bool:
    """Update a mapped task to the current number of instances; return whether it had another one.

    The task that it is mapped over may have run again since.
    """
    count = wanted_count(live, task.task_id)
    if count is None or count > MOST_INSTANCES or count == len(instances(live, task.task_id)):
        return False
    resize(tick, live, task.task_id, count)
    return True


def resize(tick: Tick, live: LiveRun, task_id: str, count: int) -> None:
    """Add instances, or remove the last ones, until there are *count*; 0 leaves the task itself."""
    records = live.instances[task_id]
    first = records[0]
    for task in records[max(count, 1) :]:
        _remove(tick, live, task)
    if count == 0:
        _empty(tick, live, first)
    elif first.map_index < 0:
        rename(tick, live, first, 0)
    for task in records[1:count]:
        if task.state is TaskState.REMOVED:
            clear_fields(live, task)
            move(tick, live, task, TaskEvent.CLEAR)
        elif task.intent == TaskEvent.REMOVE:  # it is being killed, and needed again
            stop(tick, live, task, TaskEvent.CLEAR, reason="it has to run again")
    _add(tick, live, first, range(len(records), count))
    tick.gate.note(
        "expand",
        dag_id=live.record.dag_id,
        run_id=live.record.run_id,
        task_id=task_id,
        reason=f"{count:,} instance{'' if count == 1 else 's'}",
    )
    recount_around(live, task_id)


def rename(tick: Tick, live: LiveRun, task: TaskRecord, map_index: int) -> None:
    """Give the first instance another map index: 0, or -1 when it is the whole task again."""
    live.tasks.pop(task.key)
    live.dirty.discard(task.key)
    live.own_counts.pop(task.key, None)
    tick.gate.number_task(live.record, task, map_index)
    live.tasks[task.key] = task


def _add(tick: Tick, live: LiveRun, first: TaskRecord, indexes: range) -> None:
    retries = live.structure.tasks[first.task_id].retries
    made = [
        TaskRecord(
            id=0,
            run_pk=first.run_pk,
            task_id=first.task_id,
            map_index=index,
            state=TaskState.PENDING,
            version=1,
            try_number=0,
            max_tries=retries + 1,
            position=first.position,
        )
        for index in indexes
    ]
    tick.gate.add_tasks(live.record, made)
    for task in made:
        live.tasks[task.key] = task
    live.instances[first.task_id] += made
    live.unfinished += len(made)


def _remove(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    reason = "what it was mapped over has become shorter"
    if task.state in OCCUPIES_SLOT:
        if task.intent != TaskEvent.REMOVE:
            stop(tick, live, task, TaskEvent.REMOVE, reason=reason)
    elif task.state is not TaskState.REMOVED:
        move(tick, live, task, TaskEvent.REMOVE, reason=reason)


def _empty(tick: Tick, live: LiveRun, first: TaskRecord) -> None:
    """Make the first instance the whole task if there is nothing to map over; kill a live one first."""
    if first.state in OCCUPIES_SLOT:
        if first.state is not TaskState.RESTARTING:  # else it comes back as pending by itself
            stop(tick, live, first, TaskEvent.CLEAR, reason="nothing is left to map over")
        return
    clear_fields(live, first)
    if first.state is not TaskState.PENDING:
        move(tick, live, first, TaskEvent.CLEAR)
    rename(tick, live, first, -1)
