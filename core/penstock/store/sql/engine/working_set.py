"""Made from `penstock.store.statements.engine.working_set` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

VERSION = Query(
    'SELECT dag_version.id, dag_version.spec, dag_version.source_hash FROM dag_version WHERE '
    'dag_version.id = :key',
    ('id', 'spec', 'source_hash'),
)
VERSIONS = Query(
    'SELECT dag_version.id, dag_version.spec, dag_version.source_hash FROM dag_version WHERE '
    'dag_version.id IN (:keys...)',
    ('id', 'spec', 'source_hash'),
    lists=('keys',),
)
VERSION_HASHES = Query(
    'SELECT dag_version.spec_hash, dag_version.source_hash FROM dag_version WHERE dag_version.id '
    '= :key',
    ('spec_hash', 'source_hash'),
)
VERSION_ID = Query(
    'SELECT dag_version.id FROM dag_version WHERE dag_version.dag_id = :dag_id AND '
    'dag_version.spec_hash = :spec_hash AND dag_version.source_hash = :source_hash',
    ('id',),
)
PEAKS = Query(
    'SELECT sample.attempt_id, max(sample.rss) AS max_1 FROM sample WHERE sample.attempt_id IN '
    '(:attempts...) GROUP BY sample.attempt_id',
    ('attempt_id', 'max_1'),
    lists=('attempts',),
)
QUESTIONS = Query(
    'SELECT question.attempt_id, question.asked_us, question.question, question.reply FROM '
    'question WHERE question.attempt_id IN (:attempts...)',
    ('attempt_id', 'asked_us', 'question', 'reply'),
    lists=('attempts',),
)
HAS_RUN = Query('SELECT run.id FROM run WHERE run.dag_id = :dag_id AND run.run_id = :run_id', ('id',))
RUN_IDS = Query(
    'SELECT run.run_id FROM run WHERE run.dag_id = :dag_id AND run.logical_us IS NOT NULL AND 1 '
    '/*where*/ ORDER BY run.logical_us',
    ('run_id',),
)
BEFORE = 'run.logical_us < :before'
AFTER = 'run.logical_us > :after'
RUNS_AT = Query(
    'SELECT run.logical_us, run.run_id, run.state FROM run WHERE run.dag_id = :dag_id AND '
    'run.logical_us IN (:moments...)',
    ('logical_us', 'run_id', 'state'),
    lists=('moments',),
)
PREVIOUS_RUN = Query(
    'SELECT run.id, run.run_id FROM run WHERE run.dag_id = :dag_id AND run.logical_us < :before '
    'AND run.logical_us > :after ORDER BY run.logical_us DESC LIMIT 1 OFFSET 0',
    ('id', 'run_id'),
)
STATES = Query(
    'SELECT task_instance.task_id, task_instance.map_index, task_instance.state FROM '
    'task_instance WHERE task_instance.run_pk = :run_pk',
    ('task_id', 'map_index', 'state'),
)
XCOMS = Query(
    'SELECT task_instance.task_id, task_instance.map_index, xcom."key", xcom.value FROM xcom JOIN'
    ' task_instance ON task_instance.id = xcom.ti_id JOIN run ON run.id = task_instance.run_pk '
    'WHERE run.dag_id = :dag_id AND run.run_id = :run_id',
    ('task_id', 'map_index', 'key', 'value'),
)
PREVIOUS_SUCCESS = Query(
    'SELECT run.id, run.dag_id, run.run_id, run.run_type, run.state, run.version, run.version_id,'
    ' run.logical_us, run.interval_start_us, run.interval_end_us, run.run_after_us, '
    'run.queued_us, run.start_us, run.end_us, run.stood_us, run.turn_us, run.worked_us, '
    'run.intent, run.reason, run.conf, run.backfill_id, run."by", run.rush, run.rerun_of, '
    'run.stands_for_us, run.partition_key FROM run WHERE run.dag_id = :dag_id AND run.logical_us '
    "< :before AND run.state = 'success' AND (run.id NOT IN (:without...)) ORDER BY "
    'run.logical_us DESC LIMIT 1 OFFSET 0',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'version', 'version_id', 'logical_us',
    'interval_start_us', 'interval_end_us', 'run_after_us', 'queued_us', 'start_us', 'end_us',
    'stood_us', 'turn_us', 'worked_us', 'intent', 'reason', 'conf', 'backfill_id', 'by', 'rush',
    'rerun_of', 'stands_for_us', 'partition_key'),
    lists=('without',),
)
LAST_WRITTEN = Query('SELECT event.at_us FROM event ORDER BY event.seq DESC LIMIT 1 OFFSET 0', ('at_us',))
UNDOS = Query(
    'SELECT undo.id, undo.at_us, undo."by", undo.act, undo.title, undo.dag_id, undo.run_id, '
    'undo."before" FROM undo ORDER BY undo.id DESC',
    ('id', 'at_us', 'by', 'act', 'title', 'dag_id', 'run_id', 'before'),
)
MISSED_DEADLINES = Query(
    'SELECT callback.run_pk, callback.kind FROM callback JOIN run ON run.id = callback.run_pk '
    "WHERE run.state IN ('queued', 'running') AND callback.kind LIKE 'deadline:%'",
    ('run_pk', 'kind'),
)
LAST_ENDS = Query(
    'SELECT run.id, run.state FROM run WHERE run.dag_id = :dag_id AND run.end_us IS NOT NULL '
    'ORDER BY run.end_us DESC, run.id DESC LIMIT :limit OFFSET 0',
    ('id', 'state'),
)
ANSWER = Query('SELECT act.answer FROM act WHERE act.act_id = :act_id', ('answer',))
LEDGER_BEFORE = Query(
    'SELECT ledger.id, ledger.dag_id, ledger.first_us, ledger.last_us, ledger.count, '
    'ledger.status, ledger.reason, ledger.run_id, ledger.moved, ledger.schedule FROM ledger WHERE'
    ' ledger.dag_id = :dag_id AND ledger.first_us < :moment AND (ledger.id NOT IN (:without...)) '
    'ORDER BY ledger.first_us DESC LIMIT 1 OFFSET 0',
    ('id', 'dag_id', 'first_us', 'last_us', 'count', 'status', 'reason', 'run_id', 'moved',
    'schedule'),
    flags=('moved',),
    lists=('without',),
)
LEDGER_BETWEEN = Query(
    'SELECT ledger.id, ledger.dag_id, ledger.first_us, ledger.last_us, ledger.count, '
    'ledger.status, ledger.reason, ledger.run_id, ledger.moved, ledger.schedule FROM ledger WHERE'
    ' ledger.dag_id = :dag_id AND ledger.first_us BETWEEN :first AND :last ORDER BY '
    'ledger.first_us',
    ('id', 'dag_id', 'first_us', 'last_us', 'count', 'status', 'reason', 'run_id', 'moved',
    'schedule'),
    flags=('moved',),
)
LAST_KEY = {
    'version': Query(
        'SELECT coalesce(max(dag_version.id), 0) AS coalesce_1 FROM dag_version',
        ('coalesce_1',),
    ),
    'backfill': Query('SELECT coalesce(max(backfill.id), 0) AS coalesce_1 FROM backfill', ('coalesce_1',)),
    'point': Query(
        'SELECT coalesce(max(backfill_slot.id), 0) AS coalesce_1 FROM backfill_slot',
        ('coalesce_1',),
    ),
    'undo': Query('SELECT coalesce(max(undo.id), 0) AS coalesce_1 FROM undo', ('coalesce_1',)),
    'callback': Query('SELECT coalesce(max(callback.id), 0) AS coalesce_1 FROM callback', ('coalesce_1',)),
}
