"""The four pauses and lifting them. Each is independent of the others."""

from __future__ import annotations

from penstock.clock import from_us, opt_us, to_us
from penstock.errors import EndedError, UnknownError, UsageError
from penstock.model.acts import Freeze, Hold, PauseSchedule, Release, Unfreeze, UnpauseSchedule
from penstock.model.pauses import PAUSES, PauseKind
from penstock.model.states import OCCUPIES_SLOT, RUN_TERMINAL
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import aware, make_plan
from penstock.scheduling.moves.pause import lift_pause
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.records import PauseRecord
from penstock.timetable.due import owed
from penstock.timetable.point import Point

PauseAct = PauseSchedule | Freeze | Hold
LiftAct = UnpauseSchedule | Unfreeze | Release


def plan_pause(world: World, act: PauseAct, now_us: int) -> Planned:
    """Plan to pause a schedule, freeze a DAG, or hold a run or task. Pausing again changes why and until.

    Raises `UnknownError` for what does not exist, `UsageError` for a time that has passed and
    `EndedError` for a run that has ended.
    """
    kind, run_id, task_id = _place(world, act)
    term = PAUSES[kind]
    after, before = term.name, term.without
    key = (kind, act.dag_id, run_id, task_id)
    until = None if act.until is None else aware(act.until, world.dag(act.dag_id).structure.spec.timezone)
    if until is not None and to_us(until) <= now_us:
        raise UsageError(f"--until {until:%Y-%m-%d %H:%M} UTC is in the past")
    standing = world.pauses.get(key)
    item = PlanItem(
        dag_id=act.dag_id,
        run_id=run_id or None,
        task_id=task_id or None,
        before=after if standing else before,
        after=after,
        note=act.why,
    )
    running = _running(world, kind, act.dag_id, run_id, task_id)
    notes = [f"{running} running attempt(s) finish; nothing more is launched"] if running else []
    flags = (["--why", act.why] if act.why else []) + (["--until", until.isoformat()] if until else [])
    cli = _cli(kind, act.dag_id, run_id, task_id, lift=False)
    plan = make_plan(
        term.pause,
        f"{term.pause_verb} {task_id or run_id or act.dag_id}",
        [item],
        means=act,
        notes=notes,
        cli=[*cli, *flags],
    )

    def commit(tick: Tick) -> Done:
        since = standing.since_us if standing else tick.now_us
        record = PauseRecord(
            kind, act.dag_id, run_id, task_id, tick.gate.actor, since, act.why, opt_us(until)
        )
        put_pause(tick, record)
        message = f"{task_id or run_id or act.dag_id} is {after}"
        if running:
            message += f", {running} still running"
        return Done(act=plan.act, message=message, touched=1, run_id=run_id or None)

    return Planned(plan, commit)


def plan_lift(world: World, act: LiftAct, now_us: int) -> Planned:
    """Plan to lift a pause; if there is none, the plan does nothing and says so.

    The plan for a schedule names the number of runs that it starts. Raises `UnknownError` for what does not
    exist.
    """
    kind, run_id, task_id = _place(world, act)
    term = PAUSES[kind]
    before, after, plan_act = term.name, term.without, term.lift
    key = (kind, act.dag_id, run_id, task_id)
    standing = world.pauses.get(key)
    name = task_id or run_id or act.dag_id
    items = [
        PlanItem(
            dag_id=act.dag_id, run_id=run_id or None, task_id=task_id or None, before=before, after=after
        )
    ]
    notes = [] if standing else [f"nothing to do: {name} is not {before}"]
    starts = _started(world, act.dag_id, now_us) if standing and kind is PauseKind.SCHEDULE else None
    notes += [starts] if starts else []
    cli = _cli(kind, act.dag_id, run_id, task_id, lift=True)
    plan = make_plan(
        plan_act, f"{term.lift_verb} {name}", items if standing else [], means=act, notes=notes, cli=cli
    )

    def commit(tick: Tick) -> Done:
        if key not in tick.world.pauses:
            return Done(act=plan_act, message=notes[0] if notes else "nothing to do", touched=0)
        tick.gate.note(
            plan_act,
            dag_id=act.dag_id,
            run_id=run_id or None,
            task_id=task_id or None,
            before=before,
            after=after,
        )
        lift_pause(tick, key)
        message = f"{name} is no longer {before}" + (f"; {starts}" if starts else "")
        return Done(act=plan_act, message=message, touched=1, run_id=run_id or None)

    return Planned(plan, commit)


