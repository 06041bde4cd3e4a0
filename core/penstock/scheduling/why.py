"""Why is it not running? Every gate in plain words, with its holder, and the chain to the root.

Reads the same facts and asks the same limits as the steps of the tick do.
"""

from __future__ import annotations

from penstock.clock import from_us, opt_from_us
from penstock.errors import UnknownError
from penstock.ids import instance_key
from penstock.model.spec import TaskSpec
from penstock.model.states import RUN_TERMINAL, TERMINAL, RunState, TaskState
from penstock.model.trigger_rules import Verdict
from penstock.model.views import Gate, Why
from penstock.scheduling.instances import (
    direct_parents,
    instances,
    mapping_sources,
    needed_setups,
    unexpanded,
)
from penstock.scheduling.limits import Occupancy, run_full, run_limit, run_queue, task_blocked
from penstock.scheduling.ready import blocking_past, judge, parents_text, states_text
from penstock.scheduling.world import LiveRun, World
from penstock.store.records import PauseRecord, TaskRecord

_HOLDERS = 10
_DEPTH = 20
"""A chain longer than this is cut: the root is what matters, and it is always the last link."""


def why_run(world: World, live: LiveRun, *, parallelism: int) -> Why:
    """Return what keeps a run from going on."""
    run = live.record
    gates = _run_gates(world, live)
    chain = [f"run {run.run_id} is {run.state}"]
    if run.state in RUN_TERMINAL:
        gates.append(Gate(kind="finished", text=f"the run has ended: {run.state}" + _because(run.reason)))
    elif run.state is RunState.RUNNING:
        busy = [
            task.key for task in live.tasks.values() if task.state in (TaskState.RUNNING, TaskState.QUEUED)
        ]
        for task in live.tasks.values():
            if task.state in TERMINAL or task.key in busy or task.state is TaskState.PENDING:
                continue
            gates += [
                Gate(
                    kind=gate.kind,
                    text=f"{task.key}: {gate.text}",
                    holders=gate.holders,
                    until=gate.until,
                )
                for gate in _task_gates(world, live, task, parallelism)
            ]
        if busy:
            chain.append(f"running: {', '.join(busy[:5])}{' ...' if len(busy) > 5 else ''}")
    chain += [gate.text for gate in gates[:1]]
    return Why(subject=run.run_id, state=run.state.value, gates=tuple(gates), chain=tuple(chain))


def why_task(world: World, live: LiveRun, task_id: str, map_index: int = -1, *, parallelism: int) -> Why:
    """Return what keeps a task instance from running, and the chain to the root cause.

    Of a mapped task without a map index the first instance counts that has not ended.
    """
    task = live.tasks.get(instance_key(task_id, map_index))
    if task is None and map_index < 0:
        found = list(instances(live, task_id))
        task = next((each for each in found if each.state not in TERMINAL), found[0] if found else None)
    if task is None:
        raise UnknownError(f"run {live.record.run_id} has no task {instance_key(task_id, map_index)!r}")
    gates = _task_gates(world, live, task, parallelism)
    chain = _chain(world, live, task, parallelism)
    return Why(subject=task.key, state=task.state.value, gates=tuple(gates), chain=tuple(chain))


def _run_gates(world: World, live: LiveRun) -> list[Gate]:
    dag_id, run_id = live.key
    gates = []
    frozen = world.frozen(dag_id)
    if frozen:
        gates.append(pause_gate("frozen", f"the DAG {dag_id} is frozen", frozen))
    held = world.held(dag_id, run_id)
    if held:
        gates.append(pause_gate("held", f"the run {run_id} is held", held))
    if live.record.state is RunState.QUEUED:
        gates += _queued_gates(world, live)
    return gates


