"""Made from `penstock.store.statements.columns` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Table

TABLES = {
    'act': Table('act', act_id='str', at_us='int', answer='str'),
    'asset_event': Table(
        'asset_event',
        id='int', at_us='int', name='str', uri='str', extra='str', aliases='str', source='str',
        by='str', partition_key='str?',
    ),
    'backfill': Table(
        'backfill',
        id='int', dag_id='str', from_us='int', to_us='int', reprocess='str', max_active_runs='int',
        backwards='bool', conf='str', state='str', by='str', created_us='int', end_us='int?',
        canary='str?', stop_after='int?',
    ),
    'dag_version': Table(
        'dag_version',
        id='int', dag_id='str', spec_hash='str', source_hash='str', file='str', spec='str',
        created_us='int',
    ),
    'edge': Table('edge', subject='str', before='str', after='str'),
    'event': Table(
        'event',
        seq='int', at_us='int', actor='str', kind='str', dag_id='str?', run_id='str?',
        task_id='str?', map_index='int', before='str?', after='str?', reason='str?',
    ),
    'failure_note': Table(
        'failure_note',
        fingerprint='str', kind='str', by='str', at_us='int', why='str?', upto='int',
        until_us='int?',
    ),
    'import_error': Table('import_error', file='str', message='str', line='int?', detail='str?', since_us='int'),
    'ledger': Table(
        'ledger',
        id='int', dag_id='str', first_us='int', last_us='int', count='int', status='str',
        reason='str?', run_id='str?', moved='bool', schedule='str?', at_us='int?',
    ),
    'look': Table('look', person='str', place='str', upto='int', at_us='int'),
    'meta': Table('meta', key='str', value='str'),
    'pause': Table(
        'pause',
        kind='str', dag_id='str', run_id='str', task_id='str', by='str', since_us='int', why='str?',
        until_us='int?', together='bool', reached_us='int?',
    ),
    'pool': Table('pool', name='str', slots='int', description='str?', include_deferred='bool'),
    'quarantine': Table(
        'quarantine',
        id='str', kind='str', dag_id='str?', run_id='str?', reason='str', place='str',
        since_us='int', retry_us='int?', version='str?', act='str?',
    ),
    'stored_value': Table(
        'stored_value',
        kind='str', name='str', entry='str', description='str?', updated_us='int', by='str',
    ),
    'undo': Table(
        'undo',
        id='int', at_us='int', by='str', act='str', title='str', dag_id='str', run_id='str',
        before='str',
    ),
    'asset_queue': Table('asset_queue', dag_id='str', event_id='int', partition_key='str'),
    'backfill_slot': Table(
        'backfill_slot',
        id='int', backfill_id='int', ordinal='int', logical_us='int', interval_start_us='int',
        interval_end_us='int', run_after_us='int', state='str', run_id='str?', reason='str?',
    ),
    'dag': Table(
        'dag',
        dag_id='str', file='str', version_id='int', missing='bool', first_seen_us='int',
        cursor_us='int?', cursor_start_us='int?', cursor_end_us='int?',
    ),
    'run': Table(
        'run',
        id='int', dag_id='str', run_id='str', run_type='str', state='str', version='int',
        version_id='int', logical_us='int?', interval_start_us='int?', interval_end_us='int?',
        run_after_us='int', queued_us='int', start_us='int?', end_us='int?', stood_us='int',
        intent='str?', reason='str?', conf='str', backfill_id='int?', by='str?', rush='str?',
        rerun_of='str?', stands_for_us='int?', turn_us='int?', worked_us='int', partition_key='str?',
    ),
    'callback': Table(
        'callback',
        id='int', run_pk='int', task_id='str?', map_index='int', kind='str', facts='str',
        created_us='int', state='str', tries='int', attempt_id='str?', end_us='int?', reason='str?',
    ),
    'run_asset_event': Table('run_asset_event', run_pk='int', event_id='int'),
    'task_instance': Table(
        'task_instance',
        id='int', run_pk='int', task_id='str', map_index='int', state='str', version='int',
        try_number='int', max_tries='int', position='int', queued_us='int?', start_us='int?',
        end_us='int?', next_us='int?', first_poke_us='int?', stop_us='int?', pokes='int',
        intent='str?', reason='str?', attempt_id='str?', attempts='int', outcome='str?',
        skips='str?', peak_rss='int?', cpu_seconds='float?', read_bytes='int?', write_bytes='int?',
        rush='str?', mapped_length='int?', rendered_map_index='str?', resumes='str?',
        began_us='int?',
    ),
    'attempt': Table(
        'attempt',
        attempt_id='str', ti_id='int', try_number='int', queued_us='int', start_us='int?',
        end_us='int?', pid='int?', outcome='str?', log_bytes='int?', executor='str?', worker='str?',
    ),
    'failure': Table(
        'failure',
        id='int', ti_id='int?', run_pk='int?', attempt_id='str?', try_number='int', at_us='int',
        fingerprint='str', line='str',
    ),
    'xcom': Table('xcom', ti_id='int', key='str', value='str?', attempt_id='str?'),
    'question': Table('question', attempt_id='str', asked_us='int', question='str', reply='str?'),
    'sample': Table(
        'sample',
        attempt_id='str', at_us='int', cpu_percent='float', rss='int', read_bytes='int',
        write_bytes='int', processes='int',
    ),
}
