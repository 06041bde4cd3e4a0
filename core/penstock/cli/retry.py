"""`penstock retry`: run failed tasks, and what they blocked, again."""

from __future__ import annotations

import click

from penstock.cli.acting import perform
from penstock.cli.lookup import run_id_of
from penstock.cli.options import (
    dag_argument,
    dry_run_option,
    json_option,
    latest_version_option,
    run_argument,
    tasks_argument,
    yes_option,
)
from penstock.cli.session import Session, pass_session


@click.command
@dag_argument
@run_argument
@tasks_argument
@latest_version_option
@dry_run_option
@yes_option
@json_option
@pass_session
def retry(
    session: Session,
    *,
    dag: str,
    run: str,
    tasks: tuple[str, ...],
    latest_version: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Run failed tasks, and the tasks that they blocked, again.

    Cancelled tasks count as failed. With TASKs, only those failures and what they blocked. Tasks that
    succeeded stay; old attempts and their logs are kept.

    Examples:
      penstock retry first_dag latest
      penstock retry first_dag 2013-01-05 --dry-run
      penstock retry first_dag latest --latest-version
    """
    from penstock.model.acts import Retry

    run_id = run_id_of(session.planner(dry_run=dry_run), dag, run)
    act = Retry(dag_id=dag, run_id=run_id, tasks=tasks, latest_version=latest_version)
    return perform(session, act, dry_run=dry_run, yes=yes, as_json=as_json)
