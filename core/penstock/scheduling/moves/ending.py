"""Ends the tasks that have not begun, of a run that is being ended: of very many, some thousand a tick.

What was asked for is written at once: the run's intent, from which nothing of it starts any more. So an
engine that is killed meanwhile goes on with the rest (`LiveRun.ending`).
"""

from __future__ import annotations

from penstock.model.states import OCCUPIES_SLOT, TERMINAL
from penstock.model.transitions import RunEvent, TaskEvent
from penstock.scheduling.moves.task import move
from penstock.scheduling.world import slices
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord

_EVENTS = {RunEvent.CANCEL.value: TaskEvent.CANCEL, RunEvent.FAIL.value: TaskEvent.SKIP}


def ends_later(tick: Tick, live: LiveRun, task: TaskRecord, ended: int) -> bool:
    """Whether *task* is left to the next ticks, because this one has *ended* enough of them.

    Teardowns never are: whether one still runs is decided by how things are now.
    """
    if ended < slices.TASKS or task.task_id in live.structure.setups.teardowns:
        return False
    live.ending.append(task)
    tick.world.put_off.add(live.record.id)
    return True


def end_more(tick: Tick, live: LiveRun) -> None:
    """End some of what was left."""
    event = _EVENTS.get(live.record.intent or "")
    if event is None:  # a clear has taken it back
        live.ending.clear()
        return
    for _ in range(min(slices.TASKS, len(live.ending))):
        task = live.ending.popleft()
        if task.state not in TERMINAL and task.state not in OCCUPIES_SLOT:
            move(tick, live, task, event, reason=live.record.reason, columns="moved")
    if live.ending:
        tick.world.put_off.add(live.record.id)
