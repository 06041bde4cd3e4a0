"""Made from `penstock.store.statements.views.search.versions` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

NUMBERED = Query(
    'SELECT dag_version.id, dag_version.dag_id, dag_version.spec_hash, dag_version.source_hash, '
    'dag_version.created_us, dag_version.file, row_number() OVER (PARTITION BY dag_version.dag_id'
    ' ORDER BY dag_version.id) AS number FROM dag_version WHERE 1 /*where*/ ORDER BY '
    'dag_version.dag_id, dag_version.id',
    ('id', 'dag_id', 'spec_hash', 'source_hash', 'created_us', 'file', 'number'),
)
DAG_ID = 'dag_version.dag_id'
