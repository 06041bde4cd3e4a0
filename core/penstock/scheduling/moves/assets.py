"""Assets: records their changes with the task's success, and queues them for the DAGs that wait.

An event waits in the queue of each DAG that waits for it until a run takes it (`asset_runs`), so it
counts once for each of them. DAGs with a paused schedule get no events. An event of a partition waits for
DAGs with partitions only, once for each that it belongs to there; one without, for all others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penstock.clock import opt_from_us
from penstock.model.assets import AssetSpec, awaits
from penstock.model.outcome import AssetChange
from penstock.model.partitions import keys_of
from penstock.scheduling.world.dag_entry import DagEntry
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import AssetEventRecord, QueuedAssetRecord, TaskRecord


def announce(tick: Tick, live: LiveRun, task: TaskRecord, said: Iterable[AssetChange] = ()) -> None:
    """Record the changes of a successful task: its outlets, with what it *said* about them."""
    outlets = live.structure.tasks[task.task_id].outlets
    if not outlets:
        return
    source = _source(live, task)
    for change in changes_of(outlets, said):
        for key in change.partition_keys or (live.record.partition_key,):
            emit(tick, change, source, key)


def changes_of(outlets: Iterable[AssetSpec], said: Iterable[AssetChange]) -> list[AssetChange]:
    """Return one change for each outlet and for each asset added to one of the aliases. Pure."""
    outlets = list(outlets)
    aliases = {outlet.name for outlet in outlets if outlet.alias}
    found = {
        outlet.key: AssetChange(name=outlet.name, uri=outlet.uri) for outlet in outlets if not outlet.alias
    }
    for change in said:
        key = (change.name, change.uri)
        if key in found or aliases & set(change.aliases):
            found[key] = change
    return list(found.values())


def emit(tick: Tick, change: AssetChange, source: dict[str, Any], key: str | None = None) -> int:
    """Record one change, of partition *key* if there is one, and queue it for the DAGs that wait for it.

    Returns how many there are.
    """
    world = tick.world
    event = AssetEventRecord(
        id=world.assets.new_id(),
        at_us=tick.now_us,
        name=change.name,
        uri=change.uri,
        extra=change.extra,
        aliases=change.aliases,
        source=source,
        by=tick.gate.actor,
        partition_key=key,
    )
    tick.gate.add(event)
    tick.gate.note(
        "asset_changed",
        dag_id=source.get("dag_id"),
        run_id=source.get("run_id"),
        task_id=source.get("task_id"),
        map_index=source.get("map_index", -1),
        reason=change.name if key is None else f"{change.name} ({key})",
    )
    waiting = [entry for entry in map(world.dag, world.by_assets) if _takes(tick, entry, event)]
    for entry in waiting:
        for of_run in _keys(tick, entry, event):
            world.assets.queued.setdefault((entry.dag_id, of_run), []).append(event)
            tick.gate.add(QueuedAssetRecord(entry.dag_id, event.id, of_run))
        tick.gate.touch(entry.dag_id)
        tick.room = True
    return len(waiting)


def _keys(tick: Tick, entry: DagEntry, event: AssetEventRecord) -> tuple[str, ...]:
    """Return the partitions of a DAG that an event belongs to; ("",) for a DAG without partitions."""
    rules = entry.structure.spec.schedule.partitions
    if rules is None or event.partition_key is None:
        return ("",)
    try:
        return keys_of(rules.mapper(event), event.partition_key)
    except ValueError as error:
        tick.gate.note("partition_refused", dag_id=entry.dag_id, reason=f"{event.name}: {error}"[:500])
        return ()


def forget_others(tick: Tick, entry: DagEntry) -> None:
    """Drop queued events that the current version of a DAG does not wait for."""
    for key, events in tick.world.assets.queued_for(entry.dag_id).items():
        others = [event for event in events if not (fits(entry, event) and key in _keys(tick, entry, event))]
        if others:
            take_off(tick, entry.dag_id, key, others)


def _takes(tick: Tick, entry: DagEntry, event: AssetEventRecord) -> bool:
    if entry.facts.missing or tick.world.paused(entry.dag_id):
        return False
    return fits(entry, event)


def fits(entry: DagEntry, event: AssetEventRecord) -> bool:
    """Whether a DAG's schedule waits for an event, and both have partitions or neither has."""
    schedule = entry.structure.spec.schedule
    if schedule.assets is None or (schedule.partitions is None) != (event.partition_key is None):
        return False
    return awaits(schedule.assets, event)


def take_off(tick: Tick, dag_id: str, key: str, events: list[AssetEventRecord]) -> None:
    """Remove events from the queue of a DAG for runs of one partition ("" for none)."""
    queue = tick.world.assets.queued[dag_id, key]
    for event in events:
        queue.remove(event)
        tick.gate.drop(QueuedAssetRecord(dag_id, event.id, key))
    if not queue:
        del tick.world.assets.queued[dag_id, key]


def _source(live: LiveRun, task: TaskRecord) -> dict[str, Any]:
    run = live.record
    dates = {
        "logical_date": run.logical_us,
        "data_interval_start": run.interval_start_us,
        "data_interval_end": run.interval_end_us,
    }
    moments = {name: opt_from_us(moment_us) for name, moment_us in dates.items()}
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "task_id": task.task_id,
        "map_index": task.map_index,
        **{name: moment.isoformat() for name, moment in moments.items() if moment is not None},
    }
