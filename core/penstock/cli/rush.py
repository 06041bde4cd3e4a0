"""`penstock run-next` and `run-now`: before the others, or past the limits."""

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
)
from penstock.cli.session import Session, pass_session


@click.command("run-next")
@dag_argument
@run_argument
@optional_task_argument
@dry_run_option
@json_option
@pass_session
def run_next(session: Session, *, dag: str, run: str, task: str | None, dry_run: bool, as_json: bool) -> int:
    """Let a task or a queued run go before all others.

    It takes the next slot that comes free, whatever the others' priority. No limit is passed.

    Examples:
      penstock run-next first_dag latest load
      penstock run-next first_dag 2013-01-05
    """
    from penstock.model.acts import RunNext

    run_id = run_id_of(session.planner(dry_run=dry_run), dag, run)
    act = RunNext(dag_id=dag, run_id=run_id, task_id=task)
    return perform(session, act, dry_run=dry_run, as_json=as_json)


@click.command("run-now")
@dag_argument
@run_argument
@optional_task_argument
@dry_run_option
@json_option
@pass_session
def run_now(session: Session, *, dag: str, run: str, task: str | None, dry_run: bool, as_json: bool) -> int:
    """Launch a task or start a queued run now, past the limits.

    A task passes the pool, parallelism, every max_active limit, and the wait for its retry or next
    look. A run passes max_active_runs and its planned start. Dependencies, pauses, and a full disk
    hold them all the same.

    Examples:
      penstock run-now first_dag latest load
      penstock run-now first_dag 2013-01-05 --dry-run
    """
    from penstock.model.acts import RunNow

    run_id = run_id_of(session.planner(dry_run=dry_run), dag, run)
    act = RunNow(dag_id=dag, run_id=run_id, task_id=task)
    return perform(session, act, dry_run=dry_run, as_json=as_json)