def _queued_gates(world: World, live: LiveRun) -> list[Gate]:
    dag_id = live.record.dag_id
    queue, limit = run_queue(world, live), run_limit(world, live)
    active = [
        other.record.run_id
        for other in world.runs_of(dag_id)
        if other.record.state is RunState.RUNNING and run_queue(world, other) == queue
    ]
    if len(active) < limit:
        return []
    who = dag_id if queue == dag_id else f"backfill {queue}"
    text = f"{who} lets {limit} run{'' if limit == 1 else 's'} go at once (max_active_runs)"
    return [Gate(kind="run_queued", text=text, holders=tuple(active))]


def _task_gates(world: World, live: LiveRun, task: TaskRecord, parallelism: int) -> list[Gate]:
    if task.state in TERMINAL:
        return [Gate(kind="finished", text=f"it has ended: {task.state}{_because(task.reason)}")]
    if task.state in (TaskState.RUNNING, TaskState.STOPPING, TaskState.RESTARTING):
        until = opt_from_us(task.stop_us)
        text = (
            "it is running"
            if task.state is TaskState.RUNNING
            else f"it is being stopped{_because(task.reason)}"
        )
        return [Gate(kind="running", text=text, until=until)]
    spec = live.structure.tasks[task.task_id]
    gates = _run_gates(world, live)
    held = world.held(*live.key, task.key)
    if held:
        gates.append(pause_gate("held", f"the task {task.key} is held", held))
    match task.state:
        case TaskState.PENDING:
            gates += _pending_gates(world, live, task)
        case TaskState.UP_FOR_RETRY:
            text = f"try {task.try_number} of {task.max_tries} failed; the next is due"
            gates.append(Gate(kind="retry", text=text, until=opt_from_us(task.next_us)))
        case TaskState.UP_FOR_RESCHEDULE:
            text = f"a sensor that has not found what it waits for ({task.pokes} pokes); the next poke is due"
            gates.append(Gate(kind="sensor", text=text, until=opt_from_us(task.next_us)))
        case TaskState.SCHEDULED:
            gates += _slot_gates(world, live, spec, parallelism)
        case TaskState.QUEUED:
            gates.append(
                Gate(kind="launching", text="its launch was asked for; no supervisor has claimed it yet")
            )
        case _:
            pass
    return gates


def _pending_gates(world: World, live: LiveRun, task: TaskRecord) -> list[Gate]:
    gates = []
    spec = live.structure.tasks[task.task_id]
    verdict, _ = judge(live, task)
    if verdict is Verdict.WAIT:
        waits = [parent.key for parent in direct_parents(live, task) if parent.state not in TERMINAL]
        text = f"{spec.trigger_rule} over its parents: {parents_text(live, task)}"
        if not waits:  # its own rule is met
            needed = needed_setups(live, task)
            waits = [each.key for each in needed if each.state not in TERMINAL]
            text = f"it needs what is set up before it: {states_text(needed)}"
        gates.append(Gate(kind="trigger_rule", text=text, holders=tuple(waits[:_HOLDERS])))
    elif verdict is Verdict.GO and unexpanded(live, task):
        waits = [each.key for each in mapping_sources(live, task.task_id) if each.state not in TERMINAL]
        text = f"it is mapped over what {', '.join(waits[:_HOLDERS])} will return"
        gates.append(Gate(kind="trigger_rule", text=text, holders=tuple(waits[:_HOLDERS])))
    past = blocking_past(world, live, spec)
    if past is not None:
        gates.append(
            Gate(
                kind="previous_run",
                text=f"it depends on the past: {past[1]} in {past[0]}",
                holders=(past[0],),
            )
        )
    if not gates and live.record.state is not RunState.RUNNING:
        gates.append(
            Gate(kind="run_queued", text=f"its run is {live.record.state}", holders=(live.record.run_id,))
        )
    return gates


