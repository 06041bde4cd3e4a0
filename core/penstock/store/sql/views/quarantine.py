"""Made from `penstock.store.statements.views.quarantine` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

ALL = Query(
    'SELECT quarantine.id, quarantine.kind, quarantine.dag_id, quarantine.run_id, '
    'quarantine.reason, quarantine.place, quarantine.since_us, quarantine.retry_us, '
    'quarantine.version, quarantine.act FROM quarantine ORDER BY quarantine.since_us, '
    'quarantine.id',
    ('id', 'kind', 'dag_id', 'run_id', 'reason', 'place', 'since_us', 'retry_us', 'version',
    'act'),
)
REASONS = Query('SELECT quarantine.id, quarantine.reason FROM quarantine', ('id', 'reason'))
COUNT = Query('SELECT count(*) AS count_1 FROM quarantine', ('count_1',))
