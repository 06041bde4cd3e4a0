"""Asset events: those queued for DAGs, those that made a run, those of one asset."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.engine.records import AssetEventRecord
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import asset_event, asset_queue, run, run_asset

_COLUMNS = tuple(asset_event.c[name] for name in AssetEventRecord.__slots__)

QUEUED = (
    sa.select(asset_queue.c.dag_id, asset_queue.c.partition_key.label("of_run"), *_COLUMNS)
    .join(asset_event, asset_event.c.id == asset_queue.c.event_id)
    .order_by(asset_event.c.id)
)
OF_RUN = (
    sa.select(*_COLUMNS)
    .join(run_asset, run_asset.c.event_id == asset_event.c.id)
    .where(run_asset.c.run_pk == sa.bindparam("run_pk"))
    .order_by(asset_event.c.id)
)
NEWEST = sa.select(*_COLUMNS).where(WHERE).order_by(asset_event.c.id.desc()).limit(sa.bindparam("limit"))
BY_NAME = asset_event.c.name == sa.bindparam("name")
BY_URI = asset_event.c.uri == sa.bindparam("uri")
BY_ALIAS = asset_event.c.aliases.like(sa.bindparam("alias"), escape="/")
LAST = sa.select(sa.func.coalesce(sa.func.max(asset_event.c.id), 0))
MADE = (
    sa.select(run_asset.c.event_id, run.c.dag_id, run.c.run_id)
    .join(run, run.c.id == run_asset.c.run_pk)
    .where(run_asset.c.event_id.in_(sa.bindparam("events", expanding=True)))
)
COUNTS = sa.select(
    asset_event.c.name, asset_event.c.uri, sa.func.count(), sa.func.max(asset_event.c.id)
).group_by(asset_event.c.name, asset_event.c.uri)
BY_ID = sa.select(*_COLUMNS).where(asset_event.c.id.in_(sa.bindparam("events", expanding=True)))