def _slot_gates(world: World, live: LiveRun, spec: TaskSpec, parallelism: int) -> list[Gate]:
    occupancy = Occupancy.of(world)
    gates = []
    if occupancy.total >= parallelism:
        text = f"all {parallelism} slots of the engine are in use (parallelism)"
        gates.append(Gate(kind="parallelism", text=text, holders=_holders(world)))
    if run_full(occupancy, live):
        limit = live.structure.spec.max_active_tasks
        text = f"the run has {limit} tasks at once (max_active_tasks)"
        gates.append(Gate(kind="max_active_tasks", text=text, holders=_holders(world, run_pk=live.record.id)))
    blocked = task_blocked(world, occupancy, live, spec)
    if blocked == "pool":
        gates.append(_pool_gate(world, occupancy, spec))
    elif blocked is not None:
        limit_text = getattr(spec, blocked)
        text = f"{limit_text} at once of {spec.task_id} ({blocked})"
        holders = _holders(world, task_id=spec.task_id, dag_id=live.record.dag_id)
        gates.append(Gate(kind=blocked, text=text, holders=holders))
    return gates


def _pool_gate(world: World, occupancy: Occupancy, spec: TaskSpec) -> Gate:
    slots = world.pools.get(spec.pool)
    if slots is None:
        text = f"pool {spec.pool} does not exist; make it with: penstock pools set {spec.pool} 1"
        return Gate(kind="pool", text=text)
    wants = "" if spec.pool_slots == 1 else f", it needs {spec.pool_slots}"
    text = f"pool {spec.pool}: {occupancy.by_pool[spec.pool]} of {slots} slots in use{wants}"
    return Gate(kind="pool", text=text, holders=_holders(world, pool=spec.pool))


def _holders(
    world: World,
    *,
    pool: str | None = None,
    run_pk: int | None = None,
    task_id: str | None = None,
    dag_id: str | None = None,
) -> tuple[str, ...]:
    found = []
    for pk, key in world.attempts.values():
        live = world.runs[pk]
        name = live.tasks[key].task_id
        fits = (
            (pool is None or live.structure.tasks[name].pool == pool)
            and run_pk in (None, pk)
            and task_id in (None, name)
            and dag_id in (None, live.record.dag_id)
        )
        if fits:
            found.append(f"{live.record.dag_id}/{live.record.run_id}/{key}")
    return tuple(found[:_HOLDERS])


def _chain(world: World, live: LiveRun, task: TaskRecord, parallelism: int) -> list[str]:
    """Follow the first thing that is waited for until something that waits for nothing."""
    links: list[str] = []
    seen: set[str] = set()
    here = task
    while here.key not in seen and len(links) < _DEPTH:
        seen.add(here.key)
        gates = _task_gates(world, live, here, parallelism)
        cause = gates[0].text if gates else "nothing holds it: it is about to start"
        links.append(f"{here.key} is {here.state}: {cause}")
        gate = next((gate for gate in gates if gate.kind == "trigger_rule" and gate.holders), None)
        parent = live.tasks.get(gate.holders[0]) if gate else _culprit(live, here)
        if parent is None:
            break
        here = parent
    return links


def _culprit(live: LiveRun, task: TaskRecord) -> TaskRecord | None:
    """Return the parent that a blocked or skipped task ended because of."""
    if task.state not in (TaskState.UPSTREAM_FAILED, TaskState.SKIPPED):
        return None
    wanted = (TaskState.FAILED, TaskState.CANCELLED, TaskState.UPSTREAM_FAILED, TaskState.SKIPPED)
    parents = list(direct_parents(live, task))
    return next((parent for state in wanted for parent in parents if parent.state is state), None)


def pause_gate(kind: str, text: str, pause: PauseRecord) -> Gate:
    """Return the gate that a pause is: since when, by whom, why, until when."""
    since = from_us(pause.since_us)
    words = f"{text} since {since:%Y-%m-%d %H:%M} UTC by {pause.by}{_because(pause.why)}"
    return Gate(kind=kind, text=words, holders=(pause.by,), until=opt_from_us(pause.until_us))


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""
