"""Made from `penstock.store.statements.engine.batch` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query, Write

SWAP_TASK = Write(
    'UPDATE task_instance SET state=?, version=?, try_number=?, max_tries=?, queued_us=?, '
    'start_us=?, end_us=?, next_us=?, first_poke_us=?, stop_us=?, pokes=?, intent=?, reason=?, '
    'attempt_id=?, attempts=?, outcome=?, skips=?, peak_rss=?, cpu_seconds=?, read_bytes=?, '
    'write_bytes=?, rush=?, mapped_length=?, rendered_map_index=?, resumes=?, began_us=? WHERE '
    'task_instance.id = ? AND task_instance.version = ? AND task_instance.state = ?',
    ('state', 'version', 'try_number', 'max_tries', 'queued_us', 'start_us', 'end_us',
    'next_us', 'first_poke_us', 'stop_us', 'pokes', 'intent', 'reason', 'attempt_id',
    'attempts', 'outcome', 'skips', 'peak_rss', 'cpu_seconds', 'read_bytes', 'write_bytes',
    'rush', 'mapped_length', 'rendered_map_index', 'resumes', 'began_us', 'b_id', 'b_version',
    'b_state'),
)
SWAP_ALIKE = {
    'moved': Write(
        'UPDATE task_instance SET state=?, version=?, end_us=?, reason=?, skips=? WHERE '
        'task_instance.id IN (SELECT anon_1.value FROM json_each(?) AS anon_1) AND '
        'task_instance.version = ? AND task_instance.state = ?',
        ('state', 'version', 'end_us', 'reason', 'skips', 'b_ids', 'b_version', 'b_state'),
    ),
    'cleared': Write(
        'UPDATE task_instance SET state=?, version=?, max_tries=?, queued_us=?, start_us=?, end_us=?,'
        ' next_us=?, first_poke_us=?, stop_us=?, began_us=?, pokes=?, intent=?, reason=?, outcome=?, '
        'skips=?, rush=?, resumes=?, mapped_length=?, rendered_map_index=? WHERE task_instance.id IN '
        '(SELECT anon_1.value FROM json_each(?) AS anon_1) AND task_instance.version = ? AND '
        'task_instance.state = ?',
        ('state', 'version', 'max_tries', 'queued_us', 'start_us', 'end_us', 'next_us',
        'first_poke_us', 'stop_us', 'began_us', 'pokes', 'intent', 'reason', 'outcome', 'skips',
        'rush', 'resumes', 'mapped_length', 'rendered_map_index', 'b_ids', 'b_version', 'b_state'),
    ),
}
TELL_ALIKE = Write(
    'INSERT INTO event (at_us, actor, kind, dag_id, run_id, task_id, map_index, "before", '
    '"after", reason) SELECT ? AS anon_1, ? AS anon_2, ? AS anon_3, ? AS anon_4, ? AS anon_5, '
    "json_extract(anon_6.value, '$[0]') AS json_extract_1, json_extract(anon_6.value, '$[1]') AS "
    'json_extract_2, ? AS anon_7, ? AS anon_8, ? AS anon_9 FROM json_each(?) AS anon_6 ORDER BY '
    'anon_6."key"',
    ('at_us', 'actor', 'kind', 'dag_id', 'run_id', 'before', 'after', 'reason', 'b_places'),
)
SWAP_RUN = Write(
    'UPDATE run SET state=?, version=?, start_us=?, end_us=?, queued_us=?, stood_us=?, turn_us=?,'
    ' worked_us=?, intent=?, reason=?, backfill_id=?, version_id=?, conf=?, rush=? WHERE run.id ='
    ' ? AND run.version = ? AND run.state = ?',
    ('state', 'version', 'start_us', 'end_us', 'queued_us', 'stood_us', 'turn_us', 'worked_us',
    'intent', 'reason', 'backfill_id', 'version_id', 'conf', 'rush', 'b_id', 'b_version',
    'b_state'),
)
INSERT_RUN = Write(
    'INSERT INTO run (id, dag_id, run_id, run_type, state, version, version_id, logical_us, '
    'interval_start_us, interval_end_us, run_after_us, queued_us, start_us, end_us, stood_us, '
    'intent, reason, conf, backfill_id, "by", rush, rerun_of, stands_for_us, turn_us, worked_us, '
    'partition_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '
    '?, ?, ?)',
    ('id', 'dag_id', 'run_id', 'run_type', 'state', 'version', 'version_id', 'logical_us',
    'interval_start_us', 'interval_end_us', 'run_after_us', 'queued_us', 'start_us', 'end_us',
    'stood_us', 'intent', 'reason', 'conf', 'backfill_id', 'by', 'rush', 'rerun_of',
    'stands_for_us', 'turn_us', 'worked_us', 'partition_key'),
)
INSERT_TASK = Write(
    'INSERT INTO task_instance (id, run_pk, task_id, map_index, state, version, try_number, '
    "max_tries, position, pokes, attempts) VALUES (?, ?, ?, ?, 'pending', 1, 0, ?, ?, 0, 0)",
    ('id', 'run_pk', 'task_id', 'map_index', 'max_tries', 'position'),
)
INSERT_EVENT = Write(
    'INSERT INTO event (at_us, actor, kind, dag_id, run_id, task_id, map_index, "before", '
    '"after", reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ('at_us', 'actor', 'kind', 'dag_id', 'run_id', 'task_id', 'map_index', 'before', 'after',
    'reason'),
)
INSERT_ATTEMPT = Write(
    'INSERT INTO attempt (attempt_id, ti_id, try_number, queued_us, executor) VALUES (?, ?, ?, ?,'
    ' ?)',
    ('attempt_id', 'ti_id', 'try_number', 'queued_us', 'executor'),
)
CLAIM_ATTEMPT = Write(
    'UPDATE attempt SET start_us=?, pid=?, worker=? WHERE attempt.attempt_id = ?',
    ('start_us', 'pid', 'worker', 'b_id'),
)
END_ATTEMPT = Write(
    'UPDATE attempt SET start_us=?, end_us=?, outcome=?, log_bytes=? WHERE attempt.attempt_id = ?'
    ' AND attempt.end_us IS NULL',
    ('start_us', 'end_us', 'outcome', 'log_bytes', 'b_id'),
)
PLACE_TASK = Write(
    'UPDATE task_instance SET position=? WHERE task_instance.id = ?',
    ('position', 'b_id'),
)
NUMBER_TASK = Write(
    'UPDATE task_instance SET map_index=? WHERE task_instance.id = ?',
    ('map_index', 'b_id'),
)
SHIFT_ATTEMPT = Write(
    'UPDATE attempt SET queued_us=(attempt.queued_us + ?), start_us=(attempt.start_us + ?) WHERE '
    'attempt.attempt_id = ?',
    ('b_queued_by', 'b_start_by', 'b_id'),
)
DELETE_XCOMS = Write('DELETE FROM xcom WHERE xcom.ti_id = ?', ('b_ti_id',))
DELETE_UNDOS = Write('DELETE FROM undo WHERE undo.id <= ?', ('b_id',))
DELETE_IMPORT_ERROR = Write('DELETE FROM import_error WHERE import_error.file = ?', ('b_file',))
LAST_EVENT = Query('SELECT coalesce(max(event.seq), 0) AS coalesce_1 FROM event', ('coalesce_1',))
LAST_RUN = Query('SELECT coalesce(max(run.id), 0) AS coalesce_1 FROM run', ('coalesce_1',))
LAST_TASK = Query(
    'SELECT coalesce(max(task_instance.id), 0) AS coalesce_1 FROM task_instance',
    ('coalesce_1',),
)
