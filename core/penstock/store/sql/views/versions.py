"""Made from `penstock.store.statements.views.versions` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

SOME = Query(
    'SELECT dag_version.id, dag_version.dag_id, dag_version.spec_hash, dag_version.source_hash, '
    'dag_version.file, dag_version.spec, dag_version.created_us FROM dag_version WHERE '
    'dag_version.id IN (:keys...)',
    ('id', 'dag_id', 'spec_hash', 'source_hash', 'file', 'spec', 'created_us'),
    lists=('keys',),
)