def runs_started(world: World, dag_id: str, now_us: int) -> int:
    """Return how many runs a schedule starts when its pause is lifted."""
    count, first = _owed(world, dag_id, now_us)
    return 0 if first is None or world.dag(dag_id).facts.missing else count


def _owed(world: World, dag_id: str, now_us: int) -> tuple[int, Point | None]:
    entry = world.dag(dag_id)
    return owed(
        entry.structure.spec,
        cursor=entry.cursor,
        first_seen=from_us(entry.facts.first_seen_us),
        now=from_us(now_us),
    )


def _started(world: World, dag_id: str, now_us: int) -> str | None:
    """Return how many runs a schedule starts when its pause is lifted, in words; None if it starts none."""
    entry = world.dag(dag_id)
    spec = entry.structure.spec
    count, first = _owed(world, dag_id, now_us)
    if first is None or not count or entry.facts.missing:
        return None
    runs = "1 run" if count == 1 else f"{count:,} runs"
    why = " (catchup is on because 2.x has it so)" if spec.catchup_unsaid else ""
    of = f"{first.logical_date:%Y-%m-%d %H:%M} UTC"
    since = f", from {of} on" if count > 1 else f", that of {of}"
    return f"this starts {runs} at once{since}{why}"


def put_pause(tick: Tick, record: PauseRecord) -> None:
    """Put a pause in force, in the place of what stood there."""
    tick.world.pauses[record.key] = record
    tick.gate.put(record)
    tick.gate.note(
        f"pause_{record.kind}",
        dag_id=record.dag_id,
        run_id=record.run_id or None,
        task_id=record.task_id or None,
        after=PAUSES[record.kind].name,
        reason=record.why,
    )


def _place(world: World, act: PauseAct | LiftAct) -> tuple[PauseKind, str, str]:
    world.dag(act.dag_id)
    if isinstance(act, PauseSchedule | UnpauseSchedule):
        return PauseKind.SCHEDULE, "", ""
    if isinstance(act, Freeze | Unfreeze):
        return PauseKind.FREEZE, "", ""
    live = world.run(act.dag_id, act.run_id)
    if isinstance(act, Hold) and live.record.state in RUN_TERMINAL:
        raise EndedError(f"run {act.run_id} has already ended: {live.record.state}")
    if act.task_id is None:
        return PauseKind.RUN, act.run_id, ""
    if act.task_id not in live.instances and act.task_id not in live.tasks:
        raise UnknownError(f"run {act.run_id} has no task {act.task_id!r}")
    return PauseKind.TASK, act.run_id, act.task_id


def _running(world: World, kind: PauseKind, dag_id: str, run_id: str, task_id: str) -> int:
    if kind is PauseKind.SCHEDULE:
        return 0
    return sum(
        1
        for live in world.runs.values()
        if live.record.dag_id == dag_id and run_id in ("", live.record.run_id)
        for task in live.tasks.values()
        if task.state in OCCUPIES_SLOT and task_id in ("", task.task_id, task.key)
    )


def _cli(kind: PauseKind, dag_id: str, run_id: str, task_id: str, *, lift: bool) -> list[str]:
    term = PAUSES[kind]
    match kind:
        case PauseKind.SCHEDULE:
            return [term.lift if lift else term.pause, dag_id]
        case PauseKind.FREEZE:
            return ["unpause" if lift else "pause", dag_id, "--freeze"]
        case _:
            return [term.lift if lift else term.pause, dag_id, run_id, *([task_id] if task_id else [])]
