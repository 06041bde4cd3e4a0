"""The barriers that hold a DAG's next run: a pause, a time, assets, a missing trigger, active runs."""

from __future__ import annotations

from penstock.clock import from_us, opt_from_us
from penstock.model import partitions
from penstock.model.assets import AssetCondition, describe, lacking
from penstock.model.barriers import BarrierKind
from penstock.model.partitions import PartitionsSpec
from penstock.model.views.why import Barrier
from penstock.scheduling.why.barriers import MOST_HOLDERS, Link, pause_barrier
from penstock.scheduling.world.dag_entry import DagEntry
from penstock.scheduling.world.world import World
from penstock.store.engine.records import AssetEventRecord


def dag_barriers(world: World, dag_id: str) -> list[Link]:
    """Return what keeps the DAG's next run from being made."""
    entry = world.dag(dag_id)
    return [*(Link(barrier) for barrier in _barriers(world, entry)), *_full(world, entry)]


def _full(world: World, entry: DagEntry) -> list[Link]:
    """Return the barrier of ``max_active_runs``: what happens to a new run, and which runs are active."""
    spec = entry.structure.spec
    active = [live for live in world.runs_of(entry.dag_id) if live.record.backfill_id is None]
    if len(active) < spec.max_active_runs:
        return []
    others = {"queue": "waits in the queue", "skip": "is skipped"}
    means = others.get(spec.overlap, "replaces the running one")
    text = f"{len(active)} of {spec.max_active_runs} runs are active; another one {means} (max_active_runs)"
    names = tuple(live.record.run_id for live in active[:MOST_HOLDERS])
    return [Link(Barrier(kind=BarrierKind.RUN_QUEUED, text=text, holders=names), (active[0], None))]


def _barriers(world: World, entry: DagEntry) -> list[Barrier]:
    dag_id = entry.dag_id
    barriers = []
    if entry.facts.missing:
        barriers.append(Barrier(kind=BarrierKind.MISSING, text=f"{entry.facts.file} no longer makes it"))
    paused, frozen = world.paused(dag_id), world.frozen(dag_id)
    if paused is not None:
        barriers.append(pause_barrier(BarrierKind.PAUSED, f"the schedule of {dag_id} is paused", paused))
    if frozen is not None:
        barriers.append(pause_barrier(BarrierKind.FROZEN, f"the DAG {dag_id} is frozen", frozen))
    schedule = entry.structure.spec.schedule
    if schedule.assets is not None:
        barriers += _asset_barriers(world, entry)
    if schedule.kind != "none" and paused is None:
        due = opt_from_us(entry.next_due_us)
        text = "its next schedule point is due" if due else "the schedule has no more points"
        settled_us = entry.facts.cursor_us or 0
        if due and settled_us > world.now_us:
            until = f"{from_us(settled_us):%Y-%m-%d %H:%M:%S} UTC"
            text = f"its points have records up to {until}, because the clock was set back; the next is due"
        barriers.append(Barrier(kind=BarrierKind.SCHEDULE, text=f"{text} ({schedule.text})", until=due))
    elif schedule.kind == "none" and schedule.assets is None:
        barriers.append(
            Barrier(kind=BarrierKind.SCHEDULE, text="it has no schedule: it runs only when triggered")
        )
    return barriers


def _asset_barriers(world: World, entry: DagEntry) -> list[Barrier]:
    schedule = entry.structure.spec.schedule
    condition = schedule.assets
    assert condition is not None
    queued = world.assets.queued_for(entry.dag_id)
    if schedule.partitions is not None:
        return _partition_barriers(condition, schedule.partitions, queued)
    events = queued.get("", [])
    waits = lacking(condition, events)
    came = list(dict.fromkeys(event.name for event in events))
    if not waits:
        text = f"its assets have changed ({', '.join(came)}); a run starts as soon as allowed"
        return [Barrier(kind=BarrierKind.ASSETS, text=text)]
    had = f"; changed since its last run: {', '.join(came)}" if came else ""
    text = f"it runs when {describe(condition)} have changed; it waits for {', '.join(waits)}{had}"
    return [Barrier(kind=BarrierKind.ASSETS, text=text, holders=tuple(waits))]


def _partition_barriers(
    condition: AssetCondition, rules: PartitionsSpec, queued: dict[str, list[AssetEventRecord]]
) -> list[Barrier]:
    """Return a barrier for each partition that has begun to come, or one for a DAG that none came for."""
    if not queued:
        text = f"it runs for each partition of {describe(condition)}; none has changed since"
        return [Barrier(kind=BarrierKind.ASSETS, text=text)]
    barriers = []
    for key, events in list(queued.items())[:MOST_HOLDERS]:
        waits = partitions.lacking(condition, rules, events)
        text = f"partition {key}: it waits for {', '.join(waits)}" if waits else f"partition {key}: it is due"
        barriers.append(Barrier(kind=BarrierKind.ASSETS, text=text, holders=tuple(waits)))
    return barriers
