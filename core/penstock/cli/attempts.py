"""`penstock attempts`: every launch of a task instance."""

from __future__ import annotations

import click

from penstock.cli.lookup import run_id_of, split_task, suggesting
from penstock.cli.options import dag_argument, json_option, run_argument, task_argument
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session


@click.command
@dag_argument
@run_argument
@task_argument
@json_option
@pass_session
def attempts(session: Session, *, dag: str, run: str, task: str, as_json: bool) -> None:
    """List every attempt of a task, oldest first.

    TASK is a task id, or `task[3]` for one instance of a mapped task. Use the number in the first
    column with `penstock logs --attempt`.

    Examples:
      penstock attempts first_dag latest hello
      penstock attempts first_dag latest hello --json
    """
    from penstock.cli.rows import document, outcome_words

    engine = session.reader()
    run_id = run_id_of(engine, dag, run)
    task_id, map_index = split_task(task)
    with suggesting(engine, dag, run_id, (task_id,)):
        rows = engine.attempts(dag, run_id, task_id, map_index)
    if as_json:
        print_json({"attempts": [document(row) for row in rows]})
        return
    from penstock.cli import text
    from penstock.executor_settings import LOCAL

    if not rows:
        say(f"{task} has not been attempted; `penstock why {dag} {run} {task}` says why")
        return
    elsewhere = any(row.executor != LOCAL for row in rows)
    tell(
        text.table(
            ("NO", "ATTEMPT", "TRY", "OUTCOME", "START", "TOOK", "LOG", *(["WORKER"] if elsewhere else [])),
            [
                (
                    number,
                    row.attempt_id,
                    row.try_number,
                    outcome_words(row) or "live",
                    text.moment(row.start),
                    text.took(row.start, row.end),
                    text.size(row.log_bytes),
                    *([row.worker or row.executor] if elsewhere else []),
                )
                for number, row in enumerate(rows, 1)
            ],
            right={"NO", "TRY", "TOOK", "LOG"},
        )
    )
