"""Backfills: create one from a plan that lists every point, pause, resume, resize, cancel."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, time
from zoneinfo import ZoneInfo

from penstock.clock import to_us
from penstock.errors import RefusedError, UnknownError, UsageError
from penstock.model.acts import (
    CancelBackfill,
    CreateBackfill,
    PauseBackfill,
    ResizeBackfill,
    ResumeBackfill,
)
from penstock.model.backfills import CHOICES, BackfillPointState, BackfillState, Canary, Choice, Reprocess
from penstock.model.spec import DagSpec
from penstock.model.states import RunState
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import amount, aware, counted, make_plan
from penstock.scheduling.acts.trigger import check_conf
from penstock.scheduling.moves.backfill import give_up, save_backfill
from penstock.scheduling.world.backfill_rules import choose, point_state
from penstock.scheduling.world.live_backfill import LiveBackfill
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.records import BackfillPointRecord, BackfillRecord
from penstock.timetable.point import Point
from penstock.timetable.schedule import stored_timetable

MOST_POINTS = 20_000
"""A backfill of more points than this is refused: split it."""

_WORK = (Choice.CREATE, Choice.RERUN)
"""What gives a point a run of the backfill."""

LifeAct = PauseBackfill | ResumeBackfill | CancelBackfill | ResizeBackfill


def _refuse_barred(world: World, dag_id: str) -> None:
    """Refuse a backfill if the DAG, or another backfill of it, is in quarantine."""
    world.refuse_barred(dag_id, f"DAG {dag_id}")
    for record in world.quarantine.values():
        if record.dag_id == dag_id and record.id.startswith("backfill:"):
            world.refuse_barred(record.id, f"backfill {record.id.partition(':')[2]} of {dag_id}")


def plan_backfill(world: World, act: CreateBackfill, now_us: int) -> Planned:
    """Plan to run the due schedule points of a span, and list what happens to each.

    Raises `UnknownError` for a DAG that does not exist, `UsageError` for dates and limits that make no
    sense, and `RefusedError` for a DAG that is gone, in quarantine or has an active backfill.
    """
    entry = world.dag(act.dag_id)
    spec = entry.structure.spec
    if entry.facts.missing:
        raise RefusedError(f"DAG {act.dag_id!r} is gone: {entry.facts.file} no longer makes it")
    within = _points(spec, act)
    points = [point for point in within if to_us(point.run_after) <= now_us]
    _check(world, spec, act)
    standing = world.runs_at(act.dag_id, [to_us(point.logical_date) for point in points])
    items: list[PlanItem] = []
    choices: list[tuple[Point, Choice, str | None]] = []
    counts: dict[str, int] = dict.fromkeys(Choice, 0)
    for point in points:
        run_id, state = standing.get(to_us(point.logical_date), (None, None))
        choice = choose(state, act.reprocess)
        counts[choice] += 1
        choices.append((point, choice, run_id))
        items.append(_item(act, point, choice, run_id, state))
    work = sum(counts[choice] for choice in _WORK)
    summary = _summary(counts)
    to_come = len(within) - len(points)
    later = [_later(to_come)] if to_come else []
    notes = [summary, *later]
    absent = None if within else _why_none(spec, act)
    if absent:
        notes.append(absent)
    if not work:
        notes.append("0 runs: there is nothing to do")
    plan = make_plan(
        "backfill",
        counted("Backfill", work, "run"),
        items,
        notes=notes,
        cli=_cli(act),
        counts=counts,
    )

    def commit(tick: Tick) -> Done:
        if not work:
            why = "; ".join([absent or summary, *later])
            return Done(
                act="backfill", message=f"nothing to do: {why}", touched=0, state=BackfillState.SUCCESS
            )
        record = _record(tick, act, points)
        records = _point_records(tick, record, choices)
        tick.world.backfills[record.id] = LiveBackfill(record, records)
        tick.gate.note("backfill_create", dag_id=act.dag_id, after=BackfillState.RUNNING, reason=summary)
        message = f"backfill {record.id}: {summary}"
        return Done(
            act="backfill", message=message, touched=work, backfill_id=record.id, state=BackfillState.RUNNING
        )

    return Planned(plan, commit)


def _item(
    act: CreateBackfill, point: Point, choice: Choice, run_id: str | None, state: RunState | None
) -> PlanItem:
    before = "" if state is None else state.value
    return PlanItem(
        dag_id=act.dag_id,
        run_id=run_id,
        task_id=None,
        before=before,
        after=RunState.QUEUED if choice in _WORK else before,
        logical_date=point.logical_date,
        note=CHOICES[choice].name,
    )


def _summary(counts: dict[str, int]) -> str:
    """Return in words what happens to how many points."""
    dates = amount(sum(counts.values()), "date")
    return (
        f"{dates}: {counts[Choice.CREATE]} to create, {counts[Choice.RERUN]} to rerun, "
        f"{counts[Choice.KEPT]} kept, {counts[Choice.IN_FLIGHT]} active"
    )


def _later(count: int) -> str:
    """Return in words that *count* dates of the span are still to come."""
    what = amount(count, "later date")
    if count == 1:
        return f"{what} is not due yet: the schedule will run it"
    return f"{what} are not due yet: the schedule will run them"


def _why_none(spec: DagSpec, act: CreateBackfill) -> str:
    """Return why there are no schedule points in the span."""
    if spec.end_date is not None and aware(act.from_date, spec.timezone) > spec.end_date:
        return f"the DAG's dates end on {_day(spec.end_date, spec)}"
    if spec.start_date is not None and aware(act.to_date, spec.timezone) < spec.start_date:
        return f"the DAG's dates begin on {_day(spec.start_date, spec)}"
    return f"the schedule ({spec.schedule.text}) has no points there"


def _day(moment: datetime, spec: DagSpec) -> str:
    """Return *moment* on the DAG's clock, with the time unless it is midnight."""
    local = moment.astimezone(ZoneInfo(spec.timezone))
    return f"{local:%Y-%m-%d}" if local.time() == time() else f"{local:%Y-%m-%d %H:%M}"


