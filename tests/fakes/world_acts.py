"""What each act touches and does in a `fake_world.World`; `fakes.FakeEngine` calls it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from fakes.world import DAY, World, count_states, replace
from penstock.errors import RefusedError, UnknownError
from penstock.ids import make_run_id, split_instance
from penstock.model import acts
from penstock.model.backfills import BackfillPointState as P
from penstock.model.backfills import BackfillState
from penstock.model.failures import person_of
from penstock.model.graph import Graph
from penstock.model.questions import Reply
from penstock.model.rush import Rush
from penstock.model.states import RUN_UNFINISHED, TERMINAL, RunState, RunType, TaskState
from penstock.model.views.backfills import BackfillPoint, BackfillRow
from penstock.model.views.dags import DagDetail
from penstock.model.views.failures import Handled
from penstock.model.views.pauses import BreakpointRow, PauseInfo
from penstock.model.views.plans import Done, Plan, PlanItem
from penstock.model.views.pools import PoolRow
from penstock.model.views.runs import RunDetail, RunRow

Planned = tuple[str, tuple[PlanItem, ...], dict[str, int], str]
"""Title, items, counts, command-line twin."""


def plan(world: World, act: acts.AnyAct, now: datetime) -> Planned:
    """Return what *act* would touch."""
    match act:
        case acts.Clear() | acts.Retry() | acts.Mark():
            return _plan_tasks(world, act)
        case acts.Cancel():
            return _plan_cancel(world, act)
        case acts.CreateBackfill():
            return _plan_backfill(world, act)
        case acts.Trigger():
            _known(world, act.dag_id)
            item = PlanItem(
                dag_id=act.dag_id, run_id=_trigger_id(act, now), task_id=None, before="-", after="queued"
            )
            return "Trigger 1 run", (item,), {}, f"penstock trigger {act.dag_id}"
        case acts.Rerun():
            _run(world, act.dag_id, act.run_id)
            item = PlanItem(dag_id=act.dag_id, run_id=_rerun_id(now), task_id=None, before="", after="queued")
            return f"Re-run {act.run_id}", (item,), {}, f"penstock rerun {act.dag_id} {act.run_id}"
        case acts.RunNext() | acts.RunNow() | acts.RunInTurn():
            _run(world, act.dag_id, act.run_id)
            verb = acts.act_name(act).removeprefix("run_").replace("_", " ")
            item = PlanItem(
                dag_id=act.dag_id, run_id=act.run_id, task_id=act.task_id, before="-", after="launched"
            )
            return (
                f"Run {verb}: {act.task_id or act.run_id}",
                (item,),
                {},
                f"penstock run-{verb.replace(' ', '-')} {act.dag_id}",
            )
        case acts.Undo():
            item = PlanItem(
                dag_id=act.dag_id or "", run_id=act.run_id, task_id="load", before="pending", after="failed"
            )
            return "Undo: Clear 1 task", (item,), {}, "penstock undo 1"
        case acts.PauseSchedule() | acts.UnpauseSchedule() | acts.Freeze() | acts.Unfreeze():
            dag = _known(world, act.dag_id).dag
            verb, before, after = _PAUSES[type(act)]
            flag = " --freeze" if isinstance(act, acts.Freeze | acts.Unfreeze) else ""
            item = PlanItem(dag_id=dag.dag_id, run_id=None, task_id=None, before=before, after=after)
            word = "unpause" if isinstance(act, acts.UnpauseSchedule | acts.Unfreeze) else "pause"
            return f"{verb} {dag.dag_id}", (item,), {}, f"penstock {word} {dag.dag_id}{flag}"
        case acts.PauseAll() | acts.ResumeAll():
            return _plan_all(world, act)
        case acts.Hold() | acts.Release():
            _run(world, act.dag_id, act.run_id)
            verb = "Hold" if isinstance(act, acts.Hold) else "Release"
            words = " ".join(part for part in (act.dag_id, act.run_id, act.task_id) if part)
            item = PlanItem(
                dag_id=act.dag_id, run_id=act.run_id, task_id=act.task_id, before="-", after=verb.lower()
            )
            return f"{verb} {act.task_id or act.run_id}", (item,), {}, f"penstock {verb.lower()} {words}"
        case acts.SetBreakpoint() | acts.ClearBreakpoint() | acts.Answer():
            return _answer_plan(act) if isinstance(act, acts.Answer) else _breakpoint_plan(act)
        case acts.AcknowledgeFailures() | acts.SnoozeFailures() | acts.ReopenFailures():
            verb = acts.act_name(act).removeprefix("failures_")
            item = PlanItem(
                dag_id="", run_id=None, task_id=None, before="open", after=verb, note=act.fingerprint
            )
            why = getattr(act, "why", None)
            cli = f"penstock failures {verb} {act.fingerprint}" + (f" --why {why}" if why else "")
            return f"{verb.capitalize()} 1 cause", (item,), {}, cli
        case acts.EmitAsset() | acts.SetPool() | acts.QuarantineRetry() | acts.QuarantineDrop():
            return _plan_thing(world, act)
        case _:
            name = acts.act_name(act)
            return name.replace("_", " ").capitalize(), (), {}, f"penstock {name.replace('_', ' ')}"


def _plan_thing(
    world: World, act: acts.EmitAsset | acts.SetPool | acts.QuarantineRetry | acts.QuarantineDrop
) -> Planned:
    if isinstance(act, acts.QuarantineRetry | acts.QuarantineDrop):
        verb, after = ("drop", "dropped") if isinstance(act, acts.QuarantineDrop) else ("retry", "back")
        item = PlanItem(
            dag_id="", run_id=None, task_id=None, before="quarantined", after=after, note=act.subject
        )
        return f"{verb} {act.subject}", (item,), {}, f"penstock quarantine {verb} {act.subject}"
    if isinstance(act, acts.EmitAsset):
        item = PlanItem(dag_id="hello", run_id=None, task_id=None, before="waits", after="queued")
        return f"Record a change of {act.name}", (item,), {}, f"penstock assets emit {act.name}"
    before = f"{world.pools[act.name].slots} slots" if act.name in world.pools else "missing"
    after = f"{act.slots} slots"
    item = PlanItem(dag_id="", run_id=None, task_id=None, before=before, after=after, note=act.name)
    return f"Resize pool {act.name}", (item,), {}, f"penstock pools set {act.name} {act.slots}"


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
                run_id=_trigger_id(act, now),
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
        case acts.SetPool() | acts.DeletePool():
            _pool(world, act)
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
        detail = _run(world, act.dag_id, act.run_id)
        world.runs[act.dag_id, act.run_id] = replace(detail, run=replace(detail.run, rush=rush))


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
    detail, wanted = _run(world, dag_id, run_id), set(tasks)
    rows = tuple(
        replace(task, version=task.version + 1, **changes) if task.task_id in wanted else task
        for task in detail.tasks
    )
    run = replace(detail.run, counts=count_states(rows), version=detail.run.version + 1)
    world.runs[dag_id, run_id] = replace(detail, tasks=rows, run=run)


def _plan_all(world: World, act: acts.PauseAll | acts.ResumeAll) -> Planned:
    """Plan a pause of all, or its end: of what that stopped and nobody has resumed."""
    resumes = isinstance(act, acts.ResumeAll)
    before, after = ("paused", "scheduled") if resumes else ("scheduled", "paused")
    items = tuple(
        PlanItem(dag_id=dag_id, run_id=None, task_id=None, before=before, after=after)
        for dag_id, detail in world.dags.items()
        if (detail.dag.paused and dag_id in world.paused_by_all if resumes else not detail.dag.paused)
    )
    verb = "Resume" if resumes else "Pause"
    return f"{verb} {len(items)} DAGs", items, {}, f"penstock {verb.lower()} --all"


def _plan_tasks(world: World, act: acts.Clear | acts.Retry | acts.Mark) -> Planned:
    items: list[PlanItem] = []
    for run_id in _runs_in_scope(world, act):
        detail = _run(world, act.dag_id, run_id)
        for task in detail.tasks:
            if task.task_id in _tasks_in_scope(detail, act):
                after = act.state if isinstance(act, acts.Mark) else "pending"
                items.append(
                    PlanItem(
                        dag_id=act.dag_id,
                        run_id=run_id,
                        task_id=task.task_id,
                        before=task.state.value,
                        after=after,
                        logical_date=detail.run.logical_date,
                        note="killed first" if task.state not in TERMINAL and task.attempt_id else None,
                    )
                )
    if not items and isinstance(act, acts.Retry):
        raise RefusedError("nothing failed in this run")
    verb = {acts.Clear: "Clear", acts.Retry: "Retry"}.get(type(act), "Mark")
    word = "task" if len(items) == 1 else "tasks"
    tail = f" as {act.state}" if isinstance(act, acts.Mark) else ""
    flags = [
        f"--{name.replace('_', '-')}"
        for name in ("upstream", "downstream", "past", "future", "only_failed", "latest_version")
        if getattr(act, name, False)
    ]
    head = f"mark {act.state}" if isinstance(act, acts.Mark) else verb.lower()
    cli = " ".join(["penstock", head, act.dag_id, act.run_id, *act.tasks, *flags])
    return f"{verb} {len(items)} {word}{tail}", tuple(items), {}, cli


def _runs_in_scope(world: World, act: acts.Clear | acts.Retry | acts.Mark) -> list[str]:
    here = _run(world, act.dag_id, act.run_id).run
    if isinstance(act, acts.Retry):
        return [act.run_id]
    return [
        run.run_id
        for run in reversed(world.runs_of(act.dag_id))
        if run.run_id == act.run_id
        or (act.past and run.run_after < here.run_after)
        or (act.future and run.run_after > here.run_after)
    ]


def _tasks_in_scope(detail: RunDetail, act: acts.Clear | acts.Retry | acts.Mark) -> set[str]:
    graph = Graph({task.task_id: task.upstream for task in detail.tasks})
    bad = {
        task.task_id
        for task in detail.tasks
        if task.state.value in {"failed", "upstream_failed", "cancelled"}
    }
    chosen = set(act.tasks) or {task.task_id for task in detail.tasks}
    if isinstance(act, acts.Retry):
        blocked = {down for name in act.tasks for down in graph.descendants(name)}
        return bad if not act.tasks else bad & (chosen | blocked)
    for name in act.tasks:
        if name not in graph.order:
            raise UnknownError(f"no task {name!r}")
        chosen |= graph.ancestors(name) if act.upstream else frozenset()
        chosen |= graph.descendants(name) if act.downstream else frozenset()
    return chosen & bad if isinstance(act, acts.Clear) and act.only_failed else chosen


def _plan_cancel(world: World, act: acts.Cancel) -> Planned:
    detail = _run(world, act.dag_id, act.run_id)
    items = tuple(
        PlanItem(
            dag_id=act.dag_id,
            run_id=act.run_id,
            task_id=task.task_id,
            logical_date=detail.run.logical_date,
            before=task.state.value,
            after="cancelled",
        )
        for task in detail.tasks
        if task.state not in TERMINAL and act.task_id in {None, task.task_id}
    )
    if not items:
        raise RefusedError("it has ended already")
    cli = " ".join(part for part in ("penstock cancel", act.dag_id, act.run_id, act.task_id) if part)
    return ("Cancel 1 task" if act.task_id else "Cancel 1 run"), items, {}, cli


def _plan_backfill(world: World, act: acts.CreateBackfill) -> Planned:
    _known(world, act.dag_id)
    if act.to_date < act.from_date:
        raise RefusedError("the end lies before the beginning")
    if any(
        row.dag_id == act.dag_id and row.state in {"running", "paused"} for row in world.backfills.values()
    ):
        raise RefusedError(f"{act.dag_id} has an active backfill already")
    days = [_utc(act.from_date) + n * DAY for n in range((act.to_date - act.from_date).days + 1)]
    present = {
        run.logical_date.date(): run for run in world.runs_of(act.dag_id) if run.logical_date is not None
    }
    items, counts = [], {"create": 0, "rerun": 0, "kept": 0, "in_flight": 0}
    for day in days:
        run = present.get(day.date())
        what = _fate(run, act.reprocess)
        counts[what] += 1
        items.append(
            PlanItem(
                dag_id=act.dag_id,
                run_id=run.run_id if run else None,
                task_id=None,
                before=run.state.value if run else "",
                after="queued" if what in {"create", "rerun"} or run is None else run.state.value,
                note=what,
                logical_date=day,
            )
        )
    total = counts["create"] + counts["rerun"]
    cli = (
        f"penstock backfill create {act.dag_id} --from {act.from_date:%Y-%m-%d} --to {act.to_date:%Y-%m-%d}"
        f" --reprocess {act.reprocess} --max-active-runs {act.max_active_runs}"
    )
    return f"Backfill {total} run{'s' if total != 1 else ''}", tuple(items), counts, cli


def _fate(run: RunRow | None, reprocess: str) -> str:
    if run is None:
        return "create"
    if run.state in RUN_UNFINISHED:
        return "in_flight"
    again = reprocess == "completed" or (reprocess == "failed" and run.state is RunState.FAILED)
    return "rerun" if again else "kept"


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
        detail = _run(world, dag_id, run_id)
        state = RunState.QUEUED
        if isinstance(act, acts.Cancel):
            state = detail.run.state if act.task_id else RunState.CANCELLED
        world.runs[dag_id, run_id] = replace(detail, run=replace(detail.run, state=state))


def _cleared(each: BreakpointRow, act: acts.ClearBreakpoint) -> bool:
    place = (each.dag_id, each.run_id) == (act.dag_id, act.run_id)
    return place and (not act.tasks or each.task_id in act.tasks) and act.where in (None, each.where)


def _breakpoint_plan(
    act: acts.SetBreakpoint | acts.ClearBreakpoint,
) -> tuple[str, tuple[PlanItem, ...], dict[str, int], str]:
    verb = "Stop" if isinstance(act, acts.SetBreakpoint) else "Go on from"
    items = tuple(
        PlanItem(dag_id=act.dag_id, run_id=act.run_id, task_id=name, before="-", after=verb.lower())
        for name in act.tasks
    )
    word = "set" if isinstance(act, acts.SetBreakpoint) else "clear"
    parts = ["penstock breakpoint", word, act.dag_id, act.run_id, *act.tasks]
    parts += [f"--{act.where}"] if act.where else []
    title = f"{verb} {act.where or 'breakpoints'} {', '.join(act.tasks)}"
    return title, items, {}, " ".join(part for part in parts if part)


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


def _answer_plan(act: acts.Answer) -> Planned:
    said = ", ".join(act.chosen)
    item = PlanItem(
        dag_id=act.dag_id,
        run_id=act.run_id,
        task_id=act.task_id,
        before="deferred",
        after="goes on",
        note=said,
    )
    cli = f"penstock answer {act.dag_id} {act.run_id} {act.task_id} {said}"
    return f"Answer {act.task_id}: {said}", (item,), {}, cli


def _hold(world: World, act: acts.Hold | acts.Release, info: PauseInfo | None) -> None:
    detail = _run(world, act.dag_id, act.run_id)
    if act.task_id:
        set_tasks(world, act.dag_id, act.run_id, {act.task_id}, held=info)
    else:
        world.runs[act.dag_id, act.run_id] = replace(detail, run=replace(detail.run, held=info))


def _set_dag(world: World, dag_id: str, **changes: object) -> None:
    detail = _known(world, dag_id)
    world.dags[dag_id] = replace(detail, dag=replace(detail.dag, **changes))


def _set_backfill(world: World, backfill_id: int, **changes: object) -> None:
    world.backfills[backfill_id] = replace(world.backfills[backfill_id], **changes)


def _rerun_id(now: datetime) -> str:
    return make_run_id("manual", now)


def _trigger_id(act: acts.Trigger, now: datetime) -> str:
    return act.run_id or make_run_id("manual", act.logical_date or now)


def _known(world: World, dag_id: str) -> DagDetail:
    if dag_id not in world.dags:
        raise UnknownError(f"DAG {dag_id!r} does not exist")
    return world.dags[dag_id]


def _run(world: World, dag_id: str, run_id: str) -> RunDetail:
    _known(world, dag_id)
    if (dag_id, run_id) not in world.runs:
        raise UnknownError(f"no run {run_id!r} of {dag_id!r}")
    return world.runs[dag_id, run_id]


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_PAUSES: dict[type, tuple[str, str, str]] = {
    acts.PauseSchedule: ("Pause", "scheduled", "paused"),
    acts.UnpauseSchedule: ("Unpause", "paused", "scheduled"),
    acts.Freeze: ("Freeze", "free", "frozen"),
    acts.Unfreeze: ("Unfreeze", "frozen", "free"),
}
