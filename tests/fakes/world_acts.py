"""What each act does in a `fakes.world.World`; `fakes.engine.FakeEngine` calls it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from fakes.world import World, count_states, replace
from fakes.world_plans import known_dag, known_run, trigger_id
from penstock.ids import split_instance
from penstock.model import acts
from penstock.model.backfills import BackfillPointState as P
from penstock.model.backfills import BackfillState
from penstock.model.failures import person_of
from penstock.model.questions import Reply
from penstock.model.rush import Rush
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.backfills import BackfillPoint, BackfillRow
from penstock.model.views.failures import Handled
from penstock.model.views.pauses import BreakpointRow, PauseInfo
from penstock.model.views.plans import Done, Plan, PlanItem
from penstock.model.views.pools import PoolRow


def carry_out(world: World, act: acts.AnyAct, planned: Plan, now: datetime, actor: str) -> Done:
    """Change the world as *act* says and return the answer."""
    by = PauseInfo(by=actor or "test", since=now)
    run_id: str | None = None
    state: str | None = None
    backfill_id: int | None = None
    match act:
        case acts.Trigger():
            run_id = world.add_run(
                act.dag_id,
                act.logical_date or now,
                RunState.QUEUED,
                run_type=RunType.MANUAL,
                run_id=trigger_id(act, now),
                conf=act.conf,
            )
            state = "queued"
        case acts.Clear() | acts.Retry() | acts.Mark() | acts.Cancel():
            _apply_items(world, planned.items, act)
        case (
            acts.PauseSchedule()
            | acts.UnpauseSchedule()
            | acts.Freeze()
            | acts.Unfreeze()
            | acts.PauseAll()
            | acts.ResumeAll()
        ):
            _pause(world, act, planned, by)
        case acts.Hold():
            _hold(world, act, replace(by, why=act.why, until=act.until))
        case acts.Release():
            _hold(world, act, None)
        case acts.RunNext() | acts.RunNow() | acts.RunInTurn():
            _rush(world, act)
        case acts.SetBreakpoint():
            world.breakpoints += [
                BreakpointRow(
                    dag_id=act.dag_id, run_id=act.run_id, task_id=name, where=act.where, by=by.by,
                    set_at=by.since, why=act.why,
                )
                for name in act.tasks
            ]  # fmt: skip
        case acts.ClearBreakpoint():
            mine = [each for each in world.breakpoints if _cleared(each, act)]
            world.breakpoints = [each for each in world.breakpoints if each not in mine]
        case acts.CreateBackfill():
            backfill_id = _make_backfill(world, act, planned, now, actor)
        case acts.PauseBackfill() | acts.ResumeBackfill() | acts.CancelBackfill():
            changes = {
                acts.PauseBackfill: BackfillState.PAUSED,
                acts.ResumeBackfill: BackfillState.RUNNING,
                acts.CancelBackfill: BackfillState.CANCELLED,
            }
            _set_backfill(world, act.backfill_id, state=changes[type(act)])
        case acts.ResizeBackfill():
            _set_backfill(world, act.backfill_id, max_active_runs=act.max_active_runs)
        case acts.SetPool() | acts.DeletePool() | acts.DrainWorker() | acts.UndrainWorker():
            (_pool if isinstance(act, acts.SetPool | acts.DeletePool) else _drain)(world, act)  # type: ignore[arg-type]
        case (
            acts.AcknowledgeFailures()
            | acts.SnoozeFailures()
            | acts.ReopenFailures()
            | acts.Looked()
            | acts.Answer()
        ):
            (_answer if isinstance(act, acts.Answer) else say)(world, act, by.by, now)  # type: ignore[arg-type]
    message = f"{planned.title}: done"
    return Done(
        act=planned.act,
        message=message,
        touched=len(planned.items),
        run_id=run_id,
        backfill_id=backfill_id,
        state=state,
    )


def _pause(world: World, act: acts.AnyAct, planned: Plan, by: PauseInfo) -> None:
    """Put a pause on every DAG of the plan, or lift it."""
    lifts = isinstance(act, acts.UnpauseSchedule | acts.Unfreeze | acts.ResumeAll)
    name = "frozen" if isinstance(act, acts.Freeze | acts.Unfreeze) else "paused"
    info = None if lifts else replace(by, why=getattr(act, "why", None), until=getattr(act, "until", None))
    for item in planned.items:
        _set_dag(world, item.dag_id, **{name: info})
    named = {item.dag_id for item in planned.items}
    world.paused_by_all = (
        world.paused_by_all | named if isinstance(act, acts.PauseAll) else (world.paused_by_all - named)
    )


def _rush(world: World, act: acts.RunNext | acts.RunNow | acts.RunInTurn) -> None:
    kinds = {acts.RunNext: Rush.NEXT, acts.RunNow: Rush.NOW, acts.RunInTurn: None}
    rush = kinds[type(act)]
    if act.task_id is not None:
        set_tasks(world, act.dag_id, act.run_id, {act.task_id}, rush=rush)
    else:
        detail = known_run(world, act.dag_id, act.run_id)
        world.runs[act.dag_id, act.run_id] = replace(detail, run=replace(detail.run, rush=rush))


def _drain(world: World, act: acts.DrainWorker | acts.UndrainWorker) -> None:
    state: Literal["ready", "draining"] = "draining" if isinstance(act, acts.DrainWorker) else "ready"
    world.workers[:] = [replace(row, state=state) if row.name == act.name else row for row in world.workers]


def _pool(world: World, act: acts.SetPool | acts.DeletePool) -> None:
    world.pools.pop(act.name, None)
    if isinstance(act, acts.SetPool):
        world.pools[act.name] = PoolRow(name=act.name, slots=act.slots, used=0, waiting=0)


def say(
    world: World,
    act: acts.AcknowledgeFailures | acts.SnoozeFailures | acts.ReopenFailures | acts.Looked,
    by: str,
    now: datetime,
) -> None:
    """Keep what *by* said about failures, or that *by* looked."""
    match act:
        case acts.AcknowledgeFailures():
            world.notes[act.fingerprint, "acknowledged"] = Handled(by=by, at=now, why=act.why)
        case acts.SnoozeFailures():
            world.notes[act.fingerprint, "snoozed"] = Handled(by=by, at=now, why=act.why, until=act.until)
        case acts.ReopenFailures():
            for kind in ("acknowledged", "snoozed"):
                world.notes.pop((act.fingerprint, kind), None)
        case acts.Looked():
            world.looks[by] = now
            if act.place == "digest":
                newest = max((event.seq for event in world.events), default=0)
                world.away[person_of(by)] = (now, act.upto or newest)


def set_tasks(world: World, dag_id: str, run_id: str, tasks: Iterable[str], **changes: object) -> None:
    """Replace fields of task instances and bring the run's counts up to date."""
    detail, wanted = known_run(world, dag_id, run_id), set(tasks)
    rows = tuple(
        replace(task, version=task.version + 1, **changes) if task.task_id in wanted else task
        for task in detail.tasks
    )
    run = replace(detail.run, counts=count_states(rows), version=detail.run.version + 1)
    world.runs[dag_id, run_id] = replace(detail, tasks=rows, run=run)


