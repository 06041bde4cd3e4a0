"""Undo: reverses a clear, retry or mark, as long as nothing that it touched has started since.

Acts on pools are undone in `undo_pool`.
"""

from __future__ import annotations

from dataclasses import dataclass

from penstock.clock import from_us
from penstock.errors import RefusedError, UnknownError
from penstock.ids import instance_key
from penstock.model.acts import Undo
from penstock.model.states import OCCUPIES_SLOT, RUN_TERMINAL, TERMINAL, RunState, TaskState
from penstock.model.transitions import RESTORES, RUN_RESTORES, RunEvent, TaskEvent
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.memory import (
    RUN_FIELDS,
    TASK_FIELDS,
    RunBefore,
    TaskBefore,
    close,
    recall,
    remembered,
    runs_of,
)
from penstock.scheduling.acts.planned import amount, make_plan, task_item
from penstock.scheduling.acts.undo_pool import plan_undo_pool
from penstock.scheduling.acts.versions import VersionChange, change_to, take_to
from penstock.scheduling.moves.backfill_points import run_again, run_ended
from penstock.scheduling.moves.clock import move_task
from penstock.scheduling.moves.expand import rename
from penstock.scheduling.moves.task import move
from penstock.scheduling.world.clock_setting import set_so_far
from penstock.scheduling.world.instances import instances, recount_around
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import TaskRecord, UndoRecord

_CREATED_SINCE = "created since"
_NUMBERS = ("try_number", "attempts", "pokes")


@dataclass(slots=True)
class _Way:
    """What undo does in one run."""

    live: LiveRun
    before: RunBefore
    tasks: list[tuple[TaskRecord, TaskBefore]]
    ran: list[tuple[TaskRecord, TaskBefore]]
    """Tasks that ran when the act came and were left to run: they keep their end, not their map index."""
    fresh: list[TaskRecord]
    """Instances of mapped tasks that were created after the act."""
    version: VersionChange | None


def plan_undo(world: World, act: Undo) -> Planned:
    """Plan to undo an act; refuse, with what has started, if something has."""
    record = _chosen(world, act)
    what = f"{record.title} by {record.by} at {from_us(record.at_us):%Y-%m-%d %H:%M:%S} UTC"
    before = recall(record)
    if before.refused:
        raise RefusedError(f"cannot be undone: {what}: {before.refused}")
    if before.pool is not None:
        when = f"done by {record.by} at {from_us(record.at_us):%Y-%m-%d %H:%M:%S} UTC"
        return plan_undo_pool(world, record, before.pool, what, when)
    ways = [_way(world, record, run) for run in before.runs]
    started = [text for way in ways for text in _started(way)]
    if started:
        more = f" and {len(started) - 3} more" if len(started) > 3 else ""
        raise RefusedError(f"too late to undo: {what}: {', '.join(started[:3])}{more}")
    _newer(world, record)
    items = [item for way in ways for item in _items(way)]
    seen: list[object] = [record.id]
    for way in ways:
        seen += [way.live.record.version, *(task.version for task, _ in way.tasks)]
    title = f"Undo: {record.title}"
    notes = [f"done by {record.by} at {from_us(record.at_us):%Y-%m-%d %H:%M:%S} UTC"]
    if len(ways) > 1:
        notes.append(f"it changed {len(ways)} runs; undo restores all of them")
    plan = make_plan("undo", title, items, seen=seen, notes=notes, cli=["undo", str(record.id)])

    def commit(tick: Tick) -> Done:
        for way in ways:
            _go_back(tick, way, set_so_far(tick.world) - before.clock_us)
        close(tick, record)
        message = f"undone: {record.title} by {record.by}, {amount(len(items), 'change')}"
        return Done(act="undo", message=message, touched=len(items), run_id=record.run_id)

    return Planned(plan, commit)


def _chosen(world: World, act: Undo) -> UndoRecord:
    kept = remembered(world)
    if act.undo_id is not None:
        record = next((each for each in kept if each.id == act.undo_id), None)
        if record is None:
            raise UnknownError(f"there is no act with the number {act.undo_id} to undo")
        if not record.before:
            raise RefusedError(f"{record.title} by {record.by} was already undone")
        return record
    for record in kept:
        if not record.before or act.dag_id not in (None, record.dag_id):
            continue
        if act.run_id is None or act.run_id in runs_of(record):
            return record
    if act.dag_id == "":
        raise RefusedError("no change of a pool can be undone")
    where = act.run_id or act.dag_id
    raise RefusedError(f"no clear, retry or mark{f' of {where}' if where else ''} can be undone")


def _way(world: World, record: UndoRecord, before: RunBefore) -> _Way:
    try:
        live = world.run(record.dag_id, before.run_id)
        earlier = None
        if live.record.version_id != before.version_id:
            earlier = world.structure(before.version_id)
    except UnknownError as error:
        raise RefusedError(f"cannot be undone: {error.message}") from None
    tasks: list[tuple[TaskRecord, TaskBefore]] = []
    ran: list[tuple[TaskRecord, TaskBefore]] = []
    for was in before.tasks:
        found = [each for each in live.instances.get(was.task_id, ()) if _same(each, was)]
        if not found:
            raise RefusedError(f"cannot be undone: run {before.run_id} no longer has {was.task_id}")
        (ran if was.state in OCCUPIES_SLOT else tasks).append((found[0], was))
    version = None if earlier is None else change_to(live, earlier)
    return _Way(live, before, tasks, ran, _fresh(live, before, version), version)


