"""`penstock mark`: set the state of tasks by hand."""

from __future__ import annotations

from typing import Literal

import click

from penstock.cli.acting import perform
from penstock.cli.lookup import run_id_of
from penstock.cli.options import (
    dag_argument,
    dry_run_option,
    json_option,
    reach_options,
    run_argument,
    yes_option,
)
from penstock.cli.session import Session, pass_session


@click.command
@click.argument(
    "state", type=click.Choice(["success", "failed", "skipped"]), metavar="success|failed|skipped"
)
@dag_argument
@run_argument
@click.argument("tasks", metavar="TASK...", nargs=-1, required=True)
@reach_options
@dry_run_option
@yes_option
@json_option
@pass_session
def mark(
    session: Session,
    *,
    state: Literal["success", "failed", "skipped"],
    dag: str,
    run: str,
    tasks: tuple[str, ...],
    upstream: bool,
    downstream: bool,
    past: bool,
    future: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Set the state of tasks by hand; a running task is killed first.

    Examples:
      penstock mark success first_dag latest load
      penstock mark skipped first_dag 2013-01-05 load --downstream --dry-run
    """
    from penstock.model.acts import Mark

    run_id = run_id_of(session.planner(dry_run=dry_run), dag, run)
    act = Mark(
        dag_id=dag,
        run_id=run_id,
        tasks=tasks,
        state=state,
        upstream=upstream,
        downstream=downstream,
        past=past,
        future=future,
    )
    return perform(session, act, dry_run=dry_run, yes=yes, as_json=as_json)
