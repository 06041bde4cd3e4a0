"""What waits in all runs, and what holds each at first."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.clock import opt_from_us
from penstock.model.barriers import BarrierKind
from penstock.model.pauses import PauseKind
from penstock.model.states import RunState, TaskState
from penstock.model.views.now import WaitingItem, Waits
from penstock.scheduling.why.barriers import Link, Subject, run_barriers, task_barriers
from penstock.scheduling.world.breakpoints import stops
from penstock.scheduling.world.world import LiveRun, World

_WAITS = (
    TaskState.SCHEDULED,
    TaskState.UP_FOR_RETRY,
    TaskState.UP_FOR_RESCHEDULE,
    TaskState.DEFERRED,
)
"""States of a task instance that waits for something else than its parents, in the order of the list."""


def waits(world: World, limit: int, *, parallelism: int) -> Waits:
    """Return what waits: queued runs, then tasks that wait for a slot, a retry, a check or a trigger.

    Only the first *limit* are explained. What waits for its parents is not listed: they are.
    """
    subjects = list(_subjects(world))
    peaks = {}
    for attempt_id, (run_pk, key) in world.attempts.items():
        peak = world.runs[run_pk].tasks[key].peak_rss
        if peak is not None:
            peaks[attempt_id] = peak
    return Waits(
        waiting=tuple(_item(world, subject, parallelism) for subject in subjects[:limit]),
        total=len(subjects),
        peaks=peaks,
    )


def _stopped_after(world: World, live: LiveRun) -> bool:
    """Whether a run has stopped after a task: nothing of it waits that would be listed by itself."""
    return any(at.kind is PauseKind.AFTER for at in stops(world, live))


def _subjects(world: World) -> Iterator[Subject]:
    runs = sorted(world.runs.values(), key=lambda live: (live.record.queued_us, live.record.id))
    for live in runs:
        if live.record.state is RunState.QUEUED or _stopped_after(world, live):
            yield live, None
    for state in _WAITS:
        for live in runs:
            if live.record.state is RunState.RUNNING:
                yield from ((live, task) for task in live.tasks.values() if task.state is state)


def _item(world: World, subject: Subject, parallelism: int) -> WaitingItem:
    live, task = subject
    held = run_barriers(world, live) if task is None else task_barriers(world, live, task, parallelism)
    first = held[0] if held else None
    run = live.record
    since = run.queued_us if task is None else (task.first_poke_us or task.end_us or run.turn_us)
    return WaitingItem(
        dag_id=run.dag_id,
        run_id=run.run_id,
        task_id=None if task is None else task.task_id,
        map_index=-1 if task is None else task.map_index,
        state=run.state.value if task is None else task.state.value,
        since=opt_from_us(since),
        kind=_kind(first),
        text="nothing holds it: it goes on now" if first is None else first.barrier.text,
        until=None if first is None else first.barrier.until,
        others=max(0, len(held) - 1),
    )


def _kind(held: Link | None) -> BarrierKind:
    return BarrierKind.LAUNCHING if held is None else BarrierKind(held.barrier.kind)
