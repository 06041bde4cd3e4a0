"""Creates runs of the DAGs that wait for changed assets."""

from __future__ import annotations

from penstock.clock import from_us
from penstock.ids import make_run_id
from penstock.model import partitions
from penstock.model.assets import met
from penstock.model.spec import ScheduleSpec
from penstock.model.states import TERMINAL, RunType
from penstock.model.subject import about_dag
from penstock.scheduling.moves.assets import take_off
from penstock.scheduling.moves.cancel import cancel
from penstock.scheduling.moves.create_run import create_run
from penstock.scheduling.world.dag_entry import DagEntry
from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import AssetEventRecord, RunAssetRecord


def create_asset_runs(tick: Tick) -> None:
    """Create the runs of DAGs whose assets have changed."""
    for dag_id, key in list(tick.world.assets.queued):
        entry = tick.world.dags.get(dag_id)
        waits = dag_id in tick.world.out or tick.world.paused(dag_id)
        if entry is not None and not entry.facts.missing and not waits:
            if tick.created >= tick.settings.runs_per_tick:
                tick.wake_at(tick.now_us)
                return
            with about_dag(dag_id):
                _create(tick, entry, key)


def _create(tick: Tick, entry: DagEntry, key: str) -> None:
    events = tick.world.assets.queued[entry.dag_id, key]
    if not _due(entry.structure.spec.schedule, key, events):
        return
    if not tick.world.making.ready(entry.structure) or not _room(tick, entry):
        return
    run_id = make_run_id(RunType.ASSET_TRIGGERED.value, from_us(tick.now_us))
    live = create_run(
        tick,
        entry.structure,
        run_id=tick.world.free_run_id(entry.dag_id, run_id),
        run_type=RunType.ASSET_TRIGGERED,
        logical=None,
        interval=None,
        run_after_us=tick.now_us,
        partition_key=key or None,
    )
    tick.world.assets.put_run(live.record.id, tuple(events))
    for event in events:
        tick.gate.add(RunAssetRecord(live.record.id, event.id))
    take_off(tick, entry.dag_id, key, list(events))


def _due(schedule: ScheduleSpec, key: str, events: list[AssetEventRecord]) -> bool:
    """Whether *events* make a run, of partition *key* if the DAG has any."""
    if schedule.assets is None:
        return False
    if schedule.partitions is None or not key:
        return met(schedule.assets, events)
    return partitions.met(schedule.assets, schedule.partitions, events)


def _room(tick: Tick, entry: DagEntry) -> bool:
    """Whether the overlap policy allows one more run: with ``skip``, events wait for the next run."""
    spec = entry.structure.spec
    active = [live for live in tick.world.runs_of(entry.dag_id) if live.record.backfill_id is None]
    if tick.world.active(entry.dag_id) < spec.max_active_runs or spec.overlap == "queue":
        return True
    if spec.overlap == "cancel_previous":
        for live in active:
            unfinished = [task for task in live.tasks.values() if task.state not in TERMINAL]
            cancel(tick, live, unfinished, whole=True, reason="a newer run takes its place")
        return True
    return False
