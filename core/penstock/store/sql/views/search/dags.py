"""Made from `penstock.store.statements.views.search.dags` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

DAGS = Query(
    'SELECT dag.dag_id, dag.file, dag.version_id, dag.missing, run.state, run.start_us FROM dag '
    'LEFT OUTER JOIN run ON run.id = (SELECT newest.id FROM run AS newest WHERE newest.dag_id = '
    'dag.dag_id ORDER BY newest.run_after_us DESC, newest.id DESC LIMIT 1 OFFSET 0) ORDER BY '
    'dag.dag_id',
    ('dag_id', 'file', 'version_id', 'missing', 'state', 'start_us'),
    flags=('missing',),
)
PAUSES = Query(
    "SELECT pause.dag_id, pause.kind FROM pause WHERE pause.kind IN ('schedule', 'freeze')",
    ('dag_id', 'kind'),
)
BROKEN_FILES = Query('SELECT import_error.file FROM import_error', ('file',))
ACTIVE = Query(
    "SELECT run.dag_id, count(*) AS count_1 FROM run WHERE run.state IN ('queued', 'running') "
    'GROUP BY run.dag_id',
    ('dag_id', 'count_1'),
)
VERSION = Query('SELECT dag.version_id FROM dag WHERE dag.dag_id = :dag_id', ('version_id',))
