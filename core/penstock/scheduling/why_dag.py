"""Why does a DAG not run? What its next run waits for: a pause, a moment, assets, a trigger by hand."""

from __future__ import annotations

from penstock.clock import opt_from_us
from penstock.model.assets import describe, lacking
from penstock.model.views import Gate, Why
from penstock.scheduling.why import pause_gate, why_run, why_task
from penstock.scheduling.world import DagEntry, World


def why(
    world: World, dag_id: str, run_id: str | None, task_id: str | None, map_index: int, *, parallelism: int
) -> Why:
    """Return what keeps a task instance, else a run, else (without a run) a DAG from running."""
    if run_id is None:
        return why_dag(world, dag_id)
    live = world.run(dag_id, run_id)
    if task_id is None:
        return why_run(world, live, parallelism=parallelism)
    return why_task(world, live, task_id, map_index, parallelism=parallelism)


def why_dag(world: World, dag_id: str) -> Why:
    """Return what keeps a DAG from having its next run."""
    entry = world.dag(dag_id)
    gates = _gates(world, entry)
    active = [live.record.run_id for live in world.runs_of(dag_id)]
    state = f"running {len(active)}" if active else "idle"
    chain = (f"{dag_id} is {state}", *(gate.text for gate in gates[:1]))
    return Why(subject=dag_id, state=state, gates=tuple(gates), chain=chain)


def _gates(world: World, entry: DagEntry) -> list[Gate]:
    dag_id = entry.dag_id
    gates = []
    if entry.facts.missing:
        gates.append(Gate(kind="missing", text=f"{entry.facts.file} no longer makes it"))
    paused, frozen = world.paused(dag_id), world.frozen(dag_id)
    if paused is not None:
        gates.append(pause_gate("paused", f"the schedule of {dag_id} is paused", paused))
    if frozen is not None:
        gates.append(pause_gate("frozen", f"the DAG {dag_id} is frozen", frozen))
    schedule = entry.structure.spec.schedule
    if schedule.assets is not None:
        gates += _asset_gates(world, entry)
    if schedule.kind != "none" and paused is None:
        due = opt_from_us(entry.next_due_us)
        text = "its next schedule point is due" if due else "no schedule point is to come"
        gates.append(Gate(kind="schedule", text=f"{text} ({schedule.text})", until=due))
    elif schedule.kind == "none" and schedule.assets is None:
        gates.append(Gate(kind="schedule", text="it has no schedule: it runs when it is triggered"))
    return gates


def _asset_gates(world: World, entry: DagEntry) -> list[Gate]:
    condition = entry.structure.spec.schedule.assets
    assert condition is not None
    events = world.assets.queued.get(entry.dag_id, [])
    waits = lacking(condition, events)
    came = list(dict.fromkeys(event.name for event in events))
    if not waits:
        text = f"its assets have changed ({', '.join(came)}); a run follows as soon as one may"
        return [Gate(kind="assets", text=text)]
    had = f"; changed since its last run: {', '.join(came)}" if came else ""
    text = f"it runs when {describe(condition)} have changed; it waits for {', '.join(waits)}{had}"
    return [Gate(kind="assets", text=text, holders=tuple(waits))]
