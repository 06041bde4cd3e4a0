"""Made from `penstock.store.statements.views.system` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

SINCE = Query(
    'SELECT count(*) AS count_1, coalesce(sum(attempt.log_bytes), 0) AS coalesce_1 FROM attempt '
    'WHERE attempt.attempt_id >= :since',
    ('count_1', 'coalesce_1'),
)
ALL = Query(
    'SELECT (SELECT count(*) AS count_1 FROM attempt) AS anon_1, (SELECT '
    'coalesce(sum(attempt.log_bytes), 0) AS coalesce_1 FROM attempt WHERE attempt.log_bytes > 0) '
    'AS anon_2, (SELECT min(attempt.attempt_id) AS min_1 FROM attempt) AS anon_3',
    ('anon_1', 'anon_2', 'anon_3'),
)
FAILED_COUNT = Query(
    "SELECT count(*) AS count_1 FROM callback WHERE callback.state = 'failed' AND callback.id > "
    '(SELECT max(callback.id) AS max_1 FROM callback) - 50000 AND coalesce(callback.end_us, '
    'callback.created_us) >= :since',
    ('count_1',),
)
FAILED_CALLBACKS = Query(
    'SELECT callback.id, callback.run_pk, callback.task_id, callback.map_index, callback.kind, '
    'callback.facts, callback.created_us, callback.state, callback.tries, callback.attempt_id, '
    'callback.end_us, callback.reason, run.run_id, run.dag_id FROM callback JOIN run ON run.id = '
    "callback.run_pk WHERE callback.state = 'failed' AND callback.id > (SELECT max(callback.id) "
    'AS max_1 FROM callback) - 50000 AND coalesce(callback.end_us, callback.created_us) >= :since'
    ' ORDER BY callback.id DESC LIMIT :limit OFFSET 0',
    ('id', 'run_pk', 'task_id', 'map_index', 'kind', 'facts', 'created_us', 'state', 'tries',
    'attempt_id', 'end_us', 'reason', 'run_id', 'dag_id'),
)
MISSED = Query(
    'SELECT ledger.dag_id, ledger.status, ledger.reason, sum(ledger.count) AS sum_1, '
    'min(ledger.first_us) AS min_1, max(ledger.last_us) AS max_1 FROM ledger WHERE ledger.id > '
    "(SELECT max(ledger.id) AS max_2 FROM ledger) - 50000 AND ledger.status IN ('skipped', "
    "'ran_late') AND coalesce(ledger.at_us, ledger.last_us) >= :since GROUP BY ledger.dag_id, "
    'ledger.status, ledger.reason ORDER BY max(ledger.last_us) DESC, ledger.dag_id, '
    'ledger.status, ledger.reason',
    ('dag_id', 'status', 'reason', 'sum_1', 'min_1', 'max_1'),
)
