"""The barriers that hold a run or a task instance, each with its holder and what to look at next.

Reads the same facts and asks the same limits as the steps of the tick do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from penstock.clock import from_us, opt_from_us
from penstock.model.barriers import BarrierKind
from penstock.model.pauses import PauseKind
from penstock.model.questions import assigned_words
from penstock.model.rush import Rush
from penstock.model.spec import TaskSpec
from penstock.model.states import BETWEEN, OCCUPIES_SLOT, RUN_TERMINAL, TERMINAL, RunState, RunType, TaskState
from penstock.model.trigger_rules import Verdict
from penstock.model.views.why import Barrier
from penstock.scheduling.world.breakpoints import behind, stops, words
from penstock.scheduling.world.instances import (
    direct_parents,
    instances,
    mapping_sources,
    needed_setups,
    unexpanded,
)
from penstock.scheduling.world.limits import Occupancy, run_full, run_limit, run_queue, task_blocked
from penstock.scheduling.world.questions import question_of
from penstock.scheduling.world.readiness import (
    blocking_past,
    judge,
    not_begun,
    parents_text,
    states_text,
)
from penstock.scheduling.world.teardown import in_its_way
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import PauseRecord, TaskRecord

Subject = tuple[LiveRun, TaskRecord | None]
"""A task instance of a run, or a run."""
MOST_HOLDERS = 10
_ASKING = frozenset({"ExternalTaskSensor", "TriggerDagRunOperator"})
"""Operators that may wait for another run while their task holds a slot."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain to the root cause: a barrier, and the subject behind it, which is next."""

    barrier: Barrier
    then: Subject | None = None


def because(reason: str | None) -> str:
    """Return a reason as an addition to a sentence."""
    return f" ({reason})" if reason else ""


def pause_barrier(kind: BarrierKind, text: str, pause: PauseRecord) -> Barrier:
    """Return the barrier of one of the four pauses: who, since when, why, until."""
    since = from_us(pause.since_us)
    words = f"{text} since {since:%Y-%m-%d %H:%M} UTC by {pause.by}{because(pause.why)}"
    return Barrier(kind=kind, text=words, holders=(pause.by,), until=opt_from_us(pause.until_us))


def breakpoint_barrier(at: PauseRecord) -> Barrier:
    """Return the barrier of a breakpoint: where, since when if it stops there, by whom, why, the way on."""
    since = opt_from_us(at.reached_us)
    said = f"stopped {words(at)} since {since:%Y-%m-%d %H:%M} UTC" if since else f"stops {words(at)}"
    way = f"penstock breakpoint clear {at.dag_id} {at.run_id} {at.task_id}"
    text = f"breakpoint: {said}, set by {at.by}{because(at.why)}; go on: {way}"
    return Barrier(kind=BarrierKind.BREAKPOINT, text=text, holders=(at.by,))


def quarantine_barrier(subject_id: str, reason: str) -> Barrier:
    """Return the barrier of what is in quarantine: why, and the two ways out."""
    ways = f"penstock quarantine retry {subject_id}, or drop"
    return Barrier(kind=BarrierKind.QUARANTINE, text=f"{subject_id} is in quarantine: {reason} ({ways})")


# -- runs --------------------------------------------------------------------------------------


def run_barriers(world: World, live: LiveRun) -> list[Link]:
    """Return what holds a run: all of it, or the place where it has stopped at a breakpoint."""
    links = _of_whole_run(world, live)
    if live.record.state not in RUN_TERMINAL:
        links += [Link(breakpoint_barrier(at)) for at in stops(world, live)]
    return links


def _of_whole_run(world: World, live: LiveRun) -> list[Link]:
    dag_id, run_id = live.key
    if live.record.state in RUN_TERMINAL:
        text = f"the run has ended: {live.record.state}{because(live.record.reason)}"
        return [Link(Barrier(kind=BarrierKind.FINISHED, text=text), _failure(live))]
    links = []
    frozen = world.frozen(dag_id)
    if frozen:
        links.append(Link(pause_barrier(BarrierKind.FROZEN, f"the DAG {dag_id} is frozen", frozen)))
    hold = world.held(dag_id, run_id)
    if hold:
        links.append(Link(pause_barrier(BarrierKind.HELD, f"the run {run_id} is held", hold)))
    if live.record.intent is not None:
        links.append(_ending(live))
    elif live.record.state is RunState.QUEUED:
        links += _queue_barriers(world, live)
    return links


