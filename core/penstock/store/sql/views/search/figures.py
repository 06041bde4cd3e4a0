"""Made from `penstock.store.statements.views.search.figures` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

ENDED = Query(
    'SELECT run.dag_id, run.state, count(*) AS count_1, sum(run.worked_us) AS sum_1 FROM run '
    "WHERE run.state IN ('cancelled', 'failed', 'success') GROUP BY run.dag_id, run.state",
    ('dag_id', 'state', 'count_1', 'sum_1'),
)
TASKS = Query(
    'SELECT task_instance.state, count(*) AS count_1 FROM task_instance GROUP BY '
    'task_instance.state',
    ('state', 'count_1'),
)
POINTS = Query(
    'SELECT ledger.dag_id, ledger.status, ledger.reason, sum(ledger.count) AS sum_1 FROM ledger '
    'GROUP BY ledger.dag_id, ledger.status, ledger.reason',
    ('dag_id', 'status', 'reason', 'sum_1'),
)
