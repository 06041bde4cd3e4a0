"""Create: schedule points become runs or recorded skips, backfill points become runs, queued runs start."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from penstock.clock import from_us, opt_from_us, to_us
from penstock.ids import make_run_id
from penstock.model.backfills import BackfillPointState, BackfillState, Canary
from penstock.model.overlap import fair_share, on_overlap, takes_more
from penstock.model.rush import Rush
from penstock.model.states import RUN_UNFINISHED, RunState, RunType, TaskState
from penstock.model.subject import about_dag, about_row
from penstock.model.transitions import RunEvent
from penstock.scheduling.moves.backfill import give_up, save_backfill
from penstock.scheduling.moves.backfill_points import save_point
from penstock.scheduling.moves.cancel import cancel
from penstock.scheduling.moves.clear import clear_tasks
from penstock.scheduling.moves.create_run import create_run
from penstock.scheduling.steps.asset_runs import create_asset_runs
from penstock.scheduling.steps.places import give_way, waiting_for
from penstock.scheduling.world.backfill_rules import canary_of, why_stop
from penstock.scheduling.world.dag_entry import DagEntry
from penstock.scheduling.world.fresh_run import is_large
from penstock.scheduling.world.limits import run_limit, run_queue
from penstock.scheduling.world.live_backfill import LiveBackfill
from penstock.scheduling.world.live_run import movable
from penstock.scheduling.world.teardown import to_be_ended
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import BackfillPointRecord
from penstock.timetable.due import Create, decide
from penstock.timetable.point import Point


def create(tick: Tick) -> None:
    """Settle due points of all schedules fairly, serve backfills, and start the next queued runs."""
    looked_at = (tick.world.dags.get(dag_id) for dag_id in tick.world.due_dags.take(tick.now_us))
    due = [entry for entry in looked_at if entry is not None and _makes_runs(tick, entry)]
    # Each DAG gets an equal share of the tick's cap; the rest waits for the next tick.
    kept = 1 if any(found.waiting for found in tick.world.backfills.values()) else 0  # never starved
    left = tick.settings.runs_per_tick - tick.created
    left -= kept if left > 1 else 0
    share, before = fair_share(left, len(due)), tick.created
    for entry in due:
        if tick.created - before < left:
            with about_dag(entry.dag_id):
                _settle_schedule(tick, entry, share)
        else:
            tick.world.due_dags.look_at(entry.dag_id)
            tick.wake_at(tick.now_us)
    tick.wake_at(tick.now_us if tick.world.due_dags.more else tick.world.due_dags.next_us)
    if tick.world.assets.queued:
        create_asset_runs(tick)
    for found in list(tick.world.backfills.values()):
        with about_row("backfill", found.record.id, found.record.dag_id):
            _serve_backfill(tick, found)
    _start_runs(tick)


def _makes_runs(tick: Tick, entry: DagEntry) -> bool:
    """Whether points of a DAG become runs at all; whatever changes that has it looked at again."""
    if entry.facts.missing or entry.structure.spec.schedule.kind == "none":
        return False
    return not (tick.world.paused(entry.dag_id) or entry.dag_id in tick.world.out)


def _settle_schedule(tick: Tick, entry: DagEntry, share: int) -> None:
    spec = entry.structure.spec
    large = is_large(entry.structure)
    active = tick.world.active(entry.dag_id)
    if not takes_more(spec, active):
        entry.next_due_us = None
        tick.world.due_dags.look_again(entry.dag_id)
        return
    try:
        decisions = decide(
            spec,
            cursor=entry.cursor,
            first_seen=from_us(entry.facts.first_seen_us),
            now=from_us(tick.now_us),
            paused=False,
            limit=1 if large else share,
            resumed=opt_from_us(entry.resumed_us),
            busy=bool(active),
        )
    except (ValueError, OverflowError) as error:  # a bad schedule affects only its own DAG
        entry.next_due_us = None
        tick.gate.note("schedule_error", dag_id=entry.dag_id, reason=str(error)[:500])
        return
    creates = any(isinstance(decision, Create) for decision in decisions.decisions)
    if creates and not tick.world.making.ready(entry.structure):
        tick.world.due_dags.look_at(entry.dag_id)
        return
    for decision in decisions.decisions:
        if isinstance(decision, Create):
            _create(tick, entry, decision.point, late=decision.late)
        else:
            span = (decision.first.logical_date, decision.last.logical_date)
            tick.ledger.record_skip(entry, *span, decision.count, decision.reason)
    if decisions.cursor is not None and decisions.cursor != entry.cursor:
        _move_cursor(tick, entry, decisions.cursor)
    entry.next_due_us = None if decisions.next_due is None else to_us(decisions.next_due)
    if entry.next_due_us is None or entry.next_due_us > tick.now_us:
        entry.resumed_us = None
    if entry.next_due_us is not None:
        tick.world.due_dags.look_later(entry.dag_id, entry.next_due_us)


def _move_cursor(tick: Tick, entry: DagEntry, point: Point) -> None:
    entry.cursor = point
    entry.facts = replace(  # a new version of the DAG goes on from here
        entry.facts,
        cursor_us=to_us(point.run_after),
        cursor_start_us=to_us(point.data_interval_start),
        cursor_end_us=to_us(point.data_interval_end),
    )
    tick.gate.put(entry.facts)


def _create(tick: Tick, entry: DagEntry, point: Point, *, late: bool) -> None:
    """Create the run of a point, unless it has one or the overlap policy forbids it."""
    spec = entry.structure.spec
    logical_us = to_us(point.logical_date)
    standing = tick.world.runs_at(entry.dag_id, [logical_us]).get(logical_us)
    if standing is not None:  # a manual or backfill run of that date: the point is served
        tick.ledger.record_run(entry, point, standing[0], late=late)
        return
    active = [live for live in tick.world.runs_of(entry.dag_id) if live.record.backfill_id is None]
    match on_overlap(spec, tick.world.active(entry.dag_id)):
        case "skip":
            tick.ledger.record_skip(entry, point.logical_date, point.logical_date, 1, "overlap")
            return
        case "replace":
            for live in active:
                cancel(tick, live, to_be_ended(live), whole=True, reason="a newer run takes its place")
        case "create":
            pass
    run_id = tick.world.free_run_id(entry.dag_id, make_run_id(RunType.SCHEDULED.value, point.run_after))
    create_run(
        tick,
        entry.structure,
        run_id=run_id,
        run_type=RunType.SCHEDULED,
        logical=point.logical_date,
        interval=(point.data_interval_start, point.data_interval_end),
        run_after_us=to_us(point.run_after),
    )
    tick.ledger.record_run(entry, point, run_id, late=late)


# -- backfills ---------------------------------------------------------------------------------


def _serve_backfill(tick: Tick, found: LiveBackfill) -> None:
    record = found.record
    _look_at_results(tick, found)
    if not found.waiting and not found.running:
        _end_backfill(tick, found)
        return
    if (
        record.state is not BackfillState.RUNNING
        or tick.world.frozen(record.dag_id)
        or record.dag_id in tick.world.out
    ):
        return
    tick.gate.actor, actor = f"backfill {record.id}", tick.gate.actor
    at_once = 1 if record.canary is Canary.WAITING else record.max_active_runs
    while found.waiting and found.running < at_once:
        if tick.created >= tick.settings.runs_per_tick:
            tick.wake_at(tick.now_us)
            break
        structure = tick.world.dag(record.dag_id).structure
        if found.waiting[0].run_id is None and not tick.world.making.ready(structure):
            break
        _fill(tick, found, found.waiting.popleft())
    tick.gate.actor = actor


def _look_at_results(tick: Tick, found: LiveBackfill) -> None:
    """Judge the canary, and whether too much has failed to start more."""
    record = found.record
    if record.canary is Canary.WAITING:
        record.canary = canary_of(point.state for point in found.points)
        if record.canary is not Canary.WAITING:
            save_backfill(tick, record)
    reason = why_stop(record.canary, found.failed, record.stop_after)
    if reason is not None and found.waiting:
        give_up(tick, found, BackfillPointState.SKIPPED, reason)
        words = f"backfill {record.id}: {reason}"
        tick.gate.note("backfill_stop", dag_id=record.dag_id, before=record.state, reason=words)


def _fill(tick: Tick, found: LiveBackfill, point: BackfillPointRecord) -> None:
    """Start one point; its date may have got a run since the plan was made."""
    record = found.record
    entry = tick.world.dag(record.dag_id)
    standing = tick.world.runs_at(record.dag_id, [point.logical_us]).get(point.logical_us)
    if standing is not None and point.run_id is None:
        save_point(
            tick,
            found,
            point,
            BackfillPointState.KEPT,
            reason="a run for this date was created in the meantime",
        )
        return
    if standing is None:
        point.run_id = None  # the run to repeat has been deleted
    if point.run_id is not None and tick.world.quarantine_reason(f"{record.dag_id}/{point.run_id}"):
        save_point(tick, found, point, BackfillPointState.SKIPPED, reason="its run is in quarantine")
        return
    if point.run_id is not None:
        live = tick.world.run(record.dag_id, point.run_id)
        if live.record.state in RUN_UNFINISHED:
            save_point(
                tick, found, point, BackfillPointState.SKIPPED, reason="its run is queued or running again"
            )
            return
        live.record.backfill_id = record.id
        again = [task for task in live.tasks.values() if task.state is not TaskState.REMOVED]
        clear_tasks(tick, live, again, reason=f"backfill {record.id}")
    else:
        live = _backfill_run(tick, entry, record.id, record.conf, point)
        point.run_id = live.record.run_id
    tick.ledger.record_backfilled(entry, from_us(point.logical_us), point.run_id)
    save_point(tick, found, point, BackfillPointState.RUNNING)


def _backfill_run(
    tick: Tick, entry: DagEntry, backfill_id: int, conf: str, point: BackfillPointRecord
) -> LiveRun:
    import json

    logical = from_us(point.logical_us)
    return create_run(
        tick,
        entry.structure,
        run_id=tick.world.free_run_id(entry.dag_id, make_run_id(RunType.BACKFILL.value, logical)),
        run_type=RunType.BACKFILL,
        logical=logical,
        interval=(from_us(point.interval_start_us), from_us(point.interval_end_us)),
        run_after_us=point.run_after_us,
        conf=json.loads(conf),
        backfill_id=backfill_id,
    )


def _end_backfill(tick: Tick, found: LiveBackfill) -> None:
    record = found.record
    before = record.state
    if before is not BackfillState.CANCELLED:
        bad = any(
            point.state in (BackfillPointState.FAILED, BackfillPointState.CANCELLED) for point in found.points
        )
        record.become(BackfillState.FAILED if bad else BackfillState.SUCCESS)
    save_backfill(tick, record, end_us=tick.now_us)
    tick.world.backfills.pop(record.id, None)
    tick.gate.note(
        "backfill_end",
        dag_id=record.dag_id,
        before=before,
        after=record.state,
        reason=f"backfill {record.id}",
    )


# -- starting ----------------------------------------------------------------------------------


def _start_runs(tick: Tick) -> None:
    """Start queued runs: oldest first under max_active_runs, a backfill's under its own limit.

    A run marked to run next goes before the others; one marked to run now, past the limit. A run that
    only waits for a queued one gives up its place to it.
    """
    queued: dict[str | int, list[LiveRun]] = {}
    active: dict[str | int, list[LiveRun]] = {}
    for live in tick.world.runs.values():
        queue = run_queue(tick.world, live)
        if live.record.state is RunState.QUEUED:
            queued.setdefault(queue, []).append(live)
        elif live.record.state is RunState.RUNNING:
            active.setdefault(queue, []).append(live)
    apart: Counter[str | int] = Counter()
    for run in tick.world.apart.values():
        if run.state == RunState.RUNNING.value:
            known = run.backfill_id is not None and run.backfill_id in tick.world.backfills
            apart[run.backfill_id if known and run.backfill_id is not None else run.dag_id] += 1
    busy = {pk for pk, _ in tick.world.attempts.values()}  # these do more than wait
    for queue, runs in queued.items():
        runs.sort(key=_place_in_queue)
        going = active.get(queue, [])
        for live in runs:
            with live.subject:
                full = len(going) + apart[queue] >= run_limit(tick.world, live)
                if live.record.rush != Rush.NOW and full:
                    if not any(other.structure.watchers and other.record.id not in busy for other in going):
                        break
                    idle = waiting_for(tick.world, live, going) if _may_start(tick, live) else None
                    if idle is None:
                        continue
                    give_way(tick, idle, live)
                    going.remove(idle)
                if _may_start(tick, live):
                    _start(tick, live)
                    going.append(live)


_RUSHED = {Rush.NOW: 0, Rush.NEXT: 1}


def _place_in_queue(live: LiveRun) -> tuple[int, int, int]:
    run = live.record
    return (2 if run.rush is None else _RUSHED[run.rush], run.run_after_us, run.id)


def _may_start(tick: Tick, live: LiveRun) -> bool:
    dag_id, run_id = live.key
    early = live.record.run_after_us > tick.now_us and live.record.run_type is RunType.SCHEDULED
    if early and live.record.rush != Rush.NOW:
        tick.wake_at(live.record.run_after_us)
        return False
    return not (tick.world.frozen(dag_id) or tick.world.held(dag_id, run_id) or live.record.intent)


def _start(tick: Tick, live: LiveRun) -> None:
    if live.record.start_us is None:
        live.record.start_us = tick.now_us
    live.record.turn_us = tick.now_us
    live.record.rush = None
    tick.gate.move_run(live.record, RunEvent.START)
    live.dirty |= movable(live)
    tick.world.to_advance.add(live.record.id)