def _ending(live: LiveRun) -> Link:
    alive = [task for task in live.tasks.values() if task.state in OCCUPIES_SLOT]
    names = tuple(task.key for task in alive)
    text = f"the run is about to end{because(live.record.reason)}; {len(alive)} still to be killed"
    return Link(
        Barrier(kind=BarrierKind.ENDING, text=text, holders=names), (live, alive[0]) if alive else None
    )


def _queue_barriers(world: World, live: LiveRun) -> list[Link]:
    run, dag_id = live.record, live.record.dag_id
    queue, limit = run_queue(world, live), run_limit(world, live)
    active = [
        other
        for other in world.runs_of(dag_id)
        if other.record.state is RunState.RUNNING and run_queue(world, other) == queue
    ]
    if run.rush != Rush.NOW and run.run_type is RunType.SCHEDULED:
        due = opt_from_us(run.run_after_us)
        if run.run_after_us > world.now_us:
            return [Link(Barrier(kind=BarrierKind.SCHEDULE, text="it was planned for later", until=due))]
    if len(active) < limit:
        return []
    who = dag_id if queue == dag_id else f"backfill {queue}"
    text = f"{who} allows {limit} run{'' if limit == 1 else 's'} at once (max_active_runs)"
    text += _circle(live, active)
    names = tuple(other.record.run_id for other in active[:MOST_HOLDERS])
    return [Link(Barrier(kind=BarrierKind.RUN_QUEUED, text=text, holders=names), (active[0], None))]


def _circle(live: LiveRun, active: list[LiveRun]) -> str:
    """Return what to do if the runs that hold the places may themselves wait for *live*.

    A task that waits for another run does so in its own process; only its operator shows that.
    """
    found = [_asking(live, other) for other in active]
    if not all(found):
        return ""
    run, names = live.record, ", ".join(sorted({name for name in found if name})[:3])
    return (
        f"; {names} may wait for this run, and then both are stuck: "
        f"penstock run-now {run.dag_id} {run.run_id} starts it ignoring the limit"
    )


def _asking(live: LiveRun, other: LiveRun) -> str | None:
    """Return a running task of *other* that may wait for *live*: it triggered it, or watches runs."""
    for task in other.tasks.values():
        if task.state in OCCUPIES_SLOT | BETWEEN:
            kind = other.structure.tasks[task.task_id].operator
            triggered = live.record.by == f"task {other.record.dag_id}.{task.task_id}"
            earlier = (live.record.logical_us or 0) < (other.record.logical_us or 0)
            if triggered or (kind == "ExternalTaskSensor" and earlier):
                return f"{task.key} of {other.record.run_id}"
    return None


def _failure(live: LiveRun) -> Subject | None:
    """Return the task that made a run fail."""
    if live.record.state is RunState.SUCCESS:
        return None
    wanted = (TaskState.FAILED, TaskState.CANCELLED)
    found = [task for state in wanted for task in live.tasks.values() if task.state is state]
    return (live, min(found, key=lambda task: task.end_us or 0)) if found else None


# -- task instances ----------------------------------------------------------------------------