def _points(spec: DagSpec, act: CreateBackfill) -> list[Point]:
    first = aware(act.from_date, spec.timezone)
    last = aware(act.to_date, spec.timezone)
    if first > last:
        raise UsageError(f"the backfill begins after it ends: {first:%Y-%m-%d %H:%M} > {last:%Y-%m-%d %H:%M}")
    if spec.schedule.kind in ("none", "once", "continuous"):
        raise UsageError(f"{spec.dag_id} has no schedule points to backfill (schedule: {spec.schedule.text})")
    found = stored_timetable(spec.schedule).points_between(
        first, last, start=spec.start_date, end=spec.end_date
    )
    points = list(itertools.islice(found, MOST_POINTS + 1))
    if len(points) > MOST_POINTS:
        raise UsageError(f"more than {MOST_POINTS:,} schedule points: split the backfill")
    if act.backwards:
        points.reverse()
    return points


def _check(world: World, spec: DagSpec, act: CreateBackfill) -> None:
    check_conf(spec, act.conf)
    if act.max_active_runs < 1:
        raise UsageError("max_active_runs must be at least 1")
    if act.stop_after is not None and act.stop_after < 1:
        raise UsageError("stop_after must be at least 1")
    if act.backwards and any(task.depends_on_past or task.wait_for_downstream for task in spec.tasks):
        raise UsageError(f"{spec.dag_id} has tasks that depend on the past: it cannot run backwards")
    _refuse_barred(world, act.dag_id)
    for other in world.backfills.values():
        if other.record.dag_id == spec.dag_id:
            words = "ending" if other.record.state is BackfillState.CANCELLED else other.record.state
            raise RefusedError(f"backfill {other.record.id} of {spec.dag_id} is still {words}")


def _record(tick: Tick, act: CreateBackfill, points: list[Point]) -> BackfillRecord:
    stored = tick.world.reads.next_key("backfill")
    record = BackfillRecord(
        id=max([stored, *(pk + 1 for pk in tick.world.backfills)]),
        dag_id=act.dag_id,
        from_us=min(to_us(point.logical_date) for point in points),
        to_us=max(to_us(point.logical_date) for point in points),
        reprocess=act.reprocess,
        max_active_runs=act.max_active_runs,
        backwards=act.backwards,
        conf=json.dumps(act.conf),
        state=BackfillState.RUNNING,
        by=tick.gate.actor,
        created_us=tick.now_us,
        canary=Canary.WAITING if act.canary else None,
        stop_after=act.stop_after,
    )
    tick.gate.add(record)
    return record


