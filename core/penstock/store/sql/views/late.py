"""Made from `penstock.store.statements.views.late` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

ENDED = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_after_us, run.end_us, run.state FROM run '
    "WHERE run.run_type IN ('scheduled', 'asset_triggered') AND run.queued_us - run.run_after_us "
    "<= :on_time_us AND (run.end_us >= :since OR run.state IN ('queued', 'running')) ORDER BY "
    '+run.id',
    ('id', 'dag_id', 'run_id', 'run_after_us', 'end_us', 'state'),
)
HISTORY = Query(
    'SELECT run.id, run.end_us - run.run_after_us AS took FROM run WHERE run.dag_id = :dag_id AND'
    " run.state = 'success' AND run.run_type IN ('scheduled', 'asset_triggered') AND "
    'run.queued_us - run.run_after_us <= :on_time_us ORDER BY run.run_after_us DESC LIMIT 100 '
    'OFFSET 0',
    ('id', 'took'),
)
BEGAN_LATE = Query(
    'SELECT ledger.dag_id, ledger.run_id, ledger.at_us, run.run_after_us, run.queued_us, '
    'run.end_us FROM ledger JOIN run ON run.dag_id = ledger.dag_id AND run.run_id = ledger.run_id'
    " WHERE ledger.status IN ('skipped', 'ran_late') AND ledger.status = 'ran_late' AND "
    'ledger.at_us >= :since',
    ('dag_id', 'run_id', 'at_us', 'run_after_us', 'queued_us', 'end_us'),
)