def task_barriers(world: World, live: LiveRun, task: TaskRecord, parallelism: int) -> list[Link]:
    """Return what holds a task instance; empty if it is about to be launched."""
    if task.state in TERMINAL:
        text = f"it has ended: {task.state}{because(task.reason)}"
        culprit = _culprit(live, task)
        return [Link(Barrier(kind=BarrierKind.FINISHED, text=text), (live, culprit) if culprit else None)]
    if task.state in (TaskState.RUNNING, TaskState.STOPPING, TaskState.RESTARTING):
        return [Link(_running(world, task))]
    spec = live.structure.tasks[task.task_id]
    links = _of_whole_run(world, live)
    hold = world.held(*live.key, task.key)
    if hold and hold.kind is PauseKind.BEFORE:
        links.append(Link(breakpoint_barrier(hold)))
    elif hold:
        links.append(Link(pause_barrier(BarrierKind.HELD, f"the task {task.key} is held", hold)))
    match task.state:
        case TaskState.PENDING:
            links += _pending_barriers(world, live, task)
        case TaskState.UP_FOR_RETRY:
            text = f"try {task.try_number} of {task.max_tries} failed; the next is due"
            links.append(Link(Barrier(kind=BarrierKind.RETRY, text=text, until=opt_from_us(task.next_us))))
        case TaskState.UP_FOR_RESCHEDULE:
            looks = f"{task.pokes} look{'' if task.pokes == 1 else 's'}"
            text = f"a sensor whose condition is not true yet ({looks}); the next check is due"
            links.append(Link(Barrier(kind=BarrierKind.SENSOR, text=text, until=opt_from_us(task.next_us))))
        case TaskState.DEFERRED:
            links.append(
                Link(_asks(world, live, task) or _deferred(task, world.triggers.triggerer is not None))
            )
        case TaskState.SCHEDULED if not_begun(live, spec):
            text = f"it is a row of {spec.row_of}, which has not begun"
            links.append(_waits(BarrierKind.ROW, text, live, not_begun(live, spec)))
        case TaskState.SCHEDULED if task.rush != Rush.NOW:
            links += _slot_barriers(world, live, spec, parallelism)
        case TaskState.QUEUED:
            waiting = world.places.waiting.get(task.attempt_id or "")
            text = f"its launch was requested; {waiting or 'no supervisor has claimed it yet'}"
            links.append(Link(Barrier(kind=BarrierKind.LAUNCHING, text=text)))
        case _:
            pass
    if not links and live.record.state is not RunState.RUNNING:
        text = f"its run is {live.record.state}"
        links.append(
            Link(Barrier(kind=BarrierKind.RUN_QUEUED, text=text, holders=(live.record.run_id,)), (live, None))
        )
    return links


def _running(world: World, task: TaskRecord) -> Barrier:
    attempt_id = task.attempt_id or ""
    remark, silent = world.remarks.get(attempt_id), world.places.silent.get(attempt_id)
    worker = world.places.workers.get(attempt_id)
    where = f" on {worker}" if worker else ""
    if task.state is TaskState.RUNNING:
        since = opt_from_us(task.start_us)
        words = f" since {since:%Y-%m-%d %H:%M:%S} UTC" if since else ""
        said = because(silent or (None if remark is None else remark.note))
        text = f"it is running{where}{words}, try {task.try_number} of {task.max_tries}{said}"
    else:
        again = " and then runs again" if task.state is TaskState.RESTARTING else ""
        text = f"it is being stopped{where}{again}{because(task.reason)}"
    if task.stop_us is None or (remark is not None and remark.kill_at is None):  # killed without effect
        return Barrier(kind=BarrierKind.RUNNING, text=text)
    return Barrier(
        kind=BarrierKind.RUNNING, text=f"{text}; it is killed at the latest", until=from_us(task.stop_us)
    )


def _asks(world: World, live: LiveRun, task: TaskRecord) -> Barrier | None:
    """Return whose answer a task waits for, if that is what it waits for."""
    record = world.questions.get(task.attempt_id)
    if record is None:
        return None
    question = question_of(record)
    options = ", ".join(question.options)
    who = f" of {assigned_words(question)}" if question.assigned else ""
    text = f"it waits for an answer{who}: {question.subject} ({options}); answer it with: penstock answer "
    text += f"{live.record.dag_id} {live.record.run_id} {task.key} OPTION"
    if task.next_us is not None:
        given = ", ".join(question.defaults or ())
        text += f"; {given} by default at the latest" if given else "; it fails without at the latest"
    return Barrier(kind=BarrierKind.ANSWER, text=text, until=opt_from_us(task.next_us))


