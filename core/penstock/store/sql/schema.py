"""Made from `penstock.store.statements.schema` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query, Write

APPLICATION_ID = 1346719315
SCHEMA_VERSION = 24
TABLES = (
    Query(
        'CREATE TABLE act ( act_id VARCHAR NOT NULL, at_us BIGINT NOT NULL, answer VARCHAR NOT NULL, '
        'PRIMARY KEY (act_id) )',
    ),
    Query(
        'CREATE TABLE asset_event ( id INTEGER NOT NULL, at_us BIGINT NOT NULL, name VARCHAR NOT '
        'NULL, uri VARCHAR NOT NULL, extra TEXT NOT NULL, aliases VARCHAR NOT NULL, source VARCHAR '
        'NOT NULL, "by" VARCHAR NOT NULL, partition_key VARCHAR, PRIMARY KEY (id) )',
    ),
    Query('CREATE INDEX ix_asset_event ON asset_event (name, uri, id)'),
    Query(
        'CREATE TABLE backfill ( id INTEGER NOT NULL, dag_id VARCHAR NOT NULL, from_us BIGINT NOT '
        'NULL, to_us BIGINT NOT NULL, reprocess VARCHAR NOT NULL, max_active_runs INTEGER NOT NULL, '
        'backwards BOOLEAN NOT NULL, conf VARCHAR NOT NULL, state VARCHAR NOT NULL, "by" VARCHAR NOT '
        'NULL, created_us BIGINT NOT NULL, end_us BIGINT, canary VARCHAR, stop_after INTEGER, PRIMARY'
        ' KEY (id) )',
    ),
    Query('CREATE UNIQUE INDEX ux_backfill_active ON backfill (dag_id) WHERE end_us IS NULL'),
    Query(
        'CREATE TABLE dag_version ( id INTEGER NOT NULL, dag_id VARCHAR NOT NULL, spec_hash VARCHAR '
        'NOT NULL, source_hash VARCHAR NOT NULL, file VARCHAR NOT NULL, spec TEXT NOT NULL, '
        'created_us BIGINT NOT NULL, PRIMARY KEY (id) )',
    ),
    Query('CREATE UNIQUE INDEX ux_dag_version ON dag_version (dag_id, spec_hash, source_hash)'),
    Query(
        'CREATE TABLE edge ( subject VARCHAR NOT NULL, "before" VARCHAR NOT NULL, "after" VARCHAR NOT'
        ' NULL, PRIMARY KEY (subject, "before", "after") )',
    ),
    Query(
        'CREATE TABLE event ( seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, at_us BIGINT NOT NULL, '
        'actor VARCHAR NOT NULL, kind VARCHAR NOT NULL, dag_id VARCHAR, run_id VARCHAR, task_id '
        'VARCHAR, map_index INTEGER NOT NULL, "before" VARCHAR, "after" VARCHAR, reason VARCHAR )',
    ),
    Query('CREATE INDEX ix_event_dag ON event (dag_id)'),
    Query(
        "CREATE INDEX ix_event_news ON event (seq) WHERE actor <> 'engine' OR kind IN ('dag_new', "
        "'dag_changed', 'dag_missing', 'dag_back', 'import_error', 'pause_schedule', 'pause_freeze', "
        "'pause_run', 'pause_task', 'pause_before', 'pause_after', 'unpause', 'unfreeze', 'release', "
        "'breakpoint_clear', 'pause_lifted', 'engine_start', 'engine_stop', 'deadline_missed')",
    ),
    Query("CREATE INDEX ix_event_note ON event (dag_id, run_id) WHERE kind = 'note'"),
    Query('CREATE INDEX ix_event_run ON event (dag_id, run_id)'),
    Query(
        'CREATE TABLE failure_note ( fingerprint VARCHAR NOT NULL, kind VARCHAR NOT NULL, "by" '
        'VARCHAR NOT NULL, at_us BIGINT NOT NULL, why VARCHAR, upto INTEGER NOT NULL, until_us '
        'BIGINT, PRIMARY KEY (fingerprint, kind) )',
    ),
    Query(
        'CREATE TABLE import_error ( file VARCHAR NOT NULL, message VARCHAR NOT NULL, line INTEGER, '
        'detail VARCHAR, since_us BIGINT NOT NULL, PRIMARY KEY (file) )',
    ),
    Query(
        'CREATE TABLE ledger ( id INTEGER NOT NULL, dag_id VARCHAR NOT NULL, first_us BIGINT NOT '
        'NULL, last_us BIGINT NOT NULL, count INTEGER NOT NULL, status VARCHAR NOT NULL, reason '
        'VARCHAR, run_id VARCHAR, moved BOOLEAN NOT NULL, schedule VARCHAR, at_us BIGINT, PRIMARY KEY'
        ' (id) )',
    ),
    Query('CREATE INDEX ix_ledger ON ledger (dag_id, first_us)'),
    Query(
        "CREATE INDEX ix_ledger_missed ON ledger (at_us) WHERE status IN ('skipped', 'ran_late')",
    ),
    Query(
        'CREATE TABLE look ( person VARCHAR NOT NULL, place VARCHAR NOT NULL, upto INTEGER NOT NULL, '
        'at_us BIGINT NOT NULL, PRIMARY KEY (person, place) )',
    ),
    Query(
        'CREATE TABLE meta ( "key" VARCHAR NOT NULL, value VARCHAR NOT NULL, PRIMARY KEY ("key") )',
    ),
    Query(
        'CREATE TABLE pause ( kind VARCHAR NOT NULL, dag_id VARCHAR NOT NULL, run_id VARCHAR NOT '
        'NULL, task_id VARCHAR NOT NULL, "by" VARCHAR NOT NULL, since_us BIGINT NOT NULL, why '
        'VARCHAR, until_us BIGINT, together BOOLEAN DEFAULT 0 NOT NULL, reached_us BIGINT, PRIMARY '
        'KEY (kind, dag_id, run_id, task_id) )',
    ),
    Query(
        'CREATE TABLE pool ( name VARCHAR NOT NULL, slots INTEGER NOT NULL, description VARCHAR, '
        'include_deferred BOOLEAN NOT NULL, PRIMARY KEY (name) )',
    ),
    Query(
        'CREATE TABLE quarantine ( id VARCHAR NOT NULL, kind VARCHAR NOT NULL, dag_id VARCHAR, run_id'
        ' VARCHAR, reason VARCHAR NOT NULL, place VARCHAR NOT NULL, since_us BIGINT NOT NULL, '
        'retry_us BIGINT, version VARCHAR, act VARCHAR, PRIMARY KEY (id) )',
    ),
    Query(
        'CREATE TABLE stored_value ( kind VARCHAR NOT NULL, name VARCHAR NOT NULL, entry TEXT NOT '
        'NULL, description VARCHAR, updated_us BIGINT NOT NULL, "by" VARCHAR NOT NULL, PRIMARY KEY '
        '(kind, name) )',
    ),
    Query(
        'CREATE TABLE undo ( id INTEGER NOT NULL, at_us BIGINT NOT NULL, "by" VARCHAR NOT NULL, act '
        'VARCHAR NOT NULL, title VARCHAR NOT NULL, dag_id VARCHAR NOT NULL, run_id VARCHAR NOT NULL, '
        '"before" TEXT NOT NULL, PRIMARY KEY (id) )',
    ),
    Query(
        'CREATE TABLE asset_queue ( dag_id VARCHAR NOT NULL, event_id INTEGER NOT NULL, partition_key'
        " VARCHAR DEFAULT '' NOT NULL, PRIMARY KEY (dag_id, event_id, partition_key), FOREIGN "
        'KEY(event_id) REFERENCES asset_event (id) ON DELETE CASCADE )',
    ),
    Query(
        'CREATE TABLE backfill_slot ( id INTEGER NOT NULL, backfill_id INTEGER NOT NULL, ordinal '
        'INTEGER NOT NULL, logical_us BIGINT NOT NULL, interval_start_us BIGINT NOT NULL, '
        'interval_end_us BIGINT NOT NULL, run_after_us BIGINT NOT NULL, state VARCHAR NOT NULL, '
        'run_id VARCHAR, reason VARCHAR, PRIMARY KEY (id), FOREIGN KEY(backfill_id) REFERENCES '
        'backfill (id) ON DELETE CASCADE )',
    ),
    Query('CREATE UNIQUE INDEX ux_backfill_slot ON backfill_slot (backfill_id, ordinal)'),
    Query(
        'CREATE TABLE dag ( dag_id VARCHAR NOT NULL, file VARCHAR NOT NULL, version_id INTEGER NOT '
        'NULL, missing BOOLEAN NOT NULL, first_seen_us BIGINT NOT NULL, cursor_us BIGINT, '
        'cursor_start_us BIGINT, cursor_end_us BIGINT, PRIMARY KEY (dag_id), FOREIGN KEY(version_id) '
        'REFERENCES dag_version (id) )',
    ),
    Query(
        'CREATE TABLE run ( id INTEGER NOT NULL, dag_id VARCHAR NOT NULL, run_id VARCHAR NOT NULL, '
        'run_type VARCHAR NOT NULL, state VARCHAR NOT NULL, version INTEGER NOT NULL, version_id '
        'INTEGER NOT NULL, logical_us BIGINT, interval_start_us BIGINT, interval_end_us BIGINT, '
        'run_after_us BIGINT NOT NULL, queued_us BIGINT NOT NULL, start_us BIGINT, end_us BIGINT, '
        'stood_us BIGINT NOT NULL, intent VARCHAR, reason VARCHAR, conf VARCHAR NOT NULL, backfill_id'
        ' INTEGER, "by" VARCHAR, rush VARCHAR, rerun_of VARCHAR, stands_for_us BIGINT, turn_us '
        'BIGINT, worked_us BIGINT DEFAULT 0 NOT NULL, partition_key VARCHAR, PRIMARY KEY (id), '
        'FOREIGN KEY(version_id) REFERENCES dag_version (id), FOREIGN KEY(backfill_id) REFERENCES '
        'backfill (id) )',
    ),
    Query('CREATE INDEX ix_run_after ON run (dag_id, run_after_us)'),
    Query('CREATE INDEX ix_run_backfill_id ON run (backfill_id)'),
    Query('CREATE INDEX ix_run_end ON run (end_us)'),
    Query("CREATE INDEX ix_run_failed ON run (state, end_us) WHERE state = 'failed'"),
    Query('CREATE INDEX ix_run_newest ON run (run_after_us)'),
    Query('CREATE INDEX ix_run_rerun ON run (dag_id, rerun_of) WHERE rerun_of IS NOT NULL'),
    Query("CREATE INDEX ix_run_unfinished ON run (state) WHERE state IN ('queued', 'running')"),
    Query('CREATE UNIQUE INDEX ux_run_id ON run (dag_id, run_id)'),
    Query(
        'CREATE UNIQUE INDEX ux_run_logical_date ON run (dag_id, logical_us) WHERE logical_us IS NOT '
        'NULL',
    ),
    Query(
        'CREATE TABLE callback ( id INTEGER NOT NULL, run_pk INTEGER NOT NULL, task_id VARCHAR, '
        'map_index INTEGER NOT NULL, kind VARCHAR NOT NULL, facts TEXT NOT NULL, created_us BIGINT '
        'NOT NULL, state VARCHAR NOT NULL, tries INTEGER NOT NULL, attempt_id VARCHAR, end_us BIGINT,'
        ' reason VARCHAR, PRIMARY KEY (id), FOREIGN KEY(run_pk) REFERENCES run (id) ON DELETE CASCADE'
        ' )',
    ),
    Query('CREATE INDEX ix_callback_attempt ON callback (attempt_id)'),
    Query(
        "CREATE INDEX ix_callback_open ON callback (state) WHERE state IN ('waiting', 'running')",
    ),
    Query('CREATE INDEX ix_callback_run ON callback (run_pk)'),
    Query(
        'CREATE TABLE run_asset_event ( run_pk INTEGER NOT NULL, event_id INTEGER NOT NULL, PRIMARY '
        'KEY (run_pk, event_id), FOREIGN KEY(run_pk) REFERENCES run (id) ON DELETE CASCADE, FOREIGN '
        'KEY(event_id) REFERENCES asset_event (id) ON DELETE CASCADE )',
    ),
    Query('CREATE INDEX ix_run_asset_event ON run_asset_event (event_id)'),
    Query(
        'CREATE TABLE task_instance ( id INTEGER NOT NULL, run_pk INTEGER NOT NULL, task_id VARCHAR '
        'NOT NULL, map_index INTEGER NOT NULL, state VARCHAR NOT NULL, version INTEGER NOT NULL, '
        'try_number INTEGER NOT NULL, max_tries INTEGER NOT NULL, position INTEGER NOT NULL, '
        'queued_us BIGINT, start_us BIGINT, end_us BIGINT, next_us BIGINT, first_poke_us BIGINT, '
        'stop_us BIGINT, pokes INTEGER NOT NULL, intent VARCHAR, reason VARCHAR, attempt_id VARCHAR, '
        'attempts INTEGER NOT NULL, outcome VARCHAR, skips VARCHAR, peak_rss BIGINT, cpu_seconds '
        'FLOAT, read_bytes BIGINT, write_bytes BIGINT, rush VARCHAR, mapped_length INTEGER, '
        'rendered_map_index VARCHAR, resumes VARCHAR, began_us BIGINT, PRIMARY KEY (id), FOREIGN '
        'KEY(run_pk) REFERENCES run (id) ON DELETE CASCADE )',
    ),
    Query("CREATE INDEX ix_task_failed ON task_instance (state, end_us) WHERE state = 'failed'"),
    Query('CREATE UNIQUE INDEX ux_task_instance ON task_instance (run_pk, task_id, map_index)'),
    Query(
        'CREATE TABLE attempt ( attempt_id VARCHAR NOT NULL, ti_id INTEGER NOT NULL, try_number '
        'INTEGER NOT NULL, queued_us BIGINT NOT NULL, start_us BIGINT, end_us BIGINT, pid INTEGER, '
        'outcome VARCHAR, log_bytes BIGINT, executor VARCHAR, worker VARCHAR, PRIMARY KEY '
        '(attempt_id), FOREIGN KEY(ti_id) REFERENCES task_instance (id) ON DELETE CASCADE )',
    ),
    Query('CREATE INDEX ix_attempt_logs ON attempt (log_bytes) WHERE log_bytes > 0'),
    Query('CREATE INDEX ix_attempt_ti ON attempt (ti_id)'),
    Query('CREATE UNIQUE INDEX ux_attempt_one_live ON attempt (ti_id) WHERE end_us IS NULL'),
    Query(
        'CREATE TABLE failure ( id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, ti_id INTEGER, run_pk '
        'INTEGER, attempt_id VARCHAR, try_number INTEGER NOT NULL, at_us BIGINT NOT NULL, fingerprint'
        ' VARCHAR NOT NULL, line VARCHAR NOT NULL, FOREIGN KEY(ti_id) REFERENCES task_instance (id) '
        'ON DELETE CASCADE, FOREIGN KEY(run_pk) REFERENCES run (id) ON DELETE CASCADE )',
    ),
    Query('CREATE INDEX ix_failure_fingerprint ON failure (fingerprint)'),
    Query('CREATE INDEX ix_failure_run ON failure (run_pk)'),
    Query('CREATE INDEX ix_failure_ti ON failure (ti_id)'),
    Query(
        'CREATE TABLE xcom ( ti_id INTEGER NOT NULL, "key" VARCHAR NOT NULL, value VARCHAR, '
        'attempt_id VARCHAR, PRIMARY KEY (ti_id, "key"), FOREIGN KEY(ti_id) REFERENCES task_instance '
        '(id) ON DELETE CASCADE )',
    ),
    Query(
        'CREATE TABLE question ( attempt_id VARCHAR NOT NULL, asked_us BIGINT NOT NULL, question TEXT'
        ' NOT NULL, reply TEXT, PRIMARY KEY (attempt_id), FOREIGN KEY(attempt_id) REFERENCES attempt '
        '(attempt_id) ON DELETE CASCADE )',
    ),
    Query('CREATE INDEX ix_question_open ON question (asked_us) WHERE reply IS NULL'),
    Query(
        'CREATE TABLE sample ( attempt_id VARCHAR NOT NULL, at_us BIGINT NOT NULL, cpu_percent FLOAT '
        'NOT NULL, rss BIGINT NOT NULL, read_bytes BIGINT NOT NULL, write_bytes BIGINT NOT NULL, '
        'processes INTEGER NOT NULL, PRIMARY KEY (attempt_id, at_us), FOREIGN KEY(attempt_id) '
        'REFERENCES attempt (attempt_id) ON DELETE CASCADE )',
    ),
)
DEFAULT_POOL = Write(
    'INSERT INTO pool (name, slots, description, include_deferred) VALUES (?, ?, ?, ?)',
    ('name', 'slots', 'description', 'include_deferred'),
)
EDGES = Query(
    'SELECT edge.subject, edge."before", edge."after" FROM edge',
    ('subject', 'before', 'after'),
)
DROP_EDGES = Query('DELETE FROM edge')
ADD_EDGE = Write(
    'INSERT INTO edge (subject, "before", "after") VALUES (?, ?, ?)',
    ('subject', 'before', 'after'),
)
