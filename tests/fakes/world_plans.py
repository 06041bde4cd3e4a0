"""What each act would touch in a `fakes.world.World`."""

from __future__ import annotations

from datetime import UTC, datetime

from fakes.world import DAY, World
from penstock.errors import RefusedError, UnknownError
from penstock.ids import make_run_id
from penstock.model import acts
from penstock.model.graph import Graph
from penstock.model.states import RUN_UNFINISHED, TERMINAL, RunState
from penstock.model.views.dags import DagDetail
from penstock.model.views.plans import PlanItem
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
            known_dag(world, act.dag_id)
            item = PlanItem(
                dag_id=act.dag_id, run_id=trigger_id(act, now), task_id=None, before="-", after="queued"
            )
            return "Trigger 1 run", (item,), {}, f"penstock trigger {act.dag_id}"
        case acts.Rerun():
            known_run(world, act.dag_id, act.run_id)
            item = PlanItem(dag_id=act.dag_id, run_id=_rerun_id(now), task_id=None, before="", after="queued")
            return f"Re-run {act.run_id}", (item,), {}, f"penstock rerun {act.dag_id} {act.run_id}"
        case acts.RunNext() | acts.RunNow() | acts.RunInTurn():
            known_run(world, act.dag_id, act.run_id)
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
            dag = known_dag(world, act.dag_id).dag
            verb, before, after = _PAUSES[type(act)]
            flag = " --freeze" if isinstance(act, acts.Freeze | acts.Unfreeze) else ""
            item = PlanItem(dag_id=dag.dag_id, run_id=None, task_id=None, before=before, after=after)
            word = "unpause" if isinstance(act, acts.UnpauseSchedule | acts.Unfreeze) else "pause"
            return f"{verb} {dag.dag_id}", (item,), {}, f"penstock {word} {dag.dag_id}{flag}"
        case acts.PauseAll() | acts.ResumeAll():
            return _plan_all(world, act)
        case acts.Hold() | acts.Release():
            known_run(world, act.dag_id, act.run_id)
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
        detail = known_run(world, act.dag_id, run_id)
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
    here = known_run(world, act.dag_id, act.run_id).run
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
    detail = known_run(world, act.dag_id, act.run_id)
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
    known_dag(world, act.dag_id)
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


def _rerun_id(now: datetime) -> str:
    return make_run_id("manual", now)


def trigger_id(act: acts.Trigger, now: datetime) -> str:
    """Return the id of the run that a trigger makes."""
    return act.run_id or make_run_id("manual", act.logical_date or now)


def known_dag(world: World, dag_id: str) -> DagDetail:
    """Return a DAG; raise `UnknownError` if there is none."""
    if dag_id not in world.dags:
        raise UnknownError(f"DAG {dag_id!r} does not exist")
    return world.dags[dag_id]


def known_run(world: World, dag_id: str, run_id: str) -> RunDetail:
    """Return a run; raise `UnknownError` if there is none."""
    known_dag(world, dag_id)
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
