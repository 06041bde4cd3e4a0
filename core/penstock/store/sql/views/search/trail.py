"""Made from `penstock.store.statements.views.search.trail` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

EVENT_COLUMNS = {
    'id': 'event.seq',
    'event_log_id': 'event.seq',
    'when': 'event.at_us',
    'dttm': 'event.at_us',
    'dag_id': 'event.dag_id',
    'run_id': 'event.run_id',
    'task_id': 'event.task_id',
    'map_index': 'event.map_index',
    'event': 'event.kind',
    'owner': 'event.actor',
    'extra': 'event.reason',
}
XCOM_COLUMNS = {
    'key': 'xcom."key"',
    'xcom_key': 'xcom."key"',
    'timestamp': 'attempt.end_us',
    'dag_id': 'run.dag_id',
    'run_id': 'run.run_id',
    'task_id': 'task_instance.task_id',
    'map_index': 'task_instance.map_index',
    'logical_date': 'run.logical_us',
    'run_after': 'run.run_after_us',
}
XCOM_INSTANCE = 'xcom.ti_id'
EVENTS = Query(
    'SELECT event.seq, event.at_us, event.actor, event.kind, event.dag_id, event.run_id, '
    'event.task_id, event.map_index, event."before", event."after", event.reason FROM event WHERE'
    ' 1 /*where*/ ORDER BY 1 /*order*/ LIMIT :limit OFFSET :offset',
    ('seq', 'at_us', 'actor', 'kind', 'dag_id', 'run_id', 'task_id', 'map_index', 'before',
    'after', 'reason'),
)
EVENT_COUNT = Query('SELECT count(*) AS count_1 FROM event WHERE 1 /*where*/', ('count_1',))
XCOM = Query(
    'SELECT xcom."key", xcom.value, xcom.attempt_id, xcom.ti_id, run.dag_id, run.run_id, '
    'task_instance.task_id, task_instance.map_index, attempt.end_us, run.logical_us, '
    'run.run_after_us FROM xcom JOIN task_instance ON task_instance.id = xcom.ti_id JOIN run ON '
    'run.id = task_instance.run_pk LEFT OUTER JOIN attempt ON attempt.attempt_id = '
    'xcom.attempt_id WHERE 1 /*where*/',
    ('key', 'value', 'attempt_id', 'ti_id', 'dag_id', 'run_id', 'task_id', 'map_index',
    'end_us', 'logical_us', 'run_after_us'),
)
XCOMS = Query(
    'SELECT xcom."key", xcom.value, xcom.attempt_id, xcom.ti_id, run.dag_id, run.run_id, '
    'task_instance.task_id, task_instance.map_index, attempt.end_us, run.logical_us, '
    'run.run_after_us FROM xcom JOIN task_instance ON task_instance.id = xcom.ti_id JOIN run ON '
    'run.id = task_instance.run_pk LEFT OUTER JOIN attempt ON attempt.attempt_id = '
    'xcom.attempt_id WHERE 1 /*where*/ ORDER BY 1 /*order*/ LIMIT :limit OFFSET :offset',
    ('key', 'value', 'attempt_id', 'ti_id', 'dag_id', 'run_id', 'task_id', 'map_index',
    'end_us', 'logical_us', 'run_after_us'),
)
XCOM_COUNT = Query(
    'SELECT count(*) AS count_1 FROM xcom JOIN task_instance ON task_instance.id = xcom.ti_id '
    'JOIN run ON run.id = task_instance.run_pk LEFT OUTER JOIN attempt ON attempt.attempt_id = '
    'xcom.attempt_id WHERE 1 /*where*/',
    ('count_1',),
)
