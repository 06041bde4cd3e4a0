"""`penstock undo`: undo a clear, retry or mark, or a change of a pool."""

from __future__ import annotations

import click

from penstock.cli.acting import perform
from penstock.cli.lookup import run_id_of
from penstock.cli.options import dry_run_option, json_option, yes_option
from penstock.cli.session import Session, pass_session


@click.command
@click.argument("number", metavar="[NUMBER]", type=int, required=False)
@click.option("--dag", help="The newest act on this DAG, by anyone.")
@click.option("--run", help="The newest act that changed this run of --dag.")
@dry_run_option
@yes_option
@json_option
@pass_session
def undo(
    session: Session,
    *,
    number: int | None,
    dag: str | None,
    run: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Undo a clear, retry or mark, or a change of a pool.

    This works until a task that it changed has started; then it is refused and names the task. A pool must
    still be as the act left it. Without NUMBER, it undoes the newest act. An act that killed something
    cannot be undone.

    Examples:
      penstock undo --dry-run
      penstock undo --dag first_dag
      penstock undo 12
    """
    from penstock.model.acts import Undo

    if run is not None and dag is None:
        raise click.UsageError("--run needs --dag")
    run_id = None
    if run is not None and dag is not None:
        run_id = run_id_of(session.planner(dry_run=dry_run), dag, run)
    act = Undo(undo_id=number, dag_id=dag, run_id=run_id)
    return perform(session, act, dry_run=dry_run, yes=yes, as_json=as_json)
