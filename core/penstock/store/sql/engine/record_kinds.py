"""Made from `penstock.store.statements.engine.record_kinds` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Write

INSERT = {
    'dag': Write(
        'INSERT INTO dag (dag_id, file, version_id, missing, first_seen_us, cursor_us, '
        'cursor_start_us, cursor_end_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        ('dag_id', 'file', 'version_id', 'missing', 'first_seen_us', 'cursor_us', 'cursor_start_us',
        'cursor_end_us'),
    ),
    'dag_version': Write(
        'INSERT INTO dag_version (id, dag_id, spec_hash, source_hash, file, spec, created_us) VALUES '
        '(?, ?, ?, ?, ?, ?, ?)',
        ('id', 'dag_id', 'spec_hash', 'source_hash', 'file', 'spec', 'created_us'),
    ),
    'backfill': Write(
        'INSERT INTO backfill (id, dag_id, from_us, to_us, reprocess, max_active_runs, backwards, '
        'conf, state, "by", created_us, end_us, canary, stop_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '
        '?, ?, ?, ?, ?, ?)',
        ('id', 'dag_id', 'from_us', 'to_us', 'reprocess', 'max_active_runs', 'backwards', 'conf',
        'state', 'by', 'created_us', 'end_us', 'canary', 'stop_after'),
    ),
    'backfill_slot': Write(
        'INSERT INTO backfill_slot (id, backfill_id, ordinal, logical_us, interval_start_us, '
        'interval_end_us, run_after_us, state, run_id, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ('id', 'backfill_id', 'ordinal', 'logical_us', 'interval_start_us', 'interval_end_us',
        'run_after_us', 'state', 'run_id', 'reason'),
    ),
    'callback': Write(
        'INSERT INTO callback (id, run_pk, task_id, map_index, kind, facts, created_us, state, tries,'
        ' attempt_id, end_us, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ('id', 'run_pk', 'task_id', 'map_index', 'kind', 'facts', 'created_us', 'state', 'tries',
        'attempt_id', 'end_us', 'reason'),
    ),
    'question': Write(
        'INSERT INTO question (attempt_id, asked_us, question, reply) VALUES (?, ?, ?, ?)',
        ('attempt_id', 'asked_us', 'question', 'reply'),
    ),
    'undo': Write(
        'INSERT INTO undo (id, at_us, "by", act, title, dag_id, run_id, "before") VALUES (?, ?, ?, ?,'
        ' ?, ?, ?, ?)',
        ('id', 'at_us', 'by', 'act', 'title', 'dag_id', 'run_id', 'before'),
    ),
    'ledger': Write(
        'INSERT INTO ledger (dag_id, first_us, last_us, count, status, reason, run_id, moved, '
        'schedule, at_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ('dag_id', 'first_us', 'last_us', 'count', 'status', 'reason', 'run_id', 'moved',
        'schedule', 'at_us'),
    ),
    'pause': Write(
        'INSERT INTO pause (kind, dag_id, run_id, task_id, "by", since_us, why, until_us, together, '
        'reached_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ('kind', 'dag_id', 'run_id', 'task_id', 'by', 'since_us', 'why', 'until_us', 'together',
        'reached_us'),
    ),
    'pool': Write(
        'INSERT INTO pool (name, slots, description, include_deferred) VALUES (?, ?, ?, ?)',
        ('name', 'slots', 'description', 'include_deferred'),
    ),
    'quarantine': Write(
        'INSERT INTO quarantine (id, kind, dag_id, run_id, reason, place, since_us, retry_us, '
        'version, act) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ('id', 'kind', 'dag_id', 'run_id', 'reason', 'place', 'since_us', 'retry_us', 'version',
        'act'),
    ),
    'stored_value': Write(
        'INSERT INTO stored_value (kind, name, entry, description, updated_us, "by") VALUES (?, ?, ?,'
        ' ?, ?, ?)',
        ('kind', 'name', 'entry', 'description', 'updated_us', 'by'),
    ),
    'import_error': Write(
        'INSERT INTO import_error (file, message, line, detail, since_us) VALUES (?, ?, ?, ?, ?)',
        ('file', 'message', 'line', 'detail', 'since_us'),
    ),
    'meta': Write('INSERT INTO meta ("key", value) VALUES (?, ?)', ('key', 'value')),
    'xcom': Write(
        'INSERT INTO xcom (ti_id, "key", value, attempt_id) VALUES (?, ?, ?, ?)',
        ('ti_id', 'key', 'value', 'attempt_id'),
    ),
    'asset_event': Write(
        'INSERT INTO asset_event (id, at_us, name, uri, extra, aliases, source, "by", partition_key) '
        'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ('id', 'at_us', 'name', 'uri', 'extra', 'aliases', 'source', 'by', 'partition_key'),
    ),
    'asset_queue': Write(
        'INSERT INTO asset_queue (dag_id, event_id, partition_key) VALUES (?, ?, ?)',
        ('dag_id', 'event_id', 'partition_key'),
    ),
    'run_asset_event': Write(
        'INSERT INTO run_asset_event (run_pk, event_id) VALUES (?, ?)',
        ('run_pk', 'event_id'),
    ),
    'act': Write(
        'INSERT INTO act (act_id, at_us, answer) VALUES (?, ?, ?)',
        ('act_id', 'at_us', 'answer'),
    ),
    'failure': Write(
        'INSERT INTO failure (ti_id, run_pk, attempt_id, try_number, at_us, fingerprint, line) VALUES'
        ' (?, ?, ?, ?, ?, ?, ?)',
        ('ti_id', 'run_pk', 'attempt_id', 'try_number', 'at_us', 'fingerprint', 'line'),
    ),
    'failure_note': Write(
        'INSERT INTO failure_note (fingerprint, kind, "by", at_us, why, upto, until_us) VALUES (?, ?,'
        ' ?, ?, ?, ?, ?)',
        ('fingerprint', 'kind', 'by', 'at_us', 'why', 'upto', 'until_us'),
    ),
    'look': Write(
        'INSERT INTO look (person, place, upto, at_us) VALUES (?, ?, ?, ?)',
        ('person', 'place', 'upto', 'at_us'),
    ),
    'sample': Write(
        'INSERT INTO sample (attempt_id, at_us, cpu_percent, rss, read_bytes, write_bytes, processes)'
        ' VALUES (?, ?, ?, ?, ?, ?, ?)',
        ('attempt_id', 'at_us', 'cpu_percent', 'rss', 'read_bytes', 'write_bytes', 'processes'),
    ),
}
UPDATE = {
    'dag': Write(
        'UPDATE dag SET file=?, version_id=?, missing=?, first_seen_us=?, cursor_us=?, '
        'cursor_start_us=?, cursor_end_us=? WHERE dag.dag_id = ?',
        ('file', 'version_id', 'missing', 'first_seen_us', 'cursor_us', 'cursor_start_us',
        'cursor_end_us', 'b_dag_id'),
    ),
    'dag_version': Write('UPDATE dag_version SET spec=? WHERE dag_version.id = ?', ('spec', 'b_id')),
    'backfill': Write(
        'UPDATE backfill SET max_active_runs=?, state=?, end_us=?, canary=? WHERE backfill.id = ?',
        ('max_active_runs', 'state', 'end_us', 'canary', 'b_id'),
    ),
    'backfill_slot': Write(
        'UPDATE backfill_slot SET state=?, run_id=?, reason=? WHERE backfill_slot.id = ?',
        ('state', 'run_id', 'reason', 'b_id'),
    ),
    'callback': Write(
        'UPDATE callback SET state=?, tries=?, attempt_id=?, end_us=?, reason=? WHERE callback.id = ?',
        ('state', 'tries', 'attempt_id', 'end_us', 'reason', 'b_id'),
    ),
    'question': Write(
        'UPDATE question SET reply=? WHERE question.attempt_id = ?',
        ('reply', 'b_attempt_id'),
    ),
    'undo': Write('UPDATE undo SET "before"=? WHERE undo.id = ?', ('before', 'b_id')),
}
DELETE = {
    'dag': Write('DELETE FROM dag WHERE dag.dag_id = ?', ('b_dag_id',)),
    'dag_version': Write('DELETE FROM dag_version WHERE dag_version.id = ?', ('b_id',)),
    'backfill': Write('DELETE FROM backfill WHERE backfill.id = ?', ('b_id',)),
    'backfill_slot': Write('DELETE FROM backfill_slot WHERE backfill_slot.id = ?', ('b_id',)),
    'callback': Write('DELETE FROM callback WHERE callback.id = ?', ('b_id',)),
    'question': Write('DELETE FROM question WHERE question.attempt_id = ?', ('b_attempt_id',)),
    'undo': Write('DELETE FROM undo WHERE undo.id = ?', ('b_id',)),
    'ledger': Write('DELETE FROM ledger WHERE ledger.id = ?', ('b_id',)),
    'pause': Write(
        'DELETE FROM pause WHERE pause.kind = ? AND pause.dag_id = ? AND pause.run_id = ? AND '
        'pause.task_id = ?',
        ('b_kind', 'b_dag_id', 'b_run_id', 'b_task_id'),
    ),
    'pool': Write('DELETE FROM pool WHERE pool.name = ?', ('b_name',)),
    'quarantine': Write('DELETE FROM quarantine WHERE quarantine.id = ?', ('b_id',)),
    'stored_value': Write(
        'DELETE FROM stored_value WHERE stored_value.kind = ? AND stored_value.name = ?',
        ('b_kind', 'b_name'),
    ),
    'import_error': Write('DELETE FROM import_error WHERE import_error.file = ?', ('b_file',)),
    'meta': Write('DELETE FROM meta WHERE meta."key" = ?', ('b_key',)),
    'xcom': Write('DELETE FROM xcom WHERE xcom.ti_id = ? AND xcom."key" = ?', ('b_ti_id', 'b_key')),
    'asset_event': Write('DELETE FROM asset_event WHERE asset_event.id = ?', ('b_id',)),
    'asset_queue': Write(
        'DELETE FROM asset_queue WHERE asset_queue.dag_id = ? AND asset_queue.event_id = ? AND '
        'asset_queue.partition_key = ?',
        ('b_dag_id', 'b_event_id', 'b_partition_key'),
    ),
    'run_asset_event': Write(
        'DELETE FROM run_asset_event WHERE run_asset_event.run_pk = ? AND run_asset_event.event_id = '
        '?',
        ('b_run_pk', 'b_event_id'),
    ),
    'act': Write('DELETE FROM act WHERE act.act_id = ?', ('b_act_id',)),
    'failure': Write('DELETE FROM failure WHERE failure.id = ?', ('b_id',)),
    'failure_note': Write(
        'DELETE FROM failure_note WHERE failure_note.fingerprint = ? AND failure_note.kind = ?',
        ('b_fingerprint', 'b_kind'),
    ),
    'look': Write('DELETE FROM look WHERE look.person = ? AND look.place = ?', ('b_person', 'b_place')),
    'sample': Write(
        'DELETE FROM sample WHERE sample.attempt_id = ? AND sample.at_us = ?',
        ('b_attempt_id', 'b_at_us'),
    ),
}
