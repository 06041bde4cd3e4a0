"""`penstock clear`: run task instances again in the same run."""

from __future__ import annotations

import click

from penstock.cli.acting import perform
from penstock.cli.lookup import run_id_of
from penstock.cli.options import (
    dag_argument,
    dry_run_option,
    json_option,
    latest_version_option,
    reach_options,
    run_argument,
    tasks_argument,
    yes_option,
)
from penstock.cli.session import Session, pass_session


@click.command
@dag_argument
@run_argument
@tasks_argument
@reach_options
@click.option("--only-failed", is_flag=True, help="Only those that failed or were blocked.")
@latest_version_option
@dry_run_option
@yes_option
@json_option
@pass_session
def clear(
    session: Session,
    *,
    dag: str,
    run: str,
    tasks: tuple[str, ...],
    upstream: bool,
    downstream: bool,
    past: bool,
    future: bool,
    only_failed: bool,
    latest_version: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Run task instances of a run again, in the same run.

    Without TASKs, all of them; a TASK may be a group. A live attempt is killed first. Old attempts,
    logs and outcomes are kept. `penstock undo` undoes it until something has started.

    Examples:
      penstock clear first_dag latest load --downstream --dry-run
      penstock clear first_dag 2013-01-05 --only-failed
      penstock clear first_dag 2013-01-05 load --future --yes
      penstock clear first_dag latest --latest-version
    """
    from penstock.model.acts import Clear

    run_id = run_id_of(session.planner(dry_run=dry_run), dag, run)
    act = Clear(
        dag_id=dag,
        run_id=run_id,
        tasks=tasks,
        upstream=upstream,
        downstream=downstream,
        past=past,
        future=future,
        only_failed=only_failed,
        latest_version=latest_version,
    )
    return perform(session, act, dry_run=dry_run, yes=yes, as_json=as_json)
