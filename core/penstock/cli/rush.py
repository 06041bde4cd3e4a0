"""`penstock run-next` and `run-now`: before other work, or past the limits."""

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

    It takes the next free slot, whatever the priority of the others. No limit is ignored.

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
    """Launch a task or start a queued run now, ignoring limits.

    A task ignores the pool, parallelism, every max_active limit, and the wait for its retry or next check.
    A run ignores max_active_runs and its planned start. Dependencies, pauses and a full disk still hold
    them.

    Examples:
      penstock run-now first_dag latest load
      penstock run-now first_dag 2013-01-05 --dry-run
    """
    from penstock.model.acts import RunNow

    run_id = run_id_of(session.planner(dry_run=dry_run), dag, run)
    act = RunNow(dag_id=dag, run_id=run_id, task_id=task)
    return perform(session, act, dry_run=dry_run, as_json=as_json)
