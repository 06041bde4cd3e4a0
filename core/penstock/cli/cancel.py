"""`penstock cancel`: end a run or a task."""

from __future__ import annotations

import click

from penstock.cli.acting import perform
from penstock.cli.lookup import run_id_of
from penstock.cli.options import (
    dag_argument,
    dry_run_option,
    json_option,
    optional_task_argument,
    run_argument,
    yes_option,
)
from penstock.cli.session import Session, pass_session


@click.command
@dag_argument
@run_argument
@optional_task_argument
@dry_run_option
@yes_option
@json_option
@pass_session
def cancel(
    session: Session, *, dag: str, run: str, task: str | None, dry_run: bool, yes: bool, as_json: bool
) -> int:
    """End a run or a task and kill its processes.

    The state stays cancelled: nothing runs again until it is cleared.

    Examples:
      penstock cancel first_dag latest
      penstock cancel first_dag 2013-01-05 load
    """
    from penstock.model.acts import Cancel

    run_id = run_id_of(session.planner(dry_run=dry_run), dag, run)
    act = Cancel(dag_id=dag, run_id=run_id, task_id=task)
    return perform(session, act, dry_run=dry_run, yes=yes, as_json=as_json)
