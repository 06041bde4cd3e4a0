"""Made from `penstock.store.statements.views.questions` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query

ALL = Query(
    'SELECT run.dag_id, run.run_id, task_instance.task_id, task_instance.map_index, '
    'task_instance.next_us, attempt.try_number, question.attempt_id, question.asked_us, '
    'question.question, question.reply, CASE WHEN (question.reply IS NULL AND '
    "likely(task_instance.state = 'deferred') AND likely(task_instance.attempt_id = "
    'question.attempt_id)) THEN 1 ELSE 0 END AS open FROM question JOIN attempt ON '
    'attempt.attempt_id = question.attempt_id JOIN task_instance ON task_instance.id = '
    'attempt.ti_id JOIN run ON run.id = task_instance.run_pk WHERE 1 /*where*/ ORDER BY '
    'question.asked_us DESC, question.attempt_id LIMIT :limit OFFSET 0',
    ('dag_id', 'run_id', 'task_id', 'map_index', 'next_us', 'try_number', 'attempt_id',
    'asked_us', 'question', 'reply', 'open'),
)
OPEN = Query(
    'SELECT run.dag_id, run.run_id, task_instance.task_id, task_instance.map_index, '
    'task_instance.next_us, attempt.try_number, question.attempt_id, question.asked_us, '
    'question.question, question.reply, CASE WHEN (question.reply IS NULL AND '
    "likely(task_instance.state = 'deferred') AND likely(task_instance.attempt_id = "
    'question.attempt_id)) THEN 1 ELSE 0 END AS open FROM question JOIN attempt ON '
    'attempt.attempt_id = question.attempt_id JOIN task_instance ON task_instance.id = '
    'attempt.ti_id JOIN run ON run.id = task_instance.run_pk WHERE 1 /*where*/ AND question.reply'
    " IS NULL AND likely(task_instance.state = 'deferred') AND likely(task_instance.attempt_id = "
    'question.attempt_id) ORDER BY question.asked_us ASC, question.attempt_id LIMIT :limit OFFSET'
    ' 0',
    ('dag_id', 'run_id', 'task_id', 'map_index', 'next_us', 'try_number', 'attempt_id',
    'asked_us', 'question', 'reply', 'open'),
)
OF_DAG = 'run.dag_id = :dag_id'
OF_RUN = 'run.run_id = :run_id'
COUNT = Query(
    'SELECT count(*) AS count_1 FROM question JOIN attempt ON attempt.attempt_id = '
    'question.attempt_id JOIN task_instance ON task_instance.id = attempt.ti_id WHERE '
    "question.reply IS NULL AND likely(task_instance.state = 'deferred') AND "
    'likely(task_instance.attempt_id = question.attempt_id)',
    ('count_1',),
)
BY_DAG = Query(
    'SELECT run.dag_id, count(*) AS count_1 FROM question JOIN attempt ON attempt.attempt_id = '
    'question.attempt_id JOIN task_instance ON task_instance.id = attempt.ti_id JOIN run ON '
    'run.id = task_instance.run_pk WHERE question.reply IS NULL AND likely(task_instance.state = '
    "'deferred') AND likely(task_instance.attempt_id = question.attempt_id) GROUP BY run.dag_id",
    ('dag_id', 'count_1'),
)
BY_RUN = Query(
    'SELECT run.dag_id, run.run_id, count(*) AS count_1 FROM question JOIN attempt ON '
    'attempt.attempt_id = question.attempt_id JOIN task_instance ON task_instance.id = '
    'attempt.ti_id JOIN run ON run.id = task_instance.run_pk WHERE question.reply IS NULL AND '
    "likely(task_instance.state = 'deferred') AND likely(task_instance.attempt_id = "
    'question.attempt_id) GROUP BY run.dag_id, run.run_id',
    ('dag_id', 'run_id', 'count_1'),
)
