"""Made from `penstock.store.statements.views.failures` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

GROUPS = Query(
    'SELECT anon_1.fingerprint, anon_1.line, max(anon_1.id) AS newest, count(*) AS count, '
    'min(anon_1.at_us) AS first_us, max(anon_1.at_us) AS last_us, sum(anon_1.open) AS open, '
    'group_concat(DISTINCT anon_1.dag_id) AS dags FROM (SELECT failure.id AS id, '
    'failure.fingerprint AS fingerprint, failure.line AS line, failure.at_us AS at_us, '
    'failure.try_number AS try_number, failure.attempt_id AS attempt_id, run.dag_id AS dag_id, '
    'run.run_id AS run_id, run.run_type AS run_type, run.state AS run_state, run.logical_us AS '
    'logical_us, run.run_after_us AS run_after_us, run.version_id AS version_id, CASE WHEN '
    "(task_instance.state = 'failed' AND task_instance.attempt_id IS failure.attempt_id AND "
    'failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) <= :now_us) THEN 1 ELSE '
    '0 END AS open, task_instance.task_id AS task_id, task_instance.map_index AS map_index, '
    'task_instance.state AS state FROM task_instance JOIN failure ON failure.ti_id = '
    'task_instance.id JOIN run ON run.id = task_instance.run_pk LEFT OUTER JOIN failure_note AS '
    "ack ON ack.fingerprint = failure.fingerprint AND ack.kind = 'acknowledged' LEFT OUTER JOIN "
    'failure_note AS snooze ON snooze.fingerprint = failure.fingerprint AND snooze.kind = '
    "'snoozed' WHERE 1 /*where*/ UNION ALL SELECT failure.id AS id, failure.fingerprint AS "
    'fingerprint, failure.line AS line, failure.at_us AS at_us, failure.try_number AS try_number,'
    ' failure.attempt_id AS attempt_id, run.dag_id AS dag_id, run.run_id AS run_id, run.run_type '
    'AS run_type, run.state AS run_state, run.logical_us AS logical_us, run.run_after_us AS '
    "run_after_us, run.version_id AS version_id, CASE WHEN (run.state = 'failed' AND run.end_us ="
    ' failure.at_us AND failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) <= '
    ":now_us) THEN 1 ELSE 0 END AS open, '' AS task_id, -1 AS map_index, run.state AS state FROM "
    'failure JOIN run ON run.id = failure.run_pk AND failure.run_pk >= 0 LEFT OUTER JOIN '
    "failure_note AS ack ON ack.fingerprint = failure.fingerprint AND ack.kind = 'acknowledged' "
    'LEFT OUTER JOIN failure_note AS snooze ON snooze.fingerprint = failure.fingerprint AND '
    "snooze.kind = 'snoozed' WHERE 1 /*where*/) AS anon_1 GROUP BY anon_1.fingerprint ORDER BY "
    'max(anon_1.id) DESC LIMIT :limit OFFSET 0',
    ('fingerprint', 'line', 'newest', 'count', 'first_us', 'last_us', 'open', 'dags'),
)
OPEN_GROUPS = Query(
    'SELECT anon_1.fingerprint, anon_1.line, max(anon_1.id) AS newest, count(*) AS count, '
    'min(anon_1.at_us) AS first_us, max(anon_1.at_us) AS last_us, sum(anon_1.open) AS open, '
    'group_concat(DISTINCT anon_1.dag_id) AS dags FROM (SELECT failure.id AS id, '
    'failure.fingerprint AS fingerprint, failure.line AS line, failure.at_us AS at_us, '
    'failure.try_number AS try_number, failure.attempt_id AS attempt_id, run.dag_id AS dag_id, '
    'run.run_id AS run_id, run.run_type AS run_type, run.state AS run_state, run.logical_us AS '
    'logical_us, run.run_after_us AS run_after_us, run.version_id AS version_id, CASE WHEN '
    "(task_instance.state = 'failed' AND task_instance.attempt_id IS failure.attempt_id AND "
    'failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) <= :now_us) THEN 1 ELSE '
    '0 END AS open, task_instance.task_id AS task_id, task_instance.map_index AS map_index, '
    'task_instance.state AS state FROM task_instance JOIN failure ON failure.ti_id = '
    'task_instance.id JOIN run ON run.id = task_instance.run_pk LEFT OUTER JOIN failure_note AS '
    "ack ON ack.fingerprint = failure.fingerprint AND ack.kind = 'acknowledged' LEFT OUTER JOIN "
    'failure_note AS snooze ON snooze.fingerprint = failure.fingerprint AND snooze.kind = '
    "'snoozed' WHERE 1 /*where*/ AND task_instance.state = 'failed' AND task_instance.attempt_id "
    'IS failure.attempt_id AND failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, '
    '0) <= :now_us UNION ALL SELECT failure.id AS id, failure.fingerprint AS fingerprint, '
    'failure.line AS line, failure.at_us AS at_us, failure.try_number AS try_number, '
    'failure.attempt_id AS attempt_id, run.dag_id AS dag_id, run.run_id AS run_id, run.run_type '
    'AS run_type, run.state AS run_state, run.logical_us AS logical_us, run.run_after_us AS '
    "run_after_us, run.version_id AS version_id, CASE WHEN (run.state = 'failed' AND run.end_us ="
    ' failure.at_us AND failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) <= '
    ":now_us) THEN 1 ELSE 0 END AS open, '' AS task_id, -1 AS map_index, run.state AS state FROM "
    'failure JOIN run ON run.id = failure.run_pk AND failure.run_pk >= 0 LEFT OUTER JOIN '
    "failure_note AS ack ON ack.fingerprint = failure.fingerprint AND ack.kind = 'acknowledged' "
    'LEFT OUTER JOIN failure_note AS snooze ON snooze.fingerprint = failure.fingerprint AND '
    "snooze.kind = 'snoozed' WHERE 1 /*where*/ AND run.state = 'failed' AND run.end_us = "
    'failure.at_us AND failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) <= '
    ':now_us) AS anon_1 GROUP BY anon_1.fingerprint ORDER BY max(anon_1.id) DESC LIMIT :limit '
    'OFFSET 0',
    ('fingerprint', 'line', 'newest', 'count', 'first_us', 'last_us', 'open', 'dags'),
)
INSIDE = Query(
    'SELECT anon_1.id, anon_1.fingerprint, anon_1.line, anon_1.at_us, anon_1.try_number, '
    'anon_1.attempt_id, anon_1.dag_id, anon_1.run_id, anon_1.run_type, anon_1.run_state, '
    'anon_1.logical_us, anon_1.run_after_us, anon_1.version_id, anon_1.open, anon_1.task_id, '
    'anon_1.map_index, anon_1.state, dag_version.spec_hash, dag_version.source_hash FROM (SELECT '
    'failure.id AS id, failure.fingerprint AS fingerprint, failure.line AS line, failure.at_us AS'
    ' at_us, failure.try_number AS try_number, failure.attempt_id AS attempt_id, run.dag_id AS '
    'dag_id, run.run_id AS run_id, run.run_type AS run_type, run.state AS run_state, '
    'run.logical_us AS logical_us, run.run_after_us AS run_after_us, run.version_id AS '
    "version_id, CASE WHEN (task_instance.state = 'failed' AND task_instance.attempt_id IS "
    'failure.attempt_id AND failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) '
    '<= :now_us) THEN 1 ELSE 0 END AS open, task_instance.task_id AS task_id, '
    'task_instance.map_index AS map_index, task_instance.state AS state FROM task_instance JOIN '
    'failure ON failure.ti_id = task_instance.id JOIN run ON run.id = task_instance.run_pk LEFT '
    'OUTER JOIN failure_note AS ack ON ack.fingerprint = failure.fingerprint AND ack.kind = '
    "'acknowledged' LEFT OUTER JOIN failure_note AS snooze ON snooze.fingerprint = "
    "failure.fingerprint AND snooze.kind = 'snoozed' WHERE 1 /*where*/ UNION ALL SELECT "
    'failure.id AS id, failure.fingerprint AS fingerprint, failure.line AS line, failure.at_us AS'
    ' at_us, failure.try_number AS try_number, failure.attempt_id AS attempt_id, run.dag_id AS '
    'dag_id, run.run_id AS run_id, run.run_type AS run_type, run.state AS run_state, '
    'run.logical_us AS logical_us, run.run_after_us AS run_after_us, run.version_id AS '
    "version_id, CASE WHEN (run.state = 'failed' AND run.end_us = failure.at_us AND failure.id > "
    'coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) <= :now_us) THEN 1 ELSE 0 END AS '
    "open, '' AS task_id, -1 AS map_index, run.state AS state FROM failure JOIN run ON run.id = "
    'failure.run_pk AND failure.run_pk >= 0 LEFT OUTER JOIN failure_note AS ack ON '
    "ack.fingerprint = failure.fingerprint AND ack.kind = 'acknowledged' LEFT OUTER JOIN "
    'failure_note AS snooze ON snooze.fingerprint = failure.fingerprint AND snooze.kind = '
    "'snoozed' WHERE 1 /*where*/) AS anon_1 LEFT OUTER JOIN dag_version ON dag_version.id = "
    'anon_1.version_id ORDER BY anon_1.id DESC LIMIT :limit OFFSET 0',
    ('id', 'fingerprint', 'line', 'at_us', 'try_number', 'attempt_id', 'dag_id', 'run_id',
    'run_type', 'run_state', 'logical_us', 'run_after_us', 'version_id', 'open', 'task_id',
    'map_index', 'state', 'spec_hash', 'source_hash'),
)
OPEN_INSIDE = Query(
    'SELECT anon_1.id, anon_1.fingerprint, anon_1.line, anon_1.at_us, anon_1.try_number, '
    'anon_1.attempt_id, anon_1.dag_id, anon_1.run_id, anon_1.run_type, anon_1.run_state, '
    'anon_1.logical_us, anon_1.run_after_us, anon_1.version_id, anon_1.open, anon_1.task_id, '
    'anon_1.map_index, anon_1.state, dag_version.spec_hash, dag_version.source_hash FROM (SELECT '
    'failure.id AS id, failure.fingerprint AS fingerprint, failure.line AS line, failure.at_us AS'
    ' at_us, failure.try_number AS try_number, failure.attempt_id AS attempt_id, run.dag_id AS '
    'dag_id, run.run_id AS run_id, run.run_type AS run_type, run.state AS run_state, '
    'run.logical_us AS logical_us, run.run_after_us AS run_after_us, run.version_id AS '
    "version_id, CASE WHEN (task_instance.state = 'failed' AND task_instance.attempt_id IS "
    'failure.attempt_id AND failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) '
    '<= :now_us) THEN 1 ELSE 0 END AS open, task_instance.task_id AS task_id, '
    'task_instance.map_index AS map_index, task_instance.state AS state FROM task_instance JOIN '
    'failure ON failure.ti_id = task_instance.id JOIN run ON run.id = task_instance.run_pk LEFT '
    'OUTER JOIN failure_note AS ack ON ack.fingerprint = failure.fingerprint AND ack.kind = '
    "'acknowledged' LEFT OUTER JOIN failure_note AS snooze ON snooze.fingerprint = "
    "failure.fingerprint AND snooze.kind = 'snoozed' WHERE 1 /*where*/ AND task_instance.state = "
    "'failed' AND task_instance.attempt_id IS failure.attempt_id AND failure.id > "
    'coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) <= :now_us UNION ALL SELECT '
    'failure.id AS id, failure.fingerprint AS fingerprint, failure.line AS line, failure.at_us AS'
    ' at_us, failure.try_number AS try_number, failure.attempt_id AS attempt_id, run.dag_id AS '
    'dag_id, run.run_id AS run_id, run.run_type AS run_type, run.state AS run_state, '
    'run.logical_us AS logical_us, run.run_after_us AS run_after_us, run.version_id AS '
    "version_id, CASE WHEN (run.state = 'failed' AND run.end_us = failure.at_us AND failure.id > "
    'coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) <= :now_us) THEN 1 ELSE 0 END AS '
    "open, '' AS task_id, -1 AS map_index, run.state AS state FROM failure JOIN run ON run.id = "
    'failure.run_pk AND failure.run_pk >= 0 LEFT OUTER JOIN failure_note AS ack ON '
    "ack.fingerprint = failure.fingerprint AND ack.kind = 'acknowledged' LEFT OUTER JOIN "
    'failure_note AS snooze ON snooze.fingerprint = failure.fingerprint AND snooze.kind = '
    "'snoozed' WHERE 1 /*where*/ AND run.state = 'failed' AND run.end_us = failure.at_us AND "
    'failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) <= :now_us) AS anon_1 '
    'LEFT OUTER JOIN dag_version ON dag_version.id = anon_1.version_id ORDER BY anon_1.id DESC '
    'LIMIT :limit OFFSET 0',
    ('id', 'fingerprint', 'line', 'at_us', 'try_number', 'attempt_id', 'dag_id', 'run_id',
    'run_type', 'run_state', 'logical_us', 'run_after_us', 'version_id', 'open', 'task_id',
    'map_index', 'state', 'spec_hash', 'source_hash'),
)
ABOVE = 'failure.id > :above'
SINCE = 'failure.at_us >= :since'
BEGINNING_WITH = "failure.fingerprint LIKE :pattern ESCAPE '/'"
OF_GROUP = 'failure.fingerprint = :fingerprint'
OPEN_COUNTS = (
    Query(
        'SELECT count(*) AS count_1 FROM task_instance JOIN failure ON failure.ti_id = '
        'task_instance.id JOIN run ON run.id = task_instance.run_pk LEFT OUTER JOIN failure_note AS '
        "ack ON ack.fingerprint = failure.fingerprint AND ack.kind = 'acknowledged' LEFT OUTER JOIN "
        'failure_note AS snooze ON snooze.fingerprint = failure.fingerprint AND snooze.kind = '
        "'snoozed' WHERE task_instance.state = 'failed' AND task_instance.attempt_id IS "
        'failure.attempt_id AND failure.id > coalesce(ack.upto, 0) AND coalesce(snooze.until_us, 0) '
        '<= :now_us',
        ('count_1',),
    ),
    Query(
        'SELECT count(*) AS count_1 FROM failure JOIN run ON run.id = failure.run_pk AND '
        'failure.run_pk >= 0 LEFT OUTER JOIN failure_note AS ack ON ack.fingerprint = '
        "failure.fingerprint AND ack.kind = 'acknowledged' LEFT OUTER JOIN failure_note AS snooze ON "
        "snooze.fingerprint = failure.fingerprint AND snooze.kind = 'snoozed' WHERE run.state = "
        "'failed' AND run.end_us = failure.at_us AND failure.id > coalesce(ack.upto, 0) AND "
        'coalesce(snooze.until_us, 0) <= :now_us',
        ('count_1',),
    ),
)
NEWEST = Query('SELECT coalesce(max(failure.id), 0) AS coalesce_1 FROM failure', ('coalesce_1',))
NOTES = Query(
    'SELECT failure_note.fingerprint, failure_note.kind, failure_note."by", failure_note.at_us, '
    'failure_note.why, failure_note.upto, failure_note.until_us FROM failure_note WHERE '
    'failure_note.fingerprint IN (:groups...)',
    ('fingerprint', 'kind', 'by', 'at_us', 'why', 'upto', 'until_us'),
    lists=('groups',),
)
LOOK = Query(
    "SELECT look.upto, look.at_us FROM look WHERE look.place = 'failures' AND look.person = "
    ':person',
    ('upto', 'at_us'),
)