def _deferred(task: TaskRecord, runs: bool) -> Barrier:
    """Return what a deferred task waits for. *runs*: there is a process that runs triggers."""
    outcome = json.loads(task.outcome or "{}")
    text = f"it waits for trigger {outcome.get('trigger') or 'unknown'}, deferred without a slot"
    if not runs:
        text += "; the process that runs triggers is about to start"
    if task.next_us is not None:
        text += "; it goes on without at the latest"
    return Barrier(kind=BarrierKind.TRIGGER, text=text, until=opt_from_us(task.next_us))


def _pending_barriers(world: World, live: LiveRun, task: TaskRecord) -> list[Link]:
    links = []
    spec = live.structure.tasks[task.task_id]
    at = behind(world, live, task)
    if at is not None:
        links.append(Link(breakpoint_barrier(at)))
    verdict, _ = judge(live, task)
    if verdict is Verdict.WAIT:
        waits = _unfinished(direct_parents(live, task))
        text = f"{spec.trigger_rule} over its parents: {parents_text(live, task)}"
        if not waits:  # its own rule is met
            needed = needed_setups(live, task)
            waits = _unfinished(needed)
            text = f"it needs what is set up before it: {states_text(needed)}"
        if not waits:  # so are its setups
            waits = in_its_way(live, task)
            text = f"a teardown never runs together with its work: {states_text(waits)}"
        links.append(_waits(BarrierKind.TRIGGER_RULE, text, live, waits))
    elif verdict is Verdict.GO and unexpanded(live, task):
        waits = _unfinished(mapping_sources(live, task.task_id))
        names = ", ".join(each.key for each in waits[:MOST_HOLDERS])
        links.append(
            _waits(BarrierKind.TRIGGER_RULE, f"it is mapped over what {names} will return", live, waits)
        )
    past = blocking_past(world, live, spec)
    if past is not None:
        run_id, task_id, state = past
        before = world.run(live.record.dag_id, run_id)
        text = f"it depends on the past: {task_id} is {state} in {run_id}{_past_way_out(live, past)}"
        barrier = Barrier(
            kind=BarrierKind.PREVIOUS_RUN, text=text, holders=(f"{live.record.dag_id}/{run_id}/{task_id}",)
        )
        found = instances(before, task_id)
        links.append(Link(barrier, (before, next((each for each in found if each.state is state), None))))
    return links


def _waits(kind: BarrierKind, text: str, live: LiveRun, waits: list[TaskRecord]) -> Link:
    names = tuple(task.key for task in waits[:MOST_HOLDERS])
    return Link(Barrier(kind=kind, text=text, holders=names), (live, waits[0]) if waits else None)


def _past_way_out(live: LiveRun, past: tuple[str, str, TaskState]) -> str:
    """Return what to do about a failed task of an earlier run, or this one waits for ever."""
    run_id, task_id, state = past
    if state not in TERMINAL:
        return ""
    name = f"{live.record.dag_id} {run_id}"
    return f"; run it again (penstock retry {name}) or let it pass (penstock mark success {name} {task_id})"


def _unfinished(tasks: Iterable[TaskRecord]) -> list[TaskRecord]:
    """Return those of *tasks* that have not ended, waiting ones before running ones."""
    waits = [task for task in tasks if task.state not in TERMINAL]
    return sorted(waits, key=lambda task: task.state in OCCUPIES_SLOT)


