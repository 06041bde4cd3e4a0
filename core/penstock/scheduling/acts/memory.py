"""What clear, retry and mark, and acts on pools, store for undo: the state before.

It is in the database, so that the engine can restart between an act and its undo. Only the last acts are
stored; for an act that touched very much, or killed something, only the reason why it cannot be undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from penstock.decoding import decoder
from penstock.model.states import OCCUPIES_SLOT
from penstock.model.views.plans import Plan
from penstock.scheduling.acts.planned import amount
from penstock.scheduling.world.clock_setting import set_so_far
from penstock.scheduling.world.instances import instances
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import PoolRecord, TaskRecord, UndoRecord

KEPT = 20
"""Number of acts that are remembered."""
MOST = 5000
"""An act on more task instances than this is not remembered."""

TASK_FIELDS = (
    "try_number", "max_tries", "queued_us", "start_us", "end_us", "next_us", "first_poke_us", "pokes",
    "reason", "attempt_id", "attempts", "outcome", "skips", "peak_rss", "cpu_seconds", "read_bytes",
    "write_bytes", "rush", "mapped_length", "rendered_map_index", "resumes", "began_us",
)  # fmt: skip
RUN_FIELDS = ("start_us", "end_us", "queued_us", "stood_us", "turn_us", "worked_us", "reason", "rush")


@dataclass(slots=True)
class Change:
    """One run that an act changes: the tasks it touches, and those that may start because of it."""

    live: LiveRun
    touched: Sequence[TaskRecord]
    follow: Sequence[TaskRecord] = ()


class TaskBefore(msgspec.Struct, frozen=True, array_like=True):
    """A task instance as it was; ``fields`` are TASK_FIELDS."""

    task_id: str
    map_index: int
    state: str
    fields: dict[str, int | float | str | None]


class RunBefore(msgspec.Struct, frozen=True):
    """A run as it was; ``fields`` are RUN_FIELDS, ``instances`` how many mapped tasks had."""

    run_id: str
    state: str
    version_id: int
    fields: dict[str, int | str | None]
    tasks: list[TaskBefore]
    instances: dict[str, int] = {}


class PoolChange(msgspec.Struct, frozen=True, array_like=True):
    """A pool before an act and after it; None where there was none."""

    name: str
    before: PoolRecord | None
    after: PoolRecord | None


class Before(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything an act changed, or why it cannot be undone."""

    runs: list[RunBefore] = []
    refused: str | None = None
    touched: list[str] = []
    """The runs it touched, if it cannot be undone and ``runs`` is empty."""
    pool: PoolChange | None = None
    """If the act was on a pool; the rest is empty then."""
    clock_us: int = 0
    """Microseconds by which the clock had been set until then; see `clock_setting`."""


def remember(tick: Tick, plan: Plan, dag_id: str, run_id: str, changes: Sequence[Change]) -> int | None:
    """Store the state before *plan* is carried out; return the number for undo.

    Returns None for an act that does nothing.
    """
    if not plan.items:
        return None
    return _keep(tick, plan, dag_id, run_id, _before(changes, set_so_far(tick.world)))


def remember_pool(tick: Tick, plan: Plan, change: PoolChange) -> int:
    """Store how a pool was before *plan* is carried out; return the number for undo."""
    return _keep(tick, plan, "", "", Before(pool=change))


def _keep(tick: Tick, plan: Plan, dag_id: str, run_id: str, before: Before) -> int:
    number = _next_number(tick.world)
    record = UndoRecord(
        id=number,
        at_us=tick.now_us,
        by=tick.gate.actor,
        act=plan.act,
        title=plan.title,
        dag_id=dag_id,
        run_id=run_id,
        before=msgspec.json.encode(before).decode(),
    )
    tick.world.fresh_undos.append(record)
    tick.gate.add(record)
    tick.gate.drop_undos(number - KEPT)
    return number


def remembered(world: World) -> list[UndoRecord]:
    """Return the last acts, newest first, this tick's included."""
    fresh = {record.id: record for record in world.fresh_undos}
    stored = [record for record in world.reads.undos() if record.id not in fresh]
    return sorted([*fresh.values(), *stored], key=lambda record: -record.id)


def recall(record: UndoRecord) -> Before:
    """Return the state that *record* stores."""
    return decoder(Before).decode(record.before)


def runs_of(record: UndoRecord) -> set[str]:
    """Return the ids of the runs that the act touched, and of the run that it was asked for."""
    before = recall(record)
    return {record.run_id, *(run.run_id for run in before.runs), *before.touched}


def close(tick: Tick, record: UndoRecord) -> None:
    """Record that an act was undone. Its number is not used again."""
    closed = replace(record, before="")
    tick.gate.put(closed)
    fresh = [other for other in tick.world.fresh_undos if other.id != record.id]
    tick.world.fresh_undos[:] = [*fresh, closed]


def _next_number(world: World) -> int:
    return max([world.reads.next_key("undo"), *(record.id + 1 for record in world.fresh_undos)])


def _before(changes: Sequence[Change], clock_us: int) -> Before:
    touched = [task for change in changes for task in (*change.touched, *change.follow)]
    killed = sum(task.state in OCCUPIES_SLOT for change in changes for task in change.touched)
    runs = [change.live.record.run_id for change in changes]
    if killed:
        return Before(refused=f"it killed {amount(killed, 'running attempt')}", touched=runs)
    if len(touched) > MOST:
        what = f"it changed {len(touched):,} tasks, more than the {MOST:,} that undo can remember"
        return Before(refused=what, touched=runs)
    return Before(runs=[_run_before(change) for change in changes], clock_us=clock_us)


def _run_before(change: Change) -> RunBefore:
    live, run = change.live, change.live.record
    mapped = {task.task_id for task in (*change.touched, *change.follow) if _is_mapped(live, task)}
    return RunBefore(
        run_id=run.run_id,
        state=run.state.value,
        version_id=run.version_id,
        fields={name: getattr(run, name) for name in RUN_FIELDS},
        tasks=[
            TaskBefore(
                task.task_id,
                task.map_index,
                task.state.value,
                {name: value for name in TASK_FIELDS if (value := getattr(task, name)) is not None},
            )
            for task in (*change.touched, *change.follow)
        ],
        instances={task_id: len(instances(live, task_id)) for task_id in sorted(mapped)},
    )


def _is_mapped(live: LiveRun, task: TaskRecord) -> bool:
    return task.map_index >= 0 or task.task_id in live.structure.mapping
