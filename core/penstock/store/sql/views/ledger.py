"""Made from `penstock.store.statements.views.ledger` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

BETWEEN = Query(
    'SELECT ledger.id, ledger.dag_id, ledger.first_us, ledger.last_us, ledger.count, '
    'ledger.status, ledger.reason, ledger.run_id, ledger.moved, ledger.schedule, ledger.at_us, '
    'ledger.count AS points, run.state AS run_state FROM ledger LEFT OUTER JOIN run ON run.dag_id'
    ' = ledger.dag_id AND run.run_id = ledger.run_id WHERE ledger.dag_id = :dag_id AND '
    'ledger.first_us >= coalesce((SELECT max(ledger.first_us) AS max_1 FROM ledger WHERE '
    'ledger.dag_id = :dag_id AND ledger.first_us <= :first), :first) AND ledger.first_us <= :last'
    ' AND ledger.last_us >= :first ORDER BY ledger.first_us',
    ('id', 'dag_id', 'first_us', 'last_us', 'count', 'status', 'reason', 'run_id', 'moved',
    'schedule', 'at_us', 'points', 'run_state'),
    flags=('moved',),
)
SPANS = Query(
    'SELECT ledger.id, ledger.dag_id, ledger.first_us, ledger.last_us, ledger.count, '
    'ledger.status, ledger.reason, ledger.run_id, ledger.moved, ledger.schedule, ledger.at_us, '
    'ledger.count AS points, run.state AS run_state FROM ledger LEFT OUTER JOIN run ON run.dag_id'
    ' = ledger.dag_id AND run.run_id = ledger.run_id WHERE ledger.dag_id = :dag_id AND '
    'ledger.first_us >= coalesce((SELECT max(ledger.first_us) AS max_1 FROM ledger WHERE '
    'ledger.dag_id = :dag_id AND ledger.first_us <= :first), :first) AND ledger.first_us <= :last'
    ' AND ledger.last_us >= :first AND ledger.count > 1 ORDER BY ledger.first_us',
    ('id', 'dag_id', 'first_us', 'last_us', 'count', 'status', 'reason', 'run_id', 'moved',
    'schedule', 'at_us', 'points', 'run_state'),
    flags=('moved',),
)
DAY_TOTALS = Query(
    'SELECT ledger.status, ledger.reason, run.state, count(*) AS count_1, max(ledger.moved) AS '
    'max_1 FROM ledger LEFT OUTER JOIN run ON run.dag_id = ledger.dag_id AND run.run_id = '
    'ledger.run_id WHERE ledger.dag_id = :dag_id AND ledger.first_us BETWEEN :first AND :last AND'
    ' ledger.count = 1 GROUP BY ledger.status, ledger.reason, run.state',
    ('status', 'reason', 'state', 'count_1', 'max_1'),
    flags=('max_1',),
)
DAY_DATES = Query(
    'SELECT ledger.first_us FROM ledger WHERE ledger.dag_id = :dag_id AND ledger.first_us BETWEEN'
    ' :first AND :last AND ledger.count = 1',
    ('first_us',),
)
NEWEST = Query(
    'SELECT ledger.id, ledger.dag_id, ledger.first_us, ledger.last_us, ledger.count, '
    'ledger.status, ledger.reason, ledger.run_id, ledger.moved, ledger.schedule, ledger.at_us, '
    'ledger.count AS points FROM ledger WHERE ledger.dag_id = :dag_id ORDER BY ledger.first_us '
    'DESC, ledger.id DESC LIMIT :limit OFFSET 0',
    ('id', 'dag_id', 'first_us', 'last_us', 'count', 'status', 'reason', 'run_id', 'moved',
    'schedule', 'at_us', 'points'),
    flags=('moved',),
)