def _slot_barriers(world: World, live: LiveRun, spec: TaskSpec, parallelism: int) -> list[Link]:
    occupancy = Occupancy.of(world)
    links = []
    way = (*live.key, spec.task_id)
    if occupancy.total >= parallelism:
        text = f"all {parallelism} slots of the engine are in use (parallelism)"
        links.append(_slots(world, BarrierKind.PARALLELISM, text, lambda *_: True, way))
    if run_full(occupancy, live):
        limit = live.structure.spec.max_active_tasks
        text = f"the run has {limit} task{'' if limit == 1 else 's'} at once (max_active_tasks)"
        links.append(_slots(world, BarrierKind.MAX_ACTIVE_TASKS, text, lambda other, _: other is live, way))
    blocked = task_blocked(world, occupancy, live, spec)
    if blocked is BarrierKind.EXECUTOR:
        links.append(_executor_barrier(world, occupancy, spec, way))
    elif blocked is BarrierKind.POOL:
        links.append(_pool_barrier(world, occupancy, spec, way))
    elif blocked is not None:
        whole = blocked is BarrierKind.MAX_ACTIVE_TIS_PER_DAG
        text = f"{getattr(spec, blocked)} at once of {spec.task_id} ({blocked})"

        def same(other: LiveRun, task: TaskRecord) -> bool:
            alike = other is live or (whole and other.record.dag_id == live.record.dag_id)
            return alike and task.task_id == spec.task_id

        links.append(_slots(world, blocked, text, same, way))
    return links


def _executor_barrier(world: World, occupancy: Occupancy, spec: TaskSpec, way: tuple[str, str, str]) -> Link:
    room, place = world.places.room(spec), world.places.place(spec)
    if room.problem is not None:
        return Link(Barrier(kind=BarrierKind.EXECUTOR, text=room.problem, holders=(place[0],)))
    queue = f" for queue {place[1]!r}" if place[1] else ""
    text = f"executor {place[0]} has {occupancy.by_place[place]} attempts{queue}, as many as it takes at once"

    def same(other: LiveRun, task: TaskRecord) -> bool:
        return world.places.place(other.structure.tasks[task.task_id]) == place

    return _slots(world, BarrierKind.EXECUTOR, text, same, way)


def _pool_barrier(world: World, occupancy: Occupancy, spec: TaskSpec, way: tuple[str, str, str]) -> Link:
    pool = world.pools.get(spec.pool)
    if pool is None:
        text = f"pool {spec.pool} does not exist; make it with: penstock pools set {spec.pool} 1"
        return Link(Barrier(kind=BarrierKind.POOL, text=text))
    wants = "" if spec.pool_slots == 1 else f", it needs {spec.pool_slots}"
    text = f"pool {spec.pool}: {occupancy.by_pool[spec.pool]} of {pool.slots} slots in use{wants}"
    if spec.pool_slots > pool.slots:
        return Link(Barrier(kind=BarrierKind.POOL, text=f"{text}: it can never run in a pool of this size"))
    return _slots(
        world,
        BarrierKind.POOL,
        text,
        lambda other, task: other.structure.tasks[task.task_id].pool == spec.pool,
        way,
    )


def _slots(
    world: World,
    kind: BarrierKind,
    text: str,
    fits: Callable[[LiveRun, TaskRecord], bool],
    way: tuple[str, str, str],
) -> Link:
    """Return a barrier held by the live attempts that *fits* accepts, oldest first.

    *way* (DAG, run, task) is named if all of them wait for other runs, perhaps for this one.
    """
    found = []
    for pk, name in world.attempts.values():
        live = world.runs[pk]
        task = live.tasks[name]
        if fits(live, task):
            found.append((live, task))
    found.sort(key=lambda each: each[1].queued_us or 0)
    names = tuple(
        f"{live.record.dag_id}/{live.record.run_id}/{task.key}" for live, task in found[:MOST_HOLDERS]
    )
    if found and all(each[0].structure.tasks[each[1].task_id].operator in _ASKING for each in found):
        text += "; the task that holds it waits for runs, perhaps for this one: "
        text += f"penstock run-now {' '.join(way)} ignores the limit"
    return Link(Barrier(kind=kind, text=text, holders=names), found[0] if found else None)


def _culprit(live: LiveRun, task: TaskRecord) -> TaskRecord | None:
    """Return the parent that made a task blocked or skipped."""
    if task.state not in (TaskState.UPSTREAM_FAILED, TaskState.SKIPPED):
        return None
    wanted = (TaskState.FAILED, TaskState.CANCELLED, TaskState.UPSTREAM_FAILED, TaskState.SKIPPED)
    parents = list(direct_parents(live, task))
    return next((parent for state in wanted for parent in parents if parent.state is state), None)