def _make_backfill(world: World, act: acts.CreateBackfill, planned: Plan, now: datetime, actor: str) -> int:
    number = max(world.backfills, default=0) + 1
    slots = tuple(
        BackfillPoint(
            logical_date=item.logical_date or now, state=P.KEPT if item.note == "kept" else P.WAITING
        )
        for item in planned.items
    )
    world.backfills[number] = BackfillRow(
        backfill_id=number,
        dag_id=act.dag_id,
        from_date=act.from_date,
        to_date=act.to_date,
        reprocess=act.reprocess,
        max_active_runs=act.max_active_runs,
        backwards=act.backwards,
        state=BackfillState.RUNNING,
        created=now,
        by=actor or "test",
        counts={"waiting": sum(slot.state == "waiting" for slot in slots)},
        points=slots,
    )
    return number


def _apply_items(world: World, items: Sequence[PlanItem], act: acts.AnyAct) -> None:
    for item in items:
        if item.run_id is not None and item.task_id is not None:
            set_tasks(world, item.dag_id, item.run_id, {item.task_id}, state=TaskState(item.after))
    for dag_id, run_id in {(item.dag_id, item.run_id) for item in items if item.run_id}:
        detail = known_run(world, dag_id, run_id)
        state = RunState.QUEUED
        if isinstance(act, acts.Cancel):
            state = detail.run.state if act.task_id else RunState.CANCELLED
        world.runs[dag_id, run_id] = replace(detail, run=replace(detail.run, state=state))


def _cleared(each: BreakpointRow, act: acts.ClearBreakpoint) -> bool:
    place = (each.dag_id, each.run_id) == (act.dag_id, act.run_id)
    return place and (not act.tasks or each.task_id in act.tasks) and act.where in (None, each.where)


def _answer(world: World, act: acts.Answer, by: str, now: datetime) -> None:
    task_id, index = split_instance(act.task_id)
    place = (act.dag_id, act.run_id, task_id, -1 if index is None else index)
    reply = Reply(chosen=act.chosen, params=act.params, by=by, at=now)
    world.questions = [
        replace(each, open=False, reply=reply)
        if (each.dag_id, each.run_id, each.task_id, each.map_index) == place
        else each
        for each in world.questions
    ]


def _hold(world: World, act: acts.Hold | acts.Release, info: PauseInfo | None) -> None:
    detail = known_run(world, act.dag_id, act.run_id)
    if act.task_id:
        set_tasks(world, act.dag_id, act.run_id, {act.task_id}, held=info)
    else:
        world.runs[act.dag_id, act.run_id] = replace(detail, run=replace(detail.run, held=info))


def _set_dag(world: World, dag_id: str, **changes: object) -> None:
    detail = known_dag(world, dag_id)
    world.dags[dag_id] = replace(detail, dag=replace(detail.dag, **changes))


def _set_backfill(world: World, backfill_id: int, **changes: object) -> None:
    world.backfills[backfill_id] = replace(world.backfills[backfill_id], **changes)
