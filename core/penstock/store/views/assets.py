"""Reads assets as views: what the current DAGs say about them, and their changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from penstock.clock import from_us
from penstock.model import partitions
from penstock.model.assets import AssetCondition, AssetSpec, describe, lacking, leaves
from penstock.model.partitions import PartitionsSpec
from penstock.model.spec import DagSpec
from penstock.model.subject import about_row
from penstock.model.views.assets import AssetConsumer, AssetEventRow, AssetRow, AssetTask
from penstock.store.engine.assets import event_counts, events_by_id, newest_events, queued, runs_made_by
from penstock.store.engine.records import AssetEventRecord
from penstock.store.sieve import Sieve
from penstock.store.sql.views import assets as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.versions import Versions


class _Gathered:
    """One asset, with what its DAGs say about it."""

    def __init__(self, spec: AssetSpec) -> None:
        self.spec = spec
        self.producers: list[AssetTask] = []
        self.readers: list[AssetTask] = []
        self.consumers: list[AssetConsumer] = []

    def learn(self, spec: AssetSpec) -> None:
        """Use another DAG's description of it, if there is one."""
        if spec.extra or (spec.group != "asset" and self.spec.group == "asset"):
            self.spec = spec


def read_assets(connection: Connection, versions: Versions) -> list[AssetRow]:
    """Return every asset and alias that a DAG knows or that ever changed, by name."""
    rows = connection.execute(sql.DAGS).all()
    kept = versions.load(connection, {row.version_id for row in rows})
    waiting = queued(connection)
    paused = set(connection.execute(sql.PAUSED).scalars())
    found: dict[tuple[str, str], _Gathered] = {}
    specs = [kept[row.version_id].spec for row in rows]
    for spec in specs:
        _gather_tasks(found, spec)
    counts = event_counts(connection)
    for name, uri in counts:
        found.setdefault((name, uri), _Gathered(AssetSpec(name=name, uri=uri)))
    for spec in specs:
        if spec.schedule.assets is not None:
            mine = {key: events for (of_dag, key), events in waiting.items() if of_dag == spec.dag_id}
            row = _consumer(spec, spec.schedule.assets, mine, paused)
            _gather_consumer(found, spec.schedule.assets, row)
    last = _event_rows(
        connection, events_by_id(connection, [newest for _, newest in counts.values()]).values()
    )
    by_key = {(row.name, row.uri): row for row in last}
    return [
        AssetRow(
            name=one.spec.name,
            uri=one.spec.uri,
            group=one.spec.group,
            extra=one.spec.extra,
            alias=one.spec.alias,
            producers=tuple(one.producers),
            readers=tuple(one.readers),
            consumers=tuple(one.consumers),
            events=counts.get(key, (0, 0))[0],
            last_event=by_key.get(key),
        )
        for key, one in sorted(found.items())
    ]


def read_asset_events(
    connection: Connection, name: str | None, uri: str | None, alias: str | None, limit: int
) -> list[AssetEventRow]:
    """Return the newest events of an asset, newest first."""
    return _event_rows(connection, newest_events(connection, name, uri, alias, limit))


def _gather_tasks(found: dict[tuple[str, str], _Gathered], spec: DagSpec) -> None:
    for task in spec.tasks:
        place = AssetTask(dag_id=spec.dag_id, task_id=task.task_id)
        for asset in task.outlets:
            _one(found, asset).producers.append(place)
        for asset in task.inlets:
            _one(found, asset).readers.append(place)


def _one(found: dict[tuple[str, str], _Gathered], asset: AssetSpec) -> _Gathered:
    gathered = found.setdefault(asset.key, _Gathered(asset))
    gathered.learn(asset)
    return gathered


def _gather_consumer(
    found: dict[tuple[str, str], _Gathered], condition: AssetCondition, row: AssetConsumer
) -> None:
    for leaf in leaves(condition):
        if leaf.kind in ("asset", "alias"):
            spec = AssetSpec(name=leaf.name, uri=leaf.uri, alias=leaf.kind == "alias")
            keys = [found.setdefault(spec.key, _Gathered(spec))]
        else:  # by name or by uri alone: any asset with it
            keys = [
                one for key, one in found.items() if (leaf.name or leaf.uri) in key and not one.spec.alias
            ]
        for one in keys:
            if row not in one.consumers:
                one.consumers.append(row)


def _consumer(
    spec: DagSpec, condition: AssetCondition, queued: dict[str, list[AssetEventRecord]], paused: set[str]
) -> AssetConsumer:
    return AssetConsumer(
        dag_id=spec.dag_id,
        schedule=describe(condition),
        paused=spec.dag_id in paused,
        queued=sum(map(len, queued.values())),
        waits_for=tuple(_waits_for(condition, spec.schedule.partitions, queued)),
    )


def _waits_for(
    condition: AssetCondition, rules: PartitionsSpec | None, queued: dict[str, list[AssetEventRecord]]
) -> list[str]:
    """Return what must still change; of a DAG with partitions, for the one that has waited longest."""
    if rules is None:
        return lacking(condition, queued.get("", []))
    key, events = next(iter(queued.items()), ("", []))
    missing = partitions.lacking(condition, rules, events)
    return [f"{name} of {key}" for name in missing] if key else missing


def _event_rows(connection: Connection, records: Iterable[AssetEventRecord]) -> list[AssetEventRow]:
    records = list(records)
    made = runs_made_by(connection, [record.id for record in records])
    return Sieve().rows(
        records,
        lambda record: about_row("asset_event", record.id),
        lambda record: AssetEventRow(
            event_id=record.id,
            at=from_us(record.at_us),
            name=record.name,
            uri=record.uri,
            extra=record.extra,
            by=record.by,
            aliases=record.aliases,
            partition_key=record.partition_key,
            runs=tuple(made.get(record.id, ())),
            **_source(record.source),
        ),
    )


def _source(source: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = defaultdict(lambda: None)
    for name, value in source.items():
        moment = name == "logical_date" or name.startswith("data_interval")
        found[f"source_{name}"] = datetime.fromisoformat(value) if moment else value
    return dict(found)
