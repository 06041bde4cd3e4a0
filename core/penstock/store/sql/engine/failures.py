"""Made from `penstock.store.statements.engine.failures` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

BEGINNING_WITH = Query(
    'SELECT failure.fingerprint, failure.line, count(*) AS count_1, max(failure.id) AS max_1 FROM'
    " failure WHERE failure.fingerprint LIKE :pattern ESCAPE '/' GROUP BY failure.fingerprint "
    'ORDER BY failure.fingerprint LIMIT 3 OFFSET 0',
    ('fingerprint', 'line', 'count_1', 'max_1'),
)
DAGS_OF_TASKS = Query(
    'SELECT DISTINCT run.dag_id FROM failure JOIN task_instance ON task_instance.id = '
    'failure.ti_id JOIN run ON run.id = task_instance.run_pk WHERE failure.fingerprint = '
    ':fingerprint',
    ('dag_id',),
)
DAGS_OF_RUNS = Query(
    'SELECT DISTINCT run.dag_id FROM failure JOIN run ON run.id = failure.run_pk WHERE '
    'failure.fingerprint = :fingerprint',
    ('dag_id',),
)
NOTES = Query(
    'SELECT failure_note.fingerprint, failure_note.kind, failure_note."by", failure_note.at_us, '
    'failure_note.why, failure_note.upto, failure_note.until_us FROM failure_note WHERE '
    'failure_note.fingerprint = :fingerprint',
    ('fingerprint', 'kind', 'by', 'at_us', 'why', 'upto', 'until_us'),
)
OF_TASKS = Query(
    'SELECT failure.ti_id, failure.attempt_id FROM failure WHERE failure.ti_id IN (:tasks...)',
    ('ti_id', 'attempt_id'),
    lists=('tasks',),
)
SNOOZES = Query(
    'SELECT failure_note.fingerprint, failure_note.until_us FROM failure_note WHERE '
    "failure_note.kind = 'snoozed'",
    ('fingerprint', 'until_us'),
)
NEWEST_EVENT = Query('SELECT max(event.seq) AS max_1 FROM event', ('max_1',))
NEWEST_FAILURE = Query('SELECT max(failure.id) AS max_1 FROM failure', ('max_1',))
LOOKS = Query(
    'SELECT look.place, look.upto FROM look WHERE look.person = :person',
    ('place', 'upto'),
)