def _same(task: TaskRecord, was: TaskBefore) -> bool:
    """Whether *was* is about this row. A task and its first instance are one row."""
    return max(task.map_index, 0) == max(was.map_index, 0)


def _fresh(live: LiveRun, before: RunBefore, version: VersionChange | None) -> list[TaskRecord]:
    """Return the instances created since; refuse if some are gone without a record of them."""
    gone = version.gone if version else ()
    found = []
    for task_id, count in before.instances.items():
        here = instances(live, task_id)
        known = {max(was.map_index, 0) for was in before.tasks if was.task_id == task_id}
        lost = set(range(count)) - known - {max(task.map_index, 0) for task in here}
        if lost:
            raise RefusedError(
                f"too late to undo: {task_id} of {before.run_id} has {len(here)} instances by now, "
                f"no longer {count}"
            )
        found += [task for task in here if task.map_index >= count and task not in gone]
    return found


def _started(way: _Way) -> list[str]:
    """Return in words what has started since: numbers of attempts and tries only grow."""
    found = [
        task
        for task, was in way.tasks
        if (task.attempts, task.try_number)
        != (was.fields.get("attempts", 0), was.fields.get("try_number", 0))
    ]
    # What the act added, by its version or by a longer list, is removed again.
    new = [*(way.version.gone if way.version else ()), *way.fresh]
    found += [task for task in new if task.attempts and task not in found]
    return [
        f"{instance_key(task.task_id, task.map_index)} of {way.before.run_id} has started and is {task.state}"
        for task in found
    ]


def _newer(world: World, record: UndoRecord) -> None:
    """Refuse if a later act on the same runs was not undone: the newest must be undone first."""
    mine = {run.run_id for run in recall(record).runs}
    for other in remembered(world):
        if other.id <= record.id or other.dag_id != record.dag_id or not other.before:
            continue
        if mine & runs_of(other):
            raise RefusedError(
                f"{other.title} by {other.by} came after it: undo that first (penstock undo {other.id})"
            )


def _items(way: _Way) -> list[PlanItem]:
    changed = [(task, was) for task, was in way.tasks if task.state.value != was.state]
    items = [task_item(way.live, task, was.state) for task, was in changed]
    items += [task_item(way.live, task, "removed", _CREATED_SINCE) for task in way.fresh]
    return [*items, *(way.version.items(way.live) if way.version else ())]


def _go_back(tick: Tick, way: _Way, by_us: int) -> None:
    """Restore a run; the clock was set by *by_us* microseconds since."""
    live, run = way.live, way.live.record
    tick.world.adopt(live)
    if way.version is not None:
        live = take_to(tick, live, way.version)
        tick.gate.save_run(run)
    wanted = RunState(way.before.state)
    if run.state in RUN_TERMINAL and wanted not in RUN_TERMINAL:
        _reopen(tick, live)
    for task in way.fresh:
        move(tick, live, task, TaskEvent.REMOVE, reason=_CREATED_SINCE)
    for task, was in (*way.tasks, *way.ran):
        if task.map_index != was.map_index:
            rename(tick, live, task, was.map_index)
    for task, was in way.tasks:
        for name in TASK_FIELDS:
            setattr(task, name, was.fields.get(name, 0 if name in _NUMBERS else None))
        if by_us and TaskState(was.state) not in TERMINAL:
            move_task(task, by_us)
        if task.state.value == was.state:
            tick.gate.save_task(run, task)
        else:
            move(tick, live, task, RESTORES[TaskState(was.state)], ended_us=task.end_us)
    for task_id in way.before.instances:
        if task_id in live.structure.tasks:
            recount_around(live, task_id)
    if wanted in RUN_TERMINAL and not live.unfinished:
        _end_again(tick, live, wanted, way.before)
    tick.world.to_advance.add(run.id)


def _reopen(tick: Tick, live: LiveRun) -> None:
    """Put a run that the act had ended back into the queue: another run may have its place by now."""
    run = live.record
    run.end_us = run.reason = run.intent = None
    run.queued_us = tick.now_us
    tick.gate.move_run(run, RunEvent.REOPEN)
    run_again(tick, run)


def _end_again(tick: Tick, live: LiveRun, wanted: RunState, before: RunBefore) -> None:
    run = live.record
    for name in RUN_FIELDS:
        setattr(run, name, before.fields.get(name, 0 if name == "worked_us" else None))
    run.intent = None
    if run.state is wanted:
        tick.gate.save_run(run)
    else:
        tick.gate.move_run(run, RUN_RESTORES[wanted])
        run_ended(tick, run)
        tick.room = True
