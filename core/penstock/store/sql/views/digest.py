"""Made from `penstock.store.statements.views.digest` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

LOOKS = Query(
    'SELECT look.place, look.upto, look.at_us FROM look WHERE look.person = :person',
    ('place', 'upto', 'at_us'),
)
AT = Query(
    'SELECT event.seq, event.at_us FROM event WHERE event.seq >= :seq ORDER BY event.seq LIMIT 1 '
    'OFFSET 0',
    ('seq', 'at_us'),
)
NEWS_AFTER = Query(
    'SELECT event.seq, event.at_us, event.actor, event.kind, event.dag_id, event.run_id, '
    'event.task_id, event.map_index, event."before", event."after", event.reason FROM event WHERE'
    " event.seq > :after AND (actor <> 'engine' OR kind IN ('dag_new', 'dag_changed', "
    "'dag_missing', 'dag_back', 'import_error', 'pause_schedule', 'pause_freeze', 'pause_run', "
    "'pause_task', 'pause_before', 'pause_after', 'unpause', 'unfreeze', 'release', "
    "'breakpoint_clear', 'pause_lifted', 'engine_start', 'engine_stop', 'deadline_missed')) ORDER"
    ' BY event.seq DESC LIMIT 20000 OFFSET 0',
    ('seq', 'at_us', 'actor', 'kind', 'dag_id', 'run_id', 'task_id', 'map_index', 'before',
    'after', 'reason'),
)
NEWEST_NEWS = Query(
    "SELECT event.seq FROM event WHERE (actor <> 'engine' OR kind IN ('dag_new', 'dag_changed', "
    "'dag_missing', 'dag_back', 'import_error', 'pause_schedule', 'pause_freeze', 'pause_run', "
    "'pause_task', 'pause_before', 'pause_after', 'unpause', 'unfreeze', 'release', "
    "'breakpoint_clear', 'pause_lifted', 'engine_start', 'engine_stop', 'deadline_missed')) ORDER"
    ' BY event.seq DESC LIMIT 1 OFFSET 0',
    ('seq',),
)
LAST_EVENT = Query('SELECT max(event.seq) AS max_1 FROM event', ('max_1',))
BEFORE = Query(
    'SELECT event.at_us, event.kind FROM event WHERE event.seq < :seq ORDER BY event.seq DESC '
    'LIMIT 1 OFFSET 0',
    ('at_us', 'kind'),
)
FIRST_FAILURE = Query(
    'SELECT min(failure.id) AS min_1 FROM failure WHERE failure.at_us >= :since',
    ('min_1',),
)
LAST_FAILURE = Query('SELECT max(failure.id) AS max_1 FROM failure', ('max_1',))
RECOVERED = Query(
    'SELECT mended.newest, mended.at_us, mended.line, mended.attempt_id, mended.task_id, '
    'mended.newest_attempt, mended.run_pk, mended.dag_id, mended.run_id, mended.run_type, '
    'mended.run_after_us, mended.green_pk, green.run_id AS green_id, (SELECT '
    'max(task_instance.end_us) AS max_1 FROM task_instance WHERE task_instance.run_pk = green.id '
    'AND task_instance.task_id = mended.task_id) AS green_us FROM (SELECT last.newest AS newest, '
    'last.at_us AS at_us, last.line AS line, last.attempt_id AS attempt_id, last.task_id AS '
    'task_id, last.newest_attempt AS newest_attempt, last.run_pk AS run_pk, last.dag_id AS '
    'dag_id, last.run_id AS run_id, last.run_type AS run_type, last.run_after_us AS run_after_us,'
    ' coalesce(CASE WHEN (last.newest_attempt IS NOT last.attempt_id) THEN (SELECT green.id FROM '
    'run AS green WHERE green.id = last.run_pk AND (EXISTS (SELECT * FROM task_instance WHERE '
    'task_instance.run_pk = green.id AND task_instance.task_id = last.task_id AND '
    "task_instance.state = 'success')) AND NOT (EXISTS (SELECT * FROM task_instance WHERE "
    'task_instance.run_pk = green.id AND task_instance.task_id = last.task_id AND '
    "(task_instance.state NOT IN ('skipped', 'success')))) AND last.at_us < (SELECT "
    'max(task_instance.end_us) AS max_2 FROM task_instance WHERE task_instance.run_pk = green.id '
    'AND task_instance.task_id = last.task_id) ORDER BY green.run_after_us LIMIT 1 OFFSET 0) END,'
    " CASE WHEN (last.run_type != 'backfill') THEN (SELECT green.id FROM run AS green WHERE "
    'green.dag_id = last.dag_id AND green.run_after_us > last.run_after_us AND green.run_type != '
    "'backfill' AND (EXISTS (SELECT * FROM task_instance WHERE task_instance.run_pk = green.id "
    "AND task_instance.task_id = last.task_id AND task_instance.state = 'success')) AND NOT "
    '(EXISTS (SELECT * FROM task_instance WHERE task_instance.run_pk = green.id AND '
    "task_instance.task_id = last.task_id AND (task_instance.state NOT IN ('skipped', "
    "'success')))) AND last.at_us < (SELECT max(task_instance.end_us) AS max_2 FROM task_instance"
    ' WHERE task_instance.run_pk = green.id AND task_instance.task_id = last.task_id) ORDER BY '
    'green.run_after_us LIMIT 1 OFFSET 0) END) AS green_pk FROM (SELECT max(failure.id) AS '
    'newest, failure.at_us AS at_us, failure.line AS line, failure.attempt_id AS attempt_id, '
    'task_instance.task_id AS task_id, task_instance.attempt_id AS newest_attempt, run.id AS '
    'run_pk, run.dag_id AS dag_id, run.run_id AS run_id, run.run_type AS run_type, '
    'run.run_after_us AS run_after_us FROM failure JOIN task_instance ON task_instance.id = '
    'failure.ti_id JOIN run ON run.id = task_instance.run_pk GROUP BY run.dag_id, '
    'task_instance.task_id ORDER BY max(failure.id) DESC LIMIT 500 OFFSET 0) AS last) AS mended '
    'JOIN run AS green ON green.id = mended.green_pk WHERE :since <= (SELECT '
    'max(task_instance.end_us) AS max_1 FROM task_instance WHERE task_instance.run_pk = green.id '
    'AND task_instance.task_id = mended.task_id) ORDER BY (SELECT max(task_instance.end_us) AS '
    'max_1 FROM task_instance WHERE task_instance.run_pk = green.id AND task_instance.task_id = '
    'mended.task_id) DESC',
    ('newest', 'at_us', 'line', 'attempt_id', 'task_id', 'newest_attempt', 'run_pk', 'dag_id',
    'run_id', 'run_type', 'run_after_us', 'green_pk', 'green_id', 'green_us'),
)
SKIPPED = Query(
    'SELECT ledger.id, ledger.dag_id, ledger.first_us, ledger.last_us, ledger.reason, '
    "ledger.at_us, ledger.count AS points FROM ledger WHERE ledger.status IN ('skipped', "
    "'ran_late') AND ledger.status = 'skipped' AND ledger.at_us >= :since ORDER BY ledger.at_us "
    'DESC, ledger.id DESC',
    ('id', 'dag_id', 'first_us', 'last_us', 'reason', 'at_us', 'points'),
)
