"""Made from `penstock.store.statements.engine.assets` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

QUEUED = Query(
    'SELECT asset_queue.dag_id, asset_queue.partition_key AS of_run, asset_event.id, '
    'asset_event.at_us, asset_event.name, asset_event.uri, asset_event.extra, '
    'asset_event.aliases, asset_event.source, asset_event."by", asset_event.partition_key FROM '
    'asset_queue JOIN asset_event ON asset_event.id = asset_queue.event_id ORDER BY '
    'asset_event.id',
    ('dag_id', 'of_run', 'id', 'at_us', 'name', 'uri', 'extra', 'aliases', 'source', 'by',
    'partition_key'),
)
OF_RUN = Query(
    'SELECT asset_event.id, asset_event.at_us, asset_event.name, asset_event.uri, '
    'asset_event.extra, asset_event.aliases, asset_event.source, asset_event."by", '
    'asset_event.partition_key FROM asset_event JOIN run_asset_event ON run_asset_event.event_id '
    '= asset_event.id WHERE run_asset_event.run_pk = :run_pk ORDER BY asset_event.id',
    ('id', 'at_us', 'name', 'uri', 'extra', 'aliases', 'source', 'by', 'partition_key'),
)
NEWEST = Query(
    'SELECT asset_event.id, asset_event.at_us, asset_event.name, asset_event.uri, '
    'asset_event.extra, asset_event.aliases, asset_event.source, asset_event."by", '
    'asset_event.partition_key FROM asset_event WHERE 1 /*where*/ ORDER BY asset_event.id DESC '
    'LIMIT :limit OFFSET 0',
    ('id', 'at_us', 'name', 'uri', 'extra', 'aliases', 'source', 'by', 'partition_key'),
)
BY_NAME = 'asset_event.name = :name'
BY_URI = 'asset_event.uri = :uri'
BY_ALIAS = "asset_event.aliases LIKE :alias ESCAPE '/'"
LAST = Query(
    'SELECT coalesce(max(asset_event.id), 0) AS coalesce_1 FROM asset_event',
    ('coalesce_1',),
)
MADE = Query(
    'SELECT run_asset_event.event_id, run.dag_id, run.run_id FROM run_asset_event JOIN run ON '
    'run.id = run_asset_event.run_pk WHERE run_asset_event.event_id IN (:events...)',
    ('event_id', 'dag_id', 'run_id'),
    lists=('events',),
)
COUNTS = Query(
    'SELECT asset_event.name, asset_event.uri, count(*) AS count_1, max(asset_event.id) AS max_1 '
    'FROM asset_event GROUP BY asset_event.name, asset_event.uri',
    ('name', 'uri', 'count_1', 'max_1'),
)
BY_ID = Query(
    'SELECT asset_event.id, asset_event.at_us, asset_event.name, asset_event.uri, '
    'asset_event.extra, asset_event.aliases, asset_event.source, asset_event."by", '
    'asset_event.partition_key FROM asset_event WHERE asset_event.id IN (:events...)',
    ('id', 'at_us', 'name', 'uri', 'extra', 'aliases', 'source', 'by', 'partition_key'),
    lists=('events',),
)