def _point_records(
    tick: Tick, record: BackfillRecord, choices: list[tuple[Point, Choice, str | None]]
) -> list[BackfillPointRecord]:
    stored = tick.world.reads.next_key("point")
    taken = [each.id + 1 for other in tick.world.backfills.values() for each in other.points]
    key = max([stored, *taken])
    records = []
    for ordinal, (point, choice, run_id) in enumerate(choices):
        state, reason = point_state(choice)
        fresh = BackfillPointRecord(
            id=key + ordinal,
            backfill_id=record.id,
            ordinal=ordinal,
            logical_us=to_us(point.logical_date),
            interval_start_us=to_us(point.data_interval_start),
            interval_end_us=to_us(point.data_interval_end),
            run_after_us=to_us(point.run_after),
            state=state,
            run_id=run_id,
            reason=reason,
        )
        records.append(fresh)
        tick.gate.add(fresh)
    return records


def _cli(act: CreateBackfill) -> list[str]:
    cli = [
        "backfill",
        "create",
        act.dag_id,
        "--from",
        act.from_date.isoformat(),
        "--to",
        act.to_date.isoformat(),
    ]
    if act.reprocess != Reprocess.NONE:
        cli += ["--reprocess", act.reprocess]
    if act.max_active_runs != 10:
        cli += ["--max-active-runs", str(act.max_active_runs)]
    if act.backwards:
        cli.append("--backwards")
    if act.canary:
        cli.append("--canary")
    if act.stop_after is not None:
        cli += ["--stop-after", str(act.stop_after)]
    if act.conf:
        cli += ["--conf", json.dumps(act.conf)]
    return cli


def plan_backfill_life(world: World, act: LifeAct) -> Planned:
    """Plan to pause, resume, resize or cancel a backfill.

    Raises `UnknownError` for a backfill that does not exist or has ended, `UsageError` for a size below 1,
    and `RefusedError` for one that is in quarantine or was cancelled.
    """
    world.refuse_barred(f"backfill:{act.backfill_id}", f"backfill {act.backfill_id}")
    found = world.backfills.get(act.backfill_id)
    if found is None:
        raise UnknownError(f"backfill {act.backfill_id} does not exist or has ended")
    record = found.record
    if record.state is BackfillState.CANCELLED:
        raise RefusedError(f"backfill {record.id} was cancelled; {found.running} of its runs still go on")
    match act:
        case PauseBackfill():
            name, title, after = "backfill_pause", f"Pause backfill {record.id}", BackfillState.PAUSED
        case ResumeBackfill():
            name, title, after = "backfill_resume", f"Resume backfill {record.id}", BackfillState.RUNNING
        case CancelBackfill():
            name, title, after = "backfill_cancel", f"Cancel backfill {record.id}", BackfillState.CANCELLED
        case ResizeBackfill(max_active_runs=size):
            if size < 1:
                raise UsageError("max_active_runs must be at least 1")
            name, title, after = "backfill_resize", f"Run {size} at once", record.state
    waiting = [point for point in found.points if point.state is BackfillPointState.WAITING]
    items = [
        PlanItem(
            dag_id=record.dag_id, run_id=None, task_id=None, before=record.state, after=after,
            note=f"{amount(len(waiting), 'point')} {'has' if len(waiting) == 1 else 'have'} not started",
        )
    ]  # fmt: skip
    cli = ["backfill", name.removeprefix("backfill_"), str(record.id)]
    if isinstance(act, ResizeBackfill):
        cli.append(str(act.max_active_runs))
    plan = make_plan(name, title, items, means=act, cli=cli)

    def commit(tick: Tick) -> Done:
        if isinstance(act, ResizeBackfill):
            record.max_active_runs = act.max_active_runs
        if isinstance(act, CancelBackfill):
            give_up(tick, found, BackfillPointState.CANCELLED, "the backfill was cancelled")
        record.become(after)
        save_backfill(tick, record)
        tick.gate.note(name, dag_id=record.dag_id, after=after, reason=f"backfill {record.id}")
        size = f", {act.max_active_runs} at once" if isinstance(act, ResizeBackfill) else ""
        return Done(
            act=name,
            message=f"backfill {record.id} is {after}{size}",
            touched=1,
            backfill_id=record.id,
            state=after,
        )

    return Planned(plan, commit)
